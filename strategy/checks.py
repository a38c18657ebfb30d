"""The nightly rules of the strategy stage: what a service, a ticket, a goal and a policy must have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.accounts.models import User
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.sla.models import Coverage
from itsm.tickets.models import Ticket
from strategy import rules
from strategy.models import (
    AllocationRule,
    BusinessCase,
    BusinessRequirement,
    CostCentre,
    CostItem,
    Goal,
    Policy,
    PortfolioDecision,
    ValueMeasure,
)
from strategy.rules import Finding, Rule
from strategy.states import GoalState

#: Minutes in which a ticket of the highest priority has to find somebody.
P1_MINUTES = 15
#: Days in which a policy is acknowledged, and in which the portfolio looks at a service again.
ACKNOWLEDGE_DAYS, LOOK_AGAIN_DAYS = 30, 365


def live() -> QuerySet[Service]:
    return Service.objects.filter(status=Service.Status.LIVE).order_by("pk")


def each(rows: QuerySet[Any], detail: Any, **more: Any) -> Iterable[Finding]:
    return (Finding(row, detail, **more) for row in rows)


def owner() -> Iterable[Finding]:
    for service in live().filter(Q(owner__isnull=True) | Q(owner__is_active=False)).select_related("owner"):
        left = service.owner and _("%(name)s has left") % {"name": service.owner}
        yield Finding(service, left or _("Nobody owns it"))


def support_team() -> Iterable[Finding]:
    missing = Q(support_team__isnull=True) | Q(support_team__is_active=False)
    return each(live().filter(missing), _("No active team supports it"))


def support_level() -> Iterable[Finding]:
    today = clock.now().date()
    valid = Coverage.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today), Q(valid_to__isnull=True) | Q(valid_to__gte=today)
    )
    if valid.filter(service__isnull=True, offering__isnull=True, organisation__isnull=True).exists():
        return ()
    own = valid.filter(Q(service=OuterRef("pk")) | Q(offering__service=OuterRef("pk")))
    return each(live().exclude(Exists(own)), _("No support level is said for it, not even “none” on purpose"))


def goal() -> Iterable[Finding]:
    """By a value measure, a business case or a requirement."""
    serves = (
        Exists(ValueMeasure.objects.filter(service=OuterRef("pk"), goal__isnull=False))
        | Exists(BusinessCase.objects.filter(service=OuterRef("pk"), goals__isnull=False))
        | Exists(BusinessRequirement.objects.filter(services=OuterRef("pk"), goals__isnull=False))
    )
    return each(live().exclude(kind=Service.Kind.TECHNICAL).exclude(serves), _("No goal says why it exists"))


def offering() -> Iterable[Finding]:
    offered = ServiceOffering.objects.filter(service=OuterRef("pk"), is_active=True)
    rows = live().filter(kind=Service.Kind.BUSINESS).exclude(Exists(offered))
    return each(rows, _("Nothing can be asked for or reported"))


def cost() -> Iterable[Finding]:
    """Booked on it, or shared by a rule that names it or counts for everybody."""
    booked = CostItem.objects.booked().filter(service=OuterRef("pk"))
    named = AllocationRule.objects.active().filter(Q(shares__service=OuterRef("pk")) | Q(services=OuterRef("pk")))
    if AllocationRule.objects.active().exclude(driver="fixed").filter(services__isnull=True).exists():
        return ()
    return each(live().exclude(Exists(booked) | Exists(named)), _("Nothing is booked on it and it has no share"))


def looked_at() -> Iterable[Finding]:
    since = clock.now() - timedelta(days=LOOK_AGAIN_DAYS)
    decided = PortfolioDecision.objects.filter(service=OuterRef("pk"), at__gte=since)
    rows = live().filter(created_at__lt=since).exclude(Exists(decided))
    return each(rows, _("No portfolio decision within a year"))


def open_tickets() -> QuerySet[Ticket]:
    """Restricted ones are left to their team: nobody else learns that they exist, not even by a number."""
    return Ticket.objects.open().filter(restricted_to__isnull=True).order_by("pk")


def urgent() -> QuerySet[Ticket]:
    return open_tickets().filter(priority=1)


def assignee() -> Iterable[Finding]:
    since = clock.now() - timedelta(minutes=P1_MINUTES)
    for ticket in urgent().filter(assignee__isnull=True, opened_at__lt=since).defer("description"):
        yield Finding(ticket, _("Nobody works on it"), service_id=ticket.service_id)


def held() -> QuerySet[Ticket]:
    return open_tickets().filter(assignee__isnull=False)


def left_behind() -> Iterable[Finding]:
    for ticket in held().filter(assignee__is_active=False).defer("description").select_related("assignee"):
        yield Finding(ticket, _("%(name)s has left") % {"name": ticket.assignee}, service_id=ticket.service_id)


def active_goals() -> QuerySet[Goal]:
    return Goal.objects.filter(state=GoalState.ACTIVE).order_by("pk")


def goal_over() -> Iterable[Finding]:
    return each(active_goals().filter(ends_on__lt=clock.now().date()), _("Its period is over: achieved or missed?"))


def goal_measured() -> Iterable[Finding]:
    return each(active_goals().filter(key_results__isnull=True, children__isnull=True), _("Nothing measures it"))


def published() -> QuerySet[Policy]:
    return Policy.objects.published().order_by("pk")


def review() -> Iterable[Finding]:
    return each(published().filter(review_on__lt=clock.now().date()), _("Its review is overdue"))


def acknowledged() -> Iterable[Finding]:
    """Two queries and one per role named, whatever the number of policies."""
    since = clock.now() - timedelta(days=ACKNOWLEDGE_DAYS)
    policies = list(published().filter(published_at__lt=since).prefetch_related("acknowledgements"))
    by_role: dict[str, set[int]] = {}
    for code in {role for policy in policies for role in policy.audience}:
        by_role[code] = set(User.objects.people().holding(code).values_list("pk", flat=True))
    for policy in policies:
        asked = set().union(*(by_role[role] for role in policy.audience))
        missing = len(asked - {one.user_id for one in policy.acknowledgements.all()})
        if missing:
            words = ngettext("%(n)d person has not acknowledged it", "%(n)d people have not acknowledged it", missing)
            yield Finding(policy, words % {"n": missing})


def sharing() -> QuerySet[CostCentre]:
    """Cost centres that carry shared costs."""
    shared = CostItem.objects.booked().filter(cost_centre=OuterRef("pk"), service__isnull=True)
    return CostCentre.objects.active().filter(Exists(shared)).order_by("pk")


def allocated() -> Iterable[Finding]:
    rule = AllocationRule.objects.active().filter(cost_centre=OuterRef("pk"))
    return each(sharing().exclude(Exists(rule)), _("No rule allocates its shared costs"))


def register() -> None:
    """Called once from ``StrategyConfig.ready``."""
    settings = gettext_lazy("Name one in the settings of the service.")
    scope: Callable[[], QuerySet[Any]]
    for code, title, scope, find, fix, tone in (
        ("service-owner", gettext_lazy("Every live service has an owner who is here"), live, owner, settings, "red"),
        ("service-team", gettext_lazy("Every live service has a support team"), live, support_team, settings, "red"),
        ("service-level", gettext_lazy("Every live service has a support level"), live, support_level,
         gettext_lazy("Say its support level in the settings, or that it has none."), "amber"),
        ("service-goal", gettext_lazy("Every live service serves a goal"),
         lambda: live().exclude(kind=Service.Kind.TECHNICAL), goal,
         gettext_lazy("Tie a value measure, a requirement or its business case to a goal."), "amber"),
        ("service-offering", gettext_lazy("Every live business service offers something"),
         lambda: live().filter(kind=Service.Kind.BUSINESS), offering,
         gettext_lazy("Add an offering in the settings of the catalogue."), "amber"),
        ("service-cost", gettext_lazy("Every live service has costs"), live, cost,
         gettext_lazy("Book a cost item on it, or give it a share of a cost centre."), "amber"),
        ("service-decision", gettext_lazy("The portfolio looks at every live service once a year"), live, looked_at,
         gettext_lazy("Decide on the portfolio board: keep, invest or retire."), "amber"),
    ):  # fmt: skip
        rules.register(Rule(code, title, Service, scope, find, fix=fix, tone=tone, order=10))
    for code, title, scope, find, fix, tone in (
        ("ticket-p1", gettext_lazy("Every ticket of priority 1 has somebody who works on it"), urgent, assignee,
         gettext_lazy("Assign it now."), "red"),
        ("ticket-left", gettext_lazy("No open ticket waits for somebody who has left"), held, left_behind,
         gettext_lazy("Assign it to somebody else."), "amber"),
    ):  # fmt: skip
        rules.register(Rule(code, title, Ticket, scope, find, fix=fix, tone=tone, order=20))
    for code, title, find in (
        ("goal-over", gettext_lazy("No goal stays active after its period"), goal_over),
        ("goal-measured", gettext_lazy("Every active goal is measured"), goal_measured),
    ):
        rules.register(Rule(code, title, Goal, active_goals, find, order=30))
    for code, title, find, fix in (
        ("policy-review", gettext_lazy("Every policy in force is reviewed in time"), review,
         gettext_lazy("Confirm that it is still right, or begin a new version.")),
        ("policy-acknowledged", gettext_lazy("Policies are acknowledged within 30 days"), acknowledged,
         gettext_lazy("Remind those who are named on its page.")),
    ):  # fmt: skip
        rules.register(Rule(code, title, Policy, published, find, fix=fix, order=40))
    rules.register(Rule(
        "cost-allocated", gettext_lazy("Shared costs are allocated"), CostCentre, sharing, allocated,
        fix=gettext_lazy("Put an allocation rule for the cost centre in force."), order=50,
    ))  # fmt: skip
