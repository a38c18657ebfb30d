"""What cost and value register: kinds of record, drivers, navigation, panels, the activity."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import actions
from itsm.desk.views import records as pages
from itsm.lib import house
from itsm.tickets.models import WorkLog
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import records
from itsm.workflow.records import RecordKind
from strategy import cost_policies as policies
from strategy import costing, drivers
from strategy import policies as planning
from strategy.models import (
    AllocationRule,
    Budget,
    CostCentre,
    CostItem,
    CostMonth,
    ServiceMonth,
    Tariff,
    ValueMeasure,
)
from strategy.reports import costs
from strategy.services import ledger, months
from strategy.views import books
from strategy.views.costs import dearest, parts_bar, short, trend_chart
from strategy.views.words import amount, month_name, percent

READERS = (*policies.READERS, Role.SERVICE_OWNER)


def register_kinds() -> None:
    """The kinds of record, and what tickets are counted as."""
    drivers.register(drivers.Driver(
        "tickets", gettext_lazy("Tickets opened"), gettext_lazy("ticket"), costs.tickets, order=90
    ))  # fmt: skip
    kinds = (
        RecordKind(
            CostCentre, gettext_lazy("cost centre"), gettext_lazy("cost centres"), "landmark",
            ("code", "name", "owner", "organisation", "serves_desk", "description"), policies.may_create,
            policies.may_edit_centre,
        ),
        RecordKind(
            CostItem, gettext_lazy("cost item"), gettext_lazy("cost items"), "receipt",
            ("title", "service", "cost_centre", "kind", "expenditure", "recurrence", "amount", "currency", "rate",
             "starts_on", "ends_on", "spread_months", "contract", "note"),
            policies.may_create, policies.may_edit_item, check=ledger.check_item, written=ledger.written,
        ),
        RecordKind(
            Budget, gettext_lazy("budget"), gettext_lazy("budgets"), "wallet",
            ("title", "service", "starts_on", "months", "amount", "note"), policies.may_plan, policies.may_edit_budget,
            check=ledger.check_budget, written=ledger.written,
        ),
        RecordKind(
            AllocationRule, gettext_lazy("allocation rule"), gettext_lazy("allocation rules"), "split",
            ("cost_centre", "driver", "note"), policies.may_create, policies.may_edit_term, lists=("services",),
            check=ledger.check_rule, services="strategy.services.terms",
        ),
        RecordKind(
            Tariff, gettext_lazy("tariff"), gettext_lazy("tariffs"), "tag",
            ("service", "unit", "basis", "price", "note"), policies.may_create, policies.may_edit_term,
            check=ledger.check_tariff, services="strategy.services.terms",
        ),
        RecordKind(
            ValueMeasure, gettext_lazy("value measure"), gettext_lazy("value measures"), "gem",
            ("title", "service", "goal", "owner", "kind", "planned", "description"), policies.may_measure,
            policies.may_edit_measure, check=ledger.check_measure, written=ledger.written,
        ),
    )  # fmt: skip
    for kind in kinds:
        records.register(kind)
    for counted in (CostItem, Budget, Tariff, ValueMeasure):
        kind = records.kind_of(counted)
        house.counts_amounts(kind.code, kind.plural, counted.objects.count)
    # Whether there are any is the question; nobody waits until a million are counted.
    paid = WorkLog.objects.filter(hourly_rate__isnull=False).order_by()
    house.counts_amounts("work_log", gettext_lazy("work logs with a rate"), lambda: paid[:1000].count())
    actions.register({"month.closed": gettext_lazy("closed"), "month.reopened": gettext_lazy("opened again")})


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Cost and value of the running month, on the page of the service."""
    user = request.user
    if not (policies.reads(user) or (policies.opens(user) and service.owner_id == user.pk)):
        return None
    now = months.running()
    trend = costs.trend(user, now, 12, service)
    row = ServiceMonth.objects.visible_to(user).filter(service=service, month__month=now).first()
    budget = costs.current_budget(service, now)
    if row is None and budget is None and not any(total.cost or total.value for total in trend):
        return None
    row = row or ServiceMonth(service=service)
    return {
        "url": reverse("strategy:service-cost", args=[service.slug]), "month_name": month_name(now),
        "bar": parts_bar(row), "budget": budget,
        "figures": [
            (_("Cost"), amount(row.cost)), (_("Value"), amount(row.value)), (_("Charged"), amount(row.charge)),
            (_("Cost per %(unit)s") % {"unit": drivers.unit(row.unit)} if row.unit else _("Unit cost"),
             amount(row.unit_cost)),
        ],
        "over": budget is not None and budget.is_over,
        "to_plan": percent(budget.variance, sign=True) if budget is not None else "",
        "chart": trend_chart(trend),
    }  # fmt: skip


