"""How the installation is: signs of life, what waits, versions and sizes."""

from __future__ import annotations

import platform
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.utils.translation import gettext as _

from itsm.desk import health
from itsm.desk.models import Heartbeat
from itsm.lib import clock
from itsm.notifications.models import Event, Message
from itsm.sla.models import Clock, ClockEvent, MeasuredDay, Recalculation
from itsm.ui import times


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the page; ``ok`` None means it is neither good nor bad."""

    label: str
    value: str
    ok: bool | None = None
    hint: str = ""


def checks() -> list[Part]:
    """The checks of ``/readyz`` in words."""
    labels = {
        "database": _("Database"), "broker": _("Message broker"), "migrations": _("Migrations"), "worker": _("Worker"),
        "scheduler": _("Scheduler"),
    }  # fmt: skip
    hints = {
        "worker": _("Runs the background jobs. Without one no mail goes out and no clock fires."),
        "scheduler": _("Starts the periodic jobs."),
    }
    return [
        Part(str(labels.get(name, name)), check.detail, check.ok, "" if check.ok else str(hints.get(name, "")))
        for name, check in health.report().items()
    ]


def queues() -> list[Part]:
    """What waits to be done, and for how long. Partial indexes hold exactly these rows."""
    now = clock.now()
    waiting = Message.objects.filter(state__in=[*Message.State.WAITING])
    failed = Message.objects.filter(state=Message.State.FAILED).count()
    untold = Event.objects.filter(fanned_out_at__isnull=True)
    broken = Event.objects.exclude(fan_out_error="").count()
    due = Clock.objects.due(now)
    oldest_due = due.values_list("next_event_at", flat=True)[:1]
    owed = ClockEvent.objects.filter(handled_at__isnull=True)
    return [
        _queue(_("Events nobody was told of yet"), untold.count(), untold.aggregate(at=Min("at"))["at"], now),
        Part(_("Events that could not be told"), times.number(broken), broken == 0),
        _queue(_("Messages to send"), waiting.count(), None, now),
        Part(_("Messages that failed"), times.number(failed), failed == 0),
        _queue(_("Clocks that are due"), due.order_by().count(), next(iter(oldest_due), None), now),
        _queue(_("Clock events to act on"), owed.count(), owed.aggregate(at=Min("fired_at"))["at"], now),
        *_recalculations(),
        _measured(),
    ]  # fmt: skip


def _queue(label: str, amount: int, oldest: datetime | None, now: datetime) -> Part:
    late = (now - oldest).total_seconds() if oldest else 0
    hint = _("The oldest has waited %(span)s.") % {"span": times.duration(late)} if late > 1 else ""
    return Part(label, times.number(amount), late < 300, hint)


def _recalculations() -> list[Part]:
    return [
        Part(_("Recalculating clocks"), f"{times.number(row.done)}/{times.number(row.total)}", None, row.reason)
        for row in Recalculation.objects.unfinished()[:5]
    ]


def _measured() -> Part:
    newest = MeasuredDay.objects.order_by("-day").first()
    return Part(_("Days measured up to"), times.day(newest.day) if newest else "–")


def installation() -> list[Part]:
    """Versions and sizes."""
    return [
        Part(_("Version"), version()),
        Part("Python", platform.python_version()),
        Part("Django", django.get_version()),
        Part(_("Database"), f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))}"),
        Part(_("Size of the database"), size_of_database()),
        Part(_("Address"), settings.SITE_URL),
        Part(_("Time zone"), settings.TIME_ZONE),
        Part(_("Debugging"), _("on: not for production") if settings.DEBUG else _("off"), not settings.DEBUG),
    ]


@cache
def version() -> str:
    """The version of the product, from its one configuration file."""
    file = Path(settings.BASE) / "pyproject.toml"
    return str(tomllib.loads(file.read_text())["project"]["version"]) if file.exists() else "–"


def size_of_database() -> str:
    sql = {
        "postgresql": "SELECT pg_database_size(current_database())",
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    }.get(connection.vendor)
    if sql is None:
        return "–"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        size: Any = cursor.fetchone()[0]
    return f"{times.number(size / 1_000_000, 1)} MB"


def heartbeats() -> list[Heartbeat]:
    return list(Heartbeat.objects.order_by("name"))
