"""Who may do what with what is ordered, and what holds a step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.tickets.services import reference

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket


def may_work(order: Ticket, user: User) -> Decision:
    """Agents fulfil what is ordered."""
    return ALLOW if user.is_agent else deny(_("Only agents fulfil requests."))


def may_automate(order: Ticket, user: User) -> Decision:
    """Steps that votes and time take, not a person."""
    return ALLOW if user.is_system else deny(_("This happens by itself when the votes are cast."))


def may_cancel(order: Ticket, user: User) -> Decision:
    """The desk; whoever it is for too, while nobody has started."""
    if user.is_agent:
        return ALLOW
    if order.requester_id == user.pk:
        if order.state in ("submitted", "requested", "awaiting_approval", "approved"):
            return ALLOW
        return deny(_("Somebody is working on it already. Write a reply instead."))
    return deny(_("Only the requester or the desk cancels this."))


def may_confirm(order: Ticket, user: User) -> Decision:
    """Whoever it is for says that everything is there."""
    if order.requester_id == user.pk or user.is_agent:
        return ALLOW
    return deny(_("Only the requester confirms this."))


def may_reopen(order: Ticket, user: User) -> Decision:
    if order.requester_id == user.pk or user.is_agent or order.watchers.filter(user=user).exists():
        return ALLOW
    return deny(_("Only the requester or the desk reopens this."))


def is_in_reopen_window(order: Ticket) -> Decision:
    """Something is missing: said within the days the organisation sets; later it is a new order."""
    days = reference.settings_for(order.kind).reopen_days
    if order.resolved_at and clock.now() <= order.resolved_at + timedelta(days=days):
        return ALLOW
    return deny(_("It was delivered more than %d days ago. Order again, or report a problem.") % days)


def has_no_open_tasks(order: Ticket) -> Decision:
    left = [task for task in order.tasks.all() if task.is_left]
    if left:
        return deny(_("Steps are still open: %s.") % "; ".join(task.title for task in left[:3]),
                    f"{order.get_absolute_url()}#tasks")  # fmt: skip
    return ALLOW


def may_verify(access: Any, user: User) -> Decision:
    """Four eyes: whoever has the right, or an agent who did not grant it."""
    if user.is_system or access.requester_id == user.pk:
        return ALLOW
    if not user.is_agent:
        return deny(_("Only the requester or the desk verifies this."))
    return deny(_("Somebody else than who granted it verifies it.")) if access.granted_by_id == user.pk else ALLOW
