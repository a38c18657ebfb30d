"""The tickets behind a KPI's number: the very rows that are counted, within what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from improvement.models import MeasurementDay
from improvement.reports.kpis import figures
from improvement.reports.kpis.definition import Definition, Part
from itsm.desk.reports.service_levels.history import ranked
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from itsm.ui import times

ALL, HITS, REST = "all", "hits", "rest"
#: More rows than this are not ranked while somebody waits.
MOST_RANKED = 100_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One list behind a number: which part of the KPI, and which of its rows."""

    part: Part
    place: int
    which: str
    label: Any

    @property
    def code(self) -> str:
        return f"{self.place}-{self.which}"


def choices(one: Definition) -> list[Choice]:
    """What can be listed of a KPI, what it counts first."""
    found = []
    for place, part in enumerate(one.parts):
        found.append(Choice(part, place, ALL, part.label))
        if part.hits is not None:
            found.append(Choice(part, place, HITS, part.hits_label))
            found.append(Choice(part, place, REST, part.rest_label))
    return found


def choice(one: Definition, code: str) -> Choice | None:
    listed = choices(one)
    return next((c for c in listed if c.code == code), listed[0] if listed and not code else None)


def rows(one: Definition, chosen: Choice, scope: Scope, period: Period) -> QuerySet[Any]:
    """The rows that were counted in the period, as they are now, restricted ones only to those who may see them."""
    part = chosen.part
    start, end = period.bounds
    if one.level:
        last = (
            MeasurementDay.objects.filter(kpi__code=one.code, day__range=(period.first, period.last))
            .order_by("-day").values_list("day", flat=True).first()
        )  # fmt: skip
        start, end = measure.bounds(last or period.last)
    found = part.rows(start, end)
    if chosen.which == HITS and part.hits is not None:
        found = found.filter(part.hits)
    elif chosen.which == REST and part.hits is not None:
        found = found.exclude(part.hits)
    visible = Ticket.objects.visible_to(scope.user).values("pk")
    found = found.filter(figures.limits(scope, part.ticket, kinds=not one.across_kinds))
    return found.filter(Q(**{f"{part.ticket}pk__in": visible}))


def order(part: Part) -> tuple[str, str]:
    return f"-{part.moment}", "-id"


def light(part: Part, found: QuerySet[Any]) -> QuerySet[Any]:
    """With what a list shows, without what it does not."""
    path = part.ticket
    found = found.select_related(*([path.removesuffix("__")] if path else []), f"{path}service", f"{path}team")
    return found.defer(f"{path}description", f"{path}custom")


@dataclass(frozen=True, slots=True)
class Row:
    """A counted row as the list shows it."""

    ticket: Ticket
    moment: datetime | None
    value: str
    #: Where only the day is known.
    on: date | None = None


def read_row(part: Part, row: Any) -> Row:
    ticket = row.ticket if part.ticket else row
    value = ""
    if part.seconds:
        value = times.duration(getattr(row, part.seconds))
    elif part.weigh is not None:
        value = times.duration(60 * row.minutes)
    moment = getattr(row, part.moment)
    if part.by_date:
        return Row(ticket, None, value, moment)
    return Row(ticket, moment, value)


def spread(one: Definition, scope: Scope, period: Period) -> tuple[int, int] | None:
    """Median and 90th percentile in seconds; ``None`` without any, or with too many to rank them now."""
    listed = [c for c in choices(one) if c.part.seconds and c.which == ALL]
    if not listed:
        return None
    chosen = listed[0]
    name = chosen.part.seconds
    seconds = sorted(rows(one, chosen, scope, period).order_by().values_list(name, flat=True)[: MOST_RANKED + 1])
    if not seconds or len(seconds) > MOST_RANKED:
        return None
    middle, high = ranked(seconds, 0.5), ranked(seconds, 0.9)
    return (middle, high) if middle is not None and high is not None else None


def amount(one: Definition, chosen: Choice, sums: tuple[int, int]) -> int | None:
    """How many rows the sums say a list has; ``None`` where the sums are no number of rows."""
    up, down = sums
    if chosen.part.weigh is not None:
        return None
    if chosen.which != ALL:
        return up if chosen.which == HITS else down - up
    only_above = chosen.part.numerator is not None and chosen.part.denominator is None
    return up if only_above or not one.fraction else down


def drift(counted: int, listed: int) -> str:
    """What to say when tickets changed after their day was counted."""
    if counted == listed:
        return ""
    return _("%(counted)s were counted on their days; %(listed)s of today's tickets match. Some changed since.") % {
        "counted": times.number(counted), "listed": times.number(listed),
    }  # fmt: skip
