"""Daily measurements: what dashboards read instead of a million clocks.

A day is counted once, when it is over, and then stays as it is: a later change of a ticket is no reason to tell the
past differently. Counting it again is a deliberate act (an import of history), and marks the day as restated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.utils import timezone

from itsm.lib import clock
from itsm.sla.history import CANCELLED, FINISHED
from itsm.sla.models import (
    Clock,
    DailyAttainment,
    DailyBacklog,
    DailyReopening,
    DailyStay,
    MeasuredDay,
    Metric,
)
from itsm.tickets.models import StateInterval, Ticket, TicketLink

DAY = timedelta(days=1)
#: After a longer silence the days before are left to the command: an installation that slept is no import.
CATCH_UP_DAYS = 31
#: Reopened within this time after the resolution: it was not solved after all.
REOPEN_WINDOW = timedelta(days=7)


def today() -> date:
    """The present calendar day of the installation."""
    return _day_of(clock.now())


def bounds(day: date) -> tuple[datetime, datetime]:
    """A day's first instant and that of the next, in the installation's time zone."""
    zone = timezone.get_default_timezone()
    return tuple(datetime.combine(each, time(), zone) for each in (day, day + DAY))  # type: ignore[return-value]


# When


def catch_up() -> int:
    """Count the days that are over and have not been; returns how many. The daily job calls it."""
    yesterday = today() - DAY
    newest = MeasuredDay.objects.order_by("-day").values_list("day", flat=True).first()
    first = max(newest + DAY, yesterday - CATCH_UP_DAYS * DAY) if newest else yesterday
    return measure(first, yesterday) if first <= yesterday else 0


def measure(first: date, last: date, *, again: bool = False, progress: Callable[[int], object] | None = None) -> int:
    """Count the days from ``first`` to ``last``, both included; returns how many were counted.

    A day counted before is left alone, unless ``again``. Two that count at once do not count double: the day's row is
    the lock.
    """
    if last >= today():
        raise ValueError("Only days that are over can be counted.")
    counted = 0
    for flow in flows(first, last):
        counted += _store(flow, again=again)
        if progress:
            progress(1)
    return counted


@transaction.atomic
def _store(flow: Flow, *, again: bool) -> bool:
    marker, created = MeasuredDay.objects.select_for_update().get_or_create(
        day=flow.day, defaults={"measured_at": clock.now()}
    )
    if not created and not again:
        return False
    if not created:
        for model in (DailyAttainment, DailyBacklog, DailyStay, DailyReopening):
            model.objects.filter(day=flow.day).delete()
    DailyAttainment.objects.bulk_create(attainment(flow.day), batch_size=500)
    DailyBacklog.objects.bulk_create(flow.rows(), batch_size=500)
    DailyStay.objects.bulk_create(flow.stay_rows(), batch_size=500)
    DailyReopening.objects.bulk_create(reopenings(flow), batch_size=500)
    if not created:
        marker.restated_at = clock.now()
        marker.save(update_fields=["restated_at"])
    return True


def running_days() -> list[date]:
    """The days that dashboards add themselves: those after the newest counted one, up to today."""
    return days_after(MeasuredDay.objects.order_by("-day").values_list("day", flat=True).first())


def days_after(newest: date | None) -> list[date]:
    """The running days when ``newest`` is the newest counted one; yesterday may be one of them, no more."""
    first = max(newest + DAY, today() - DAY) if newest else today()
    return [first + number * DAY for number in range((today() - first).days + 1)]


def live() -> tuple[list[DailyAttainment], list[DailyBacklog]]:
    """The rows of the running days, counted now and not stored."""
    days = running_days()
    backlog = [row for flow in flows(days[0], days[-1]) for row in flow.rows()]
    return [row for day in days for row in attainment(day)], backlog


# Attainment: clocks that stopped on a day


def attainment(day: date) -> list[DailyAttainment]:
    """Clocks that ended on the day, met or breached. Cancelled and duplicate tickets are nobody's achievement."""
    start, end = bounds(day)
    over = F("elapsed_seconds") - F("target_seconds")
    missed = Q(state=Clock.State.BREACHED)
    of_team = Case(When(metric=Metric.OLA, then=F("team_id")), default=F("ticket__team_id"))
    grouped = (
        Clock.objects.filter(stopped_at__gte=start, stopped_at__lt=end, withdrawn_at__isnull=True)
        .filter(state__in=(Clock.State.MET, Clock.State.BREACHED))
        .exclude(ticket__state=CANCELLED)
        .exclude(Exists(_duplicates(OuterRef("ticket_id"))))
        .order_by()
        .annotate(of_team=of_team)
        .values("metric", "ticket__kind", "ticket__service", "of_team", "ticket__priority")
        .annotate(
            missed=Count("pk", filter=missed),
            all=Count("pk"),
            elapsed=Sum("elapsed_seconds"),
            over=Sum(over, filter=missed & Q(elapsed_seconds__gt=F("target_seconds"))),
        )
    )
    return [
        DailyAttainment(
            day=day, metric=row["metric"], kind=row["ticket__kind"], service_id=row["ticket__service"],
            team_id=row["of_team"], priority=row["ticket__priority"], met=row["all"] - row["missed"],
            breached=row["missed"], elapsed_seconds=row["elapsed"] or 0, over_seconds=row["over"] or 0,
        )
        for row in grouped
    ]  # fmt: skip


