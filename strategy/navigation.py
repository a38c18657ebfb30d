"""What the strategy stage registers: kinds of record, guards, navigation, panels, activities."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import actions
from itsm.catalogue import guards
from itsm.catalogue.models import Service
from itsm.desk.views import records as pages
from itsm.lib import clock
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import day
from itsm.workflow import inputs, records
from strategy import policies
from strategy.models import BusinessCase, BusinessRequirement, Goal
from strategy.reports import portfolio as reports
from strategy.services import cases, goals
from strategy.views.goals import Goals, Requirements
from strategy.views.portfolio import Cases


def register_kinds() -> None:
    """The kinds of record, what their steps ask, and the guards of a service's life."""
    inputs.register("decide_by", *inputs.day(gettext_lazy("Decide by")))
    records.register(records.RecordKind(
        Goal, gettext_lazy("goal"), gettext_lazy("goals"), "target",
        ("title", "description", "owner", "parent", "weight", "starts_on", "ends_on"), policies.may_write,
        policies.may_edit_goal, check=goals.check, part_written=goals.part_written, written=goals.written,
        services="strategy.services.goals",
    ))  # fmt: skip
    records.register(records.RecordKind(
        BusinessRequirement, gettext_lazy("requirement"), gettext_lazy("requirements"), "list-checks",
        ("title", "description", "organisation", "wanted_by", "priority"), policies.may_capture,
        policies.may_edit_requirement, lists=("goals", "services"),
    ))  # fmt: skip
    records.register(records.RecordKind(
        BusinessCase, gettext_lazy("business case"), gettext_lazy("business cases"), "file-text",
        ("title", "service", "owner", "investment", "reason", "options", "one_off_cost", "yearly_cost", "yearly_value",
         "years", "discount_percent", "risk", "fit", "decide_by"),
        policies.may_write, policies.may_edit_case, lists=("goals", "requirements"), services="strategy.services.cases",
        on_round={"approved": "approve", "rejected": "reject", "expired": "take_back"},
    ))  # fmt: skip
    actions.register({"portfolio.decided": gettext_lazy("decided"), "goal.check_in": gettext_lazy("checked in")})
    guards.register("charter", cases.charter_needs)
    guards.register("retire", cases.retire_needs)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Why a service exists, on its page."""
    user = request.user
    if not user.is_desk:
        return None
    case = BusinessCase.objects.visible_to(user).filter(service=service).order_by("-id").first()
    found = {
        "case": case,
        "decision": reports.latest_decisions([service.pk]).get(service.pk),
        "requirements": list(BusinessRequirement.objects.filter(services=service).order_by("-updated_at")[:5]),
        "goals": list(
            Goal.objects.filter(Q(business_cases__service=service) | Q(value_measures__service=service))
            .distinct()
            .order_by("title")[:5]
        ),
    }
    return found if any(found.values()) else None


def goals_and_requirements(user: Any) -> Summary:
    """Activity 1."""
    today = clock.now().date()
    active = list(Goal.objects.visible_to(user).active().order_by("ends_on", "id")[:200])
    behind = [goal for goal in active if goal.is_behind(today)]
    late = [goal for goal in active if goal.ends_on < today]
    undecided = BusinessRequirement.objects.visible_to(user).undecided().count()
    figures = [
        Figure(_("Active goals"), len(active), "", reverse("strategy:goal-list")),
        Figure(_("Behind"), len(behind), "amber" if behind else "green", reverse("strategy:goal-tree")),
        Figure(_("Undecided requirements"), undecided, "", reverse("strategy:requirement-list")),
    ]
    attention = [
        Attention(str(goal), _("Its period is over: achieved or missed?"), _("over"), "red", goal.get_absolute_url(),
                  "target", 60)
        for goal in late[:3]
    ] + [
        Attention(str(goal), _("Progress is behind the calendar"), f"{goal.progress:.0f}%", "amber",
                  goal.get_absolute_url(), "target", 40)
        for goal in behind[:3] if goal not in late
    ]  # fmt: skip
    return Summary(figures, attention)


def portfolio(user: Any) -> Summary:
    """Activity 2."""
    services = Service.objects.visible_to(user)
    pipeline = services.filter(status__in=Service.Status.PIPELINE).count()
    due = reports.decisions_due(user, clock.now().date())
    live = services.filter(status=Service.Status.LIVE).count()
    figures = [
        Figure(_("Live services"), live, "", reverse("strategy:portfolio")),
        Figure(_("In the pipeline"), pipeline, "", reverse("strategy:portfolio")),
        Figure(_("Decisions due"), len(due), "amber" if due else "green", reverse("strategy:portfolio")),
    ]  # fmt: skip
    return Summary(figures, [Attention(d.text, d.detail, day(d.on), "amber", d.url, d.icon, 55) for d in due[:3]])


def register() -> None:
    """Called once from ``StrategyConfig.ready``."""
    for shown in (Goals, Requirements, Cases):
        markdown.link_numbers(shown.model.prefix, f"/strategy/{shown.base}/{{}}/")
    planners = [*policies.WRITERS, Role.FINANCE_MANAGER, Role.AUDITOR]
    nav.register("services", gettext_lazy("Portfolio"), "strategy:portfolio", "layers", order=10, go="p",
                 roles=[*policies.CASE_READERS])  # fmt: skip
    pages.register(Goals, group="plan", order=10, roles=planners)
    pages.register(
        Requirements, group="plan", order=20, key="N",
        count=lambda user: BusinessRequirement.objects.visible_to(user).undecided(),
        tip=gettext_lazy("undecided"),
    )  # fmt: skip
    pages.register(Cases, group="plan", order=30, roles=policies.CASE_READERS)
    nav.register("plan", gettext_lazy("Demand"), "strategy:demand", "chart-column", order=50, roles=planners)
    panels.register(
        "service_strategy", "strategy", "strategy/_of_service.html", of_service, label=gettext_lazy("Why it exists"),
        order=40,
        cls="c4",
    )  # fmt: skip
    lifecycle.register(
        "strategy", 1, gettext_lazy("Goals and requirements"),
        gettext_lazy("Where the business goes, and what it needs"), "target", goals_and_requirements,
        links=[
            (gettext_lazy("Goals"), "strategy:goal-list"), (gettext_lazy("Requirements"), "strategy:requirement-list"),
            (gettext_lazy("Demand"), "strategy:demand"),
        ],
    )  # fmt: skip
    lifecycle.register(
        "strategy", 2, gettext_lazy("Service portfolio"), gettext_lazy("What to build, keep and end, and why"),
        "layers", portfolio,
        links=[
            (gettext_lazy("Portfolio"), "strategy:portfolio"),
            (gettext_lazy("Business cases"), "strategy:business-case-list"),
            (gettext_lazy("Decisions"), "strategy:decisions"),
        ],
    )  # fmt: skip
