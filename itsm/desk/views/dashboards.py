"""The service level dashboard, the tickets behind its numbers, and its cards as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.desk.reports.service_levels import dashboard, drill, present
from itsm.desk.reports.service_levels.scope import LENGTHS, Period, Scope, address
from itsm.lib import clock
from itsm.sla.models import Metric
from itsm.sla.services import measure
from itsm.ui import charts, csv_export, keyset, times
from itsm.ui import pages as ui
from itsm.ui.charts import Series

PAGE = 50


def _asked(request: HttpRequest) -> tuple[Scope, Period]:
    """The limits and the days of the address; nobody without anything to see learns that the page exists."""
    if not request.user.is_desk:
        raise Http404
    scope = Scope.read(request.GET.dict(), request.user)
    if scope.is_empty:
        raise Http404
    return scope, Period.read(request.GET.dict(), measure.today())


@require_safe
def service_levels(request: HttpRequest) -> HttpResponse:
    scope, period = _asked(request)
    made = dashboard.build(scope, period, clock.now())
    return ui.page(
        request, "desk/dashboards/sla.html", title=_("Service levels"), board=made, scope=scope, period=period,
        tiles=made.tiles(), periods=_periods(made), filters=_filters(scope), now=made.now, near=made.nearest,
        charts=_charts(made), services=made.service_lines(), teams=made.team_lines(), levels=made.priority_lines(),
        holds=made.hold_lines(), export=_exports(made), near_url=address(request.path + "near/", scope.params()),
        risk_url=made.open_drill("risk"), uncounted=_uncounted(made),
    )  # fmt: skip


@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """The tickets closest to breach, for the page that watches them."""
    scope, _period = _asked(request)
    now = clock.now()
    return ui.render_part(request, "desk/dashboards/_near.html", near=present.nearest(scope, now), now=now)


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """The tickets behind a number."""
    scope, period = _asked(request)
    number = request.GET.get("number", "")
    rows = drill.rows_of(number, scope, period, request.GET.dict())
    if rows is None:
        raise Http404
    page = keyset.paginate(rows.queryset, rows.order, request.GET.get("cursor", ""), PAGE)
    page.count = keyset.capped_count(rows.queryset)
    live = number in ("open", "risk", "late")
    return ui.page(
        request, "desk/dashboards/tickets.html", title=rows.title, rows=rows, page=page, scope=scope,
        period=None if live else period, lines=[drill.read_row(rows, row) for row in page], now=clock.now(),
        back=address("/dashboards/sla/", scope.params(), {} if live else period.params()), chosen=_chosen(scope),
    )  # fmt: skip


@require_safe
def export(request: HttpRequest, card: str) -> HttpResponseBase:
    """One card as CSV, with the numbers as they are computed."""
    scope, period = _asked(request)
    made = dashboard.build(scope, period, clock.now())
    if card not in TABLES:
        raise Http404
    head, rows = TABLES[card](made)
    return csv_export.stream(f"service-levels-{card}-{period.first}-{period.last}.csv", head, rows)


# ---------- the tables, for exports and twins ----------


def _tally(tally: Any) -> list[Any]:
    share = tally.attainment
    return [tally.n, tally.met, tally.breached, None if share is None else round(share, 2),
            None if tally.mean is None else round(tally.mean / 60, 1)]  # fmt: skip


TALLY_HEAD = ["ended", "in_time", "breached", "in_time_percent", "mean_working_minutes"]
Table = tuple[list[str], Iterable[list[Any]]]


def _summary_table(made: dashboard.Dashboard) -> Table:
    return ["number", "value", "before"], [[tile.label, tile.raw, tile.before] for tile in made.tiles()]


def _week_table(made: dashboard.Dashboard) -> Table:
    head = ["from", "to", *(f"resolution_{name}" for name in TALLY_HEAD), *(f"response_{name}" for name in TALLY_HEAD)]
    rows = ([str(w.first), str(w.last), *_tally(t), *_tally(r)] for _name, t, r, _url, w in made.week_lines())
    return head, rows


def _flow_table(made: dashboard.Dashboard) -> Table:
    rows = ([str(w.first), str(w.last), f.opened, f.resolved, f.reopened] for _n, f, _o, _r, w in made.flow_lines())
    return ["from", "to", "opened", "resolved", "reopened"], rows


def _age_table(made: dashboard.Dashboard) -> Table:
    rows = ([name, total, *(amount for amount, _url in cells)] for name, total, cells, _url in made.age_lines())
    return ["age", "open", *(f"P{level}" for level in dashboard.TONES)], rows


def _lines_table(name: str, lines: Any) -> Any:
    return lambda made: ([name, *TALLY_HEAD], ([line.name, *_tally(line.tally)] for line in lines(made)))


def _hold_table(made: dashboard.Dashboard) -> Table:
    rows = ([name, round(seconds / 3600, 2), round(share, 2)] for name, seconds, share, _url in made.hold_lines())
    return ["reason", "hours", "percent_of_open_time"], rows


TABLES: dict[str, Any] = {
    "summary": _summary_table, "weeks": _week_table, "flow": _flow_table, "age": _age_table,
    "services": _lines_table("service", dashboard.Dashboard.service_lines),
    "teams": _lines_table("team", dashboard.Dashboard.team_lines),
    "priorities": _lines_table("priority", dashboard.Dashboard.priority_lines), "holds": _hold_table,
}  # fmt: skip


# ---------- what the page needs besides ----------


def _exports(made: dashboard.Dashboard) -> dict[str, str]:
    return {
        card: address(f"{made.path}export/{card}/", made.scope.params(), made.period.days_params()) for card in TABLES
    }


def _periods(made: dashboard.Dashboard) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": address(made.path, made.scope.params(), {"period": code}),
         "current": made.period.code == code}
        for code, (label, _days) in LENGTHS.items()
    ]  # fmt: skip


def _filters(scope: Scope) -> list[dict[str, Any]]:
    chosen = scope.params()
    fields = (
        ("service", _("Service"), scope.service_choices()), ("team", _("Team"), scope.team_choices()),
        ("kind", _("Kind"), scope.kind_choices()), ("priority", _("Priority"), scope.priority_choices()),
    )  # fmt: skip
    return [
        {"name": name, "label": label, "choices": choices, "value": chosen.get(name, "")}
        for name, label, choices in fields
    ]


def _chosen(scope: Scope) -> list[str]:
    """The limits in words."""
    named = {field["name"]: dict(field["choices"]) for field in _filters(scope)}
    return [f"{named[name][value]}" for name, value in scope.params().items() if value in named[name]]


def _uncounted(made: dashboard.Dashboard) -> str:
    """Days whose numbers are missing, in words; they are counted by a job, or by a command after an import."""
    gap = made.history.uncounted
    if gap:
        return f"{times.day(gap[0])} – {times.day(gap[-1])}"
    return _("every day before today") if made.never_counted else ""


def _charts(made: dashboard.Dashboard) -> dict[str, Any]:
    return {"weeks": _week_chart(made), "flow": _flow_chart(made), "age": _age_chart(made)}


def _link(url: str, text: Any) -> Any:
    return format_html('<a href="{}">{}</a>', url, text)


def _week_chart(made: dashboard.Dashboard) -> dict[str, Any]:
    data = made.attainment_chart()
    rows = [
        (
            name,
            _link(url, times.percent(t.attainment)),
            times.number(t.n),
            times.percent(r.attainment),
            times.number(r.n),
        )
        for name, t, r, url, _week in made.week_lines()
    ]
    head = (_("Week"), _("Resolved in time"), _("ended"), _("First response in time"), _("ended"))
    return {
        "data": data, "table": charts.as_table(head, rows),
        "keys": charts.legend([Series(line["name"], [], line["tone"]) for line in data["series"]]),
        "summary": dashboard.summary(data["series"][0]["data"], str(Metric.RESOLUTION.label)),
    }  # fmt: skip


def _flow_chart(made: dashboard.Dashboard) -> dict[str, Any]:
    data = made.flow_chart()
    rows = [
        (
            name,
            _link(opened, times.number(f.opened)),
            _link(resolved, times.number(f.resolved)),
            times.number(f.reopened),
        )
        for name, f, opened, resolved, _week in made.flow_lines()
    ]
    total = made.history.flow_in(made.period)
    return {
        "data": data, "table": charts.as_table((_("Week"), _("Opened"), _("Resolved"), _("Reopened")), rows),
        "keys": charts.legend([Series(line["name"], [], line["tone"]) for line in data["series"]]),
        "summary": _("In the period %(opened)s tickets were opened and %(resolved)s resolved.")
        % {"opened": times.number(total.opened), "resolved": times.number(total.resolved)},
    }  # fmt: skip


def _age_chart(made: dashboard.Dashboard) -> dict[str, Any]:
    data = made.age_chart()
    lines = made.age_lines()
    rows = [
        (name, _link(url, times.number(total)), *(_link(u, times.number(n)) if n else "0" for n, u in cells))
        for name, total, cells, url in lines
    ]
    old = sum(total for _name, total, _cells, _url in lines[4:])
    return {
        "data": data, "table": charts.as_table((_("Age"), _("Open"), *(f"P{p}" for p in dashboard.TONES)), rows),
        "keys": charts.legend([Series(line["name"], [], line["tone"]) for line in data["series"]]),
        "summary": _("%(open)s tickets are open, %(old)s of them older than 14 days.")
        % {"open": times.number(made.present.open), "old": times.number(old)},
    }  # fmt: skip
