"""What fails with an item, and what an item needs: one walk over the relations, and the services at its end.

Changes and events ask ``affected``; pages and API ask ``analyse``.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import connection, models
from django.db.models import Q

from itsm.catalogue.models import Service, ServiceDependency, ServiceOffering
from transition.models import CIRelation, CIType, ConfigurationItem
from transition.states.configuration import CIState

Direction = Literal["up", "down"]

#: No analysis follows more items or more steps than these; it says so when it stopped.
MOST_ITEMS, MOST_STEPS = 2_000, 25

#: ``up`` goes from an item to those that need it, ``down`` to those that it needs.
_WAYS: dict[str, tuple[str, str]] = {"up": ("needed", "needing"), "down": ("needing", "needed")}


def reach(ids: Iterable[int], direction: Direction = "up", *, limit: int = MOST_ITEMS) -> list[int]:
    """Ids of everything reached from ``ids``, nearest first, those themselves left out; at most ``limit``.

    One recursive query. UNION drops what was reached before, so that circles end and no item comes twice; both
    databases hand rows out in the order of the steps, and stop walking when nobody reads on.
    """
    start = list(dict.fromkeys(ids))
    if not start:
        return []
    known = set(start)
    query, values = _walk(start, direction)
    with connection.cursor() as cursor:
        cursor.execute(f"{query} SELECT id FROM walk LIMIT %s", [*values, limit + len(start)])  # noqa: S608
        return [pk for (pk,) in cursor.fetchall() if pk not in known]


def _walk(start: list[int], direction: Direction) -> tuple[str, list[int]]:
    """The head of a query with everything reached as ``walk``, and its values."""
    here, there = _WAYS[direction]
    first = " UNION ALL ".join(["SELECT CAST(%s AS bigint)"] * len(start)) if len(start) <= 200 else (
        f"SELECT id FROM {_table(ConfigurationItem)}"  # noqa: S608 - own names
        f" WHERE id IN ({', '.join(['%s'] * len(start))})"
    )  # fmt: skip
    return (
        f"WITH RECURSIVE first(id) AS ({first}), walk(id) AS ("  # noqa: S608 - names of own columns, values are bound
        f"SELECT id FROM first UNION SELECT r.{there} FROM walk JOIN {_table(CIRelation)} r ON r.{here} = walk.id)"
    ), start


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _relations(root: int, direction: Direction, limit: int) -> list[tuple[int, int, str]]:
    """Relations that lead on from what is reached, as (from, to, kind), in the order they were made."""
    here, there = _WAYS[direction]
    query, values = _walk([root], direction)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{query}, found(id) AS (SELECT id FROM walk LIMIT %s) SELECT r.{here}, r.{there}, r.kind"  # noqa: S608
            f" FROM found JOIN {_table(CIRelation)} r ON r.{here} = found.id ORDER BY r.id",
            [*values, limit],
        )
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Affected:
    """Ids of what fails when some items fail: ``items`` without those asked about; services with those above."""

    items: list[int]
    services: list[int]
    #: More than this was not looked at.
    cut: bool = False


def affected(ids: Iterable[int], *, limit: int = MOST_ITEMS) -> Affected:
    """The items that need one of these, directly or not, and the services that stand on any of them."""
    start = list(dict.fromkeys(ids))
    found = reach(start, "up", limit=limit + 1)
    cut = len(found) > limit
    ended = set(ConfigurationItem.objects.filter(pk__in=found, state__in=CIState.ENDED).values_list("pk", flat=True))
    items = [pk for pk in found[:limit] if pk not in ended]
    return Affected(items, services_on([*start, *items]), cut)


def services_on(items: Sequence[int]) -> list[int]:
    """Services that these items support, and those that depend on them, the nearest first."""
    links = ConfigurationItem.services.through.objects.filter(configurationitem__in=items)
    found = list(dict.fromkeys(links.order_by("service_id").values_list("service_id", flat=True)))
    return [*found, *_above(found)]


def _above(services: Iterable[int]) -> list[int]:
    """Services that depend on these, directly or not."""
    known, found = set(services), []
    edge = list(known)
    while edge:
        rows = ServiceDependency.objects.filter(depends_on__in=edge).order_by("service_id")
        edge = [pk for pk in dict.fromkeys(rows.values_list("service_id", flat=True)) if pk not in known]
        known |= set(edge)
        found += edge
    return found


def reach_each(ids: Iterable[int], *, limit: int = 10 * MOST_ITEMS) -> dict[int, list[int]]:
    """What needs each of these items, directly or not: one query for all of them."""
    start = list(dict.fromkeys(ids))
    found: dict[int, list[int]] = {pk: [] for pk in start}
    if not start:
        return found
    places = ", ".join(["%s"] * len(start))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE walk(origin, id) AS (SELECT id, id FROM {_table(ConfigurationItem)}"  # noqa: S608
            f" WHERE id IN ({places}) UNION SELECT w.origin, r.needing FROM walk w"
            f" JOIN {_table(CIRelation)} r ON r.needed = w.id) SELECT origin, id FROM walk LIMIT %s",
            [*start, limit + len(start)],
        )
        for origin, pk in cursor.fetchall():
            if pk != origin:
                found[origin].append(pk)
    return found


def services_of(items: Iterable[int]) -> dict[int, set[int]]:
    """What ``services_on`` says of each of these items: two queries for all of them."""
    found: dict[int, set[int]] = {pk: set() for pk in items}
    links = ConfigurationItem.services.through.objects.filter(configurationitem__in=found).order_by()
    for item, service in links.values_list("configurationitem_id", "service_id"):
        found[item].add(service)
    if not any(found.values()):
        return found
    above: dict[int, list[int]] = defaultdict(list)
    for needing, needed in ServiceDependency.objects.order_by().values_list("service_id", "depends_on_id"):
        above[needed].append(needing)
    for services in found.values():
        todo = list(services)
        while todo:
            for pk in above.get(todo.pop(), ()):
                if pk not in services:
                    services.add(pk)
                    todo.append(pk)
    return found


@dataclass(slots=True)
class Reached:
    """An item of an analysis: in how many steps it is reached, and by way of which item."""

    item: ConfigurationItem
    steps: int
    by: ConfigurationItem | None = None


@dataclass(slots=True)
class Analysis:
    """What hangs together with an item in one direction."""

    root: ConfigurationItem
    direction: Direction
    reached: list[Reached] = field(default_factory=list)
    #: Relations between what was reached, as (from, to, kind) away from the root.
    edges: list[tuple[int, int, str]] = field(default_factory=list)
    #: Services that stand on it; ``directly`` are linked to one of the items.
    services: list[Service] = field(default_factory=list)
    directly: set[int] = field(default_factory=set)
    offerings: list[ServiceOffering] = field(default_factory=list)
    #: The analysis stopped at its limits: there is more.
    cut: bool = False


def analyse(root: ConfigurationItem, direction: Direction = "up", *, limit: int = MOST_ITEMS) -> Analysis:
    """Everything reached from one item with steps and ways; upwards also the services and offerings."""
    items = _items(root.pk, direction, limit + 2)
    # The root itself comes along.
    found = Analysis(root, direction, cut=len(items) > limit + 1)
    items = {pk: item for pk, item in items.items() if item.state not in CIState.ENDED} | {root.pk: root}
    ahead: dict[int, list[int]] = defaultdict(list)
    for begin, end, kind in _relations(root.pk, direction, limit + 2):
        if begin in items and end in items:
            ahead[begin].append(end)
            found.edges.append((begin, end, kind))
    steps, todo = {root.pk: 0}, deque([root.pk])
    while todo:
        pk = todo.popleft()
        if steps[pk] == MOST_STEPS:
            found.cut = found.cut or bool(ahead[pk])
            continue
        for end in ahead[pk]:
            if end not in steps and len(found.reached) < limit:
                steps[end] = steps[pk] + 1
                todo.append(end)
                found.reached.append(Reached(items[end], steps[end], items[pk]))
    found.edges = [edge for edge in found.edges if edge[0] in steps and edge[1] in steps]
    if direction == "up":
        _services(found, list(steps))
    return found


def _items(root: int, direction: Direction, limit: int) -> dict[int, ConfigurationItem]:
    """What is reached by id, with what a map and a table show of it."""
    types = CIType.objects.in_bulk()
    query, values = _walk([root], direction)
    rows = ConfigurationItem.objects.raw(
        f"{query}, found(id) AS (SELECT id FROM walk LIMIT %s) SELECT i.id, i.name, i.state, i.type_id"  # noqa: S608
        f" FROM found JOIN {_table(ConfigurationItem)} i ON i.id = found.id",
        [*values, limit],
    )
    items = {row.pk: row for row in rows}
    for row in items.values():
        row.type = types[row.type_id]
    return items


def _services(found: Analysis, items: list[int]) -> None:
    links = ConfigurationItem.services.through.objects.filter(configurationitem__in=items)
    found.directly = set(links.values_list("service_id", flat=True))
    everything = [*found.directly, *_above(found.directly)]
    alive = Service.objects.filter(pk__in=everything).exclude(status__in=Service.Status.ENDED)
    found.services = list(alive.select_related("owner").order_by("criticality", "name"))
    active = ServiceOffering.objects.filter(service__in=[s.pk for s in found.services], is_active=True)
    found.offerings = list(active.select_related("service").order_by("service__name", "name"))


def circle(item: ConfigurationItem, kind: str, other: ConfigurationItem, kinds: Iterable[str]) -> list[int]:
    """The way from ``other`` back to ``item`` over relations of these kinds, empty when there is none.

    With a new relation from ``item`` to ``other`` it would be a circle.
    """
    came: dict[int, int | None] = {other.pk: None}
    edge = [other.pk]
    while edge and item.pk not in came:
        rows = CIRelation.objects.filter(Q(source__in=edge), kind__in=list(kinds)).order_by("id")
        edge = []
        for begin, end in rows.values_list("source_id", "target_id"):
            if end not in came:
                came[end] = begin
                edge.append(end)
    if item.pk not in came:
        return []
    way: list[int] = []
    current: int | None = item.pk
    while current is not None:
        way.append(current)
        current = came[current]
    return way[::-1]
