"""What a large estate costs: impact analysis over 100,000 items and 300,000 relations."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from bench.measures import Result

#: Items by layer, from what everything stands on to what people use; each needs three of the layer below.
LAYERS = (2_000, 8_000, 20_000, 30_000, 40_000)
NEEDS = 3
#: So many of the lowest layer are what half of the estate ends at.
HUBS = 5
RUNS = 40


def fill() -> None:
    """Items and relations, once; written in bulk, past the door."""
    from itsm.accounts.models import User
    from transition.models import CIRelation, CIType, ConfigurationItem

    if ConfigurationItem.objects.count() >= sum(LAYERS):
        return
    dice = random.Random(4)
    kind = CIType.objects.get(name="Virtual machine")
    system = User.objects.system()
    below: list[int] = []
    for layer, amount in enumerate(LAYERS):
        made = ConfigurationItem.objects.bulk_create(
            (ConfigurationItem(name=f"estate-{layer}-{n}", type=kind, state="deployed", created_by=system)
             for n in range(amount)),
            batch_size=2_000,
        )  # fmt: skip
        ids = [one.pk for one in made]
        edges = []
        for place, pk in enumerate(ids if below else ()):
            middle = place * len(below) // amount
            near = below[max(0, middle - 200) : middle + 200]
            hub = [dice.choice(below[:HUBS])] if layer == 1 and dice.random() < 0.5 else []
            for target in dict.fromkeys([*hub, *dice.sample(near, NEEDS + 1)]):
                edges.append(CIRelation(source_id=pk, kind="runs_on", target_id=target))
        CIRelation.objects.bulk_create(edges, batch_size=2_000)
        below = ids


def impact() -> list[Result]:
    """Wall milliseconds of the analysis a page shows, and of what changes and events ask."""
    from django.db import connection

    from transition.models import CIRelation, ConfigurationItem
    from transition.reports import impact as reports

    fill()
    with connection.cursor() as cursor:
        for model in (ConfigurationItem, CIRelation):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    lowest = list(
        ConfigurationItem.objects.filter(name__startswith="estate-0-").order_by("pk").select_related("type")[:RUNS]
    )
    top = list(ConfigurationItem.objects.filter(name__startswith="estate-4-").select_related("type")[:RUNS])
    estate = f"{ConfigurationItem.objects.count():,} items, {CIRelation.objects.count():,} relations"
    return [
        _timed(f"impact upwards, {estate}", lowest, lambda item: len(reports.analyse(item, "up").reached)),
        _timed("impact downwards", top, lambda item: len(reports.analyse(item, "down").reached)),
        _timed("affected by an item", lowest, lambda item: len(reports.affected([item.pk]).items)),
    ]


def _timed(name: str, items: list[Any], call: Any) -> Result:
    walls, found = [], []
    call(items[-1])
    for item in items:
        started = time.perf_counter()
        found.append(call(item))
        walls.append((time.perf_counter() - started) * 1000)
    return {
        "measure": name, "reached": round(statistics.mean(found)), "median_ms": round(statistics.median(walls), 1),
        "p95_ms": round(statistics.quantiles(walls, n=20)[18], 1),
    }  # fmt: skip
