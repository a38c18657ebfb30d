"""Cost and value: the months of the books, the months of a service, and showback statements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.lib import currencies, house
from itsm.lib.sources import Source
from itsm.ui import charts, csv_export, keyset, times
from itsm.ui import pages as ui
from itsm.ui.charts import Series
from itsm.ui.forms import attempt, status
from strategy import cost_policies as policies
from strategy import costing, drivers, money
from strategy.forms.costs import ReasonForm
from strategy.models import Budget, CostItem, CostMonth, ServiceMonth, ValueMeasure
from strategy.reports import costs
from strategy.services import months
from strategy.views.words import amount, month_name, month_short, or_dash, percent

PAGE = 50
ZERO = Decimal(0)


def readers_only(user: Any) -> None:
    """Pages about money do not exist for others."""
    if not policies.opens(user):
        raise Http404


def wanted(request: HttpRequest) -> date:
    """The month of the address, else the running one; nothing before or after what is kept."""
    now = months.running()
    text = request.GET.get("month", "")
    try:
        month = date.fromisoformat(f"{text}-01") if text else now
    except ValueError:
        return now
    return month if costing.add_months(now, -600) <= month <= now else now


def around(month: date) -> dict[str, Any]:
    """For the month picker: its name, and the months before and after."""
    now = months.running()
    later = costing.add_months(month, 1)
    return {
        "month": month, "month_name": month_name(month), "before": f"{costing.add_months(month, -1):%Y-%m}",
        "after": f"{later:%Y-%m}" if later <= now else "", "this": f"{month:%Y-%m}", "is_running": month == now,
        "now": f"{now:%Y-%m}",
    }  # fmt: skip


def trend_chart(found: list[costs.Totals]) -> dict[str, Any]:
    """Cost and value by month: lines the server draws, with their table."""
    names = [month_short(total.month) for total in found]
    # Before the books begin there is nothing to draw, and the value of the running month comes when it is over.
    series = [
        Series(_("Cost"), [round(float(t.cost)) or None for t in found], "violet", strong=True),
        Series(_("Value"), [round(float(t.value)) or None for t in found], "green"),
    ]
    words = _("Cost %(cost)s and value %(value)s in the last month shown.") % {
        "cost": amount(found[-1].cost), "value": amount(found[-1].value)
    }  # fmt: skip
    rows = [[month_name(t.month), amount(t.cost), amount(t.charge), amount(t.value)] for t in found]
    return {
        "plot": charts.line(names, series, summary=words, low=0), "keys": charts.legend(series),
        "table": charts.as_table([_("Month"), _("Cost"), _("Charged"), _("Value")], rows),
    } if any(t.cost or t.value for t in found) else {}  # fmt: skip


def parts_bar(row: ServiceMonth) -> Any:
    """What a month's cost is made of."""
    named = [
        (_("Direct"), row.direct, "violet"), (_("Labour"), row.labour, "blue"), (_("Shared"), row.shared, "teal"),
        (_("Assets"), row.assets, "amber"),
    ]  # fmt: skip
    shown = [(label, round(float(value)), tone) for label, value, tone in named if value]
    words = ", ".join(f"{label} {amount(value)}" for label, value, _tone in named if value)
    return charts.stacked_bar(shown, words) if shown else ""


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """A month of the books: sums, services by cost, what is not allocated, budgets that run over."""
    user = request.user
    readers_only(user)
    month = wanted(request)
    book = CostMonth.objects.filter(month=month).first()
    rows = ServiceMonth.objects.visible_to(user).filter(month__month=month).select_related("service")
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    if query:
        rows = rows.filter(service__name__icontains=query)
    page = keyset.paginate(rows, ["-cost", "id"], request.GET.get("cursor", ""), PAGE)
    trend = costs.trend(user, month)
    total, before = trend[-1], trend[-2]
    return ui.page(
        request, "strategy/costs/overview.html", title=_("Cost and value"), page=page, query=query, book=book,
        rows=[_row(row, month) for row in page], total=total, cost=amount(total.cost), charge=amount(total.charge),
        value=amount(total.value), roi=percent(total.roi),
        change=_("%(change)s to the month before")
        % {"change": percent(costing.variance(total.cost, before.cost), sign=True)}
        if before.cost and total.cost
        else "",
        chart=trend_chart(trend), over=costs.over_budget(user), may_keep=policies.keeps(user),
        may_read_books=policies.reads(user),
        unallocated=amount(book.unallocated) if book and book.unallocated and policies.reads(user) else "",
        measured=percent, spark=[round(float(t.cost)) for t in trend], **around(month),
    )  # fmt: skip


