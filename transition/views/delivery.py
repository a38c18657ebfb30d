"""Subscriptions, deliveries and support handovers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.catalogue import guards
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, service_filter, state_column
from itsm.lib import clock, house
from itsm.ui import components
from itsm.ui.reference import Column
from itsm.ui.times import day, number
from transition.forms.delivery import (
    CheckForm,
    DeliveryForm,
    ExitForm,
    HandoverForm,
    HandoverItemForm,
    SubscriptionForm,
)
from transition.models import Article, Delivery, QualityCheck, Subscription, SupportHandover
from transition.reports import delivery as reports
from transition.services import subscriptions
from transition.states.delivery import DeliveryState, HandoverState, SubscriptionState


def service_link(record: Any) -> Any:
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record)


def yes(value: bool | None, good: Any, bad: Any) -> Any:
    """A chip for a verdict; nothing decided is a dash."""
    if value is None:
        return "–"
    tone, words = ("green", good) if value else ("red", bad)
    return format_html('<span class="chip" data-tone="{}">{}</span>', tone, words)


def _late(moment: Any, is_late: bool) -> Any:
    if moment is None:
        return "–"
    return format_html('<span class="chip" data-tone="red">{}</span>', day(moment)) if is_late else day(moment)


class Subscriptions(RecordPages):
    model = Subscription
    form = SubscriptionForm
    base = "transition/subscriptions"
    related = ("organisation", "offering__service", "support_level", "agreement")
    search_fields = ("organisation__name", "offering__name", "offering__service__name")
    columns = (
        Column("title", house.heading("subscription"), cell=str), state_column(),
        Column("service", gettext_lazy("Service"), cell=lambda one: one.offering.service),
        Column("support_level", gettext_lazy("Support level")),
        Column("valid_from", gettext_lazy("From"), cell=lambda one: day(one.valid_from)),
        Column("valid_to", gettext_lazy("To"), cell=lambda one: day(one.valid_to) if one.valid_to else "–"),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: SubscriptionState.choices),
        service_filter("offering__service"),
    )
    texts = (("", "notes"),)
    intro = gettext_lazy("Which organisation is delivered which offering, and with what support level.")
    empty_text = gettext_lazy("Subscribe an organisation to an offering: its portal shows it, and its level counts.")

    def facts(self, request: HttpRequest, record: Subscription) -> Any:
        yield _("Organisation"), record.organisation
        yield _("Offering"), record.offering
        yield _("Service"), service_link(record.offering.service)
        if record.agreement:
            yield house.heading("agreement"), service_link(record.agreement)
        yield _("Support level"), record.support_level or ""
        if record.state in SubscriptionState.OPEN:
            yield _("What tickets get today"), subscriptions.applied_level(record) or _("nothing is promised")
        yield _("People"), number(record.quantity) if record.quantity else ""
        yield _("From"), day(record.valid_from)
        yield _("To"), day(record.valid_to) if record.valid_to else _("open end")


class Deliveries(RecordPages):
    model = Delivery
    form = DeliveryForm
    base = "transition/deliveries"
    related = ("service", "owner", "customer")
    search_fields = ("title", "description", "service__name")
    columns = (
        Column("title", house.heading("delivery")), state_column(), Column("service", gettext_lazy("Service")),
        person_column("owner", gettext_lazy("Owner")),
        Column("planned_for", gettext_lazy("Planned for"), cell=lambda one: _planned(one)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: DeliveryState.choices),
        service_filter(),
    )
    parts = (
        Part(
            "checks", gettext_lazy("quality check"), CheckForm, "delivery", gettext_lazy("Quality checks"),
            (
                Column("criterion", gettext_lazy("Criterion")),
                Column("wanted", gettext_lazy("Wanted"), cell=lambda one: _wanted(one)),
                Column("measured", gettext_lazy("Measured"), cell=lambda one: _measured(one), right=True),
                Column("passed", gettext_lazy("Result"), cell=lambda one: yes(one.passed, _("passed"), _("failed"))),
            ),
            gettext_lazy("Nothing is measured yet: name what the customer would check."),
        ),
        Part(
            "exit-criteria", gettext_lazy("exit criterion"), ExitForm, "delivery",
            gettext_lazy("End of early-life support"),
            (
                Column("text", gettext_lazy("Criterion")),
                Column("met", gettext_lazy("Met"), cell=lambda one: yes(one.met or None, _("met"), "")),
            ),
            gettext_lazy("Say what has to be true before normal support is enough."),
        ),
    )  # fmt: skip
    intro = gettext_lazy("What is handed to customers: measured, accepted, and watched closely at first.")
    empty_text = gettext_lazy("Prepare a delivery, and say by which values everybody sees that it is good.")

    def facts(self, request: HttpRequest, record: Delivery) -> Any:
        yield _("Service"), service_link(record.service)
        yield _("Owner"), components.person(record.owner)
        yield _("Customer"), components.person(record.customer) if record.customer else ""
        yield _("Planned for"), day(record.planned_for) if record.planned_for else ""
        if record.early_life_from:
            yield _("Early-life support since"), day(record.early_life_from)
        if record.early_life_until:
            late = record.state == DeliveryState.EARLY_LIFE and record.early_life_until < clock.now().date()
            yield _("Early-life support until"), _late(record.early_life_until, late)

    def context(self, request: HttpRequest, record: Delivery) -> dict[str, Any]:
        live = record.service.status == "in_transition" and record.state in DeliveryState.OPEN
        return {
            "more": "transition/delivery/_delivery.html",
            "needs": guards.requirements(record.service, "go_live") if live else [],
            "early": reports.early_life(record, request.user) if record.early_life_from else None,
        }


def _planned(delivery: Delivery) -> Any:
    late = delivery.state in ("preparing", "checking") and delivery.planned_for is not None
    return _late(delivery.planned_for, late and delivery.planned_for < clock.now().date())


def _wanted(check: QualityCheck) -> str:
    return f"{check.get_comparison_display()} {check.wanted.normalize():f} {check.unit}".strip()


def _measured(check: QualityCheck) -> str:
    return "–" if check.measured is None else f"{check.measured.normalize():f} {check.unit}".strip()


class Handovers(RecordPages):
    model = SupportHandover
    form = HandoverForm
    base = "transition/handovers"
    related = ("service", "team", "signed_by")
    search_fields = ("service__name", "team__name", "support_model")
    columns = (
        Column("service", gettext_lazy("Service")), state_column(), Column("team", gettext_lazy("Taken over by")),
        Column("signed_at", gettext_lazy("Signed"), cell=lambda one: day(one.signed_at) if one.signed_at else "–"),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: HandoverState.choices),
        service_filter(),
    )
    texts = ((gettext_lazy("Support model"), "support_model"),)
    parts = (
        Part(
            "items", gettext_lazy("item"), HandoverItemForm, "handover", gettext_lazy("What support needs"),
            (
                Column("topic", gettext_lazy("Topic"), cell=str),
                Column("required", gettext_lazy("Required")),
                Column("done", gettext_lazy("Done"), cell=lambda one: yes(one.done or None, _("done"), "")),
                Column("evidence", gettext_lazy("Evidence"), cell=lambda one: one.evidence[:120] or "–"),
            ),
            gettext_lazy("List what the team needs before it takes over."),
        ),
    )  # fmt: skip
    intro = gettext_lazy("A service’s support goes to the team that keeps it running, with everything it needs.")
    empty_text = gettext_lazy("Prepare the handover early: a service goes live only when support has signed.")

    def facts(self, request: HttpRequest, record: SupportHandover) -> Any:
        yield _("Service"), service_link(record.service)
        yield _("Taken over by"), record.team
        yield _("Published articles"), f"{record.published_articles} / {record.articles_needed}"
        yield _("Signed"), day(record.signed_at) if record.signed_at else ""
        yield _("Signed by"), components.person(record.signed_by) if record.signed_by else ""

    def linked(self, request: HttpRequest, record: SupportHandover) -> Any:
        rows = Article.objects.readable_by(request.user).filter(service=record.service_id)
        yield _("Articles about the service"), rows.order_by("title")[:10]