def activity(user: Any) -> Summary:
    """Activity 4."""
    if not policies.opens(user):
        return Summary()
    now = months.running()
    trend = costs.trend(user, now, 2)
    total, before = trend[-1], trend[0]
    over = costs.over_budget(user, 3)
    url = reverse("strategy:costs")
    figures = [
        Figure(_("Cost this month"), short(total.cost), "", url), Figure(_("Value"), short(total.value), "", url),
        Figure(_("Over budget"), len(over), "red" if over else "green", reverse("strategy:budget-list")),
    ]  # fmt: skip
    attention = [
        Attention(f"{budget.service}: {budget}", _("Costs more than planned"), percent(budget.variance, sign=True),
                  "red", budget.get_absolute_url(), "wallet", 50)
        for budget in over
    ]  # fmt: skip
    change = costing.variance(total.cost, before.cost) if before.cost else None
    if change is not None and change >= 25:
        for row in dearest(user, now, 1):
            attention.append(Attention(
                _("Cost of the month is %(change)s above the last") % {"change": percent(change)},
                _("Dearest: %(service)s") % {"service": row.service}, short(row.cost), "amber", url, "coins", 30,
            ))  # fmt: skip
    if policies.reads(user):
        book = CostMonth.objects.filter(month=now).first()
        if book is not None and book.unallocated:
            attention.append(Attention(
                _("Shared costs reach no service"), _("No rule in force allocates them"), short(book.unallocated),
                "amber", reverse("strategy:allocation-rule-list"), "split", 45,
            ))  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``StrategyConfig.ready``."""
    for shown in (books.Centres, books.Items, books.Budgets, books.Rules, books.Tariffs, books.Measures):
        markdown.link_numbers(shown.model.prefix, f"/strategy/{shown.base}/{{}}/")
    nav.register("plan", gettext_lazy("Cost and value"), "strategy:costs", "coins", order=60, roles=READERS)
    pages.register(books.Items, group="plan", order=70, key="B", roles=policies.KEEPERS)
    pages.register(
        books.Budgets, group="plan", order=80, roles=(Role.FINANCE_MANAGER, Role.PORTFOLIO_MANAGER, Role.ADMINISTRATOR)
    )
    for shown, order in ((books.Centres, 90), (books.Rules, 91), (books.Tariffs, 92), (books.Measures, 93)):
        kind = records.kind_of(shown.model)
        name = shown.model.kind_code.replace("_", "-")
        pages.register_search(shown, order=order)
        panels.register_command(
            f"go.{name}", kind.plural, f"strategy:{name}-list", icon=kind.icon, roles=READERS, order=order
        )
    panels.register_command("go.showback", gettext_lazy("Showback"), "strategy:showback", icon="receipt", roles=READERS)
    panels.register(
        "service", "cost", "strategy/costs/_of_service.html", of_service, label=gettext_lazy("Cost and value"),
        order=45, cls="c8", roles=READERS,
    )  # fmt: skip
    lifecycle.register(
        "strategy", 4, gettext_lazy("Cost and value"),
        gettext_lazy("What services cost, for whom, and what they bring"), "coins", activity,
        links=[
            (gettext_lazy("Cost and value"), "strategy:costs"),
            (house.heading("cost_item", plural=True), "strategy:cost-item-list"),
            (house.heading("budget", plural=True), "strategy:budget-list"),
            (gettext_lazy("Showback"), "strategy:showback"),
            (house.heading("value_measure", plural=True), "strategy:value-measure-list"),
        ],
        roles=[*planning.CASE_READERS],
    )  # fmt: skip
