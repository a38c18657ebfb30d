"""What a service can deliver end to end, from what its components deliver. Pure.

A component works when it works itself and, of each group of what it needs, at least ``k`` members work. A plain
dependency is a group of one. Components fail independently of each other.

* Availability is exact also where two ways lead to the same component, which a product along the ways would count
  twice: the condition is kept as a decision diagram, in which every component occurs once on every way.
* Latency and recovery follow the longest way: what is needed answers, or is restored, first.
* Throughput is that of the narrowest part; of a group, what its ``k`` smallest members carry.
* Data loss is the worst of what is needed; of a group, that of its ``k`` best members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

#: Nodes of the diagram; designs that need more are not understood by anybody either.
MOST_NODES = 50_000
ONE, HUNDRED = Decimal(1), Decimal(100)

#: Whatever names a component; hashable.
Key = Any


class Cycle(ValueError):
    """Components that need each other in a circle; ``keys`` is the way around."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(" → ".join(map(str, keys)))
        self.keys = list(keys)


class Intricate(ValueError):
    """More interwoven than can be computed exactly."""


@dataclass(frozen=True, slots=True)
class Group:
    """Of these members so many have to work."""

    members: tuple[Key, ...]
    required: int = 1


@dataclass(frozen=True, slots=True)
class Component:
    """What one component delivers by itself; ``None`` is unknown. Availability in percent."""

    groups: tuple[Group, ...] = ()
    availability: Decimal | None = None
    latency: Decimal | None = None
    capacity: Decimal | None = None
    recovery: Decimal | None = None
    data_loss: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A sum along a way, and the components on it."""

    total: Decimal
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Narrowest:
    """A value, and the component that sets it."""

    value: Decimal
    key: Key


@dataclass(frozen=True, slots=True)
class Result:
    """What the whole delivers. Where components are unknown they are taken as perfect, and named."""

    availability: Decimal | None = None
    #: The component whose perfection would gain most, and how many percent.
    weakest: Key | None = None
    gain: Decimal = Decimal(0)
    latency: Way | None = None
    throughput: Narrowest | None = None
    recovery: Way | None = None
    data_loss: Narrowest | None = None
    #: Components without a value, by what is missing.
    unknown: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    order: tuple[Key, ...] = ()


def compute(start: Key, parts: Mapping[Key, Component]) -> Result:
    """Everything about ``start``; ``Cycle`` where it needs itself."""
    order = ordered(start, parts)
    unknown = {
        name: tuple(key for key in order if getattr(parts[key], name) is None)
        for name in ("availability", "latency", "capacity", "recovery", "data_loss")
    }
    availability, weakest, gain = _availability(start, order, parts)
    return Result(
        availability, weakest, gain,
        latency=_longest(start, order, parts, "latency", worst=True),
        throughput=_throughput(start, order, parts),
        recovery=_longest(start, order, parts, "recovery", worst=False),
        data_loss=_loss(start, order, parts), unknown=unknown, order=tuple(order),
    )  # fmt: skip


def ordered(start: Key, parts: Mapping[Key, Component]) -> list[Key]:
    """Everything that is needed, whatever needs something after it, ``start`` last."""
    done: dict[Key, None] = {}
    way: list[Key] = []
    on_way: set[Key] = set()
    todo: list[tuple[Key, bool]] = [(start, False)]
    while todo:
        key, left = todo.pop()
        if left:
            way.pop()
            on_way.discard(key)
            done[key] = None
            continue
        if key in on_way:
            raise Cycle([*way[way.index(key) :], key])
        if key in done:
            continue
        way.append(key)
        on_way.add(key)
        todo.append((key, True))
        # From the last to the first, so that read backwards the order is the one in which they are named.
        todo += [(member, False) for group in parts[key].groups for member in group.members]
    return list(done)


# ---------- availability: a decision diagram ----------

#: Position of the component, what follows when it fails, and when it works; 0 and 1 are the ends.
_Node = tuple[int, int, int]


class _Diagram:
    """Boolean functions of working components, each kept once."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = [(1 << 30, 0, 0), (1 << 30, 1, 1)]
        self._known: dict[_Node, int] = {}
        self._chosen: dict[tuple[int, int, int], int] = {}

    def variable(self, place: int) -> int:
        return self._make(place, 0, 1)

    def _make(self, place: int, low: int, high: int) -> int:
        if low == high:
            return low
        node = (place, low, high)
        if node not in self._known:
            if len(self.nodes) > MOST_NODES:
                raise Intricate
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def choose(self, test: int, then: int, other: int) -> int:
        """``then`` where ``test`` is true, else ``other``."""
        if test in (0, 1):
            return then if test else other
        if then == other:
            return then
        asked = (test, then, other)
        if asked not in self._chosen:
            place = min(self.nodes[one][0] for one in asked)
            high = self.choose(*(self._side(one, place, high=True) for one in asked))
            low = self.choose(*(self._side(one, place, high=False) for one in asked))
            self._chosen[asked] = self._make(place, low, high)
        return self._chosen[asked]

    def _side(self, one: int, place: int, *, high: bool) -> int:
        node = self.nodes[one]
        return (node[2] if high else node[1]) if node[0] == place else one

    def at_least(self, required: int, functions: Sequence[int]) -> int:
        """True where so many of the functions are."""
        if required <= 0:
            return 1
        row = [1] + [0] * required
        for function in functions:
            row = [1, *(self.choose(function, row[n - 1], row[n]) for n in range(1, required + 1))]
        return row[required]

    def chance(self, top: int, works: Sequence[Decimal]) -> Decimal:
        """How probable it is; nodes only point to earlier ones."""
        found = [Decimal(0), Decimal(1)]
        for place, low, high in self.nodes[2 : top + 1]:
            found.append(works[place] * found[high] + (ONE - works[place]) * found[low])
        return found[top]