def _row(row: ServiceMonth, month: date) -> dict[str, Any]:
    address = reverse("strategy:service-cost", args=[row.service.slug])
    return {
        "service": row.service, "url": f"{address}?month={month:%Y-%m}",
        "direct": or_dash(row.direct), "labour": or_dash(row.labour), "shared": or_dash(row.shared),
        "assets": or_dash(row.assets), "cost": amount(row.cost), "charge": or_dash(row.charge),
        "value": or_dash(row.value), "result": amount(row.result), "loss": row.result < 0 and bool(row.value),
        "unit_cost": amount(row.unit_cost), "unit": drivers.unit(row.unit) if row.unit else "",
    }  # fmt: skip


@require_GET
def of_service(request: HttpRequest, slug: str) -> HttpResponse:
    """A service's cost and value: one month in parts, the months before, its budget, items and measures."""
    user = request.user
    readers_only(user)
    service = get_object_or_404(Service.objects.visible_to(user), slug=slug)
    if not (policies.reads(user) or service.owner_id == user.pk):
        raise Http404
    month = wanted(request)
    first = costing.add_months(month, -11)
    kept = {
        row.month.month: row
        for row in ServiceMonth.objects.visible_to(user)
        .filter(service=service, month__month__gte=first, month__month__lte=month)
        .select_related("month")
    }  # fmt: skip
    row = kept.get(month) or ServiceMonth(service=service)
    trend = [
        costs.Totals(at, kept[at].cost, kept[at].charge, kept[at].value) if at in kept else costs.Totals(at)
        for at in costing.months(first, month)
    ]
    year_cost, year_value = sum((t.cost for t in trend), ZERO), sum((t.value for t in trend), ZERO)
    budget = costs.current_budget(service, month)
    planned, realised = costs.value_plan([service.pk], [t.month for t in trend])
    return ui.page(
        request, "strategy/costs/service.html", title=_("Cost and value: %(service)s") % {"service": service},
        service=service, row=row, bar=parts_bar(row), chart=trend_chart(trend), budget=budget,
        parts=[
            (_("Direct costs"), amount(row.direct)), (_("Labour from work logs"), amount(row.labour)),
            (_("Share of shared costs"), amount(row.shared)), (_("Write-off of assets"), amount(row.assets)),
        ],
        figures=[
            (_("Cost"), amount(row.cost)), (_("Charged"), amount(row.charge)), (_("Value"), amount(row.value)),
            (_("Value less cost"), amount(row.result)),
            (_("Cost per %(unit)s") % {"unit": drivers.unit(row.unit)} if row.unit else _("Unit cost"),
             amount(row.unit_cost)),
        ],
        year=[
            (_("Cost"), amount(year_cost)), (_("Value"), amount(year_value)),
            (_("Return on investment"), percent(money.roi(year_value, year_cost) if year_value else None)),
            (_("Planned value realised"), percent(100 * realised / planned if planned else None)),
        ],
        budget_facts=_budget_facts(budget) if budget else [],
        items=list(CostItem.objects.visible_to(user).filter(service=service).booked().order_by("-updated_at")[:50]),
        registers=[
            (source.label, lines)
            for source in drivers.sources()
            if source.lines and (lines := source.lines(user, service.pk, month))
        ],
        measures=list(ValueMeasure.objects.visible_to(user).filter(service=service).order_by("-updated_at")[:20]),
        months=[
            (month_name(t.month), f"{t.month:%Y-%m}", amount(t.cost), amount(t.charge), amount(t.value),
             amount(kept[t.month].unit_cost) if t.month in kept else "–")
            for t in reversed(trend)
        ],
        may_keep=policies.keeps(user), may_plan=bool(policies.may_plan(user)),
        may_measure=bool(policies.may_measure(user)), money=amount,
        computed=row.month.computed_at if row.month_id else None,
        **around(month),
    )  # fmt: skip


def _budget_facts(budget: Budget) -> list[tuple[Any, Any]]:
    return [
        (_("Budget"), amount(budget.amount)), (_("Planned until now"), amount(budget.planned)),
        (_("Spent until now"), amount(budget.actual)), (_("To plan"), percent(budget.variance, sign=True)),
        (_("Forecast"), amount(budget.forecast)),
    ]  # fmt: skip


# ---------- months ----------


@require_GET
def books(request: HttpRequest) -> HttpResponse:
    """The months of the books: open ones are computed anew, closed ones are history."""
    readers_only(request.user)
    if not policies.reads(request.user):
        raise Http404
    page = keyset.paginate(
        CostMonth.objects.select_related("closed_by"), ["-month"], request.GET.get("cursor", ""), 24
    )  # fmt: skip
    rows = [
        {
            "row": row, "name": month_name(row.month), "code": f"{row.month:%Y-%m}", "cost": amount(row.cost),
            "charge": amount(row.charge), "value": amount(row.value), "unallocated": amount(row.unallocated),
            "is_running": row.month >= months.running(),
        }
        for row in page
    ]  # fmt: skip
    return ui.page(
        request, "strategy/costs/books.html", title=_("Months of the books"), page=page, rows=rows,
        may_keep=policies.keeps(request.user),
    )  # fmt: skip


