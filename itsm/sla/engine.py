"""A clock is a pure function of (history, terms, now). Dataclasses only: no rows, no Django, nothing remembered.

The metrics differ only in their **lives** (when a clock starts and what stops it); all else is shared.

* ``resolution``: one life from opening. It stops where the final run of resolved or closed begins; a reopened ticket
  has no such run, so the clock counts on with the time it had before. ``fulfilment`` is the same of what was ordered.
* ``first_response``: one life from opening to the first public reply of an agent, or the first time the ticket is
  resolved or closed. It never restarts.
* ``update``: a life for each time somebody waits for the next reply, see ``update_cycles``.
* ``ola``: a life for each run of one team, see ``team_segments``.
* ``uc``: a life for each wait for a supplier, see ``supplier_waits``.

In a life, time **counts** in the phases new, active and waiting, inside the schedule's hours, except while waiting for
one of the terms' pause reasons.

A clock is **due** at the instant when the target has been counted: the end of a span of hours, not the next opening.
Stopped at or before that instant it is met; still counting at that instant it is breached, so a job that wakes exactly
then finds the breach. A clock put on hold exactly then is not breached: it has nothing left, and is due when it counts
again. A clock that the ticket's cancellation stops is cancelled, breached or not (``breached_at`` still tells): nobody
owes it any more, and it has no more events. Clocks that had stopped before keep their result.

A reading for an earlier ``now`` ignores what came after it; what happens exactly at ``now`` has happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from itsm.sla.history import (
    FINISHED,
    Cycle,
    Exchange,
    History,
    Interval,
    TeamSegment,
    supplier_waits,
    team_segments,
    update_cycles,
    utc,
)
from itsm.worktime import ROUND_THE_CLOCK, NoWorkingTime, WorkSchedule

__all__ = [
    "Cycle",
    "Exchange",
    "History",
    "Interval",
    "Reading",
    "Segment",
    "TeamSegment",
    "Terms",
    "ledger",
    "read",
    "supplier_waits",
    "team_segments",
    "update_cycles",
]

Metric = Literal["first_response", "resolution", "update", "ola", "uc", "fulfilment"]
State = Literal["running", "paused", "met", "breached", "cancelled"]

WORKING = "working"
OUTSIDE_HOURS = "outside_hours"

_SECOND = timedelta(seconds=1)
_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: how much time of which hours, what pauses it, and when to speak up (in percent of the target).

    No schedule means round the clock; a ``warn_percent`` of 0 means no warning. ``team_id`` tells whose OLA it is; the
    caller pairs it with the segments of that team.
    """

    metric: Metric
    minutes: int
    schedule: WorkSchedule | None
    pause_reasons: frozenset[str] = frozenset()
    warn_percent: int = 75
    steps: tuple[int, ...] = ()
    team_id: int | None = None

    def __post_init__(self) -> None:
        if self.metric not in get_args(Metric):
            raise ValueError(f"Not a metric: {self.metric!r}.")
        if self.minutes < 1 or self.warn_percent < 0 or any(step < 1 for step in self.steps):
            raise ValueError("Targets and escalation steps are above zero, warnings not below it.")

    @property
    def hours(self) -> WorkSchedule:
        """The schedule, also where none was agreed."""
        return self.schedule or ROUND_THE_CLOCK

    @property
    def target(self) -> timedelta:
        """The agreed working time."""
        return timedelta(minutes=self.minutes)

    def events(self) -> list[tuple[timedelta, str]]:
        """The working time after which each event happens, in order; at the same time warning, steps, breach."""
        warnings = [(self.warn_percent, "warn")] if self.warn_percent else []
        marks = [*warnings, *((step, f"step:{step}") for step in self.steps), (100, "breach")]
        # Exact: a percent of a minute is 600 milliseconds. Sorting is stable, which keeps the order of equals.
        return [
            (timedelta(milliseconds=600 * self.minutes * percent), name)
            for percent, name in sorted(marks, key=lambda mark: mark[0])
        ]


