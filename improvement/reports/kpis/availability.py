"""How long live services were there: from outages, minute by minute of every day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from improvement.reports.kpis.definition import Counted, Group
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.services import measure
from operation.models import Outage
from operation.states import OutageKind

Span = tuple[datetime, datetime]


def count(first: date, last: date) -> Iterator[Counted]:
    """Seconds of each day, and those of them in which no unplanned outage of the service ran.

    Overlapping outages count once; planned work and degradation do not count as downtime. A service counts from the
    day it was entered, around the clock.
    """
    start, end = measure.bounds(first)[0], measure.bounds(last)[1]
    known = list(
        Service.objects.filter(status__in=(Service.Status.LIVE, Service.Status.RETIRING), created_at__lt=end)
        .order_by("pk").values_list("pk", "created_at")
    )  # fmt: skip
    down = _downtime(start, end)
    for number in range((last - first).days + 1):
        day = first + number * measure.DAY
        begin, until = measure.bounds(day)
        agreed = int((until - begin).total_seconds())
        for service, created in known:
            if created < until:
                lost = sum(
                    (min(to, until) - max(since, begin)).total_seconds()
                    for since, to in down.get(service, ())
                    if since < until and to > begin
                )
                yield Counted(day, Group("", service, None, None), agreed - int(lost), agreed)


def _downtime(start: datetime, end: datetime) -> dict[int, list[Span]]:
    """Unplanned outages by service, overlaps joined."""
    spans: dict[int, list[Span]] = defaultdict(list)
    rows = (
        Outage.objects.overlapping(start, end)
        .filter(kind=OutageKind.OUTAGE)
        .order_by("begins_at")
        .values_list("services", "begins_at", "ended_at")
    )
    for service, begins, ended in rows:
        if service is None:
            continue
        to = ended or clock.now()
        before = spans[service]
        if before and begins <= before[-1][1]:
            before[-1] = (before[-1][0], max(before[-1][1], to))
        else:
            before.append((begins, to))
    return spans
