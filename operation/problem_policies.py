"""Who may do what with a problem, and what holds a step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.tickets.services import reference

if TYPE_CHECKING:
    from itsm.accounts.models import User


def works(user: User) -> bool:
    return user.is_agent or user.holds(Role.PROBLEM_MANAGER)


def opens(user: User) -> bool:
    """Improvement managers too: complaints tell them of causes that somebody should look for."""
    return works(user) or user.holds(Role.IMPROVEMENT_MANAGER)


def may_work(problem: Any, user: User) -> Decision:
    """Agents and problem managers analyse and fix."""
    return ALLOW if works(user) else deny(_("Only agents and problem managers work problems."))


def may_decide(problem: Any, user: User) -> Decision:
    """Whether it is worth the effort, and whether it is over, the problem manager says."""
    if user.is_system or user.holds(Role.PROBLEM_MANAGER, Role.ADMINISTRATOR):
        return ALLOW
    return deny(_("Only a problem manager decides this."))


def has_root_cause(problem: Any) -> Decision:
    """A fix without a known cause would be a guess."""
    return ALLOW if problem.root_cause else deny(_("Record the root cause first."), problem.get_absolute_url())


def has_no_open_tasks(problem: Any) -> Decision:
    if any(task.is_left for task in problem.tasks.all()):
        return deny(_("Tasks are still open."), f"{problem.get_absolute_url()}#tasks")
    return ALLOW


def is_in_reopen_window(problem: Any) -> Decision:
    days = reference.settings_for("problem").reopen_days
    if problem.resolved_at and clock.now() <= problem.resolved_at + timedelta(days=days):
        return ALLOW
    return deny(_("It was resolved more than %d days ago. Open a new problem that follows it up.") % days)
