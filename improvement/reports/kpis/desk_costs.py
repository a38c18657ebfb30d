"""Tools and overhead of the desk, day by day, on the tickets that were resolved: a part of the cost per ticket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.db.models import Count

from improvement.reports.kpis import rows
from improvement.reports.kpis.definition import Counted, Group, Part
from itsm.sla.services.measure import DAY
from strategy import costing
from strategy.reports import costs

#: The very tickets that the cost is divided by.
RESOLVED = Part("", rows.resolved, "resolved_at", "", denominator=Count("pk"))
NOBODY = Group("", None, None, None)


def count(first: date, last: date) -> Iterator[Counted]:
    """Each day has an equal part of its month, to the cent; each ticket of the day an equal part of that.

    So tickets of a team or a service bear their part. What falls on a day on which nothing was resolved is borne by
    nobody in particular: it counts when all tickets are looked at.
    """
    solved: dict[date, dict[Group, int]] = defaultdict(dict)
    for one in RESOLVED.count(first, last):
        solved[one.day][one.group] = solved[one.day].get(one.group, 0) + one.denominator
    for month in costing.months(first, last):
        amount = costs.desk(month)
        if not amount:
            continue
        days = [month + number * DAY for number in range((costing.add_months(month, 1) - month).days)]
        for day, part in zip(days, costing.split(amount, [1] * len(days)), strict=True):
            if first <= day <= last:
                groups = sorted(solved[day].items(), key=str) or [(NOBODY, 1)]
                shares = costing.split(part, [tickets for _group, tickets in groups])
                for (group, _tickets), share in zip(groups, shares, strict=True):
                    yield Counted(day, group, int(share * 100), 0)
