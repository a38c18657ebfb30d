"""The graph of what services depend on."""

from __future__ import annotations

from collections import defaultdict

from itsm.catalogue.models import ServiceDependency


def path_between(start: int, end: int, *, without: int | None = None) -> list[int]:
    """Services on the way from ``start`` down to ``end`` along dependencies; empty when there is none."""
    below: dict[int, list[int]] = defaultdict(list)
    rows = ServiceDependency.objects.all() if without is None else ServiceDependency.objects.exclude(pk=without)
    for source, target in rows.values_list("service_id", "depends_on_id"):
        below[source].append(target)
    came_from: dict[int, int | None] = {start: None}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        if here == end:
            path: list[int] = []
            at: int | None = here
            while at is not None:
                path.append(at)
                at = came_from[at]
            return path[::-1]
        for there in below[here]:
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return []
