"""Pages of KPIs: the list, one with its weeks and breakdowns, the tickets behind a number, what is decided."""

from __future__ import annotations

import copy
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from improvement import kpi_policies as policies
from improvement import suggestions
from improvement.forms.kpis import TargetForm
from improvement.models import KPI
from improvement.reports.kpis import definition, drill, figures
from improvement.reports.kpis.definition import MINUTES, MONEY, Definition
from improvement.services import kpis
from itsm.desk.reports.service_levels.scope import LENGTHS, NONE, Period, Scope, address
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.sla.services import measure
from itsm.ui import charts, csv_export, keyset, times
from itsm.ui import pages as ui
from itsm.ui.charts import Series
from itsm.ui.forms import attempt, status

PAGE = 50
#: Rows of a breakdown on the page; the export has them all.
MOST = 15


def asked(request: HttpRequest) -> tuple[Scope, Period]:
    """Whose tickets and which days; measured days only, so today is not among them."""
    if not request.user.is_desk:
        raise Http404
    params = request.GET.dict()
    params.pop("priority", None)
    yesterday = measure.today() - measure.DAY
    period = Period.read(params, yesterday)
    return Scope.read(params, request.user), period


def filters(scope: Scope, *, kinds: bool = True) -> list[dict[str, Any]]:
    chosen = scope.params()
    fields = [("service", _("Service"), scope.service_choices()), ("team", _("Team"), scope.team_choices())]
    if kinds:
        fields.append(("kind", _("Kind"), scope.kind_choices()))
    return [
        {"name": name, "label": label, "choices": choices, "value": chosen.get(name, "")}
        for name, label, choices in fields
    ]


def periods(request: HttpRequest, scope: Scope, period: Period) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": address(request.path, scope.params(), {"period": code}),
         "current": period.code == code}
        for code, (label, _days) in LENGTHS.items()
    ]  # fmt: skip


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every KPI with its value, target and trend."""
    scope, period = asked(request)
    lines = figures.lines(scope, period)
    query = address("", scope.params(), period.params())
    return ui.page(
        request, "improvement/kpi/list.html", title=_("KPIs"), lines=lines, scope=scope, period=period,
        periods=periods(request, scope, period), filters=filters(scope), query=query, newest=figures.newest_day(),
        yesterday=measure.today() - measure.DAY,
        export=address(reverse("improvement:kpi-export"), scope.params(), period.days_params()),
        off=sum(line.status == figures.OFF for line in lines), idle=KPI.objects.filter(is_active=False).order_by("id"),
    )  # fmt: skip


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as CSV, with numbers as they are."""
    scope, period = asked(request)
    head = ["kpi", "name", "unit", "from", "to", "value", "before", "target", "warning", "status", "numerator",
            "denominator"]  # fmt: skip
    rows = [
        [line.one.code, str(line.one.name), line.one.unit, str(period.first), str(period.last),
         figures.rounded(line.value), figures.rounded(line.before), line.kpi.target, line.kpi.warning, line.status,
         *line.sums]
        for line in figures.lines(scope, period)
    ]  # fmt: skip
    return csv_export.stream(f"kpis-{period.first}-{period.last}.csv", head, rows)


def _found(request: HttpRequest, code: str) -> tuple[Definition, KPI]:
    one = definition.get(code)
    if one is None or not request.user.is_desk:
        raise Http404
    return one, get_object_or_404(KPI.objects.visible_to(request.user).select_related("owner"), code=code)


