"""What delivery registers: kinds of record, guards of a service's life, navigation, panels, activities 9, 11 and 12."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.accounts.roles import Role
from itsm.catalogue import guards
from itsm.desk.views import records as pages
from itsm.desk.views.settings import sections
from itsm.lib import clock, house
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import inputs, records
from transition.models import Article, Delivery, Subscription, SupportHandover
from transition.policies import delivery as policies
from transition.services import deliveries, handovers, subscriptions
from transition.states.articles import ArticleState
from transition.states.delivery import DeliveryState, HandoverState, SubscriptionState
from transition.views import order_results
from transition.views.delivery import Deliveries, Handovers, Subscriptions

#: A subscription that ends within this time is to be renewed or let go.
RENEWAL = timedelta(days=60)


def register_kinds() -> None:
    inputs.register("early_life_until", *inputs.day(gettext_lazy("Until")))
    records.register(records.RecordKind(
        Subscription, gettext_lazy("subscription"), gettext_lazy("subscriptions"), "handshake",
        ("organisation", "offering", "agreement", "support_level", "quantity", "valid_from", "valid_to", "notes"),
        policies.may_subscribe, policies.may_edit_subscription, check=subscriptions.check,
        services="transition.services.subscriptions",
    ))  # fmt: skip
    records.register(records.RecordKind(
        Delivery, gettext_lazy("delivery"), gettext_lazy("deliveries"), "package-check",
        ("title", "service", "description", "owner", "customer", "planned_for"), policies.may_deliver,
        policies.may_edit_delivery, services="transition.services.deliveries",
        on_round={"approved": "accept", "rejected": "refuse", "expired": "refuse"},
    ))  # fmt: skip
    records.register(records.RecordKind(
        SupportHandover, gettext_lazy("support handover"), gettext_lazy("support handovers"), "life-buoy",
        ("service", "team", "support_model", "articles_needed"), policies.may_hand_over, policies.may_edit_handover,
        services="transition.services.handovers", created=handovers.created,
    ))  # fmt: skip
    guards.register("go_live", deliveries.go_live_needs)
    guards.register("go_live", handovers.go_live_needs)
    guards.register("decommission", handovers.decommission_needs)
    guards.register("decommission", deliveries.decommission_needs)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """How it is delivered and to whom, on the service's page."""
    user = request.user
    if not user.is_desk:
        return None
    subscribed = Subscription.objects.visible_to(user).filter(
        offering__service=service, state__in=SubscriptionState.OPEN
    )
    found = {
        "delivery": Delivery.objects.visible_to(user).filter(service=service).order_by("-id").first(),
        "handover": SupportHandover.objects.visible_to(user).filter(service=service).order_by("-id").first(),
        "subscriptions": list(subscribed.select_related("organisation", "offering").order_by("-id")[:6]),
    }
    return found if any(found.values()) else None


def definition(user: Any) -> Summary:
    """Activity 9."""
    rows = Subscription.objects.visible_to(user)
    today = clock.now().date()
    last = rows.filter(state=SubscriptionState.ACTIVE, valid_to__range=(today, today + RENEWAL)).order_by("valid_to")
    soon = list(last.select_related("organisation", "offering")[:3])
    address = reverse("transition:subscription-list")
    figures = [
        Figure(_("Active"), rows.filter(state=SubscriptionState.ACTIVE).count(), "", f"{address}?state=active"),
        Figure(_("Planned"), rows.filter(state=SubscriptionState.PLANNED).count(), "", f"{address}?state=planned"),
        Figure(
            _("Suspended"), rows.filter(state=SubscriptionState.SUSPENDED).count(), "", f"{address}?state=suspended"
        ),
    ]
    return Summary(figures, [
        Attention(str(one), _("Renew it, or tell them that it ends"), str(one.valid_to), "amber",
                  one.get_absolute_url(), "handshake", 45)
        for one in soon
    ])  # fmt: skip


def quality(user: Any) -> Summary:
    """Activity 11."""
    rows = Delivery.objects.visible_to(user)
    today = clock.now().date()
    address = reverse("transition:delivery-list")
    late = list(rows.early_life_over(today).select_related("service")[:3])
    waiting = rows.filter(state=DeliveryState.ACCEPTANCE).count()
    figures = [
        Figure(_("Being checked"), rows.filter(state=DeliveryState.CHECKING).count(), "", f"{address}?state=checking"),
        Figure(_("Wait for acceptance"), waiting, "amber" if waiting else "", f"{address}?state=acceptance"),
        Figure(
            _("In early life"), rows.filter(state=DeliveryState.EARLY_LIFE).count(), "", f"{address}?state=early_life"
        ),
    ]
    return Summary(figures, [
        Attention(str(one), _("Early-life support is over: complete or extend it"), _("over"), "red",
                  one.get_absolute_url(), "package-check", 60)
        for one in late
    ])  # fmt: skip


def support(user: Any) -> Summary:
    """Activity 12."""
    rows = SupportHandover.objects.visible_to(user)
    address = reverse("transition:support-handover-list")
    offered = rows.filter(state=HandoverState.OFFERED)
    articles = Article.objects.readable_by(user).filter(state=ArticleState.PUBLISHED)
    due = articles.review_due().count()
    figures = [
        Figure(_("Handovers open"), rows.filter(state__in=[HandoverState.PREPARING, HandoverState.OFFERED]).count(), "",
               address),
        Figure(_("Articles"), articles.count(), "", reverse("transition:articles")),
        Figure(_("Articles to look at"), due, "amber" if due else "green", reverse("transition:articles")),
    ]  # fmt: skip
    attention = [
        Attention(
            str(one), _("The team is asked to sign"), _("offered"), "amber", one.get_absolute_url(), "life-buoy", 50
        )
        for one in offered.select_related("service", "team")[:3]
    ]
    if due:
        text = ngettext("%d article is due for review", "%d articles are due for review", due) % due
        attention.append(Attention(text, "", "", "amber", reverse("transition:articles"), "book-open", 30))
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    readers = [
        Role.SERVICE_LEVEL_MANAGER, Role.PORTFOLIO_MANAGER, Role.SERVICE_OWNER, Role.CHANGE_MANAGER,
        Role.KNOWLEDGE_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR,
    ]  # fmt: skip
    pages.register(Subscriptions, group="services", order=50, roles=readers)
    sections.add(order_results.PAGE)
    pages.register(Deliveries, group="change", order=60, roles=readers)
    pages.register(Handovers, group="change", order=70, roles=readers)
    panels.register(
        "service_transition", "delivery", "transition/delivery/_of_service.html", of_service,
        label=house.heading("delivery"),
        order=45, cls="c4",
    )  # fmt: skip
    lifecycle.register(
        "transition", 9, gettext_lazy("Delivered services"), gettext_lazy("Who gets what, and how well supported"),
        "handshake", definition, links=[(house.heading("subscription", plural=True), "transition:subscription-list")],
    )  # fmt: skip
    lifecycle.register(
        "transition", 11, gettext_lazy("Quality of delivery"),
        gettext_lazy("Measured, accepted, and watched closely at first"), "package-check", quality,
        links=[(house.heading("delivery", plural=True), "transition:delivery-list")],
    )  # fmt: skip
    lifecycle.register(
        "transition", 12, gettext_lazy("Service support"), gettext_lazy("Handover to support, and what helps it"),
        "life-buoy", support,
        links=[
            (gettext_lazy("Handovers"), "transition:support-handover-list"),
            (gettext_lazy("Knowledge"), "transition:articles"),
        ],
    )  # fmt: skip
