"""What services need, as a graph read at once."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from itsm.catalogue.models import ServiceDependency

Needs = Mapping[int, Sequence[int]]


def needs_of_all() -> dict[int, list[int]]:
    """What every service needs, by id; one query."""
    found: dict[int, list[int]] = defaultdict(list)
    for service, needed in ServiceDependency.objects.order_by("id").values_list("service_id", "depends_on_id"):
        found[service].append(needed)
    return found


def reach(start: int, needs: Needs) -> list[int]:
    """The service and everything it needs, the nearest first."""
    found, todo = {start: None}, deque([start])
    while todo:
        for one in needs.get(todo.popleft(), ()):
            if one not in found:
                found[one] = None
                todo.append(one)
    return list(found)
