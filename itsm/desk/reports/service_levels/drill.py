"""The tickets behind a number of the dashboard: what may be seen of them, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.desk.reports.service_levels import history, present
from itsm.desk.reports.service_levels.present import AGES
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import clock
from itsm.sla.history import CANCELLED, FINISHED
from itsm.sla.models import Clock, Metric
from itsm.sla.services import measure
from itsm.tickets.models import StateInterval, Ticket, TicketLink
from itsm.ui import times

CLOCKS, TICKETS, INTERVALS = "clocks", "tickets", "intervals"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of tickets: the rows, their order, and how to read a row."""

    title: str
    what: str
    queryset: QuerySet[Any]
    order: tuple[str, ...]
    moment: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket with what makes it count."""

    ticket: Ticket
    moment: datetime | None
    value: str
    tone: str


NUMBERS = ("ended", "met", "breached", "opened", "resolved", "reopened", "open", "risk", "late", "waited")
_TITLES = {
    "ended": gettext_lazy("%(metric)s ended"), "met": gettext_lazy("%(metric)s in time"),
    "breached": gettext_lazy("%(metric)s breached"), "opened": gettext_lazy("Opened"),
    "resolved": gettext_lazy("Resolved"), "reopened": gettext_lazy("Resolved and reopened within 7 days"),
    "open": gettext_lazy("Open now"), "risk": gettext_lazy("At risk now"), "late": gettext_lazy("Late now"),
    "waited": gettext_lazy("Waited"),
}  # fmt: skip


def rows_of(number: str, scope: Scope, period: Period, params: Mapping[str, str]) -> Rows | None:
    """The list behind a number; ``None`` when there is no such number."""
    if number not in NUMBERS:
        return None
    metric = params.get("metric", Metric.RESOLUTION.value)
    metric = metric if metric in (Metric.RESOLUTION, Metric.FIRST_RESPONSE) else Metric.RESOLUTION.value
    title = str(_TITLES[number]) % {"metric": Metric(metric).label}
    if number in ("ended", "met", "breached"):
        return Rows(
            title, CLOCKS, _clocks(number, scope, period, metric), ("-stopped_at", "-id"), _("Ended"), _("Working time")
        )
    if number == "reopened":
        return Rows(title, INTERVALS, _reopened(scope, period), ("-from_at", "-id"), _("Resolved"))
    if number == "waited":
        found = _waited(scope, period, params.get("reason", ""))
        return Rows(title, INTERVALS, found, ("-from_at", "-id"), _("Until"), _("Waited"))
    return _tickets(number, title, scope, period, params.get("age", ""))


def _visible(scope: Scope, prefix: str) -> Q:
    """Only rows of tickets this person may see: the rule of the tickets, asked through their key."""
    return Q(**{f"{prefix}in": Ticket.objects.visible_to(scope.user).values("pk")})


def _clocks(number: str, scope: Scope, period: Period, metric: str) -> QuerySet[Clock]:
    found = history.ended_clocks(scope, period, metric).filter(_visible(scope, "ticket__"))
    if number != "ended":
        found = found.filter(state=Clock.State.MET if number == "met" else Clock.State.BREACHED)
    return found.select_related("ticket__service", "ticket__team").defer("ticket__description", "plan", "steps")


def _reopened(scope: Scope, period: Period) -> QuerySet[StateInterval]:
    """Resolutions of the period that did not hold."""
    start, end = period.bounds
    again = StateInterval.objects.filter(
        ticket=OuterRef("ticket_id"), from_at__gt=OuterRef("from_at"),
        from_at__lte=OuterRef("from_at") + measure.REOPEN_WINDOW,
    ).exclude(phase__in=FINISHED)  # fmt: skip
    worked = StateInterval.objects.filter(ticket=OuterRef("ticket_id"), to_at=OuterRef("from_at")).exclude(
        phase__in=FINISHED
    )
    return (
        StateInterval.objects.filter(from_at__gte=start, from_at__lt=end, phase__in=FINISHED)
        .exclude(state=CANCELLED)
        .filter(ticket__reopen_count__gt=0)
        .filter(Exists(worked), Exists(again))
        .exclude(Exists(_duplicates("ticket_id")))
        .filter(scope.rows("ticket__", priority=False), _visible(scope, "ticket__"))
        .select_related("ticket__service", "ticket__team")
        .defer("ticket__description")
    )


def _waited(scope: Scope, period: Period, reason: str) -> QuerySet[StateInterval]:
    """What came after a wait that ended in the period: there is an index of beginnings, and none of ends."""
    start, end = period.bounds
    before = (
        StateInterval.objects.filter(ticket=OuterRef("ticket_id"))
        .filter(Q(from_at__lt=OuterRef("from_at")) | Q(from_at=OuterRef("from_at"), pk__lt=OuterRef("pk")))
        .order_by("-from_at", "-id")
    )
    return (
        StateInterval.objects.filter(from_at__gte=start, from_at__lt=end)
        .annotate(waited_for=Subquery(before.values("hold_reason")[:1]))
        .filter(waited_for=reason)
        .exclude(waited_for="")
        .annotate(since=Subquery(before.values("from_at")[:1]))
        .filter(scope.rows("ticket__"), _visible(scope, "ticket__"))
        .select_related("ticket__service", "ticket__team")
        .defer("ticket__description")
    )


def _duplicates(ticket: str) -> QuerySet[TicketLink]:
    return TicketLink.objects.filter(source=OuterRef(ticket), kind=TicketLink.Kind.DUPLICATE_OF)


def _tickets(number: str, title: str, scope: Scope, period: Period, age: str) -> Rows:
    start, end = period.bounds
    found: QuerySet[Ticket]
    all_of_them = Ticket.objects.visible_to(scope.user)
    if number == "opened":
        found = all_of_them.filter(scope.rows(priority=False), opened_at__gte=start, opened_at__lt=end)
        return Rows(title, TICKETS, _light(found), ("-opened_at", "-id"), _("Opened"))
    if number == "resolved":
        found = all_of_them.filter(scope.rows(priority=False), resolved_at__gte=start, resolved_at__lt=end)
        found = found.exclude(Exists(_duplicates("pk")))
        return Rows(title, TICKETS, _light(found), ("-resolved_at", "-id"), _("Resolved"))
    return _open(number, title, scope, age)


def _open(number: str, title: str, scope: Scope, age: str) -> Rows:
    now = clock.now()
    found = present.open_tickets(scope)
    if number == "risk":
        found = found.filter(present.at_risk(now))
    elif number == "late":
        found = found.filter(present.late(now))
    elif age.isdigit() and int(age) < len(AGES):
        since, until = present.age_bounds(int(age), measure.today())
        found = found.filter(opened_at__lt=until, **({"opened_at__gte": since} if since else {}))
        title = f"{title}: {AGES[int(age)][0]}"
    return Rows(title, TICKETS, _light(found), ("due_sort", "id"), _("Opened"), _("Due"))


def _light(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.select_related("service", "team").defer("description", "custom")


def read_row(rows: Rows, row: Any) -> Row:
    """A row of any of the lists as the page and the export show it."""
    if rows.what == CLOCKS:
        late = row.state == Clock.State.BREACHED
        spent, promised = times.duration(row.elapsed_seconds), times.duration(row.target_seconds)
        value = _("%(spent)s of %(promised)s") % {"spent": spent, "promised": promised}
        return Row(row.ticket, row.stopped_at, value, "red" if late else "green")
    if rows.what == INTERVALS:
        since = getattr(row, "since", None)
        return Row(row.ticket, row.from_at, times.duration(row.from_at - since) if since else "", "")
    moment = row.resolved_at if rows.order[0] == "-resolved_at" else row.opened_at
    return Row(row, moment, "", "")