def _availability(
    start: Key, order: Sequence[Key], parts: Mapping[Key, Component]
) -> tuple[Decimal | None, Key | None, Decimal]:
    if all(parts[key].availability is None for key in order):
        return None, None, Decimal(0)
    diagram, function = _Diagram(), {}
    # What needs others stands above them, so that a chain of needs is a chain of nodes.
    above = list(reversed(order))
    place_of = {key: place for place, key in enumerate(above)}
    try:
        for key in order:
            groups = [diagram.at_least(g.required, [function[m] for m in g.members]) for g in parts[key].groups]
            function[key] = diagram.at_least(len(groups) + 1, [diagram.variable(place_of[key]), *groups])
    except RecursionError as error:
        raise Intricate from error
    with localcontext() as context:
        context.prec = 40
        works = [ONE if (own := parts[key].availability) is None else own / HUNDRED for key in above]
        whole = diagram.chance(function[start], works)
        gains = [
            (diagram.chance(function[start], [*works[:place], ONE, *works[place + 1 :]]) - whole, -place)
            for place in range(len(above))
        ]
        gain, place = max(gains)
        return whole * HUNDRED, above[-place] if gain > 0 else None, gain * HUNDRED


# ---------- the rest ----------


def _longest(start: Key, order: Sequence[Key], parts: Mapping[Key, Component], name: str, *, worst: bool) -> Way | None:
    """The sum along the longest way. Of a group its slowest member counts, or the last of the ``k`` fastest."""
    if all(getattr(parts[key], name) is None for key in order):
        return None
    found: dict[Key, Way] = {}
    for key in order:
        ways = []
        for group in parts[key].groups:
            members = sorted((found[member] for member in group.members), key=lambda way: way.total)
            ways.append(members[-1] if worst else members[group.required - 1])
        after = max(ways, key=lambda way: way.total, default=Way(Decimal(0), ()))
        found[key] = Way((getattr(parts[key], name) or Decimal(0)) + after.total, (key, *after.keys))
    return found[start]


def _throughput(start: Key, order: Sequence[Key], parts: Mapping[Key, Component]) -> Narrowest | None:
    found: dict[Key, Narrowest | None] = {}
    for key in order:
        own = parts[key].capacity
        limits = [] if own is None else [Narrowest(own, key)]
        for group in parts[key].groups:
            carried = [found[member] for member in group.members]
            known = sorted((one for one in carried if one is not None), key=lambda one: one.value)
            if len(known) < len(carried) and len(known) < group.required:
                continue  # members without a limit carry it
            smallest = known[: group.required]
            if smallest:
                limits.append(Narrowest(sum((one.value for one in smallest), Decimal(0)), smallest[0].key))
        found[key] = min(limits, key=lambda one: one.value, default=None)
    return found[start]


def _loss(start: Key, order: Sequence[Key], parts: Mapping[Key, Component]) -> Narrowest | None:
    if all(parts[key].data_loss is None for key in order):
        return None
    found: dict[Key, Narrowest] = {}
    for key in order:
        worst = Narrowest(parts[key].data_loss or Decimal(0), key)
        for group in parts[key].groups:
            members = sorted((found[member] for member in group.members), key=lambda one: one.value)
            worst = max(worst, members[group.required - 1], key=lambda one: one.value)
        found[key] = worst
    return found[start]


def headroom(capacity: Decimal, demand: Decimal) -> Decimal:
    """Percent of the capacity that is free when demand is high; negative when it is not enough."""
    return (capacity - demand) / capacity * HUNDRED
