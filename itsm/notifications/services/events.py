"""Writing an event into the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from itsm.audit import services as audit
from itsm.lib import clock, jobs
from itsm.notifications.models import Event
from itsm.tickets.models import Ticket, TimelineEntry

if TYPE_CHECKING:
    from itsm.accounts.models import User


def emit(
    type: str, record: models.Model, *, actor: User | None, source: str, entry: TimelineEntry | None = None, **data: Any
) -> Event:
    """Write that ``type`` (such as ``incident.resolve``) happened to ``record``, in the caller's transaction.

    A worker is nudged on commit; if the nudge is lost, the next sweep of the outbox finds the row.
    Imported history tells nobody and starts no rule: its events count as seen.
    """
    is_ticket = isinstance(record, Ticket)
    silent = source == "import"
    seen = clock.now() if silent else None
    event = Event.objects.create(
        type=type,
        at=clock.now(),
        ticket_id=record.pk if is_ticket else None,
        object_type=audit.type_of(record),
        object_id=record.pk,
        actor=actor,
        source=source,
        entry=entry,
        data=audit.plain(data),
        fanned_out_at=seen,
        automated_at=seen,
    )
    if not silent:
        jobs.enqueue("notifications.fan_out")
    return event
