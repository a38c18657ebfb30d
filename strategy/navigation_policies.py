"""What policies and rules register: kinds of record, inputs, navigation, panels, the activity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.audit import actions
from itsm.desk.views import records as pages
from itsm.lib import clock
from itsm.notifications import topics
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import day
from itsm.workflow import inputs, records
from strategy import checks
from strategy import policy_policies as policies
from strategy.models import Policy, PolicyException, Violation
from strategy.reports import standards as found
from strategy.services import standards
from strategy.views.policies import Exceptions, Policies
from strategy.views.words import percent


def register_kinds() -> None:
    """The kinds of record, what their steps ask, the rules, and what people are told."""
    inputs.register("review_on", *inputs.day(gettext_lazy("Review on")))
    inputs.register("expires_on", *inputs.day(gettext_lazy("Last day")))
    records.register(records.RecordKind(
        Policy, gettext_lazy("policy"), gettext_lazy("policies"), "scroll-text",
        ("title", "type", "owner", "text", "audience", "review_on"), policies.may_write, policies.may_edit,
        lists=("services",), check=standards.check, services="strategy.services.standards",
        on_round={"approved": "publish", "rejected": "take_back", "expired": "take_back"},
    ))  # fmt: skip
    records.register(records.RecordKind(
        PolicyException, gettext_lazy("policy exception"), gettext_lazy("policy exceptions"), "shield-off",
        ("title", "policy", "service", "rule", "reason", "risk", "expires_on"), policies.may_request,
        policies.may_edit_exception, check=standards.check_exception, services="strategy.services.standards",
    ))  # fmt: skip
    actions.register({"policy.acknowledged": gettext_lazy("acknowledged")})
    topics.register(topics.Topic(
        standards.TOPIC, "approvals", gettext_lazy("A policy waits for your acknowledgement"),
        gettext_lazy("Please read and acknowledge: {policy.title}"),
        gettext_lazy(
            "Hello {recipient.first_name},\n\nversion {policy.version} of “{policy.title}” is in force. Please read "
            "and acknowledge it:\n\n{policy.url}"
        ),
        extra=("policy.title", "policy.version", "policy.url"), direct=True, desk_only=True,
        own_subject=gettext_lazy("Please acknowledge: {policy.title}"),
        sample=(
            ("policy.title", gettext_lazy("Access to customer data")), ("policy.version", "2"),
            ("policy.url", "/strategy/policies/POL-1/"),
        ),
    ))  # fmt: skip
    checks.register()


def to_read(request: Any, subject: Any) -> dict[str, Any] | None:
    """Policies that wait for this person, on the home page."""
    waiting = found.to_acknowledge(request.user) if request.user.is_desk else []
    return {"waiting": waiting[:5], "more": max(0, len(waiting) - 5)} if waiting else None


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Rules that a service breaks and exceptions it has, on its page."""
    user = request.user
    if not user.is_desk:
        return None
    broken = list(Violation.objects.visible_to(user).open().filter(service=service).order_by("id")[:8])
    borne = found.borne(broken, clock.now().date())
    exceptions = list(PolicyException.objects.visible_to(user).granted().filter(service=service).order_by("expires_on"))
    if not broken and not exceptions:
        return None
    return {"broken": [(one, borne.get(one.pk)) for one in broken], "exceptions": exceptions[:5]}


def activity(user: Any) -> Summary:
    """Activity 3."""
    today = clock.now().date()
    published = Policy.objects.visible_to(user).published()
    overdue = list(published.filter(review_on__lt=today).order_by("review_on")[:3])
    ending = list(
        PolicyException.objects.visible_to(user).granted().filter(expires_on__lte=today + timedelta(days=14))
        .order_by("expires_on")[:3]
    )  # fmt: skip
    standings = found.standings(user)
    share, open_ = found.compliance(standings), sum(one.seen for one in standings)
    rules_url = reverse("strategy:rules")
    tone = "" if share is None else "green" if share >= 95 else "amber"
    figures = [
        Figure(_("Policies in force"), published.count(), "", reverse("strategy:policy-list")),
        Figure(_("Rule compliance"), None if share is None else percent(share), tone, rules_url),
        Figure(_("Open violations"), open_, "amber" if open_ else "green", reverse("strategy:violations")),
    ]
    attention = [
        Attention(f"{policy.number} {policy}", _("Its review is overdue"), day(policy.review_on), "amber",
                  policy.get_absolute_url(), "scroll-text", 40)
        for policy in overdue
    ] + [
        Attention(f"{one.number} {one}", _("The exception ends by itself"), day(one.expires_on), "amber",
                  one.get_absolute_url(), "shield-off", 35)
        for one in ending
    ] + [
        Attention(
            str(one.rule.title),
            ngettext("%(n)d record breaks it", "%(n)d records break it", one.seen) % {"n": one.seen}, one.seen, "red",
            f"{reverse('strategy:violations')}?rule={one.rule.code}", "list-checks", 55,
        )
        for one in standings if one.seen and one.rule.tone == "red"
    ][:3]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``StrategyConfig.ready``."""
    for shown in (Policies, Exceptions):
        markdown.link_numbers(shown.model.prefix, f"/strategy/{shown.base}/{{}}/")
    pages.register(
        Policies, group="plan", order=55, count=lambda user: len(found.to_acknowledge(user)) or None, tone="amber",
        tip=gettext_lazy("to acknowledge"),
    )  # fmt: skip
    nav.register("plan", gettext_lazy("Rules"), "strategy:rules", "list-checks", order=57, roles=policies.DRAFT_READERS)
    pages.register_search(Exceptions, order=95)
    panels.register_command(
        "go.policy-exceptions", gettext_lazy("Policy exceptions"), "strategy:policy-exception-list", icon="shield-off"
    )
    panels.register(
        "home", "policies", "strategy/policy/_home.html", to_read, label=gettext_lazy("Policies to acknowledge"),
        order=60, cls="c4",
    )  # fmt: skip
    panels.register(
        "service_strategy", "rules", "strategy/policy/_of_service.html", of_service,
        label=gettext_lazy("Rules and exceptions"),
        order=75, cls="c4",
    )  # fmt: skip
    lifecycle.register(
        "strategy", 3, gettext_lazy("Policies and standards"),
        gettext_lazy("What holds everywhere, and whether it is kept"), "scroll-text", activity,
        links=[
            (gettext_lazy("Policies"), "strategy:policy-list"),
            (gettext_lazy("Exceptions"), "strategy:policy-exception-list"), (gettext_lazy("Rules"), "strategy:rules"),
            (gettext_lazy("Violations"), "strategy:violations"),
        ],
    )  # fmt: skip
