"""Availability, exactly: agreed time, time down inside it, failures, error budget and burn rate. Pure: no framework.

All of it is arithmetic on spans of time. Agreed service time (AST) is what the calendar says less planned work;
downtime (DT) is what lies inside of it. What happens outside was promised to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from itsm.worktime import WorkSchedule

Span = tuple[datetime, datetime]
ZERO = timedelta(0)

#: Burn rates are looked at over these times (the usual rule of several windows).
FIVE_MINUTES, HOUR, THREE_DAYS = timedelta(minutes=5), timedelta(hours=1), timedelta(days=3)
#: Somebody is called when both short windows burn faster than this; a slow burn over days becomes a ticket.
FAST, SLOW = 14.4, 1.0


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that overlap or touch made one; spans without length are left out."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if found and begin <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def within(spans: Sequence[Span], bounds: Sequence[Span]) -> list[Span]:
    """The parts of ``spans`` that lie in ``bounds``; both merged."""
    found: list[Span] = []
    at = 0
    for begin, end in spans:
        while at < len(bounds) and bounds[at][1] <= begin:
            at += 1
        here = at
        while here < len(bounds) and bounds[here][0] < end:
            found.append((max(begin, bounds[here][0]), min(end, bounds[here][1])))
            here += 1
    return found


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """The parts of ``spans`` that lie in none of ``holes``; both merged."""
    found: list[Span] = []
    for begin, end in spans:
        for hole_begin, hole_end in holes:
            if hole_end <= begin:
                continue
            if hole_begin >= end:
                break
            if hole_begin > begin:
                found.append((begin, hole_begin))
            begin = max(begin, hole_end)
        if begin < end:
            found.append((begin, end))
    return found


def length(spans: Iterable[Span]) -> timedelta:
    return sum((end - begin for begin, end in spans), ZERO)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one stretch of time was like. Tallies of days add up to that of a month."""

    agreed: timedelta = ZERO
    down: timedelta = ZERO
    degraded: timedelta = ZERO
    planned: timedelta = ZERO
    failures: int = 0
    #: Agreed time that an objective allows to be down, summed over the days it was in force.
    budget: timedelta | None = None

    def __add__(self, other: Tally) -> Tally:
        budgets = [one for one in (self.budget, other.budget) if one is not None]
        return Tally(
            self.agreed + other.agreed, self.down + other.down, self.degraded + other.degraded,
            self.planned + other.planned, self.failures + other.failures, sum(budgets, ZERO) if budgets else None,
        )  # fmt: skip

    @property
    def availability(self) -> float | None:
        """(AST - DT) / AST in percent; nothing where nothing was agreed."""
        return 100 * ((self.agreed - self.down) / self.agreed) if self.agreed else None

    @property
    def mtbf(self) -> timedelta | None:
        """Mean time between failures: (AST - DT) / failures."""
        return (self.agreed - self.down) / self.failures if self.failures else None

    @property
    def mtrs(self) -> timedelta | None:
        """Mean time to restore service: DT / failures."""
        return self.down / self.failures if self.failures else None

    @property
    def mtbsi(self) -> timedelta | None:
        """Mean time between service incidents: MTBF + MTRS."""
        return self.agreed / self.failures if self.failures else None

    @property
    def budget_left(self) -> timedelta | None:
        """What may still be down; less than nothing when more was down than is allowed."""
        return None if self.budget is None else self.budget - self.down

    @property
    def budget_left_percent(self) -> float | None:
        """1 - bad / budget, in percent."""
        return 100 * (1 - self.down / self.budget) if self.budget else None


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a service or an application, as merged spans that may reach beyond the time looked at."""

    down: Sequence[Span] = ()
    degraded: Sequence[Span] = ()
    planned: Sequence[Span] = ()

    @classmethod
    def of(cls, down: Iterable[Span] = (), degraded: Iterable[Span] = (), planned: Iterable[Span] = ()) -> History:
        return cls(merged(down), merged(degraded), merged(planned))


def agreed_spans(schedule: WorkSchedule | None, begin: datetime, end: datetime, planned: Sequence[Span]) -> list[Span]:
    """Agreed service time: the calendar's (around the clock without one), less planned work."""
    if end <= begin:
        return []
    whole = merged(schedule.spans(begin, end)) if schedule else [(begin, end)]
    return without(whole, planned)


def tally(
    schedule: WorkSchedule | None, history: History, begin: datetime, end: datetime, objective: Decimal | None = None
) -> Tally:
    """What ``begin`` to ``end`` was like. A failure counts where its first agreed moment lies, and only there."""
    calendar = merged(schedule.spans(begin, end)) if schedule else merged([(begin, end)])
    agreed = without(calendar, history.planned)
    down = within(history.down, agreed)
    failures = 0
    for span in history.down:
        if span[0] < end and span[1] > begin:
            first = agreed_spans(schedule, span[0], min(span[1], end), history.planned)
            failures += bool(first) and first[0][0] >= begin
    promised = length(agreed)
    return Tally(
        promised, length(down), length(without(within(history.degraded, agreed), history.down)),
        length(within(history.planned, calendar)), failures, budget_of(promised, objective),
    )  # fmt: skip


def budget_of(agreed: timedelta, objective: Decimal | None) -> timedelta | None:
    """(1 - objective) x agreed time, to the microsecond."""
    if objective is None:
        return None
    share = (100 - Fraction(objective)) / 100
    return timedelta(microseconds=round(share * (agreed // timedelta(microseconds=1))))


def burn_rate(one: Tally, objective: Decimal | None) -> float | None:
    """The share that was bad over the share that may be: 1 uses the budget up exactly in its time."""
    if objective is None or objective >= 100 or not one.agreed:
        return None
    return (one.down / one.agreed) / float((100 - objective) / 100)


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget burns now, over the three windows."""

    minutes: float | None = None
    hour: float | None = None
    days: float | None = None

    @property
    def is_fast(self) -> bool:
        return (self.hour or 0) > FAST and (self.minutes or 0) > FAST

    @property
    def is_slow(self) -> bool:
        return (self.days or 0) > SLOW

    @property
    def tone(self) -> str:
        return "red" if self.is_fast else "amber" if self.is_slow else ""


def burn(schedule: WorkSchedule | None, history: History, now: datetime, objective: Decimal | None) -> Burn:
    """The burn rates that end now."""
    if objective is None:
        return Burn()
    windows = (FIVE_MINUTES, HOUR, THREE_DAYS)
    return Burn(*(burn_rate(tally(schedule, history, now - window, now), objective) for window in windows))
