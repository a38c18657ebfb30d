"""How long live services were there, by the days of availability that operation keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from improvement.reports.kpis.definition import Counted, Group
from operation.services import availability

SECOND = timedelta(seconds=1)


def count(first: date, last: date) -> Iterator[Counted]:
    """Agreed seconds of each day, and those of them in which no unplanned outage of the service ran: the same figures
    as on the pages of services, whoever asks."""
    for day, service, found in availability.tallies("service", availability.services(), first, last):
        yield Counted(
            day, Group("", service, None, None), (found.agreed - found.down) // SECOND, found.agreed // SECOND
        )
