"""Analysis of an event log: flow, variants, waiting, rework, handovers and conformance. Pure: rows in, figures out.

A row is one stay of a case: the activity, who held it (a team), what it waited for, and when it began. The rows of a
case stand together, in the order in which they happened. Tickets and foreign files go through the same functions.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import fmean, median
from typing import Any, NamedTuple

Activity = Hashable
Edge = tuple[Activity, Activity]
#: So many cases are named behind each number; the others are counted.
MOST_CASES = 300


class Stay(NamedTuple):
    """One row of a log; ``start`` in seconds since any fixed moment."""

    case: Any
    activity: Activity
    resource: Hashable
    start: float
    reason: str = ""


@dataclass(slots=True)
class Seconds:
    """Durations of one kind. Of none, mean and median are undefined."""

    values: array[float] = field(default_factory=lambda: array("d"))

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float | None:
        return median(self.values) if self.values else None

    @property
    def mean(self) -> float | None:
        return fmean(self.values) if self.values else None

    @property
    def total(self) -> float:
        return sum(self.values)


@dataclass(slots=True)
class Cases:
    """How often something happened, in how many cases, and the last of these by name."""

    times: int = 0
    cases: int = 0
    named: deque[Any] = field(default_factory=lambda: deque(maxlen=MOST_CASES))

    def add(self, case: Any, times: int = 1) -> None:
        self.times += times
        self.cases += 1
        self.named.append(case)


@dataclass(slots=True)
class Variant:
    """Cases that took the same way."""

    cases: Cases = field(default_factory=Cases)
    seconds: Seconds = field(default_factory=Seconds)


@dataclass(slots=True)
class Rules:
    """What a step means in this log.

    ``finished(activity)``: the work is done there. ``expected``: the changes that the designed process names, if there
    is one. ``merge``: stays in the same activity one after the other are one visit (a ticket that changes hands).
    """

    finished: Callable[[Any], bool] = lambda activity: False
    expected: Collection[Edge] | None = None
    merge: bool = False


@dataclass(slots=True)
class Analysis:
    """Everything that is known of the cases."""

    cases: int = 0
    events: int = 0
    activities: Counter[Activity] = field(default_factory=Counter)
    resources: Counter[Hashable] = field(default_factory=Counter)
    starts: Counter[Activity] = field(default_factory=Counter)
    ends: Counter[Activity] = field(default_factory=Counter)
    #: Time from the beginning of one activity to that of the next.
    edges: dict[Edge, Seconds] = field(default_factory=lambda: defaultdict(Seconds))
    edge_cases: dict[Edge, Cases] = field(default_factory=lambda: defaultdict(Cases))
    variants: dict[tuple[Activity, ...], Variant] = field(default_factory=lambda: defaultdict(Variant))
    durations: Seconds = field(default_factory=Seconds)
    lengths: Counter[int] = field(default_factory=Counter)
    #: Time spent by activity, holder and what it waited for; the last stay of a case does not end.
    waits: dict[tuple[Activity, Hashable, str], Seconds] = field(default_factory=lambda: defaultdict(Seconds))
    #: Activities that a case came back to.
    rework: dict[Activity, Cases] = field(default_factory=lambda: defaultdict(Cases))
    reworked: Cases = field(default_factory=Cases)
    handovers: Cases = field(default_factory=Cases)
    handover_pairs: dict[tuple[Hashable, Hashable], Cases] = field(default_factory=lambda: defaultdict(Cases))
    #: Handovers to a holder that had the case before.
    returns: Cases = field(default_factory=Cases)
    #: Finished, and taken up again.
    reopens: Cases = field(default_factory=Cases)
    #: Cases whose every change is expected; changes that are expected, of all changes.
    conforming: int = 0
    replayed: int = 0
    deviations: dict[Edge, Cases] = field(default_factory=lambda: defaultdict(Cases))
    #: None when nothing is designed.
    expected: Collection[Edge] | None = None

    @property
    def changes(self) -> int:
        return sum(seconds.count for seconds in self.edges.values())

    @property
    def events_per_case(self) -> Sequence[int]:
        return sorted(self.lengths.elements())

    @property
    def conformance(self) -> float | None:
        """Percent of cases that went as designed; undefined without a design or without cases."""
        return None if self.expected is None or not self.cases else 100 * self.conforming / self.cases

    @property
    def fitness(self) -> float | None:
        """Percent of all changes that the design names."""
        return None if self.expected is None or not self.changes else 100 * self.replayed / self.changes


def together(rows: Iterable[Stay]) -> list[Stay]:
    """The rows of each case side by side in their order, the cases by their first row: for files in any order."""
    found: dict[Any, list[Stay]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return [row for group in found.values() for row in group]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a way alone says, worked out once for all cases that took it."""

    edges: tuple[Edge, ...]
    #: Each change with how often it occurs; those that are not expected; activities that come again.
    taken: tuple[tuple[Edge, int], ...]
    wrong: tuple[tuple[Edge, int], ...]
    again: tuple[tuple[Activity, int], ...]
    reopened: int


