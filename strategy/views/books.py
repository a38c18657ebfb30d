"""Cost centres, cost items, budgets, allocation rules, tariffs and value measures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.catalogue.models import Service
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, service_filter, state_column
from itsm.lib import house
from itsm.ui import components
from itsm.ui.reference import Column
from itsm.ui.times import day
from strategy import cost_policies as policies
from strategy import drivers
from strategy.cost_states import (
    BudgetState,
    CentreState,
    CostKind,
    Expenditure,
    ItemState,
    MeasureState,
    Recurrence,
    TermState,
)
from strategy.forms.costs import (
    BudgetForm,
    CentreForm,
    EntryForm,
    ItemForm,
    MeasureForm,
    RuleForm,
    ShareForm,
    TariffForm,
)
from strategy.models import AllocationRule, Budget, CostCentre, CostItem, Tariff, ValueMeasure
from strategy.views.words import amount, link, month_name, percent


class MoneyPages(RecordPages):
    """Pages about money exist for those who read it."""

    def may_read(self, user: Any) -> bool:
        return policies.opens(user)


def paid(item: CostItem) -> str:
    """Amount in its own currency, as often as it is paid."""
    return amount(item.amount, item.currency)


def place(item: CostItem) -> Any:
    """The service, or the cost centre that shares it out."""
    return item.service or format_html('{} <span class="chip">{}</span>', item.cost_centre, _("shared"))


class Centres(MoneyPages):
    model = CostCentre
    form = CentreForm
    base = "cost-centres"
    related = ("owner", "organisation")
    search_fields = ("code", "name")
    columns = (
        Column("code", gettext_lazy("Cost centre"), cell=str), state_column(),
        Column("organisation", gettext_lazy("Organisation"), opt=True), person_column("owner", gettext_lazy("Owner")),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: CentreState.choices),)
    intro = gettext_lazy("Where costs are collected; what several services share is allocated from here by a rule.")
    empty_text = gettext_lazy("Add the cost centre that several services share, such as the data centre.")

    def facts(self, request: HttpRequest, record: CostCentre) -> Any:
        yield _("Code"), record.code
        yield _("Owner"), components.person(record.owner)
        yield _("Organisation"), record.organisation
        rule = record.allocation_rules.filter(state=TermState.ACTIVE).first()
        yield _("Allocated by"), link(rule, rule.driver_label) if rule else _("no rule in force")

    def linked(self, request: HttpRequest, record: CostCentre) -> Any:
        items = CostItem.objects.visible_to(request.user).filter(cost_centre=record).order_by("-updated_at", "-id")
        yield house.heading("cost_item", plural=True), items[:50]
        yield _("Allocation rules"), record.allocation_rules.select_related("cost_centre").order_by("-id")[:20]


class Items(MoneyPages):
    model = CostItem
    form = ItemForm
    base = "cost-items"
    related = ("service", "cost_centre")
    search_fields = ("title", "service__name", "cost_centre__name")
    columns = (
        Column("title", house.heading("cost_item")), state_column(),
        Column("service", gettext_lazy("For"), cell=place), Column("kind", gettext_lazy("Kind"), opt=True),
        Column("amount", gettext_lazy("Amount"), cell=paid, right=True),
        Column("recurrence", gettext_lazy("Paid")),
        Column("starts_on", gettext_lazy("From"), cell=lambda item: month_name(item.starts_on), opt=True),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: ItemState.choices),
        Filter("kind", gettext_lazy("Kind"), lambda: CostKind.choices),
        Filter("expenditure", gettext_lazy("Booked as"), lambda: Expenditure.choices),
        Filter("recurrence", gettext_lazy("Paid"), lambda: Recurrence.choices),
        service_filter(),
    )
    texts = ((gettext_lazy("Note"), "note"),)
    beside = ((gettext_lazy("Cost and value"), "strategy:costs", "coins"),)
    intro = gettext_lazy(
        "What is spent, on one service or on what a cost centre shares. Nothing is deleted, but voided."
    )
    empty_text = gettext_lazy("Book what services cost: licences, machines, suppliers, rooms. Labour comes by itself.")

    def facts(self, request: HttpRequest, record: CostItem) -> Any:
        yield _("For"), link(record.service) if record.service else place(record)
        yield _("Cost centre"), link(record.cost_centre) if record.cost_centre and record.service else ""
        yield _("Kind"), record.get_kind_display()
        yield _("Booked as"), record.get_expenditure_display()
        yield _("Paid"), record.get_recurrence_display()
        yield _("Amount"), paid(record)
        if record.currency != house.currency():
            yield _("Exchange rate"), f"{record.rate.normalize():f}"
            yield _("In %(currency)s") % {"currency": house.currency()}, amount(record.worth)
        yield _("From"), month_name(record.starts_on)
        yield _("Until"), month_name(record.ends_on) if record.ends_on else ""
        if record.spread_months > 1:
            yield _("Written off over"), _("%d months") % record.spread_months


def variance(budget: Budget) -> Any:
    """Percent over or under plan, coloured by what it means."""
    if budget.variance is None:
        return "–"
    tone = "red" if budget.is_over else "green"
    return format_html('<span class="chip" data-tone="{}">{}</span>', tone, percent(budget.variance, sign=True))


class Budgets(MoneyPages):
    model = Budget
    form = BudgetForm
    base = "budgets"
    related = ("service", "service__owner")
    search_fields = ("title", "service__name")
    columns = (
        Column("title", house.heading("budget")), state_column(), Column("service", gettext_lazy("Service")),
        Column("starts_on", gettext_lazy("From"), cell=lambda budget: month_name(budget.starts_on), opt=True),
        Column("amount", gettext_lazy("Amount"), cell=lambda budget: amount(budget.amount), right=True),
        Column("actual", gettext_lazy("Spent"), cell=lambda budget: amount(budget.actual), right=True),
        Column("variance", gettext_lazy("To plan"), cell=variance, right=True),
        Column("forecast", gettext_lazy("Forecast"), cell=lambda budget: amount(budget.forecast), right=True, opt=True),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: BudgetState.choices), service_filter())
    texts = ((gettext_lazy("Note"), "note"),)
    beside = ((gettext_lazy("Cost and value"), "strategy:costs", "coins"),)
    intro = gettext_lazy("What a service may cost in a fiscal period, held against the months that are over.")
    empty_text = gettext_lazy("Plan what a service may cost this year; costs are counted against it month by month.")

    def facts(self, request: HttpRequest, record: Budget) -> Any:
        yield _("Service"), link(record.service)
        yield _("Period"), f"{month_name(record.starts_on)} – {month_name(record.last_month)}"
        yield _("Amount"), amount(record.amount)
        if record.state == BudgetState.APPROVED:
            yield _("Months over"), _("%(n)d of %(all)d") % {"n": record.counted_months, "all": record.months}
            yield _("Planned until now"), amount(record.planned)
            yield _("Spent until now"), amount(record.actual)
            yield _("To plan"), variance(record)
            yield _("Forecast for the period"), amount(record.forecast)


class Rules(MoneyPages):
    model = AllocationRule
    form = RuleForm
    base = "allocation-rules"
    related = ("cost_centre",)
    search_fields = ("cost_centre__code", "cost_centre__name")
    columns = (
        Column("cost_centre", gettext_lazy("Cost centre")), state_column(),
        Column("driver", gettext_lazy("Allocated by"), cell=lambda rule: rule.driver_label),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda rule: day(rule.updated_at)),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: TermState.choices),)
    texts = ((gettext_lazy("Reason"), "note"),)
    parts = (
        Part(
            "shares", gettext_lazy("share"), ShareForm, "rule", title=gettext_lazy("Fixed shares"),
            columns=(
                Column("service", gettext_lazy("Service")),
                Column("percent", gettext_lazy("Share"), cell=lambda share: percent(share.percent), right=True),
            ),
            empty=gettext_lazy("Only for fixed shares: they have to sum to 100 %."), related=("service",),
        ),
    )  # fmt: skip
    beside = ((gettext_lazy("Cost centres"), "strategy:cost-centre-list", "landmark"),)
    intro = gettext_lazy("How shared costs reach services: by what is counted each month, or by fixed shares.")
    empty_text = gettext_lazy("Say how a cost centre is shared, for example by subscribers.")

    def facts(self, request: HttpRequest, record: AllocationRule) -> Any:
        yield _("Cost centre"), link(record.cost_centre)
        yield _("Allocated by"), record.driver_label
        if record.driver == drivers.FIXED:
            yield _("Sum of shares"), percent(sum((share.percent for share in record.shares.all()), Decimal(0)))

    def linked(self, request: HttpRequest, record: AllocationRule) -> Any:
        shared = Service.objects.visible_to(request.user).filter(pk__in=record.services.values("pk"))
        yield _("Shared among"), shared.order_by("name")


class Tariffs(MoneyPages):
    model = Tariff
    form = TariffForm
    base = "tariffs"
    related = ("service",)
    search_fields = ("service__name",)
    columns = (
        Column("service", gettext_lazy("Service")), state_column(),
        Column("basis", gettext_lazy("Charges")),
        Column("price", gettext_lazy("Price"), cell=lambda tariff: amount(tariff.price), right=True),
        Column("unit", gettext_lazy("Counted in"), cell=lambda tariff: drivers.unit(tariff.unit)),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: TermState.choices), service_filter())
    texts = ((gettext_lazy("Reason"), "note"),)
    beside = ((gettext_lazy("Showback"), "strategy:showback", "receipt"),)
    intro = gettext_lazy("What services charge those who use them, and what their use is counted in.")
    empty_text = gettext_lazy("Say what a unit of a service costs its users each month.")

    def facts(self, request: HttpRequest, record: Tariff) -> Any:
        yield _("Service"), link(record.service)
        yield _("Charges"), record.get_basis_display()
        yield _("Price"), amount(record.price) if record.price is not None else ""
        yield _("Counted in"), drivers.unit(record.unit)


class Measures(MoneyPages):
    model = ValueMeasure
    form = MeasureForm
    base = "value-measures"
    related = ("service", "service__owner", "goal", "owner")
    search_fields = ("title", "service__name")
    columns = (
        Column("title", house.heading("value_measure")), state_column(), Column("service", gettext_lazy("Service")),
        Column("kind", gettext_lazy("Kind")),
        Column("planned", gettext_lazy("Planned per month"), cell=lambda one: amount(one.planned), right=True),
        Column("goal", house.heading("goal"), opt=True), person_column("owner", gettext_lazy("Owner")),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: MeasureState.choices), service_filter())
    texts = ((gettext_lazy("How it is measured"), "description"),)
    parts = (
        Part(
            "entries", gettext_lazy("month"), EntryForm, "measure", title=gettext_lazy("Value by month"),
            columns=(
                Column("month", gettext_lazy("Month"), cell=lambda entry: month_name(entry.month)),
                Column("planned", gettext_lazy("Planned"), cell=lambda entry: amount(entry.planned), right=True),
                Column("amount", gettext_lazy("Value"), cell=lambda entry: amount(entry.amount), right=True),
                Column("note", gettext_lazy("Note")),
            ),
            empty=gettext_lazy("Nothing measured yet: say what the last month brought."),
        ),
    )  # fmt: skip
    beside = ((gettext_lazy("Cost and value"), "strategy:costs", "coins"),)
    intro = gettext_lazy("What services bring in or save, tied to the goals of the business.")
    empty_text = gettext_lazy("Say how a service pays off, and each month how much.")

    def facts(self, request: HttpRequest, record: ValueMeasure) -> Any:
        yield _("Service"), link(record.service)
        yield house.heading("goal"), link(record.goal) if record.goal else ""
        yield _("Owner"), components.person(record.owner)
        yield _("Kind"), record.get_kind_display()
        yield _("Planned per month"), amount(record.planned)
        entries = list(record.entries.all())
        planned = sum((entry.planned for entry in entries), Decimal(0))
        if planned:
            reached = 100 * sum((entry.amount for entry in entries), Decimal(0)) / planned
            yield _("Realised"), percent(reached)
