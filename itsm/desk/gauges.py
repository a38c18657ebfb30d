"""Gauges of the installation itself, for ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterable

from itsm.lib import clock, metrics

from .models import Heartbeat


def heartbeat_ages() -> Iterable[metrics.Reading]:
    now = clock.now()
    return [
        ({"name": name}, (now - at).total_seconds())
        for name, at in Heartbeat.objects.values_list("name", "at").order_by("name")
    ]


metrics.gauge("itsm_heartbeat_age_seconds", "Time since the last sign of life.", heartbeat_ages)