def _of_address(code: str) -> date:
    try:
        return date.fromisoformat(f"{code}-01")
    except ValueError as error:
        raise Http404 from error


def _version(request: HttpRequest) -> int | None:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdigit() and len(sent) < 10 else None


@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Close the books of a month."""
    readers_only(request.user)
    kept = get_object_or_404(CostMonth, month=_of_address(code))
    row = months.close(kept.month, actor=request.user, source=Source.WEB, version=_version(request))
    words = _("%(month)s is closed at %(cost)s.") % {"month": month_name(row.month), "cost": amount(row.cost)}
    return ui.see(request, "strategy:books", words)


def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Open a closed month again, with a reason."""
    readers_only(request.user)
    row = get_object_or_404(CostMonth, month=_of_address(code))
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        done = attempt(form, lambda **sent: months.reopen(
            row.month, actor=request.user, source=Source.WEB, version=_version(request), **sent
        ))  # fmt: skip
        if done is not None:
            return ui.see(request, "strategy:books", _("%(month)s is open again.") % {"month": month_name(row.month)})
    return ui.page(
        request, "strategy/costs/reopen.html", form=form, title=_("Open %(month)s again") % {
            "month": month_name(row.month)
        }, submit=_("Open again"), kept=[("version", row.version)], status=status(form),
    )  # fmt: skip


# ---------- showback ----------


def _statement_url(share: costs.Share, month: date) -> str:
    if share.organisation is None:
        return ""
    return f"{reverse('strategy:statement', args=[share.organisation.pk])}?month={month:%Y-%m}"


@require_GET
def showback(request: HttpRequest) -> HttpResponse:
    """What each organisation used in a month, and what it cost."""
    user = request.user
    readers_only(user)
    month = wanted(request)
    found = costs.shares(user, month)
    return ui.page(
        request, "strategy/costs/showback.html", title=_("Showback"), **around(month),
        rows=[
            (share.organisation, amount(share.cost), amount(share.charge), _statement_url(share, month))
            for share in found
        ],
        bars=charts.bars(
            [(str(one.organisation or _("Nobody in particular")), round(float(one.cost)), _statement_url(one, month))
             for one in found[:12]],
            unit=f"\u00a0{currencies.symbol(house.currency())}", tone="violet", label=_("Cost by organisation"),
        ) if found else "",
        cost=amount(sum((share.cost for share in found), ZERO)),
        charge=amount(sum((share.charge for share in found), ZERO)),
    )  # fmt: skip


@require_GET
def statement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The statement of one organisation and those below it, as a page or as CSV."""
    user = request.user
    readers_only(user)
    organisation = get_object_or_404(Organisation, pk=pk)
    month = wanted(request)
    made = costs.statement(user, organisation, month)
    if request.GET.get("format") == "csv":
        head = [_("Month"), _("Organisation"), _("Cost centre"), _("Service"), _("Unit"), _("Units"), _("Cost"),
                _("Charge"), _("Currency"), _("State")]  # fmt: skip
        state = _("closed") if made.closed else _("open")
        lines = [
            [f"{month:%Y-%m}", line.organisation.name, line.organisation.cost_centre_code, line.service.name,
             drivers.unit(line.unit) if line.unit else "", line.units, line.cost, line.charge,
             house.currency(), state]
            for line in made.lines
        ]  # fmt: skip
        return csv_export.stream(f"showback-{month:%Y-%m}-{organisation.pk}.csv", head, lines)
    return ui.page(
        request, "strategy/costs/statement.html", statement=made, organisation=organisation,
        title=_("Showback: %(name)s") % {"name": organisation}, cost=amount(made.cost), charge=amount(made.charge),
        rows=[
            (line, drivers.unit(line.unit) if line.unit else "", amount(line.cost), amount(line.charge),
             amount(costing.per_unit(line.cost, line.units)))
            for line in made.lines
        ],
        nested=len({line.organisation.pk for line in made.lines} | {organisation.pk}) > 1, **around(month),
    )  # fmt: skip


def dearest(user: Any, month: date, limit: int = 3) -> list[ServiceMonth]:
    """The services that cost most."""
    rows = ServiceMonth.objects.visible_to(user).filter(month__month=month, cost__gt=0).select_related("service")
    return list(rows.order_by(F("cost").desc(), "id")[:limit])


def short(value: Decimal) -> str:
    """``€12.4k``: for a tile."""
    return times.money(value)
