"""Who handles security incidents, and what holds a step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from operation.models import SecurityIncident


def knows(user: User) -> bool:
    """Who is offered the list: for all others it would be an empty page about what is none of their business."""
    return user.holds(Role.SECURITY_OFFICER) or bool(user.restricted_team_ids)


def may_respond(incident: SecurityIncident, user: User) -> Decision:
    """The team it is restricted to, and nobody else: not even administrators."""
    if user.is_system or (incident.restricted_to_id in user.team_ids and user.acts_for_desk):
        return ALLOW
    return deny(_("Only the security team does this."))


def has_no_open_tasks(incident: SecurityIncident) -> Decision:
    if any(task.is_left for task in incident.tasks.all()):
        return deny(_("Containment steps are still open."), f"{incident.get_absolute_url()}#tasks")
    return ALLOW


def authority_is_told(incident: SecurityIncident) -> Decision:
    """A breach of personal data is reported, or it is written down why not (GDPR, article 33)."""
    if not incident.personal_data or incident.notified_at is not None:
        return ALLOW
    return deny(_("Personal data is concerned: report it to the authority, or say why that is not needed."))


def concerns_people(incident: SecurityIncident) -> Decision:
    if not incident.personal_data:
        return deny(_("No personal data is concerned."))
    return ALLOW if incident.notified_at is None else deny(_("This is done already."))


def is_in_reopen_window(incident: SecurityIncident) -> Decision:
    """It goes on within the days the organisation sets; later it is another one."""
    days = incident.process_days
    if incident.resolved_at and clock.now() <= incident.resolved_at + timedelta(days=days):
        return ALLOW
    return deny(_("It was over more than %d days ago. Open a new one.") % days)
