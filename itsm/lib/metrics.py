"""Numbers for Prometheus: what a process counts, and gauges that are read from the database when asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

Reading = tuple[Mapping[str, str], float]

REQUESTS = Counter("itsm_http_requests", "Requests answered.", ["method", "view", "status"])
LATENCY = Histogram(
    "itsm_http_request_seconds",
    "Time to answer a request.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
JOBS = Counter("itsm_jobs", "Background jobs finished.", ["job", "outcome"])


class Gauges:
    """Gauges with a function behind them, evaluated when somebody asks for ``/metrics``."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Callable[[], Iterable[Reading]]]] = {}

    def register(self, name: str, help_text: str, read: Callable[[], Iterable[Reading]]) -> None:
        self._read[name] = (help_text, read)

    def collect(self) -> Iterator[Metric]:
        for name, (help_text, read) in self._read.items():
            readings = list(read())
            labels = list(readings[0][0]) if readings else []
            family = GaugeMetricFamily(name, help_text, labels=labels)
            for values, value in readings:
                family.add_metric([values[label] for label in labels], value)
            yield family


GAUGES = Gauges()


def gauge(name: str, help_text: str, read: Callable[[], Iterable[Reading]]) -> None:
    """Offer the gauge ``name``; ``read`` returns pairs of labels and value, and may query the database."""
    GAUGES.register(name, help_text, read)


def exposition() -> bytes:
    """All of it in Prometheus' text format; the sum over processes where gunicorn runs several."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    gauges = CollectorRegistry()
    gauges.register(GAUGES)  # type: ignore[arg-type]
    return generate_latest(registry) + generate_latest(gauges)