def shape_of(path: tuple[Activity, ...], rules: Rules) -> Shape:
    edges = tuple(pairwise(path))
    taken = Counter(edges)
    expected = rules.expected
    return Shape(
        edges,
        tuple(taken.items()),
        () if expected is None else tuple((edge, n) for edge, n in taken.items() if edge not in expected),
        tuple((activity, n - 1) for activity, n in Counter(path).items() if n > 1),
        sum(rules.finished(one) and not rules.finished(other) for one, other in edges),
    )


def analyse(rows: Iterable[Sequence[Any]], rules: Rules | None = None) -> Analysis:
    """One pass over rows (``Stay`` or plain tuples of the same order) in which each case stands together."""
    rules = rules or Rules()
    found = Analysis(expected=rules.expected)
    shapes: dict[tuple[Activity, ...], Shape] = {}
    turns: dict[tuple[Hashable, ...], int] = {}
    for case, group in groupby(rows, itemgetter(0)):
        stays = list(group)
        path, moments = _way(found, stays, merge=rules.merge)
        shape = shapes.get(path)
        if shape is None:
            shape = shapes[path] = shape_of(path, rules)
        found.cases += 1
        found.events += len(stays)
        found.lengths[len(stays)] += 1
        seconds = stays[-1][3] - stays[0][3]
        found.durations.values.append(seconds)
        variant = found.variants[path]
        variant.cases.add(case)
        variant.seconds.values.append(seconds)
        for place, edge in enumerate(shape.edges):
            found.edges[edge].values.append(moments[place + 1] - moments[place])
        for edge, times in shape.taken:
            found.edge_cases[edge].add(case, times)
        _what_stands_out(found, case, shape)
        holders = _in_turn(stays)
        turns[holders] = turns.get(holders, 0) + 1
        if len(holders) > 1:
            _holders(found, case, holders)
    for path, variant in found.variants.items():
        amount = variant.cases.cases
        found.starts[path[0]] += amount
        found.ends[path[-1]] += amount
        for activity in path:
            found.activities[activity] += amount
    for holders, amount in turns.items():
        for holder in set(holders):
            found.resources[holder] += amount
    return found


def _way(found: Analysis, stays: list[Sequence[Any]], *, merge: bool) -> tuple[tuple[Activity, ...], list[float]]:
    """The activities of a case and when each began; time spent is added up on the way."""
    path: list[Activity] = []
    moments: list[float] = []
    waits = found.waits
    before: Sequence[Any] | None = None
    for stay in stays:
        if before is not None:
            waits[before[1], before[2], before[4]].values.append(stay[3] - before[3])
        if not (merge and path and path[-1] == stay[1]):
            path.append(stay[1])
            moments.append(stay[3])
        before = stay
    return tuple(path), moments


def _what_stands_out(found: Analysis, case: Any, shape: Shape) -> None:
    if shape.reopened:
        found.reopens.add(case, shape.reopened)
    if found.expected is not None:
        found.replayed += len(shape.edges) - sum(times for _edge, times in shape.wrong)
        found.conforming += not shape.wrong
        for edge, times in shape.wrong:
            found.deviations[edge].add(case, times)
    if shape.again:
        for activity, times in shape.again:
            found.rework[activity].add(case, times)
        found.reworked.add(case, sum(times for _activity, times in shape.again))


def _holders(found: Analysis, case: Any, holders: tuple[Hashable, ...]) -> None:
    """Handovers between different holders, and returns to one that had it before."""
    found.handovers.add(case, len(holders) - 1)
    pairs = found.handover_pairs
    seen: set[Edge] = set()
    for pair in pairwise(holders):
        entry = pairs[pair]
        if pair in seen:
            entry.times += 1
        else:
            seen.add(pair)
            entry.add(case)
    returned = len(holders) - len(set(holders))
    if returned:
        found.returns.add(case, returned)


def _in_turn(stays: list[Sequence[Any]]) -> tuple[Hashable, ...]:
    """The different holders one after the other. No holder is nobody's turn."""
    found: list[Hashable] = []
    last = None
    for stay in stays:
        holder = stay[2]
        if holder is not None and holder != last:
            found.append(holder)
            last = holder
    return tuple(found)