# What it answers


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock at one moment. Seconds are whole: elapsed plus remaining less overrun is the target.

    ``due_at``: while running, when it will breach; once breached, when it did, whether or not it still runs; when met,
    what it was at the stop (as if it had counted on from there); none while paused, when cancelled, or when the
    schedule has not enough hours left. ``running`` tells whether it counts, breached or not; closed hours do not
    change it. ``moments`` are the events that have happened, fired or not, and while the clock runs also those to come.
    ``next_event`` is the earliest of them that has not fired: one whose moment is past is reported until it has, even
    when the clock has stopped since.
    """

    state: State
    started_at: datetime
    stopped_at: datetime | None
    elapsed_seconds: int
    target_seconds: int
    remaining_seconds: int
    due_at: datetime | None
    breached_at: datetime | None
    running: bool
    next_event: str | None
    next_event_at: datetime | None
    overrun_seconds: int
    moments: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the ledger: a part of the clock's life, whether it counted, and the rule that said so.

    ``why`` is ``working``, ``outside_hours``, ``on_hold:<reason>``, ``resolved`` or ``closed``. The seconds of all
    counted rows add up to the elapsed seconds; with moments between two seconds a row may show one more or less.
    """

    start: datetime
    end: datetime
    counted: bool
    why: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Life:
    """From the start of a clock to what stopped it, if anything has."""

    start: datetime
    stop: datetime | None
    cancelled: bool = False


def read(
    history: History, terms: Terms, now: datetime, fired: frozenset[str] = frozenset(), *, cycle: int = 0
) -> Reading:
    """Read one clock. ``fired`` names the events already acted upon.

    ``cycle`` picks the life: an index into ``update_cycles``, ``team_segments`` or ``supplier_waits``, else 0.
    ``IndexError`` when there is no such life yet.
    """
    now = utc(now)
    history = history.as_of(now)
    life = _lives(history, terms)[cycle]
    running = life.stop is None and not _hold(history.intervals[-1], terms)
    counted = _Counted(_windows(history, terms, life, now, running), terms.hours, running)
    reached = counted.reach(terms.target)
    breached_at = None if reached is None or reached > now else reached
    moments = () if life.cancelled else tuple(_moments(counted, terms))
    next_event, next_event_at = next((each for each in moments if each[0] not in fired), (None, None))
    elapsed, target = counted.total // _SECOND, terms.minutes * 60
    return Reading(
        state=_state(life, running, breached_at),
        started_at=life.start,
        stopped_at=life.stop,
        elapsed_seconds=elapsed,
        target_seconds=target,
        remaining_seconds=max(0, target - elapsed),
        due_at=reached or _due_at_the_stop(life, terms, counted.total),
        breached_at=breached_at,
        running=running,
        next_event=next_event,
        next_event_at=next_event_at,
        overrun_seconds=max(0, elapsed - target),
        moments=moments,
    )


def ledger(history: History, terms: Terms, now: datetime, *, cycle: int = 0) -> list[Segment]:
    """Explain one clock: every instant from its start to its stop, or to ``now``, is in exactly one segment."""
    now = utc(now)
    history = history.as_of(now)
    rows: list[tuple[datetime, datetime, str]] = []
    for start, end, interval in _spells(history, _lives(history, terms)[cycle], now):
        hold = _hold(interval, terms)
        for row in [(start, end, hold)] if hold else _by_hours(terms.hours, start, end):
            if rows and rows[-1][2] == row[2]:
                row = (rows.pop()[0], *row[1:])
            rows.append(row)
    return _segments(rows)


# The lives of a clock


def _lives(history: History, terms: Terms) -> list[Life]:
    match terms.metric:
        case "resolution" | "fulfilment":
            return [_life(history, history.opened_at, history.finished_at())]
        case "first_response":
            reply = next((exchange.at for exchange in history.exchanges if exchange.by_agent), None)
            end = next((interval.start for interval in history.intervals if interval.phase in FINISHED), None)
            stop = min((moment for moment in (reply, end) if moment), default=None)
            return [_life(history, history.opened_at, stop, answered=stop == reply)]
        case "update":
            replies = {exchange.at for exchange in history.exchanges if exchange.by_agent}
            return [_life(history, start, stop, answered=stop in replies) for start, stop in update_cycles(history)]
        case "uc":
            return [_life(history, start, stop) for start, stop in supplier_waits(history)]
    return [_life(history, start, stop) for _, start, stop in team_segments(history)]