@require_safe
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One KPI: what it means, its weeks, by service and team, and the tickets behind each number."""
    one, kpi = _found(request, code)
    scope, period = asked(request)
    weeks = figures.whole_weeks(period.last, max(figures.WEEKS, period.days // 7 + 1))
    first = min(weeks[0].first, period.before.first)
    series = figures.read(scope, first, period.last, [code])[code]
    line = figures.line(series, kpi, period, weeks)
    spread = drill.spread(one, scope, period)
    return ui.page(
        request, "improvement/kpi/detail.html", title=str(one.name), one=one, kpi=kpi, line=line, scope=scope,
        period=period, periods=periods(request, scope, period), filters=filters(scope, kinds=not one.across_kinds),
        chart=_chart(one, kpi, scope, series, weeks), tables=_tables(one, kpi, scope, period),
        behind=_behind(one, scope, period), spread=spread and [times.duration(seconds) for seconds in spread],
        may=bool(policies.may_decide(kpi, request.user)), source=_source(one), goal=one.direction == figures.HIGH,
        export=address(reverse("improvement:kpi-days", args=[code]), scope.params(), period.days_params()),
        last=series.last_day(period), back=address(reverse("improvement:kpis"), scope.params(), period.params()),
        total=series.sums(period), improve=_improve(one, scope, line),
    )  # fmt: skip


def _source(one: Definition) -> str:
    try:
        return reverse(one.source_url) if one.source_url else ""
    except NoReverseMatch:
        return ""


def _improve(one: Definition, scope: Scope, line: figures.Line) -> str:
    """The form of a new improvement about this number, with its value as the baseline."""
    if line.value is None:
        return ""
    return suggestions.address(
        title=_("Better: %(name)s") % {"name": one.name}, measured_by=f"kpi:{one.code}",
        baseline_value=figures.rounded(line.value), target_value=line.kpi.target, service=scope.service,
        unit=figures.unit(one), origin=_("KPI %(name)s") % {"name": one.name}, origin_url=line.kpi.get_absolute_url(),
    )  # fmt: skip


def drill_address(one: Definition, scope: Scope, days: Period, **more: Any) -> str:
    """The tickets of a number; nothing for KPIs that count no tickets."""
    if not one.parts:
        return ""
    return address(reverse("improvement:kpi-tickets", args=[one.code]), scope.params(), days.days_params(), more)


def _behind(one: Definition, scope: Scope, period: Period) -> list[tuple[Any, str, str]]:
    """The lists behind the number of the period, with how long each is."""
    return [
        (
            chosen.label,
            str(keyset.capped_count(drill.rows(one, chosen, scope, period))),
            drill_address(one, scope, period, part=chosen.code),
        )
        for chosen in drill.choices(one)
    ]


def _plotted(one: Definition, value: Any) -> float | None:
    """A value in the unit of the chart: hours rather than hundreds of minutes."""
    if value is None:
        return None
    return round(float(value) / 60, 2) if one.unit == MINUTES else round(float(value), 2)


def _chart(one: Definition, kpi: KPI, scope: Scope, series: figures.Series, weeks: list[Period]) -> dict[str, Any]:
    values = [series.value(week) for week in weeks]
    names = [str(week.first.isocalendar().week) for week in weeks]
    unit = {MINUTES: "h", MONEY: ""}.get(one.unit, "%" if one.unit == definition.PERCENT else "")
    target = _plotted(one, kpi.target)
    data = {
        "x": names, "unit": unit,
        "series": [{"name": str(one.name), "tone": "blue", "strong": True, "data": [_plotted(one, v) for v in values]}],
    }  # fmt: skip
    if target is not None:
        data |= {"target": target, "targetLabel": _("Target")}
    rows = []
    for week, value in zip(weeks, values, strict=True):
        url, text = drill_address(one, scope, week), figures.shown(one, value)
        cell = format_html('<a href="{}">{}</a>', url, text) if url and value is not None else text
        up, down = series.sums(week)
        rows.append((f"{times.day(week.first)} – {times.day(week.last)}", cell, times.number(down or up)))
    known = [value for value in values if value is not None]
    summary = _("%(name)s: no data.") % {"name": one.name}
    if known:
        summary = _("%(name)s by week: from %(first)s to %(last)s.") % {
            "name": one.name, "first": figures.shown(one, known[0]), "last": figures.shown(one, known[-1]),
        }  # fmt: skip
    head = (_("Week"), one.name, _("counted"))
    return {
        "data": data, "summary": summary, "table": charts.as_table(head, rows), "empty": not known,
        "keys": charts.legend([Series(str(one.name), [], "blue")]),
    }  # fmt: skip


def _tables(one: Definition, kpi: KPI, scope: Scope, period: Period) -> list[dict[str, Any]]:
    """Breakdowns, the worst first; each name narrows the page, each number leads to its tickets."""
    found = []
    names = {"service": scope.service_name, "team": scope.team_name}
    labels = {"service": (_("By service"), _("Service")), "team": (_("By team"), _("Team"))}
    for by in one.breakdowns:
        rows = figures.breakdown(one, scope, period, by)
        told = {pk: names[by](pk) for pk, _sums in rows}
        lines = []
        for pk, value, sums in figures.worst_first(one, rows, told)[:MOST]:
            chosen = {by: pk or NONE}
            lines.append({
                "name": told[pk], "text": figures.shown(one, value), "n": times.number(sums[1] or sums[0]),
                "tone": figures.STATUS[figures.status(one, kpi, value)][1], "up": times.number(sums[0]),
                "url": address(reverse("improvement:kpi", args=[one.code]), scope.params(), period.params(), chosen),
                "tickets": drill_address(one, scope, period, **chosen),
            })  # fmt: skip
        found.append({"title": labels[by][0], "head": labels[by][1], "lines": lines, "more": len(rows) - len(lines)})
    return found


@require_safe
def days(request: HttpRequest, code: str) -> HttpResponseBase:
    """The measured days of one KPI as CSV."""
    one, _kpi = _found(request, code)
    scope, period = asked(request)
    rows = (
        [str(day), figures.rounded(one.value(*sums)), *sums]
        for day, sums in figures.by_day(scope, one, period.first, period.last)
    )
    return csv_export.stream(
        f"kpi-{code}-{period.first}-{period.last}.csv", ["day", "value", "numerator", "denominator"], rows
    )


@require_safe
def tickets(request: HttpRequest, code: str) -> HttpResponse:
    """The tickets behind a number."""
    one, kpi = _found(request, code)
    scope, period = asked(request)
    chosen = drill.choice(one, request.GET.get("part", ""))
    if chosen is None:
        raise Http404
    found = drill.rows(one, chosen, scope, period)
    page = keyset.paginate(
        drill.light(chosen.part, found), drill.order(chosen.part), request.GET.get("cursor", ""), PAGE
    )
    page.count = keyset.capped_count(found)
    here = [
        {"label": c.label, "current": c.code == chosen.code, "url": drill_address(one, scope, period, part=c.code)}
        for c in drill.choices(one)
    ]
    return ui.page(
        request, "improvement/kpi/tickets.html", title=f"{one.name}: {chosen.label}", one=one, kpi=kpi, page=page,
        scope=scope, period=period, lines=[drill.read_row(chosen.part, row) for row in page], tabs=here,
        moment=_moment(chosen.part), measured=bool(chosen.part.seconds or chosen.part.weigh),
        back=address(reverse("improvement:kpi", args=[code]), scope.params(), period.params()), chosen=_words(scope),
        drift=_drift(one, chosen, scope, period, page.count),
    )  # fmt: skip


def _moment(part: definition.Part) -> str:
    return {
        "opened_at": _("Opened"), "resolved_at": _("Resolved"), "closed_at": _("Closed"), "stopped_at": _("Ended"),
        "spent_on": _("Day"),
    }.get(part.moment, _("Since"))  # fmt: skip


def _drift(one: Definition, chosen: drill.Choice, scope: Scope, period: Period, count: Any) -> str:
    """Says so when tickets changed after they were counted."""
    sums = figures.read(scope, period.first, period.last, [one.code])[one.code].sums(period)
    counted = drill.amount(one, chosen, sums)
    return "" if counted is None or count.capped else drill.drift(counted, count.value)


def _words(scope: Scope) -> list[str]:
    named = {field["name"]: dict(field["choices"]) for field in filters(scope)}
    return [named[name][value] for name, value in scope.params().items() if value in named.get(name, {})]


def decide(request: HttpRequest, code: str) -> HttpResponse:
    """Set target, warning, owner, and whether it is measured."""
    one, kpi = _found(request, code)
    verdict = policies.may_decide(kpi, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = TargetForm(request.POST or None, instance=copy.copy(kpi))
    for name in ("target", "warning"):
        form.fields[name].help_text = _("In %(unit)s.") % {"unit": one.unit_words}
    if request.method == "POST":
        version = request.POST.get("version", "")
        kept = attempt(form, lambda **sent: kpis.decide(
            kpi, actor=request.user, source=Source.WEB,
            version=int(version) if version.isdigit() and len(version) < 10 else None, **sent,
        ))  # fmt: skip
        if kept is not None:
            return ui.see(request, kept, _("Saved."))
        if getattr(form, "conflict", None):
            form.add_error(None, _("Somebody changed this meanwhile. Save again to keep what stands here."))
    return ui.page(
        request, "improvement/kpi/decide.html", form=form, one=one, kpi=kpi, submit=_("Save"),
        title=_("Target: %(name)s") % {"name": one.name}, kept=[("version", kpi.version)], status=status(form),
    )  # fmt: skip
