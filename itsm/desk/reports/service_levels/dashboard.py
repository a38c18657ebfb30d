"""The service level dashboard: tiles and cards from the numbers, each with the address of the tickets behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.desk.reports.service_levels import history, present
from itsm.desk.reports.service_levels.history import History, Tally
from itsm.desk.reports.service_levels.present import AGES, Present
from itsm.desk.reports.service_levels.scope import DAY, NONE, Period, Scope, address
from itsm.sla.models import Metric
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from itsm.ui import times

#: The trend shows at least so many weeks, whatever the period.
TREND = 12 * 7 * DAY
#: Longer periods have too many clocks to rank: they show the mean.
RANKED_DAYS = 92
#: How old the ranks and the ages of open work may be.
FRESH_SECONDS = 60

T = TypeVar("T")
#: From these shares on a bar is green, or amber.
GOOD, FAIR = 95, 85
TONES = {1: "red", 2: "orange", 3: "amber", 4: "blue", 5: "teal"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of the strip on top: how it is, how it was, and where its tickets are."""

    code: str
    label: str
    value: str
    unit: str = ""
    note: str = ""
    delta: str = ""
    good: bool | None = None
    url: str = ""
    trend: tuple[float, ...] = ()
    tone: str = "blue"
    raw: float | None = None
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: a name and its numbers, each with the address of its tickets."""

    name: str
    tally: Tally
    url: str
    n_url: str
    met_url: str
    breached_url: str
    owner: Any = None
    priority: int | None = None

    @property
    def tone(self) -> str:
        """Where to look first: the share says how bad it is, the colour only repeats it."""
        share = self.tally.attainment
        return "grey" if share is None else "green" if share >= GOOD else "amber" if share >= FAIR else "red"


@dataclass(slots=True)
class Dashboard:
    """The finished numbers of one page."""

    scope: Scope
    period: Period
    now: datetime
    history: History
    present: Present
    nearest: list[Ticket]
    #: Working seconds of what was resolved, sorted, of the period and of the one before; none for a long period.
    seconds: tuple[list[int], list[int]] | None
    path: str = field(default_factory=lambda: reverse("desk:dashboard-sla"))
    list_path: str = field(default_factory=lambda: reverse("desk:dashboard-sla-tickets"))

    @property
    def never_counted(self) -> bool:
        """There is a past, and none of it has been measured."""
        if self.history.newest is not None:
            return False
        today = measure.bounds(measure.today())[0]
        return Ticket.objects.visible_to(self.scope.user).filter(opened_at__lt=today).exists()

    # ---------- addresses ----------

    def drill(self, number: str, period: Period | None = None, **more: Any) -> str:
        """The tickets behind a number."""
        days = (period or self.period).days_params()
        return address(self.list_path, self.scope.params(), days, {"number": number, **more})

    def open_drill(self, number: str, **more: Any) -> str:
        return address(self.list_path, self.scope.params(), {"number": number, **more})

    # ---------- tiles ----------

    def tiles(self) -> list[Tile]:
        return [
            self._attainment(Metric.RESOLUTION, _("Resolved in time"), "resolution"),
            self._attainment(Metric.FIRST_RESPONSE, _("First response in time"), "response"),
            self._backlog(),
            self._risk(),
            self._late(),
            self._reopened(),
            self._time(),
        ]

    def _attainment(self, metric: str, label: str, code: str) -> Tile:
        now, before = self.history.total(self.period, metric), self.history.total(self.period.before, metric)
        value, past = now.attainment, before.attainment
        delta, good = _points(value, past)
        trend = [tally.attainment for _week, tally in self.by_week(metric)]
        return Tile(
            code, label, _bare(value), "%" if value is not None else "",
            note=_("%(breached)s of %(n)s breached")
            % {"breached": times.number(now.breached), "n": times.number(now.n)} if now.n else _("nothing ended"),
            delta=delta, good=good, url=self.drill("ended", metric=metric), raw=value, before=past,
            trend=tuple(v for v in trend if v is not None),
            tone="blue" if good is None else "green" if good else "amber",
        )  # fmt: skip

    def by_week(self, metric: str, priority: int | None = None) -> list[tuple[Period, Tally]]:
        return [(week, self.history.total(week, metric, priority)) for week in self.weeks]

    @property
    def weeks(self) -> list[Period]:
        return history.weeks(trend_start(self.period), self.period.last)

    def _backlog(self) -> Tile:
        past = None if self.scope.priority else self.history.open_at_end.get(self.period.first - DAY)
        delta, good = _difference(self.present.open, past)
        return Tile(
            "open", _("Open now"), times.number(self.present.open), delta=delta, good=good,
            note=_("%(n)s when the period began") % {"n": times.number(past)} if past is not None else "",
            url=self.open_drill("open"), raw=self.present.open, before=past,
        )  # fmt: skip

    def _risk(self) -> Tile:
        if self.nearest:
            left = times.duration(present.minutes_left(self.nearest[0], self.now))
            note = _("next breach in %(span)s") % {"span": left}
        else:
            note = _("no clock is running out")
        return Tile(
            "risk", _("At risk now"), times.number(self.present.risk), note=note, url=self.open_drill("risk"),
            raw=self.present.risk, tone="amber",
        )  # fmt: skip

    def _late(self) -> Tile:
        share = 100 * self.present.late / self.present.open if self.present.open else None
        return Tile(
            "late", _("Late now"), times.number(self.present.late), url=self.open_drill("late"), raw=self.present.late,
            note=_("%(share)s of what is open") % {"share": times.percent(share)} if share is not None else "",
        )  # fmt: skip

    def _reopened(self) -> Tile:
        resolved = self.history.flow_in(self.period).resolved
        if self.scope.priority:
            return Tile("reopened", _("Reopened"), "–", note=_("not counted by priority"))
        value, past = self.history.reopen_rate(self.period), self.history.reopen_rate(self.period.before)
        delta, good = _points(value, past, high_is_good=False)
        return Tile(
            "reopened", _("Reopened"), _bare(value), "%" if value is not None else "", delta=delta, good=good,
            note=_("of %(n)s resolved, within 7 days") % {"n": times.number(resolved)},
            url=self.drill("reopened"), raw=value, before=past,
        )  # fmt: skip

    def _time(self) -> Tile:
        if self.seconds is None:
            tally = self.history.total(self.period, Metric.RESOLUTION)
            before = self.history.total(self.period.before, Metric.RESOLUTION)
            label, value, past = _("Mean time to resolve"), tally.mean, before.mean
            note = _("working time, %(n)s tickets") % {"n": times.number(tally.n)} if tally.n else ""
        else:
            value, past = (history.ranked(seconds, 0.5) for seconds in self.seconds)
            p90 = history.ranked(self.seconds[0], 0.9)
            label, note = _("Median time to resolve"), ""
            if p90 is not None:
                note = _("9 of 10 within %(span)s") % {"span": times.duration(p90)}
        delta, good = "", None
        if value is not None and past is not None and round(value) != round(past):
            span = times.duration(abs(value - past))
            delta = (_("%(span)s shorter") if value < past else _("%(span)s longer")) % {"span": span}
            good = value < past
        return Tile(
            "time", label, times.duration(value), note=note, delta=delta, good=good, raw=value, before=past,
            url=self.drill("ended", metric=Metric.RESOLUTION),
        )  # fmt: skip

    # ---------- cards ----------

    def attainment_chart(self) -> dict[str, Any]:
        levels = [level for level in (1, 2) if self.scope.priority in (None, level)]
        series = [(_("All"), "blue", None), *((f"P{level}", TONES[level], level) for level in levels)]
        if self.scope.priority:
            series = series[:1]
        lines = [
            {
                "name": name, "tone": tone, "strong": level is None,
                "data": [_rounded(tally.attainment) for _week, tally in self.by_week(Metric.RESOLUTION, level)],
            }
            for name, tone, level in series
        ]  # fmt: skip
        values = [value for line in lines for value in cast("list[float | None]", line["data"]) if value is not None]
        low = max(0, 5 * int(min(values, default=80) // 5) - 5)
        names = [self.week_name(week) for week in self.weeks]
        return {"x": names, "min": low, "max": 100, "unit": "%", "series": lines}

    @staticmethod
    def week_name(week: Period) -> str:
        return str(week.first.isocalendar().week)

    def week_lines(self) -> list[tuple[str, Tally, Tally, str, Period]]:
        """Week, resolution, first response, and the tickets of the resolution."""
        response = dict(self.by_week_first_response())
        return [
            (f"{times.day(week.first)} – {times.day(week.last)}", tally, response[week],
             self.drill("ended", week, metric=Metric.RESOLUTION), week)
            for week, tally in self.by_week(Metric.RESOLUTION)
        ]  # fmt: skip

    def by_week_first_response(self) -> list[tuple[Period, Tally]]:
        return self.by_week(Metric.FIRST_RESPONSE)

    def flow_lines(self) -> list[tuple[str, Any, str, str, Period]]:
        """Week, what came and went, and their tickets."""
        return [
            (f"{times.day(week.first)} – {times.day(week.last)}", self.history.flow_in(week),
             self.drill("opened", week), self.drill("resolved", week), week)
            for week in self.weeks
        ]  # fmt: skip

    def flow_chart(self) -> dict[str, Any]:
        flows = [self.history.flow_in(week) for week in self.weeks]
        return {
            "x": [self.week_name(week) for week in self.weeks],
            "series": [
                {"name": _("Opened"), "tone": "grey", "data": [flow.opened for flow in flows]},
                {"name": _("Resolved"), "tone": "green", "data": [flow.resolved for flow in flows]},
            ],
        }

    def age_lines(self) -> list[tuple[str, int, list[tuple[int, str]], str]]:
        """Age, how many, and by priority with their tickets."""
        return [
            (
                str(label), self.present.of_age(bucket),
                [(self.present.ages[bucket, p], self.open_drill("open", age=bucket, priority=p)) for p in TONES],
                self.open_drill("open", age=bucket),
            )
            for bucket, (label, _from, _to) in enumerate(AGES)
        ]  # fmt: skip

    def age_chart(self) -> dict[str, Any]:
        return {
            "horizontal": True, "stack": True, "x": [str(label) for label, _from, _to in AGES],
            "series": [
                {"name": f"P{p}", "tone": tone, "data": [self.present.ages[b, p] for b in range(len(AGES))]}
                for p, tone in TONES.items()
                if any(self.present.ages[b, p] for b in range(len(AGES)))
            ],
        }  # fmt: skip

    def service_lines(self) -> list[Line]:
        return [
            self._line(self.scope.service_name(pk), tally, "service", pk, owner=self._owner(pk))
            for pk, tally in history.worst_first(self.history.by_service, self.scope.service_name)
        ]

    def team_lines(self) -> list[Line]:
        return [
            self._line(self.scope.team_name(pk), tally, "team", pk)
            for pk, tally in history.worst_first(self.history.by_team, self.scope.team_name)
        ]

    def priority_lines(self) -> list[Line]:
        found = self.history.priorities(self.period, Metric.RESOLUTION)
        return [self._line(f"P{level}", tally, "priority", level, priority=level) for level, tally in found.items()]

    def _owner(self, pk: int | None) -> Any:
        return self.scope.services[pk].owner if pk in self.scope.services else None

    def _line(self, name: str, tally: Tally, filter_name: str, pk: int | None, **more: Any) -> Line:
        chosen: dict[str, Any] = {filter_name: pk or NONE, "metric": Metric.RESOLUTION.value}
        here = address(self.path, self.scope.params(), self.period.params(), {filter_name: pk or NONE})
        return Line(
            name, tally, here, self.drill("ended", **chosen), self.drill("met", **chosen),
            self.drill("breached", **chosen), **more,
        )  # fmt: skip

    def hold_lines(self) -> list[tuple[str, int, float, str]]:
        """Reason, seconds, share of all open time in percent, and the tickets."""
        total = sum(self.history.stays.values())
        if not total:
            return []
        waits = [(code, seconds) for code, seconds in self.history.stays.items() if code]
        return [
            (self.reason(code), seconds, 100 * seconds / total, self.drill("waited", reason=code))
            for code, seconds in sorted(waits, key=lambda item: -item[1])
        ]

    def reason(self, code: str) -> str:
        return self.history.reasons.get(code) or code.replace("_", " ").capitalize()

    @property
    def hold_share(self) -> float | None:
        total = sum(self.history.stays.values())
        return 100 * (total - self.history.stays[""]) / total if total else None


def build(scope: Scope, period: Period, now: datetime) -> Dashboard:
    """Read everything the page shows. What costs a walk over many rows is read once a minute for each person."""
    read = history.read(scope, period, min(trend_start(period), period.before.first))
    seconds = None
    if period.days <= RANKED_DAYS:
        seconds = _remembered("durations", scope, period, lambda: history.durations(scope, period))
    today = _remembered("present", scope, None, lambda: present.read(scope, now))
    return Dashboard(scope, period, now, read, today, present.nearest(scope, now), seconds)


def _remembered(what: str, scope: Scope, period: Period | None, read: Callable[[], T]) -> T:
    """From the cache for a minute: one person's view of these limits, never shared with somebody else."""
    user = scope.user
    may = [user.pk, sorted(user.roles), sorted(user.team_ids), sorted(scope.hidden_teams)]
    days = [period.first, period.last] if period else []
    asked = f"{may}{sorted(scope.params().items())}{days}"
    key = f"desk:sl:{what}:{sha256(asked.encode()).hexdigest()}"
    found: T | None = cache.get(key)
    if found is None:
        found = read()
        cache.set(key, found, FRESH_SECONDS)
    return found


