"""Who may do what in the strategy stage, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from strategy.models import BusinessCase, BusinessRequirement, Goal

#: Who sets goals and decides about the portfolio.
DECIDERS = (Role.PORTFOLIO_MANAGER, Role.ADMINISTRATOR)
#: Who writes goals, requirements and cases.
WRITERS = (*DECIDERS, Role.SERVICE_OWNER, Role.SERVICE_LEVEL_MANAGER, Role.IMPROVEMENT_MANAGER)
#: Who reads business cases: they hold money.
CASE_READERS = (*MANAGERS, Role.SERVICE_OWNER, Role.AUDITOR, Role.ADMINISTRATOR)


def decides(user: User) -> bool:
    return user.is_system or user.holds(*DECIDERS)


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only portfolio managers, service owners and the managers of levels and improvement write this."))


def may_capture(user: User) -> Decision:
    """Everybody of the desk who acts for it hears what customers need."""
    return ALLOW if user.acts_for_desk else deny(_("Only the desk captures requirements."))


# ---------- goals ----------


def may_edit_goal(goal: Goal, user: User) -> Decision:
    if goal.state in ("achieved", "missed", "abandoned"):
        return deny(_("The goal is over; it is history."))
    return may_lead_goal(goal, user)


def may_lead_goal(goal: Goal, user: User) -> Decision:
    """The goal's owner and portfolio managers."""
    if decides(user) or goal.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the goal’s owner or a portfolio manager does this."))


def has_key_results(goal: Goal) -> Decision:
    """What nobody measures cannot be reached."""
    if goal.key_results.exists() or goal.children.exists():
        return ALLOW
    return deny(_("Name at least one key result or a part of the goal first."), goal.get_absolute_url())


# ---------- requirements ----------


def may_edit_requirement(requirement: BusinessRequirement, user: User) -> Decision:
    if requirement.state in ("rejected", "fulfilled"):
        return deny(_("It is decided; it is not changed any more."))
    if requirement.created_by_id == user.pk and user.acts_for_desk:
        return ALLOW
    return may_write(user)


def may_analyse(requirement: BusinessRequirement, user: User) -> Decision:
    return may_write(user)


def may_decide_requirement(requirement: BusinessRequirement, user: User) -> Decision:
    """Portfolio managers, and the owner of a service it is about."""
    if decides(user) or requirement.services.filter(owner=user).exists():
        return ALLOW
    return deny(_("Only a portfolio manager or the owner of the service decides this."))


def has_criteria(requirement: BusinessRequirement) -> Decision:
    """Without criteria nobody can say whether it is fulfilled."""
    if requirement.criteria.exists():
        return ALLOW
    return deny(_("Name at least one acceptance criterion first."), requirement.get_absolute_url())


# ---------- business cases ----------


def may_edit_case(case: BusinessCase, user: User) -> Decision:
    if case.state not in ("draft", "deferred"):
        return deny(_("What was submitted is not changed: take it back first."))
    return may_lead_case(case, user)


def may_lead_case(case: BusinessCase, user: User) -> Decision:
    if decides(user) or user.pk in (case.owner_id, case.service.owner_id):
        return ALLOW
    return deny(_("Only the owner of the case or the service, or a portfolio manager, does this."))


def by_approval(case: BusinessCase, user: User) -> Decision:
    """Votes decide, nobody alone."""
    return ALLOW if user.is_system else deny(_("The approvers decide this by their votes."))


def may_defer(case: BusinessCase, user: User) -> Decision:
    return ALLOW if decides(user) else deny(_("Only a portfolio manager defers a decision."))


def is_complete(case: BusinessCase) -> Decision:
    """Cost, value, risk and reason have to be known before anybody decides."""
    missing = [
        str(label)
        for label, there in (
            (_("the reason"), case.reason.strip()), (_("the options"), case.options.strip()),
            (_("yearly value"), case.yearly_value is not None), (_("risk"), case.risk), (_("strategic fit"), case.fit),
        )
        if not there
    ]  # fmt: skip
    if missing:
        return deny(_("Still missing: %(what)s.") % {"what": ", ".join(missing)}, case.get_absolute_url())
    return ALLOW
