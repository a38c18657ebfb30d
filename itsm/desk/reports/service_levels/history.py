"""Numbers of days that are over, from the daily measurements, with the running days added."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

from django.db.models import BigIntegerField, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from itsm.desk.reports.service_levels.scope import DAY, Period, Scope
from itsm.sla.history import CANCELLED
from itsm.sla.models import Clock, DailyAttainment, DailyBacklog, DailyReopening, DailyStay, MeasuredDay, Metric
from itsm.sla.services import measure
from itsm.tickets.models import HoldReason, Ticket, TicketLink

METRICS = (Metric.RESOLUTION, Metric.FIRST_RESPONSE)
#: More clocks than this are not ranked while somebody waits: the median is left out.
MOST_RANKED = 250_000


@dataclass(slots=True)
class Tally:
    """Clocks that ended: how many in time and how many not, and how long they ran."""

    met: int = 0
    breached: int = 0
    elapsed: int = 0
    over: int = 0

    @property
    def n(self) -> int:
        return self.met + self.breached

    @property
    def attainment(self) -> float | None:
        """Percent in time; undefined where nothing ended, which is neither 0 nor 100 percent."""
        return 100 * self.met / self.n if self.n else None

    @property
    def mean(self) -> float | None:
        """Mean seconds of working time."""
        return self.elapsed / self.n if self.n else None

    @property
    def mean_over(self) -> float | None:
        """Mean seconds too late, of those that were late."""
        return self.over / self.breached if self.breached else None

    def add(self, met: int, breached: int, elapsed: int, over: int) -> None:
        self.met += met
        self.breached += breached
        self.elapsed += elapsed
        self.over += over


@dataclass(slots=True)
class Flow:
    """Tickets that came and went."""

    opened: int = 0
    resolved: int = 0
    reopened: int = 0


@dataclass(slots=True)
class History:
    """Everything the dashboard reads about time that has passed."""

    by_day: dict[tuple[date, str, int], Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_service: dict[int | None, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_team: dict[int | None, Tally] = field(default_factory=lambda: defaultdict(Tally))
    flow: dict[date, Flow] = field(default_factory=lambda: defaultdict(Flow))
    open_at_end: dict[date, int] = field(default_factory=dict)
    #: Reopened within the window, by the day of the resolution.
    reopened_of: Counter[date] = field(default_factory=Counter)
    #: Seconds of stays that ended, by hold reason.
    stays: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    newest: date | None = None
    live_days: list[date] = field(default_factory=list)

    def total(self, period: Period, metric: str, priority: int | None = None) -> Tally:
        found = Tally()
        for (day, name, level), tally in self.by_day.items():
            if name == metric and period.holds(day) and priority in (None, level):
                found.add(tally.met, tally.breached, tally.elapsed, tally.over)
        return found

    def priorities(self, period: Period, metric: str) -> dict[int, Tally]:
        found: dict[int, Tally] = defaultdict(Tally)
        for (day, name, level), tally in self.by_day.items():
            if name == metric and period.holds(day):
                found[level].add(tally.met, tally.breached, tally.elapsed, tally.over)
        return dict(sorted(found.items()))

    def flow_in(self, period: Period) -> Flow:
        found = Flow()
        for day, flow in self.flow.items():
            if period.holds(day):
                found.opened += flow.opened
                found.resolved += flow.resolved
                found.reopened += flow.reopened
        return found

    def reopen_rate(self, period: Period) -> float | None:
        """Of the tickets resolved in the period, the percent reopened within the window; undefined without any."""
        resolved = self.flow_in(period).resolved
        if not resolved:
            return None
        return 100 * sum(n for day, n in self.reopened_of.items() if period.holds(day)) / resolved

    @property
    def uncounted(self) -> list[date]:
        """Days that are neither measured nor added live: the numbers lack them."""
        if self.newest is None or not self.live_days:
            return []
        gap = (self.live_days[0] - self.newest).days - 1
        return [self.newest + (n + 1) * DAY for n in range(max(0, gap))]


def read(scope: Scope, period: Period, first: date) -> History:
    """The history from ``first`` on: four queries for what is measured, two or three for the running days."""
    found = History()
    found.newest = MeasuredDay.objects.order_by("-day").values_list("day", flat=True).first()
    found.live_days = measure.days_after(found.newest)
    _attainment(found, scope, period, first)
    _flows(found, scope, period, first)
    _live(found, scope, period)
    return found


def _attainment(found: History, scope: Scope, period: Period, first: date) -> None:
    rows = DailyAttainment.objects.filter(scope.rows(), day__range=(first, period.last), metric__in=METRICS).order_by()
    sums = {name: Sum(name) for name in ("met", "breached", "elapsed_seconds", "over_seconds")}
    numbers = tuple(sums)
    for day, metric, priority, *values in (
        rows.values_list("day", "metric", "priority")
        .annotate(**sums)
        .values_list("day", "metric", "priority", *numbers)
    ):
        found.by_day[day, metric, priority].add(*values)
    mine = rows.filter(metric=Metric.RESOLUTION, day__gte=period.first)
    for service, team, *values in (
        mine.values_list("service_id", "team_id").annotate(**sums).values_list("service_id", "team_id", *numbers)
    ):
        found.by_service[service].add(*values)
        found.by_team[team].add(*values)


def _flows(found: History, scope: Scope, period: Period, first: date) -> None:
    """What came, went, came back and waited: three tables of daily numbers in one statement."""
    limits, since = scope.rows(priority=False), (first, period.last)
    label = HoldReason.objects.filter(code=OuterRef("hold_reason")).values("label")[:1]
    nothing = Value("")
    queries = [
        _part(
            DailyBacklog.objects.filter(limits, day__range=since), "backlog", F("day"), nothing, nothing,
            "opened", "resolved", "reopened", "open_at_end",
        ),
        _part(
            DailyReopening.objects.filter(limits, resolved_day__range=since), "back", F("resolved_day"), nothing,
            nothing, "amount",
        ),
        _part(
            DailyStay.objects.filter(scope.rows(), day__range=(period.first, period.last)), "stays",
            Value(period.first, DateField()), F("hold_reason"), Coalesce(Subquery(label), nothing), "seconds",
        ),
    ]  # fmt: skip
    for what, day, code, words, *amounts in queries[0].union(*queries[1:], all=True):
        numbers = [int(amount) for amount in amounts]
        if what == "backlog":
            found.flow[day] = Flow(*numbers[:3])
            found.open_at_end[day] = numbers[3]
        elif what == "back":
            found.reopened_of[day] += numbers[0]
        else:
            found.stays[code] += numbers[0]
            found.reasons[code] = words


def _part(rows: QuerySet[Any], what: str, on: Any, code: Any, words: Any, *sums: str) -> QuerySet[Any]:
    """Sums by day and code in the one shape all parts share; what a part does not have is 0."""
    # Of one type in every part: the database would otherwise choose one for the whole column.
    numbers: dict[str, Any] = {
        f"n{number}": Sum(name, output_field=BigIntegerField()) for number, name in enumerate(sums)
    }
    numbers |= {f"n{number}": Value(0, BigIntegerField()) for number in range(len(sums), 4)}
    grouped = rows.order_by().values(what=Value(what), on=on, code=code, words=words).annotate(**numbers)
    return grouped.values_list("what", "on", "code", "words", "n0", "n1", "n2", "n3")


def _live(found: History, scope: Scope, period: Period) -> None:
    """The days nobody has measured yet, by the same functions that will."""
    days = [day for day in found.live_days if day <= period.last]
    for day in days:
        for row in measure.attainment(day):
            if row.metric in METRICS and scope.takes(row):
                values = (row.met, row.breached, row.elapsed_seconds, row.over_seconds)
                found.by_day[day, row.metric, row.priority].add(*values)
                if row.metric == Metric.RESOLUTION and period.holds(day):
                    found.by_service[row.service_id].add(*values)
                    found.by_team[row.team_id].add(*values)
    # What was open before is not asked: what is open now is counted from the tickets.
    for flow in measure.flows(days[0], days[-1], still=Counter()) if days else ():
        for moved in flow.rows():
            if scope.takes(moved, priority=False):
                day_flow = found.flow[flow.day]
                day_flow.opened += moved.opened
                day_flow.resolved += moved.resolved
                day_flow.reopened += moved.reopened
        for back in measure.reopenings(flow):
            if scope.takes(back, priority=False):
                found.reopened_of[back.resolved_day] += back.amount
        for stay in flow.stay_rows() if period.holds(flow.day) else ():
            if scope.takes(stay):
                found.stays[stay.hold_reason] += stay.seconds


# ---------- durations: no sum of days gives a median ----------


def ended_clocks(scope: Scope, period: Period, metric: str) -> QuerySet[Clock]:
    """Clocks that ended in the period, met or breached, as the daily measurements count them."""
    return _ended(period, metric).exclude(ticket__state=CANCELLED).filter(scope.rows("ticket__"))


def _ended(period: Period, metric: str) -> QuerySet[Clock]:
    start, end = period.bounds
    duplicate = TicketLink.objects.filter(source=OuterRef("ticket_id"), kind=TicketLink.Kind.DUPLICATE_OF)
    return (
        Clock.objects.filter(stopped_at__gte=start, stopped_at__lt=end, metric=metric, withdrawn_at__isnull=True)
        .filter(state__in=(Clock.State.MET, Clock.State.BREACHED))
        .exclude(Exists(duplicate))
    )


def _limits(scope: Scope) -> Q:
    """The limits as a condition on clocks that reads no ticket where only a few teams' are left out.

    To join each of some ten thousand clocks with its ticket, a database reads all tickets there are.
    """
    if scope.filtered or not scope.sees_all:
        return scope.rows("ticket__")
    if not scope.hidden_teams:
        return Q()
    return ~Q(ticket__in=Ticket.objects.filter(team__in=scope.hidden_teams).values("pk"))


def durations(scope: Scope, period: Period) -> tuple[list[int], list[int]] | None:
    """Seconds of working time until resolution in rising order, of the period and of the one before.

    ``None`` when they are too many.
    """
    metric = Metric.RESOLUTION
    both = Period(period.before.first, period.last)
    start = period.bounds[0]
    # Cancelled tickets need no word: what ends by cancelling has the clock of a resolution cancelled.
    rows = _ended(both, metric).filter(_limits(scope)).order_by().values_list("stopped_at", "elapsed_seconds")
    found: tuple[list[int], list[int]] = ([], [])
    for number, (stopped, seconds) in enumerate(rows[: MOST_RANKED + 1]):
        if number == MOST_RANKED:
            return None
        found[0 if stopped and stopped >= start else 1].append(seconds)
    return sorted(found[0]), sorted(found[1])


def ranked(seconds: list[int], share: float) -> int | None:
    """The value below which this share of the values lies, by nearest rank; undefined for none."""
    return seconds[ceil(share * len(seconds)) - 1] if seconds else None


def weeks(first: date, last: date) -> list[Period]:
    """The calendar weeks from Monday on that touch the days, cut to them."""
    start, found = first, []
    while start <= last:
        end = min(start + (6 - start.weekday()) * DAY, last)
        found.append(Period(start, end))
        start = end + DAY
    return found


def worst_first(tallies: dict[Any, Tally], name: Callable[[Any], str]) -> list[tuple[Any, Tally]]:
    """The lowest attainment first; those with the most breaches before those with few."""
    return sorted(tallies.items(), key=lambda item: (item[1].attainment or 0, -item[1].breached, name(item[0])))
