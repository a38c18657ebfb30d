"""What happened to a ticket, as its clocks see it: intervals, public messages, and the runs they form. Pure data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

PHASES = frozenset({"new", "active", "waiting", "resolved", "closed"})
WAITING = "waiting"
FINISHED = frozenset({"resolved", "closed"})
CANCELLED = "cancelled"

_REPLY, _CHANGE, _QUESTION = range(3)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stay in one state with one team. It lasts until the next begins; ``end`` is for the reader only."""

    start: datetime
    end: datetime | None
    phase: str
    state: str
    hold_reason: str = ""
    team_id: int | None = None
    assignee_id: int | None = None
    #: What it waits for is a supplier's to do.
    supplier: bool = False

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise ValueError(f"Not a phase: {self.phase!r}.")
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", self.end and utc(self.end))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A public message, by an agent or by the requester's side. Automatic replies are none."""

    at: datetime
    by_agent: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at))


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a ticket, each part in order of time. Before its first interval the ticket is already in it."""

    opened_at: datetime
    intervals: tuple[Interval, ...]
    exchanges: tuple[Exchange, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "opened_at", utc(self.opened_at))
        if not self.intervals:
            raise ValueError("A history needs at least one interval.")
        _require_order([interval.start for interval in self.intervals])
        _require_order([exchange.at for exchange in self.exchanges])

    def as_of(self, now: datetime) -> History:
        """The history as it was known at ``now``."""
        if self.intervals[-1].start <= now and (not self.exchanges or self.exchanges[-1].at <= now):
            return self
        return replace(
            self,
            intervals=tuple(interval for interval in self.intervals if interval.start <= now) or self.intervals[:1],
            exchanges=tuple(exchange for exchange in self.exchanges if exchange.at <= now),
        )

    def finished_at(self) -> datetime | None:
        """Where the final run of resolved or closed intervals begins; none while there is work to do."""
        finish = None
        for interval in reversed(self.intervals):
            if interval.phase not in FINISHED:
                break
            finish = interval.start
        return finish

    def was_cancelled(self) -> bool:
        """True when the last thing known is that the ticket was cancelled."""
        return self.intervals[-1].phase in FINISHED and self.intervals[-1].state == CANCELLED

    def stretches(self) -> Iterator[tuple[datetime, datetime | None, Interval]]:
        """The intervals without gap or overlap, from the opening on; the last has no end."""
        starts = [self.opened_at, *(max(interval.start, self.opened_at) for interval in self.intervals[1:])]
        return zip(starts, [*starts[1:], None], self.intervals, strict=True)


class Cycle(NamedTuple):
    """From the oldest message that waits for a reply to that reply."""

    start: datetime
    stop: datetime | None


class TeamSegment(NamedTuple):
    """An unbroken run of one team on an unfinished ticket."""

    team_id: int
    start: datetime
    end: datetime | None


class Wait(NamedTuple):
    """An unbroken wait of an unfinished ticket for a supplier."""

    start: datetime
    end: datetime | None


def update_cycles(history: History) -> list[Cycle]:
    """The times somebody waited for a next reply.

    A cycle begins with the requester's oldest unanswered message, once the first response is out of the way (given, or
    made pointless by a resolution). It ends with an agent's reply, or when the ticket is resolved or closed. A message
    on a finished ticket asks for nothing, unless the ticket is reopened before anyone answers: then from that moment.
    """
    # At one instant: a reply first, so that it answers; then the change of phase; then a new question.
    moments = [(exchange.at, _REPLY if exchange.by_agent else _QUESTION, "") for exchange in history.exchanges]
    moments += [(interval.start, _CHANGE, interval.phase) for interval in history.intervals]
    cycles: list[Cycle] = []
    responded = finished = unanswered = False
    for at, kind, phase in sorted(moments, key=lambda moment: moment[:2]):
        waiting = bool(cycles) and cycles[-1].stop is None
        if kind == _QUESTION:
            unanswered = unanswered or responded
        elif kind == _REPLY or (phase in FINISHED and not finished):
            responded, unanswered = True, False
            if waiting:
                cycles[-1] = Cycle(cycles[-1].start, at)
        if kind == _CHANGE:
            finished = phase in FINISHED
        if unanswered and not finished and not waiting:
            cycles.append(Cycle(at, None))
    return cycles


def team_segments(history: History) -> list[TeamSegment]:
    """The runs of one team, across states, while the ticket is neither resolved nor closed.

    Reopening starts a new segment, on the same team too. Stays of no length and of no team are left out.
    """
    segments: list[TeamSegment] = []
    for start, end, interval in history.stretches():
        if interval.team_id is None or interval.phase in FINISHED or (end is not None and end <= start):
            continue
        if segments and (segments[-1].team_id, segments[-1].end) == (interval.team_id, start):
            start = segments.pop().start
        segments.append(TeamSegment(interval.team_id, start, end))
    return segments


def supplier_waits(history: History) -> list[Wait]:
    """The runs of waiting for a supplier, across teams and reasons. Stays of no length are left out."""
    waits: list[Wait] = []
    for start, end, interval in history.stretches():
        if not (interval.supplier and interval.phase == WAITING) or (end is not None and end <= start):
            continue
        if waits and waits[-1].end == start:
            start = waits.pop().start
        waits.append(Wait(start, end))
    return waits


def utc(moment: datetime) -> datetime:
    """The moment in UTC: in any other zone Python compares and subtracts the wall clock, not the time."""
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"A clock needs moments with a time zone, not {moment!r}.")
    return moment.astimezone(UTC)


def _require_order(moments: Sequence[datetime]) -> None:
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise ValueError("The parts of a history must be in order of time.")