def _duplicates(ticket_id: Any) -> models.QuerySet[TicketLink]:
    return TicketLink.objects.filter(source=ticket_id, kind=TicketLink.Kind.DUPLICATE_OF)


# Backlog: what came, went and stayed


class Group(NamedTuple):
    kind: str
    service_id: int | None
    team_id: int | None


@dataclass(slots=True)
class Flow:
    """What came and went on one day, and what was open at its end, by kind, service and team."""

    day: date
    opened: Counter[Group] = field(default_factory=Counter)
    resolved: Counter[Group] = field(default_factory=Counter)
    dropped: Counter[Group] = field(default_factory=Counter)
    reopened: Counter[Group] = field(default_factory=Counter)
    open_at_end: dict[Group, int] = field(default_factory=dict)
    #: Stays that ended: how many, and their seconds, by group, priority and hold reason.
    stays: Counter[tuple[Group, int, str]] = field(default_factory=Counter)
    seconds: Counter[tuple[Group, int, str]] = field(default_factory=Counter)
    #: Ticket, moment, and whom it was resolved by.
    reopened_tickets: list[tuple[int, datetime, Group]] = field(default_factory=list)

    def stay_rows(self) -> list[DailyStay]:
        return [
            DailyStay(
                day=self.day, kind=group.kind, service_id=group.service_id, team_id=group.team_id, priority=priority,
                hold_reason=reason, stays=amount, seconds=self.seconds[group, priority, reason],
            )
            for (group, priority, reason), amount in sorted(self.stays.items(), key=str)
        ]  # fmt: skip

    def rows(self) -> list[DailyBacklog]:
        groups = {*self.opened, *self.resolved, *self.dropped, *self.reopened}
        groups |= {group for group, amount in self.open_at_end.items() if amount}
        return [
            DailyBacklog(
                day=self.day, kind=group.kind, service_id=group.service_id, team_id=group.team_id,
                opened=self.opened[group], resolved=self.resolved[group], dropped=self.dropped[group],
                reopened=self.reopened[group], open_at_end=self.open_at_end.get(group, 0),
            )
            for group in sorted(groups, key=str)
        ]  # fmt: skip


def flows(first: date, last: date, *, still: Counter[Group] | None = None) -> Iterator[Flow]:
    """Day by day from one pass over the state intervals, so that the days fit together by construction.

    What is open at the end of a day is what was open at its start, plus what came (opened, reopened or from another
    team), less what went. ``still`` is what was open at the very start, for whoever knows it or does not ask.
    """
    start, end = bounds(first)[0], bounds(last)[1]
    still = open_at(start) if still is None else still
    steps = _steps(start, end)
    step = next(steps, None)
    for number in range((last - first).days + 1):
        flow = Flow(first + number * DAY)
        until = bounds(flow.day)[1]
        while step is not None and step.at < until:
            _count(flow, still, step)
            step = next(steps, None)
        flow.open_at_end = {group: amount for group, amount in still.items() if amount}
        yield flow


class Step(NamedTuple):
    """An interval that begins, with what the ticket was before; no ``before`` for the first."""

    at: datetime
    after: Group
    open: bool
    was_open: bool | None
    before: Group
    dropped: bool
    ticket_id: int
    priority: int
    #: Since when it was what it was before, and what it waited for then.
    since: datetime | None
    waited_for: str


