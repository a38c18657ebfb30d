"""Numbers of KPIs for a reader: sums of daily measurements within what the reader may see, and what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement.measures import Measure, Reading
from improvement.models import KPI, Measurement, MeasurementDay
from improvement.reports.kpis import definition
from improvement.reports.kpis.definition import HIGH, MINUTES, MONEY, PERCENT, Definition
from itsm.accounts.models import User
from itsm.desk.reports.service_levels import history
from itsm.desk.reports.service_levels.scope import DAY, Period, Scope
from itsm.ui import times
from strategy import measures as goals

Sums = tuple[int, int]
#: Weeks of the trend.
WEEKS = 13

ON_TARGET, NEAR, OFF, NO_TARGET, NO_DATA = "on", "near", "off", "none", "unknown"
STATUS = {
    ON_TARGET: (gettext_lazy("On target"), "green"), NEAR: (gettext_lazy("Near target"), "amber"),
    OFF: (gettext_lazy("Off target"), "red"), NO_TARGET: (gettext_lazy("No target"), "grey"),
    NO_DATA: (gettext_lazy("No data"), "grey"),
}  # fmt: skip


def limits(scope: Scope, prefix: str = "", *, kinds: bool = True) -> Q:
    """Whose tickets count for this reader: the limits of the dashboards, and nobody else's restricted tickets.

    Without ``kinds`` the chosen kind does not count: of numbers that compare kinds with each other.
    """
    if scope.kind and not kinds:
        everything = replace(scope, kind="")
        known: dict[str, Any] = {name: scope.__dict__[name] for name in ("teams", "services") if name in scope.__dict__}
        everything.__dict__.update(known)
        return limits(everything, prefix)
    return scope.rows(prefix, priority=False) & restricted(scope, prefix)


def restricted(scope: Scope, prefix: str = "") -> Q:
    own = Q(**{f"{prefix}restricted_to__isnull": True})
    if scope.user.team_ids:
        own |= Q(**{f"{prefix}restricted_to__in": scope.user.team_ids})
    return own


def status(one: Definition, kpi: KPI, value: Decimal | None) -> str:
    """How a value stands to what was decided."""
    if value is None:
        return NO_DATA
    if kpi.target is None:
        return NO_TARGET
    sign = 1 if one.direction == HIGH else -1
    if sign * (value - kpi.target) >= 0:
        return ON_TARGET
    if kpi.warning is not None and sign * (value - kpi.warning) >= 0:
        return NEAR
    return OFF


def shown(one: Definition, value: Decimal | None) -> str:
    """A value with its unit, as short as people say it."""
    if value is None:
        return "–"
    if one.unit == PERCENT:
        return times.percent(float(value))
    if one.unit == MINUTES:
        return times.duration(float(value) * 60)
    if one.unit == MONEY:
        return times.money(value) if value >= 1000 else times.amount(value.quantize(Decimal("0.01")))
    return times.number(int(value)) if value == int(value) else times.number(float(value), 1)


SHORT = {PERCENT: "%", MINUTES: "min"}


def unit(one: Definition) -> str:
    """The unit as a short word."""
    return SHORT.get(one.unit, str(one.unit_label))


def measures() -> list[Measure]:
    """Every KPI as a number that an improvement can be bound to."""
    return [Measure(one.code, one.name, unit(one)) for one in definition.all_of_them() if one.is_supplied]


def reading(ref: str, service: Any, until: date, days: int) -> Reading | None:
    """A KPI over the days that end with ``until``, of what everybody may see."""
    one = definition.get(ref)
    if one is None:
        return None
    period = Period(until - (days - 1) * DAY, until)
    scope = Scope(User.objects.system(), service=service.pk if service else None)
    series = read(scope, period.first, period.last, [ref])[ref]
    value = series.value(period)
    up, down = series.sums(period)
    return None if value is None else Reading(value.quantize(Decimal("0.01")), down or up)


def key_measures() -> list[goals.Measure]:
    """Every KPI as a number that a key result of a goal can be bound to."""
    return [
        goals.Measure(one.code, one.name, unit(one), reverse("improvement:kpi", args=[one.code]))
        for one in definition.all_of_them()
        if one.is_supplied
    ]


def key_reading(ref: str, only: goals.Filter, until: date, days: int) -> Decimal | None:
    """A KPI over the days that end with ``until``, of what everybody may see; not rounded."""
    period = Period(until - (days - 1) * DAY, until)
    scope = Scope(User.objects.system(), service=only.service_id, team=only.team_id)
    return read(scope, period.first, period.last, [ref])[ref].value(period)


def rounded(value: Decimal | None) -> Decimal | None:
    """A value for exports and the API: two decimals."""
    return None if value is None else value.quantize(Decimal("0.01"))


@dataclass(slots=True)
class Series:
    """The days of one KPI within the limits."""

    one: Definition
    days: dict[date, Sums] = field(default_factory=dict)
    #: Days that were counted, whether or not anything was there; only kept for levels.
    counted: set[date] = field(default_factory=set)

    def sums(self, period: Period) -> Sums:
        """Both parts over a period; of a level, those of its last counted day."""
        if self.one.level:
            last = max((day for day in self.counted if period.holds(day)), default=None)
            return self.days.get(last, (0, 0)) if last else (0, 0)
        found = [sums for day, sums in self.days.items() if period.holds(day)]
        return sum(up for up, _down in found), sum(down for _up, down in found)

    def value(self, period: Period) -> Decimal | None:
        if self.one.level and not any(period.holds(day) for day in self.counted):
            return None
        if not self.one.fraction and not self.one.level and not any(period.holds(day) for day in self.days):
            return None
        return self.one.value(*self.sums(period))

    def last_day(self, period: Period) -> date | None:
        """The day a level is read at."""
        return max((day for day in self.counted if period.holds(day)), default=None)


def read(scope: Scope, first: date, last: date, codes: Iterable[str] | None = None) -> dict[str, Series]:
    """The days of all KPIs, or of some, in two queries."""
    wanted = [one for one in definition.all_of_them() if codes is None or one.code in codes]
    across = {one.code for one in wanted if one.across_kinds}
    found = {one.code: Series(one) for one in wanted}
    rows = Measurement.objects.filter(day__range=(first, last), kpi__code__in=list(found)).order_by()
    if scope.kind and across:
        rows = rows.filter(
            (Q(kpi__code__in=across) & limits(scope, kinds=False)) | (~Q(kpi__code__in=across) & limits(scope))
        )
    else:
        rows = rows.filter(limits(scope))
    for code, day, up, down in (
        rows.values_list("kpi__code", "day")
        .annotate(up=Sum("numerator"), down=Sum("denominator"))
        .values_list("kpi__code", "day", "up", "down")
    ):
        found[code].days[day] = (up, down)
    levels = [one.code for one in wanted if one.level]
    if levels:
        for code, day in MeasurementDay.objects.filter(kpi__code__in=levels, day__range=(first, last)).values_list(
            "kpi__code", "day"
        ):
            found[code].counted.add(day)
    return found


def newest_day() -> date | None:
    """The last day that was counted of any KPI."""
    found: date | None = MeasurementDay.objects.aggregate(last=Max("day"))["last"]
    return found


def whole_weeks(last: date, weeks: int = WEEKS) -> list[Period]:
    """The last calendar weeks up to a day, the last one cut to it."""
    monday = last - last.weekday() * DAY
    return history.weeks(monday - 7 * (weeks - 1) * DAY, last)


@dataclass(frozen=True, slots=True)
class Line:
    """A KPI in the list."""

    one: Definition
    kpi: KPI
    value: Decimal | None
    before: Decimal | None
    trend: list[Decimal | None]
    sums: Sums

    @property
    def status(self) -> str:
        return status(self.one, self.kpi, self.value)

    @property
    def status_words(self) -> str:
        return str(STATUS[self.status][0])

    @property
    def tone(self) -> str:
        return STATUS[self.status][1]

    @property
    def text(self) -> str:
        return shown(self.one, self.value)

    @property
    def target_text(self) -> str:
        return shown(self.one, self.kpi.target)

    @property
    def warning_text(self) -> str:
        return shown(self.one, self.kpi.warning)

    @property
    def before_text(self) -> str:
        return shown(self.one, self.before)

    @property
    def known(self) -> list[float]:
        """The trend without the weeks nothing is known of."""
        return [float(value) for value in self.trend if value is not None]

    @property
    def better(self) -> bool | None:
        """Whether it went the right way since the period before."""
        if self.value is None or self.before is None or self.change == _("unchanged"):
            return None
        return (self.value > self.before) == (self.one.direction == HIGH)

    @property
    def change(self) -> str:
        """The difference to the period before, in words."""
        if self.value is None or self.before is None:
            return ""
        difference = self.value - self.before
        if shown(self.one, abs(difference)) == shown(self.one, Decimal(0)):
            return _("unchanged")
        words = _("%(n)s higher") if difference > 0 else _("%(n)s lower")
        return words % {"n": shown(self.one, abs(difference))}


def lines(scope: Scope, period: Period) -> list[Line]:
    """Every active KPI for a period, with its trend."""
    rows = {kpi.code: kpi for kpi in KPI.objects.visible_to(scope.user).active().select_related("owner")}
    weeks = whole_weeks(period.last)
    series = read(scope, min(weeks[0].first, period.before.first), period.last, list(rows))
    return [
        line(series[one.code], rows[one.code], period, weeks) for one in definition.all_of_them() if one.code in rows
    ]


def line(series: Series, kpi: KPI, period: Period, weeks: list[Period]) -> Line:
    return Line(
        series.one, kpi, series.value(period), series.value(period.before), [series.value(week) for week in weeks],
        series.sums(period),
    )  # fmt: skip


def breakdown(one: Definition, scope: Scope, period: Period, by: str) -> list[tuple[int | None, Sums]]:
    """The sums of a period by service or team; of a level, of its last counted day."""
    rows = Measurement.objects.filter(kpi__code=one.code).filter(limits(scope, kinds=not one.across_kinds))
    if one.level:
        last = MeasurementDay.objects.filter(kpi__code=one.code, day__range=(period.first, period.last)).aggregate(
            last=Max("day")
        )["last"]
        rows = rows.filter(day=last) if last else rows.none()
    else:
        rows = rows.filter(day__range=(period.first, period.last))
    found = (
        rows.order_by().values_list(f"{by}_id").annotate(up=Sum("numerator"), down=Sum("denominator"))
        .values_list(f"{by}_id", "up", "down")
    )  # fmt: skip
    return [(pk, (up, down)) for pk, up, down in found]


def worst_first(one: Definition, rows: list[tuple[int | None, Sums]], names: Mapping[Any, str]) -> list[Any]:
    """Rows with their values, the worst first; those without a value last."""
    valued = [(pk, one.value(*sums), sums) for pk, sums in rows]
    sign = 1 if one.direction == HIGH else -1

    def rank(row: tuple[int | None, Decimal | None, Sums]) -> tuple[Decimal, int, str]:
        return sign * (row[1] or Decimal(0)), -(row[2][1] or row[2][0]), names.get(row[0], "")

    known = sorted((row for row in valued if row[1] is not None), key=rank)
    return known + [row for row in valued if row[1] is None]


def by_day(scope: Scope, one: Definition, first: date, last: date) -> list[tuple[date, Sums]]:
    """The measured days of one KPI within the limits, for export and API."""
    series = read(scope, first, last, [one.code])[one.code]
    days: dict[date, Sums] = defaultdict(lambda: (0, 0), series.days)
    counted = series.counted or set(
        MeasurementDay.objects.filter(kpi__code=one.code, day__range=(first, last)).values_list("day", flat=True)
    )
    return [(day, days[day]) for day in sorted(counted)]
