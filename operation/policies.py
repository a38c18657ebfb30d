"""Who may do what with an incident, and what holds a step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from operation.models import Incident, Outage


def _works(user: User) -> bool:
    return user.is_agent or user.holds(Role.INCIDENT_MANAGER)


def may_work(incident: Incident, user: User) -> Decision:
    """Agents work the tickets they can see."""
    return ALLOW if _works(user) else deny(_("Only agents work incidents."))


def may_automate(incident: Incident, user: User) -> Decision:
    """Steps that time takes, not a person."""
    return ALLOW if user.is_system else deny(_("This happens by itself when its time has come."))


def may_cancel(incident: Incident, user: User) -> Decision:
    """The desk; the requester too while nobody has started."""
    if _works(user):
        return ALLOW
    if incident.requester_id == user.pk:
        if incident.state in ("new", "assigned"):
            return ALLOW
        return deny(_("Somebody is working on it already. Write a reply instead."))
    return deny(_("Only the requester or the desk cancels this."))


def may_confirm(incident: Incident, user: User) -> Decision:
    """The requester says that it works again."""
    if incident.requester_id == user.pk or _works(user):
        return ALLOW
    return deny(_("Only the requester confirms this."))


def may_close(incident: Incident, user: User) -> Decision:
    return may_work(incident, user)


def may_reopen(incident: Incident, user: User) -> Decision:
    if incident.requester_id == user.pk or _works(user):
        return ALLOW
    if incident.watchers.filter(user=user).exists():
        return ALLOW
    return deny(_("Only the requester or the desk reopens this."))


def may_declare_major(incident: Incident, user: User) -> Decision:
    if user.is_system or user.holds(Role.INCIDENT_MANAGER, Role.ADMINISTRATOR):
        return ALLOW
    return deny(_("Only an incident manager declares a major incident."))


def is_not_major(incident: Incident) -> Decision:
    return deny(_("This is a major incident already.")) if incident.is_major else ALLOW


def is_major(incident: Incident) -> Decision:
    return ALLOW if incident.is_major else deny(_("This is not a major incident."))


def has_overdue_update(incident: Incident) -> Decision:
    """An update is overdue once for each moment it was promised for."""
    due = incident.next_update_at
    if due is None or due > clock.now():
        return deny(_("The next update is not due yet."))
    return deny(_("This was told already.")) if incident.update_missed_at == due else ALLOW


def is_in_reopen_window(incident: Incident) -> Decision:
    """Reopening is possible for the days the organisation sets; later a new ticket follows up."""
    days = incident.process.reopen_days
    if incident.resolved_at and clock.now() <= incident.resolved_at + timedelta(days=days):
        return ALLOW
    return deny(_("It was resolved more than %d days ago. Open a new incident that follows it up.") % days)


def has_no_open_tasks(incident: Incident) -> Decision:
    # Over all of them: a page has them loaded already.
    if any(task.is_left for task in incident.tasks.all()):
        return deny(_("Tasks are still open."), f"{incident.get_absolute_url()}#tasks")
    return ALLOW


# ---------- outages ----------


#: Who tells users that a service is down.
TELLERS = (Role.AGENT, Role.INCIDENT_MANAGER, Role.CHANGE_MANAGER, Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)


def tells(user: User) -> bool:
    """Whether the person tells everybody about outages."""
    return user.is_system or user.holds(*TELLERS)


def may_tell(outage: Outage, user: User) -> Decision:
    """Agents and the managers of incidents, changes and service levels."""
    return ALLOW if tells(user) else deny(_("Only the service desk announces outages."))
