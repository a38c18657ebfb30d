"""Pages of suppliers, contracts and licences, and the settings of types and suppliers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from itsm.desk.views.records import Filter, Part, RecordPages, state_column
from itsm.desk.views.settings.base import Pages
from itsm.lib import clock, house
from itsm.ui import components, icons
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import day
from transition.forms.configuration import AssignmentForm, ContractForm, LicenceForm, SupplierForm, TypeForm
from transition.models import CIType, ConfigurationItem, Contract, Licence, Supplier
from transition.policies import configuration as policies
from transition.states.configuration import ContractState, LicenceMetric, LicenceState
from transition.views.configuration import money

ASSETS = gettext_lazy("Assets")


def _suppliers() -> list[tuple[int, str]]:
    return list(Supplier.objects.values_list("pk", "name"))


def _end(contract: Contract) -> Any:
    if contract.ends_on is None:
        return "–"
    if contract.is_expiring(clock.now().date()):
        return format_html('<span class="chip" data-tone="amber">{}</span>', day(contract.ends_on))
    return day(contract.ends_on)


class Contracts(RecordPages):
    model = Contract
    form = ContractForm
    base = "configuration/contracts"
    related = ("supplier", "owner")
    search_fields = ("title", "reference", "supplier__name")
    columns = (
        Column("title", house.heading("contract")), state_column(), Column("supplier", gettext_lazy("Supplier")),
        Column("ends_on", gettext_lazy("Until"), cell=_end),
        Column("cost", gettext_lazy("Cost"), cell=lambda one: _price(one) or "–", right=True),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: ContractState.choices),
        Filter("supplier", gettext_lazy("Supplier"), _suppliers),
    )
    beside = ((gettext_lazy("Suppliers"), "transition:suppliers", "building-2"),)
    intro = gettext_lazy("What suppliers deliver, from when to when and for how much.")
    empty_text = gettext_lazy("Keep contracts here, and nobody misses a day of notice.")

    def may_read(self, user: Any) -> bool:
        return policies.reads_money(user) or Contract.objects.visible_to(user).exists()

    def _narrowed(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> Any:
        rows, chosen = super()._narrowed(request, rows, query)
        soon = request.GET.get("ending") == "soon"
        if soon:
            rows = rows.expiring(clock.now().date())
        chosen.append({"name": "ending", "label": _("Ending"), "choices": [("soon", _("Soon"))],
                       "value": "soon" if soon else ""})  # fmt: skip
        return rows, chosen

    def facts(self, request: HttpRequest, record: Contract) -> Any:
        yield (
            _("Supplier"),
            format_html(
                '<a href="{}">{}</a>', reverse("transition:supplier", args=[record.supplier_id]), record.supplier
            ),
        )
        yield _("Their number"), record.reference
        yield _("Owner"), components.person(record.owner) if record.owner else ""
        yield _("From"), day(record.starts_on)
        yield _("To"), _end(record) if record.ends_on else _("until notice is given")
        yield _("Give notice by"), day(record.notice_on) if record.notice_on else ""
        yield _("Cost"), _price(record)

    def linked(self, request: HttpRequest, record: Contract) -> Any:
        yield _("Services it covers"), record.services.order_by("name")
        yield _("Items it covers"), record.items.order_by("name")[:100]
        yield _("Licences"), Licence.objects.visible_to(request.user).filter(contract=record).order_by("product")


def _price(contract: Contract) -> str:
    return f"{money(contract.cost, contract.currency)} {contract.get_period_display()}" if contract.cost else ""


def _used(licence: Any) -> Any:
    words = f"{licence.used} / {licence.entitled}"
    if licence.state == LicenceState.ACTIVE and licence.used > licence.entitled:
        return format_html('<span class="chip" data-tone="red">{}</span>', words)
    return words


class Licences(RecordPages):
    model = Licence
    form = LicenceForm
    base = "configuration/licences"
    related = ("supplier",)
    search_fields = ("product",)
    columns = (
        Column("product", gettext_lazy("Product")), state_column(),
        Column("supplier", gettext_lazy("Supplier"), opt=True), Column("metric", gettext_lazy("Counts"), opt=True),
        Column("used", gettext_lazy("Used of entitled"), cell=_used, right=True),
        Column(
            "valid_until", gettext_lazy("Valid until"),
            cell=lambda one: day(one.valid_until) if one.valid_until else "–",
        ),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: LicenceState.choices),
        Filter("supplier", gettext_lazy("Supplier"), _suppliers),
        Filter("metric", gettext_lazy("Counts"), lambda: LicenceMetric.choices),
    )
    parts = (
        Part(
            "uses", gettext_lazy("use"), AssignmentForm, "licence", gettext_lazy("Who uses it"),
            (Column("holder", gettext_lazy("Person or item"), cell=str),), gettext_lazy("Nobody uses it yet."),
            ("user", "item"),
        ),
    )  # fmt: skip
    intro = gettext_lazy("What may be used how often, and by whom it is used.")
    empty_text = gettext_lazy("Write down what you bought, and see where more is used than that.")

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        return super().rows(request).with_used()

    def _narrowed(self, request: HttpRequest, rows: QuerySet[Any], query: str) -> Any:
        rows, chosen = super()._narrowed(request, rows, query)
        over = request.GET.get("use") == "over"
        if over:
            rows = rows.filter(pk__in=Licence.objects.visible_to(request.user).over_used().values("pk"))
        chosen.append({"name": "use", "label": _("Use"), "choices": [("over", _("More than entitled"))],
                       "value": "over" if over else ""})  # fmt: skip
        return rows, chosen

    def facts(self, request: HttpRequest, record: Any) -> Any:
        yield _("Used of entitled"), _used(record)
        yield _("Counts"), record.get_metric_display()
        if record.supplier:
            url = reverse("transition:supplier", args=[record.supplier_id])
            yield _("Supplier"), format_html('<a href="{}">{}</a>', url, record.supplier)
        if record.contract and policies.reads_money(request.user):
            url = record.contract.get_absolute_url()
            yield house.heading("contract"), format_html('<a href="{}">{}</a>', url, record.contract)
        if policies.reads_money(request.user):
            yield _("Cost of one"), money(record.cost, record.currency)
        yield _("Valid until"), day(record.valid_until) if record.valid_until else ""


# ---------- suppliers ----------


@require_GET
def suppliers(request: HttpRequest) -> HttpResponse:
    """All suppliers; there are few enough for one page."""
    if not request.user.is_desk:
        raise Http404
    rows = Supplier.objects.filter(is_active=True).annotate(amount=Count("items")).order_by("name")[:500]
    columns = (
        Column("name", _("Supplier")), Column("phone", _("Phone")), Column("email", _("Email"), opt=True),
        Column("amount", _("Items"), right=True),
    )  # fmt: skip
    return ui.page(
        request, "transition/ci/suppliers.html", title=_("Suppliers"), columns=columns,
        rows=[(reverse("transition:supplier", args=[s.pk]), [(c, c.show(s)) for c in columns]) for s in rows],
        new_url=reverse("desk:settings-suppliers-new") if policies.keeps(request.user) else "",
    )  # fmt: skip


@require_GET
def supplier(request: HttpRequest, pk: int) -> HttpResponse:
    """How to reach a supplier, and what we have from them."""
    if not request.user.is_desk:
        raise Http404
    found = get_object_or_404(Supplier, pk=pk)
    items = ConfigurationItem.objects.visible_to(request.user).filter(supplier=found).present()
    contracts = Contract.objects.visible_to(request.user).filter(supplier=found).order_by("ends_on")
    licences = Licence.objects.visible_to(request.user).filter(supplier=found).order_by("product")
    linked = [
        (house.heading("contract", plural=True), list(contracts[:50])),
        (_("Licences"), list(licences[:50])),
        (_("Items"), list(items.order_by("name")[:20])),
    ]
    return ui.page(
        request, "transition/ci/supplier.html", title=found.name, supplier=found, linked=linked,
        edit_url=reverse("desk:settings-suppliers-edit", args=[pk]) if policies.keeps(request.user) else "",
        all_url=f"{reverse('transition:ci-list')}?supplier={pk}",
    )  # fmt: skip


# ---------- settings ----------


def _icon(one: CIType) -> Any:
    return format_html('<span class="row tight">{}<span>{}</span></span>', icons.icon(one.icon), one.name)


PAGES = (
    Pages(
        "ci-types", CIType, TypeForm, ASSETS, "shapes", gettext_lazy("Types of items"),
        gettext_lazy("What is asked of each kind of configuration item, and what tells one from another."),
        columns=(
            Column("name", gettext_lazy("Name"), _icon), Column("parent", gettext_lazy("A kind of")),
            Column("is_asset", gettext_lazy("Asset"), opt=True), Column("amount", gettext_lazy("Items"), right=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name",), roles=policies.KEEPERS, position=10,
        rows=lambda: CIType.objects.select_related("parent").annotate(amount=Count("items")),
    ),
    Pages(
        "suppliers", Supplier, SupplierForm, ASSETS, "building-2", gettext_lazy("Suppliers"),
        gettext_lazy("Who sells, rents or maintains something for you."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("phone", gettext_lazy("Phone"), opt=True),
            Column("email", gettext_lazy("Email"), opt=True), Column("is_active", gettext_lazy("Active")),
        ),
        search=("name", "email", "customer_number"), roles=policies.KEEPERS, position=20,
    ),
)  # fmt: skip