def trend_start(period: Period) -> date:
    """A Monday at least twelve weeks back, so that the trend has a shape."""
    start = min(period.first, period.last - TREND + DAY)
    return start - start.weekday() * DAY


# ---------- words ----------


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _bare(value: float | None) -> str:
    return times.percent(value).removesuffix("%")


def _points(value: float | None, past: float | None, *, high_is_good: bool = True) -> tuple[str, bool | None]:
    """The difference of two percentages in points; nothing to say where one is undefined."""
    if value is None or past is None:
        return "", None
    change = round(value - past, 1)
    if not change:
        return _("unchanged"), None
    words = _("%(n)s higher") if change > 0 else _("%(n)s lower")
    return words % {"n": times.number(abs(change), 1).removesuffix(".0")}, (change > 0) == high_is_good


def _difference(value: int, past: int | None) -> tuple[str, bool | None]:
    if past is None or value == past:
        return "", None
    change = abs(value - past)
    if value > past:
        return ngettext("%(n)s more", "%(n)s more", change) % {"n": times.number(change)}, False
    return ngettext("%(n)s fewer", "%(n)s fewer", change) % {"n": times.number(change)}, True


def summary(series: Sequence[float | None], label: str) -> str:
    """What a trend says, in words."""
    values = [value for value in series if value is not None]
    if not values:
        return _("%(label)s: no data.") % {"label": label}
    return _("%(label)s: from %(first)s to %(last)s, lowest %(low)s.") % {
        "label": label, "first": times.percent(values[0]), "last": times.percent(values[-1]),
        "low": times.percent(min(values)),
    }  # fmt: skip