def _life(history: History, start: datetime, stop: datetime | None, *, answered: bool = False) -> Life:
    """A life from start to stop; cancelled when the ticket's cancellation stops it, and not an answer given with it."""
    cancelled = history.was_cancelled() and stop == history.finished_at() and not answered
    return Life(start, stop and max(start, stop), cancelled)


# What happens in a life


def _spells(history: History, life: Life, now: datetime) -> Iterator[tuple[datetime, datetime, Interval]]:
    """What of each interval lies in the life, up to its stop or to now."""
    horizon = life.stop or now
    for start, end, interval in history.stretches():
        begin, until = max(start, life.start), min(end or horizon, horizon)
        if begin < until:
            yield begin, until, interval


def _hold(interval: Interval, terms: Terms) -> str:
    """The rule that keeps an interval from counting; empty when it counts."""
    if interval.phase in FINISHED:
        return interval.phase
    if interval.phase == "waiting" and interval.hold_reason in terms.pause_reasons:
        return f"on_hold:{interval.hold_reason}"
    return ""


def _windows(
    history: History, terms: Terms, life: Life, now: datetime, running: bool
) -> list[tuple[datetime, datetime]]:
    """The parts of a life that count, whatever the hours; a running clock always has one that lasts to now."""
    windows: list[tuple[datetime, datetime]] = []
    for start, end, interval in _spells(history, life, now):
        if _hold(interval, terms):
            continue
        if windows and windows[-1][1] == start:
            start = windows.pop()[0]
        windows.append((start, end))
    edge = max(now, life.start)
    if running and (not windows or windows[-1][1] < edge):
        windows.append((edge, edge))
    return windows


class _Counted:
    """The time a life has counted, and when it had or will have counted so much."""

    def __init__(self, windows: Iterable[tuple[datetime, datetime]], hours: WorkSchedule, running: bool) -> None:
        self._windows = [(start, end, hours.between(start, end)) for start, end in windows]
        self._hours = hours
        self._running = running
        self.total = sum((worked for _, _, worked in self._windows), _NOTHING)

    def reach(self, amount: timedelta) -> datetime | None:
        """When ``amount`` was reached while counting; on a running clock possibly in the future."""
        done = _NOTHING
        for index, (start, end, worked) in enumerate(self._windows, 1):
            lasts = self._running and index == len(self._windows)
            if lasts or done + worked >= amount:
                at = _after(self._hours, start, amount - done)
                if lasts or (at is not None and at < end):
                    return at
            done += worked
        return None


def _after(hours: WorkSchedule, start: datetime, amount: timedelta) -> datetime | None:
    try:
        return hours.add(start, amount)
    except NoWorkingTime:
        return None


def _state(life: Life, running: bool, breached_at: datetime | None) -> State:
    if life.cancelled:
        return "cancelled"
    if breached_at:
        return "breached"
    if life.stop:
        return "met"
    return "running" if running else "paused"


def _moments(counted: _Counted, terms: Terms) -> Iterator[tuple[str, datetime]]:
    for amount, name in terms.events():
        at = counted.reach(amount)
        if at is None:
            # Later events come later, so none of them has a moment either.
            return
        yield name, at


def _due_at_the_stop(life: Life, terms: Terms, elapsed: timedelta) -> datetime | None:
    if life.stop is None or life.cancelled:
        return None
    return _after(terms.hours, life.stop, terms.target - elapsed) if elapsed < terms.target else life.stop


def _by_hours(hours: WorkSchedule, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """A part of a life that counts, cut where the working hours begin and end."""
    for opens, closes in hours.spans(start, end):
        if start < opens:
            yield start, opens, OUTSIDE_HOURS
        yield opens, closes, WORKING
        start = closes
    if start < end:
        yield start, end, OUTSIDE_HOURS


def _segments(rows: Iterable[tuple[datetime, datetime, str]]) -> list[Segment]:
    """Give rows their whole seconds: rounded on running totals, so that what was counted adds up exactly."""
    totals = {True: _NOTHING, False: _NOTHING}
    segments = []
    for start, end, why in rows:
        counted = why == WORKING
        before = totals[counted]
        totals[counted] += end - start
        segments.append(Segment(start, end, counted, why, totals[counted] // _SECOND - before // _SECOND))
    return segments
