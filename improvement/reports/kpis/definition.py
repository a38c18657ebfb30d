"""What a KPI is: its question, its formula, and the rows it counts. Other areas add their own by ``register``."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from itsm.sla.services import measure

#: Units, what the fraction is multiplied with, and their words.
PERCENT, MINUTES, NUMBER, MONEY = "percent", "minutes", "number", "money"
FACTORS = {PERCENT: Decimal(100), MINUTES: Decimal(1) / 60, NUMBER: Decimal(1), MONEY: Decimal("0.01")}
NOTHING = _("Nothing of this has been recorded.")
UNITS = {
    PERCENT: _("percent"), MINUTES: _("minutes of working time"), NUMBER: _("number"), MONEY: _("money"),
}  # fmt: skip
HIGH, LOW = "high", "low"


Weight = Callable[[datetime, datetime], tuple[int, int]]


class Group(NamedTuple):
    """By what a measurement is kept apart."""

    kind: str
    service_id: int | None
    team_id: int | None
    restricted_to_id: int | None


class Counted(NamedTuple):
    """What was counted on a day for one group."""

    day: date
    group: Group
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that a KPI counts, and how to reach their tickets.

    ``rows(start, end)`` are those whose ``moment`` lies in the time, or for a level those that are true at ``end``.
    ``numerator`` and ``denominator`` are aggregates over them, or what ``weigh`` makes of single rows in Python.
    ``hits`` are the rows that make the numerator where the denominator has more.
    """

    label: Any
    rows: Callable[[datetime, datetime], QuerySet[Any]]
    moment: str = ""
    #: How the ticket is reached from a row: "" for tickets themselves, "ticket__" otherwise.
    ticket: str = ""
    numerator: Any = None
    denominator: Any = None
    hits: Q | None = None
    hits_label: Any = ""
    rest_label: Any = ""
    #: The column of seconds whose median and 90th percentile are worth telling.
    seconds: str = ""
    #: Columns, and what they count in the numerator.
    weigh: tuple[tuple[str, ...], Callable[..., int]] | None = None
    #: The moment is a day already.
    by_date: bool = False
    #: Of a level: columns of begin and end of a row, what it counts at a moment, given when its ticket was opened, and
    #: the rows that lie over the end of any day from one to another.
    over: tuple[str, str, Weight, Callable[[datetime, datetime], QuerySet[Any]]] | None = None

    def groups(self) -> list[str]:
        return [f"{self.ticket}{name}" for name in ("kind", "service_id", "team_id", "restricted_to_id")]

    def count(self, first: date, last: date) -> Iterator[Counted]:
        """The days from ``first`` to ``last`` in one query."""
        start, end = measure.bounds(first)[0], measure.bounds(last)[1]
        rows = self.rows(start, end).order_by()
        if self.by_date:
            rows = rows.annotate(on=F(self.moment))
        else:
            rows = rows.annotate(on=TruncDate(self.moment, tzinfo=timezone.get_default_timezone()))
        if self.weigh is not None:
            columns, weight = self.weigh
            for day, *values in rows.values_list("on", *self.groups(), *columns).iterator(chunk_size=2000):
                yield Counted(day, Group(*values[:4]), weight(*values[4:]), 0)
            return
        for day, *values in self._summed(rows, "on"):
            yield Counted(day, Group(*values[:4]), int(values[4] or 0), int(values[5] or 0))

    def count_levels(self, first: date, last: date) -> Iterator[Counted]:
        """What is true at the end of each day: rows that lie over it, in one query for all days."""
        if self.over is None:
            return
        begin, end, weight, lying = self.over
        days = [first + number * measure.DAY for number in range((last - first).days + 1)]
        ends = [measure.bounds(day)[1] for day in days]
        sums: dict[tuple[date, Group], list[int]] = defaultdict(lambda: [0, 0])
        listed = lying(ends[0], ends[-1]).order_by().values_list(begin, end, f"{self.ticket}opened_at", *self.groups())
        for since, until, opened, *group in listed.iterator(chunk_size=2000):
            place = bisect_right(ends, since)
            while place < len(ends) and (until is None or until >= ends[place]):
                up, down = weight(opened, ends[place])
                entry = sums[days[place], Group(*group)]
                entry[0] += up
                entry[1] += down
                place += 1
        for (day, named), (up, down) in sums.items():
            yield Counted(day, named, up, down)

    def _summed(self, rows: QuerySet[Any], *by: str) -> Iterable[tuple[Any, ...]]:
        keys = [*by, *self.groups()]
        nothing = Count("pk", filter=Q(pk__isnull=True))
        sums = {"n_": self.numerator or nothing, "d_": self.denominator or nothing}
        return rows.values(*keys).annotate(**sums).values_list(*keys, "n_", "d_")


@dataclass(frozen=True, slots=True)
class Definition:
    """A KPI. ``parts`` are what it counts; without any, nobody supplies its data yet and it is undefined.

    ``level``: a state at the end of a day rather than what happened during it; a period has the value of its last day.
    ``window``: so many days a measured day stays open, because what is counted of it can still change.
    """

    code: str
    name: Any
    question: Any
    formula: Any
    unit: str
    direction: str
    population: Any
    parts: tuple[Part, ...] = ()
    level: bool = False
    window: int = 0
    #: A fraction: without a denominator it is undefined. Otherwise the numerator alone is the value.
    fraction: bool = True
    #: A numerator of zero means that nobody wrote it down.
    zero_is_unknown: bool = False
    #: It compares kinds with each other; choosing one makes no sense.
    across_kinds: bool = False
    breakdowns: tuple[str, ...] = ("service", "team")
    #: Counted otherwise than by rows of tickets.
    count: Callable[[date, date], Iterable[Counted]] | None = None
    #: URL name of the page where the data comes from, for KPIs without tickets, and when nothing is measured.
    source_url: str = ""
    missing: Any = NOTHING
    target: Decimal | None = None
    warning: Decimal | None = None
    #: Other words for the unit, such as "tickets".
    unit_label: Any = ""

    def value(self, numerator: int, denominator: int) -> Decimal | None:
        """The value of sums over days; undefined without anything to divide by, never 0 or 100 for that."""
        if self.zero_is_unknown and not numerator:
            return None
        if not self.fraction:
            return Decimal(numerator) * FACTORS[self.unit]
        return Decimal(numerator) * FACTORS[self.unit] / denominator if denominator else None

    @property
    def is_supplied(self) -> bool:
        return bool(self.parts) or self.count is not None

    @property
    def unit_words(self) -> Any:
        return self.unit_label or UNITS[self.unit]

    def counted(self, first: date, last: date) -> Iterable[Counted]:
        """Everything counted from ``first`` to ``last``."""
        if self.count is not None:
            yield from self.count(first, last)
        for part in self.parts:
            yield from part.count_levels(first, last) if self.level else part.count(first, last)


_known: dict[str, Definition] = {}


def register(*definitions: Definition) -> None:
    """Add KPIs, or replace those of the same code; called from ``AppConfig.ready``."""
    for definition in definitions:
        _known[definition.code] = definition


def get(code: str) -> Definition | None:
    return _known.get(code)


def all_of_them() -> Sequence[Definition]:
    return list(_known.values())
