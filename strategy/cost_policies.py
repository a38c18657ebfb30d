"""Who may do what with money, and what holds a step."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny
from strategy import drivers
from strategy.policies import WRITERS

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from strategy.models import AllocationRule, Budget, CostCentre, ValueMeasure

#: Who keeps the books.
KEEPERS = (Role.FINANCE_MANAGER, Role.ADMINISTRATOR)
#: Who reads all of them. Service owners read what is about their services.
READERS = (*MANAGERS, Role.AUDITOR, Role.ADMINISTRATOR)


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


def reads(user: User) -> bool:
    return user.is_system or bool(user.is_authenticated and user.is_active and user.holds(*READERS))


def opens(user: User) -> bool:
    """Whether there are pages about money for this person at all."""
    return reads(user) or bool(user.is_active and user.holds(Role.SERVICE_OWNER))


def may_keep(record: Any, user: User) -> Decision:
    return ALLOW if keeps(user) else deny(_("Only a finance manager does this."))


def may_create(user: User) -> Decision:
    return may_keep(None, user)


def may_edit_item(item: Any, user: User) -> Decision:
    if item.state == "voided":
        return deny(_("It is voided; restore it first."))
    return may_keep(item, user)


def may_edit_centre(centre: CostCentre, user: User) -> Decision:
    return deny(_("The cost centre is closed.")) if centre.state == "closed" else may_keep(centre, user)


def carries_nothing(centre: CostCentre) -> Decision:
    """Shared costs that run on need a cost centre that exists."""
    running = centre.items.running().filter(service__isnull=True).count()
    if running:
        text = _("It still carries %(n)d shared costs: end or void them first.") % {"n": running}
        return deny(text, centre.get_absolute_url())
    return ALLOW


# ---------- budgets ----------


def may_plan(user: User) -> Decision:
    """Finance, and owners of services for their own."""
    if keeps(user) or user.holds(Role.SERVICE_OWNER, Role.PORTFOLIO_MANAGER):
        return ALLOW
    return deny(_("Only finance and portfolio managers and service owners plan budgets."))


def may_plan_this(budget: Budget, user: User) -> Decision:
    if keeps(user) or user.holds(Role.PORTFOLIO_MANAGER) or budget.service.owner_id == user.pk:
        return ALLOW
    return deny(_("Only finance, the portfolio manager and the owner of the service plan this budget."))


def may_edit_budget(budget: Budget, user: User) -> Decision:
    if budget.state != "draft":
        return deny(_("Only drafts change: revise the budget first."))
    return may_plan_this(budget, user)


# ---------- what is in force ----------


def may_edit_term(term: Any, user: User) -> Decision:
    if term.state != "draft":
        return deny(_("Only drafts change: make another one that takes its place."))
    return may_keep(term, user)


def by_successor(term: Any, user: User) -> Decision:
    return ALLOW if user.is_system else may_keep(term, user)


def shares_sum(rule: AllocationRule) -> Decision:
    """Percentages make a whole; a driver is one that somebody counts."""
    if rule.driver != drivers.FIXED:
        if drivers.find(rule.driver) is None:
            return deny(_("Nothing counts “%(what)s” any more: choose another driver.") % {"what": rule.driver})
        return ALLOW
    total = sum((share.percent or Decimal(0) for share in rule.shares.all()), Decimal(0))
    if total != 100:
        return deny(
            _("The shares sum to %(sum)s %%, not to 100 %%.") % {"sum": f"{total.normalize():f}"},
            rule.get_absolute_url(),
        )
    return ALLOW


# ---------- value ----------


def may_measure(user: User) -> Decision:
    if keeps(user) or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only finance, portfolio managers and service owners measure value."))


def may_lead_measure(measure: ValueMeasure, user: User) -> Decision:
    if keeps(user) or user.holds(Role.PORTFOLIO_MANAGER) or user.pk in (measure.owner_id, measure.service.owner_id):
        return ALLOW
    return deny(_("Only its owner, the owner of the service, finance or a portfolio manager does this."))


def may_edit_measure(measure: ValueMeasure, user: User) -> Decision:
    if measure.state == "ended":
        return deny(_("It is not measured any more."))
    return may_lead_measure(measure, user)
