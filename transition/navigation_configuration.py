"""Assets and configuration: kinds of record, guards, navigation, panels, settings, activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import actions
from itsm.catalogue import guards
from itsm.desk.record import extras
from itsm.desk.views import records as pages
from itsm.desk.views.settings import sections
from itsm.lib import chapters, clock, house
from itsm.notifications import topics
from itsm.search import registry
from itsm.search.registry import Hit
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import day
from itsm.workflow import inputs, records
from transition.demo import configuration as story
from transition.forms.configuration import ItemField
from transition.models import ConfigurationItem, Contract, Licence, Supplier
from transition.policies import configuration as policies
from transition.reports import configuration as reports
from transition.services import configuration, reminders, supply
from transition.views.configuration import Items
from transition.views.supply import PAGES, Contracts, Licences

EDITABLE = (
    "name", "description", "type", "attributes", "owner", "user", "team", "organisation", "location", "serial",
    "supplier", "purchased_on", "cost", "currency", "warranty_until", "depreciation_months",
)  # fmt: skip


def register_kinds() -> None:
    """The kinds of record, what their steps ask, and the guards of a service's life."""
    inputs.register("renewed_until", *inputs.day(gettext_lazy("Holds until")))
    records.register(records.RecordKind(
        ConfigurationItem, gettext_lazy("configuration item"), gettext_lazy("configuration items"), "box", EDITABLE,
        policies.may_create, policies.may_edit, lists=("services",), check=configuration.check,
    ))  # fmt: skip
    records.register(records.RecordKind(
        Contract, gettext_lazy("contract"), gettext_lazy("contracts"), "file-pen-line",
        ("title", "supplier", "reference", "description", "owner", "starts_on", "ends_on", "notice_on", "cost",
         "currency", "period"),
        policies.may_create, policies.may_edit_living, lists=("items", "services"), check=supply.check_contract,
        services="transition.services.supply",
    ))  # fmt: skip
    records.register(records.RecordKind(
        Licence, gettext_lazy("licence"), gettext_lazy("licences"), "ticket-check",
        ("product", "supplier", "contract", "metric", "entitled", "cost", "currency", "valid_until", "description"),
        policies.may_create, policies.may_edit_living, check=supply.check_licence,
    ))  # fmt: skip
    topics.register(reminders.TOPIC)
    actions.register({"ticket.item": gettext_lazy("changed what it is about")})
    guards.register("go_live", reports.go_live_needs)
    guards.register("decommission", reports.decommission_needs)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """What a service runs on, on its page."""
    if not request.user.is_desk:
        return None
    items, amount = reports.of_service(service, request.user)
    return {"items": items, "amount": amount} if items else None


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """What a ticket is about, beside it."""
    user = request.user
    items = reports.on_ticket(ticket, user)
    may = bool(policies.may_link(user))
    if not items and not may:
        return None
    settled = configuration.may_change_items(ticket)
    may = may and bool(settled)
    likely = reports.likely(ticket, [one.item.pk for one in items]) if may else []
    return {"items": items, "likely": likely, "may_link": may, "settled": settled.reason}


def _until(last: date | None) -> str:
    return day(last) if last else ""


def summarise(user: Any) -> Summary:
    """Activity 10, its part about assets and configuration."""
    found = reports.figures(user, clock.now().date())
    shown = [Figure(_("Deployed items"), found.items, "", f"{reverse('transition:ci-list')}?state=deployed")]
    if policies.reads_money(user):
        shown.append(Figure(
            _("Contracts ending"), found.ending, "amber" if found.ending else "green",
            f"{reverse('transition:contract-list')}?ending=soon",
        ))  # fmt: skip
    attention = [
        Attention(str(one), _("More uses than entitled"), f"{used} / {one.entitled}", "red",
                  one.get_absolute_url(), "ticket-check", 60)
        for one, used in found.licences
    ] + [
        Attention(str(one), _("Contract with %(supplier)s ends") % {"supplier": one.supplier},
                  _until(one.ends_on or one.notice_on), "amber", one.get_absolute_url(), "file-pen-line", 50)
        for one in found.contracts
    ] + [
        Attention(str(one), _("Warranty ends"), _until(one.warranty_until), "amber", one.get_absolute_url(), "box", 30)
        for one in found.warranty
    ]  # fmt: skip
    return Summary(shown, attention)


def find_suppliers(user: Any, text: str, limit: int) -> Iterable[Hit]:
    """Suppliers by name."""
    for one in Supplier.objects.filter(name__icontains=text.strip()).order_by("name")[:limit]:
        yield Hit(one.get_absolute_url(), one.name, "", str(_("Supplier")), "building-2", one.phone, index="suppliers")


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    pages.register(Items, group="assets", order=10, key="O")
    pages.register(
        Contracts, group="assets", order=20, roles=policies.MONEY_READERS, tone="amber", tip=gettext_lazy("ending"),
        count=lambda user: Contract.objects.visible_to(user).expiring(clock.now().date()),
    )  # fmt: skip
    pages.register(
        Licences, group="assets", order=30, tone="red", tip=gettext_lazy("used more than entitled"),
        count=lambda user: Licence.objects.visible_to(user).over_used(),
    )  # fmt: skip
    nav.register("assets", gettext_lazy("Suppliers"), "transition:suppliers", "building-2", order=40)
    nav.register(
        "assets", gettext_lazy("Import"), "transition:ci-import", "upload", order=50, roles=policies.KEEPERS,
        hint=gettext_lazy("Configuration items from a CSV file"),
    )  # fmt: skip
    nav.register("portal", gettext_lazy("My devices"), "transition:my-devices", "laptop", order=50)
    registry.register("suppliers", gettext_lazy("Suppliers"), find_suppliers, icon="building-2", desk=True, order=70)
    markdown.link_numbers("CI", "/configuration/items/{}/")
    for one in PAGES:
        sections.add(one)
    panels.register(
        "service_transition", "items", "transition/ci/_of_service.html", of_service,
        label=gettext_lazy("What it runs on"),
        order=50, cls="c4",
    )  # fmt: skip
    extras.register("item", lambda: ItemField(
        label=gettext_lazy("Item it is about"), required=False,
        help_text=gettext_lazy("Number, such as CI-12, or name of a device, server or application."),
    ), configuration.link_ticket)  # fmt: skip
    panels.register(
        "ticket", "items", "transition/ci/_on_ticket.html", on_ticket, label=gettext_lazy("What it is about"),
        roles=Role.values, order=40,
    )  # fmt: skip
    lifecycle.register(
        "transition", 10, gettext_lazy("Assets and changes"),
        gettext_lazy("What services run on, and how it is changed safely"), "server", summarise,
        links=[
            (house.heading("ci", plural=True), "transition:ci-list"),
            (gettext_lazy("Licences"), "transition:licence-list"),
            (gettext_lazy("Suppliers"), "transition:suppliers"),
        ],
    )  # fmt: skip
    chapters.register("configuration", story.tell, order=100, when="before")
    chapters.register("items of tickets", story.tell_tickets, order=60)
