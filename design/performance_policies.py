"""Who designs performance, and what an agreement on it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from design.package_policies import LEADERS, WRITERS
from design.performance_states import PerformanceState
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from design.models import PerformanceTarget
    from itsm.accounts.models import User

__all__ = ["LEADERS", "WRITERS"]


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only service owners and the managers of levels and portfolio design performance."))


def may_lead(target: PerformanceTarget, user: User) -> Decision:
    """The owner of the service, and the managers of levels and portfolio."""
    if user.is_system or user.holds(*LEADERS) or target.service.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the owner of the service or a service level or portfolio manager does this."))


def may_edit(target: PerformanceTarget, user: User) -> Decision:
    if target.state == PerformanceState.AGREED:
        return deny(_("This is agreed on: revise it first."))
    if target.created_by_id == user.pk and may_write(user):
        return ALLOW
    return may_lead(target, user)


def promises_something(target: PerformanceTarget) -> Decision:
    if any(getattr(target, name) is not None for name in target.PROMISED):
        return ALLOW
    return deny(_("Nothing is promised: give at least one target."), target.get_absolute_url())


def can_be_delivered(target: PerformanceTarget) -> Decision:
    """What is promised is not more than the components together deliver, and nothing of it is unknown."""
    gaps = target.shortfalls()
    return deny(" ".join(gaps), target.get_absolute_url()) if gaps else ALLOW
