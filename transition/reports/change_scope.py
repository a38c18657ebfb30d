"""What a change touches: its items and services, those that depend on them, and those that they need.

One change asks a fixed number of queries, whatever is planned; many at once are read together by ``scopes``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection

from itsm.catalogue.models import ServiceDependency
from transition.models import Change, CIRelation, ConfigurationItem, TicketCI
from transition.reports import impact


@dataclass(slots=True)
class Scope:
    """Ids of items and services of one change."""

    #: Named on the change itself.
    items: set[int] = field(default_factory=set)
    services: set[int] = field(default_factory=set)
    #: These fail when the named ones do, the named ones among them.
    items_hit: set[int] = field(default_factory=set)
    services_hit: set[int] = field(default_factory=set)
    #: What the named ones need: when it changes at the same time, nobody knows what broke.
    items_needed: set[int] = field(default_factory=set)
    services_needed: set[int] = field(default_factory=set)

    @property
    def items_near(self) -> set[int]:
        return self.items_hit | self.items_needed

    @property
    def services_near(self) -> set[int]:
        return self.services_hit | self.services_needed

    def touches(self, other: Scope) -> bool:
        """Whether one of the two is named where the other one hits."""
        return bool(
            self.items_hit & other.items or self.items & other.items_hit
            or self.services_hit & other.services or self.services & other.services_hit
        )  # fmt: skip


class Dependencies:
    """All dependencies of services, read once: they are few, and every way through them is asked for."""

    def __init__(self) -> None:
        self.above: dict[int, list[int]] = defaultdict(list)
        self.below: dict[int, list[int]] = defaultdict(list)
        for needing, needed in ServiceDependency.objects.order_by().values_list("service_id", "depends_on_id"):
            self.above[needed].append(needing)
            self.below[needing].append(needed)

    def closure(self, services: Iterable[int], ways: Mapping[int, list[int]]) -> set[int]:
        """These services and everything that the ways lead to."""
        found = set(services)
        todo = list(found)
        while todo:
            for pk in ways.get(todo.pop(), ()):
                if pk not in found:
                    found.add(pk)
                    todo.append(pk)
        return found


def scope(items: Iterable[int], services: Iterable[int]) -> Scope:
    """What hangs together with these items and services; six queries."""
    found = Scope(set(items), set(services))
    known = Dependencies()
    through = ConfigurationItem.services.through.objects.order_by()
    found.items_hit = found.items | set(impact.reach(found.items, "up"))
    carried = set(through.filter(configurationitem__in=found.items_hit).values_list("service_id", flat=True))
    found.services_hit = known.closure(found.services | carried, known.above)
    found.services_needed = known.closure(found.services, known.below)
    below = set(through.filter(service__in=found.services_needed).values_list("configurationitem_id", flat=True))
    found.items_needed = below | set(impact.reach(found.items | below, "down"))
    return found


def of(change: Change) -> Scope:
    """The scope of a change as it is stored."""
    return scope(TicketCI.objects.filter(ticket_id=change.pk).values_list("item_id", flat=True), change.touched())


def scopes(changes: Iterable[Change]) -> dict[int, Scope]:
    """The scopes of many changes, read together; only what they name and hit, not what they need."""
    found = {one.pk: Scope() for one in changes}
    if not found:
        return {}
    for one in changes:
        if one.service_id:
            found[one.pk].services.add(one.service_id)
    named = Change.services.through.objects.filter(change__in=found).order_by()
    for change, service in named.values_list("change_id", "service_id"):
        found[change].services.add(service)
    for ticket, item in TicketCI.objects.filter(ticket__in=found).order_by().values_list("ticket_id", "item_id"):
        found[ticket].items.add(item)
    for change, item in _walk(found):
        found[change].items_hit.add(item)
    everything = {item for one in found.values() for item in one.items_hit}
    carries: dict[int, list[int]] = defaultdict(list)
    through = ConfigurationItem.services.through.objects.filter(configurationitem__in=everything).order_by()
    for item, service in through.values_list("configurationitem_id", "service_id"):
        carries[item].append(service)
    known = Dependencies()
    for each in found.values():
        carried = {service for item in each.items_hit for service in carries.get(item, ())}
        each.services_hit = known.closure(each.services | carried, known.above)
    return found


def _walk(found: Mapping[int, Scope]) -> list[tuple[int, int]]:
    """Pairs of a change and an item that fails with one of its items, in one recursive query."""
    if not any(one.items for one in found.values()):
        return []
    links = connection.ops.quote_name(TicketCI._meta.db_table)
    relations = connection.ops.quote_name(CIRelation._meta.db_table)
    places = ", ".join(["%s"] * len(found))
    query = (
        f"WITH RECURSIVE walk(origin, id) AS ("  # noqa: S608 - names of own tables and columns, values are bound
        f"SELECT ticket_id, item_id FROM {links} WHERE ticket_id IN ({places})"
        f" UNION SELECT w.origin, r.needing FROM walk w JOIN {relations} r ON r.needed = w.id"
        ") SELECT origin, id FROM walk LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*found, impact.MOST_ITEMS * 10])
        return list(cursor.fetchall())