def _count(flow: Flow, still: Counter[Group], step: Step) -> None:
    if step.was_open is None:
        flow.opened[step.after] += 1
    if step.was_open is not False and not step.open:
        # Also a ticket that was written down when it was over: it came and went.
        (flow.dropped if step.dropped else flow.resolved)[step.after if step.was_open is None else step.before] += 1
    if step.was_open is False and step.open:
        flow.reopened[step.after] += 1
        if not step.dropped:
            flow.reopened_tickets.append((step.ticket_id, step.at, step.before))
    if step.was_open and step.since is not None:
        stay = (step.before, step.priority, step.waited_for)
        flow.stays[stay] += 1
        flow.seconds[stay] += int((step.at - step.since).total_seconds())
    still[step.before] -= step.was_open is True
    still[step.after] += step.open


def _steps(start: datetime, end: datetime) -> Iterator[Step]:
    earlier = (
        StateInterval.objects.filter(ticket=OuterRef("ticket"))
        .filter(Q(from_at__lt=OuterRef("from_at")) | Q(from_at=OuterRef("from_at"), pk__lt=OuterRef("pk")))
        .order_by("-from_at", "-id")
    )
    rows = (
        StateInterval.objects.filter(from_at__gte=start, from_at__lt=end)
        .order_by("from_at", "id")
        .annotate(
            phase_before=Subquery(earlier.values("phase")[:1]),
            team_before=Subquery(earlier.values("team")[:1]),
            since=Subquery(earlier.values("from_at")[:1]),
            waited_for=Subquery(earlier.values("hold_reason")[:1]),
            is_duplicate=Exists(_duplicates(OuterRef("ticket_id"))),
        )
        .values_list(
            "from_at", "ticket__kind", "ticket__service", "team", "phase", "state", "phase_before", "team_before",
            "is_duplicate", "ticket_id", "ticket__priority", "since", "waited_for",
        )
    )  # fmt: skip
    for (
        at, kind, service, team, phase, state, phase_before, team_before, duplicate, ticket, priority, since,
        waited_for,
    ) in rows.iterator(chunk_size=2000):  # fmt: skip
        yield Step(
            at=at,
            after=Group(kind, service, team),
            open=phase not in FINISHED,
            was_open=None if phase_before is None else phase_before not in FINISHED,
            before=Group(kind, service, team_before),
            dropped=state == CANCELLED or duplicate,
            ticket_id=ticket,
            priority=priority,
            since=since,
            waited_for=waited_for or "",
        )


def reopenings(flow: Flow) -> list[DailyReopening]:
    """The day's reopened tickets by the day of the resolution that did not hold, within the window."""
    if not flow.reopened_tickets:
        return []
    finished = (
        StateInterval.objects.filter(ticket__in={ticket for ticket, _at, _group in flow.reopened_tickets})
        .order_by("from_at", "id")
        .values_list("ticket_id", "from_at", "phase", "state")
    )
    histories: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    for ticket, at, phase, state in finished:
        histories[ticket].append((at, phase, state))
    amounts: Counter[tuple[date, Group]] = Counter()
    for ticket, at, group in flow.reopened_tickets:
        resolved = _resolution_before(histories[ticket], at)
        if resolved is not None and at - resolved <= REOPEN_WINDOW:
            amounts[_day_of(resolved), group] += 1
    return [
        DailyReopening(
            day=flow.day, resolved_day=day, kind=group.kind, service_id=group.service_id, team_id=group.team_id,
            amount=amount,
        )
        for (day, group), amount in sorted(amounts.items(), key=str)
    ]  # fmt: skip


def _resolution_before(history: list[tuple[datetime, str, str]], at: datetime) -> datetime | None:
    """Where the run of finished intervals before ``at`` begins; none when the ticket had been cancelled."""
    start = None
    for begin, phase, state in reversed([row for row in history if row[0] < at]):
        if phase not in FINISHED or state == CANCELLED:
            break
        start = begin
    return start


def _day_of(moment: datetime) -> date:
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def open_at(moment: datetime) -> Counter[Group]:
    """How many tickets had work to do just before the moment, by kind, service and team."""
    then = (
        StateInterval.objects.filter(from_at__lt=moment)
        .filter(Q(to_at__isnull=True) | Q(to_at__gte=moment))
        .exclude(phase__in=FINISHED)
        .order_by()
        .values_list("ticket__kind", "ticket__service", "team")
        .annotate(amount=Count("pk"))
    )
    return Counter({Group(kind, service, team): amount for kind, service, team, amount in then})


def first_day() -> date | None:
    """The day the oldest ticket was opened."""
    opened = Ticket.objects.order_by("opened_at", "id").values_list("opened_at", flat=True).first()
    return _day_of(opened) if opened else None
