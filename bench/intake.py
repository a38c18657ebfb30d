"""Monitoring intake: a storm of 10,000 events of 50 causes, through the same door as the address."""

from __future__ import annotations

import time
from typing import Any

BATCH, EVENTS, CAUSES = 1_000, 10_000, 50


def storm() -> list[dict[str, Any]]:
    """New events a second and how many incidents they became; then the same reported again."""
    from operation.intake.adapters import plain
    from operation.models import EventSource
    from operation.services import events

    stamp = int(time.time())
    source = EventSource.objects.create(name=f"Storm {stamp}", tool="json")
    reports = [
        {"title": f"Check {n} fails", "fingerprint": f"{stamp}-{n}", "host": f"storm-{stamp}-{n % CAUSES}"}
        for n in range(EVENTS)
    ]
    found = []
    for name in ("intake of new events", "intake of repeated events"):
        started, opened = time.perf_counter(), 0
        for at in range(0, EVENTS, BATCH):
            opened += len(events.receive(source, plain(reports[at : at + BATCH])).opened)
        seconds = time.perf_counter() - started
        found.append({"measure": name, "per_second": round(EVENTS / seconds), "incidents": opened})
    return found
