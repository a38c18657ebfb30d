"""Who leads releases, deployments and meetings of the board, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny
from transition.policies.changes import leads

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from transition.models import CABMeeting, Deployment, Release

#: Changes that nobody has to decide about any more.
APPROVED = ("scheduled", "implementing", "failed", "review", "closed")


def may_plan(user: User) -> Decision:
    """Agents, owners of services and change managers."""
    if leads(user) or user.is_agent or user.holds(Role.SERVICE_OWNER):
        return ALLOW
    return deny(_("Only agents, service owners and change managers plan releases."))


def may_lead(release: Release, user: User) -> Decision:
    if leads(user) or release.owner_id == user.pk or release.services.filter(owner=user).exists():
        return ALLOW
    return deny(_("Only the owner of the release or of its services, or a change manager, does this."))


def may_approve(release: Release, user: User) -> Decision:
    if leads(user) or release.services.filter(owner=user).exists():
        return ALLOW
    return deny(_("Only a change manager or the owner of a service approves a release."))


def may_edit(release: Release, user: User) -> Decision:
    if release.state in ("closed", "cancelled"):
        return deny(_("It is over: open it again first."))
    return may_lead(release, user)


def has_changes(release: Release) -> Decision:
    if release.changes.exists():
        return ALLOW
    return deny(_("No change is part of it yet."), release.get_absolute_url())


def _succeeded(release: Release, environment: str) -> bool:
    return any(
        one.environment == environment and one.state == "succeeded" for one in release.deployments.all()
    )  # fmt: skip


def is_tested(release: Release) -> Decision:
    """It ran where it was tried."""
    if _succeeded(release, "test") or _succeeded(release, "staging"):
        return ALLOW
    return deny(_("It was not deployed to test or staging successfully yet."), _new_deployment(release))


def _new_deployment(release: Release) -> str:
    return f"{reverse('transition:deployment-new')}?release={release.pk}"


def changes_approved(release: Release) -> Decision:
    open_ = [
        one.number for one in release.changes.all() if one.state not in (*APPROVED, "cancelled", "rejected")
    ]  # fmt: skip
    if not open_:
        return ALLOW
    return deny(_("Not approved yet: %(changes)s.") % {"changes": ", ".join(open_[:10])}, release.get_absolute_url())


def has_production(release: Release) -> Decision:
    if any(one.environment == "production" for one in release.deployments.all()):
        return ALLOW
    return deny(_("No deployment to production is planned."), _new_deployment(release))


def is_in_production(release: Release) -> Decision:
    if _succeeded(release, "production"):
        return ALLOW
    return deny(_("No deployment to production has succeeded yet."), release.get_absolute_url())


def changes_ended(release: Release) -> Decision:
    open_ = [one.number for one in release.changes.all() if one.phase != "closed"]
    if not open_:
        return ALLOW
    return deny(_("Still open: %(changes)s.") % {"changes": ", ".join(open_[:10])}, release.get_absolute_url())


# ---------- deployments ----------


def may_deploy(deployment: Deployment, user: User) -> Decision:
    if user.is_agent or leads(user) or deployment.release.owner_id == user.pk:
        return ALLOW
    return deny(_("Only agents, the owner of the release and change managers deploy."))


def may_edit_deployment(deployment: Deployment, user: User) -> Decision:
    if deployment.state != "planned":
        return deny(_("It has begun: what was planned is not changed any more."))
    return may_deploy(deployment, user)


def release_is_ready(deployment: Deployment) -> Decision:
    """Nothing reaches users that was not approved for them."""
    state = deployment.release.state
    if deployment.environment == "production" and state != "deploying":
        return deny(_("The release is not approved and deploying yet."), deployment.release.get_absolute_url())
    if state in ("planning", "closed", "rolled_back", "cancelled"):
        return deny(_("The release is not built yet, or is over."), deployment.release.get_absolute_url())
    return ALLOW


# ---------- meetings of the board ----------


def may_meet(user: User) -> Decision:
    return ALLOW if leads(user) else deny(_("Only a change manager plans meetings of the board."))


def may_chair(meeting: CABMeeting, user: User) -> Decision:
    if leads(user) or meeting.chair_id == user.pk:
        return ALLOW
    return deny(_("Only the chair or a change manager does this."))


def may_edit_meeting(meeting: CABMeeting, user: User) -> Decision:
    if meeting.state not in ("planned", "held"):
        return deny(_("The meeting is over: open it again first."))
    return may_chair(meeting, user)


def has_agenda(meeting: CABMeeting) -> Decision:
    if meeting.agenda.exists():
        return ALLOW
    return deny(_("Nothing is on the agenda."), meeting.get_absolute_url())


def has_people(meeting: CABMeeting) -> Decision:
    if meeting.attendees.exists():
        return ALLOW
    return deny(_("Say who took part."), reverse("transition:cab-meeting-edit", args=[meeting.number]))


def is_decided(meeting: CABMeeting) -> Decision:
    open_ = [item.change.number for item in meeting.agenda.all() if item.decision == "pending"]
    if open_:
        return deny(_("Not decided yet: %(changes)s.") % {"changes": ", ".join(open_)}, meeting.get_absolute_url())
    return ALLOW


def has_minutes(meeting: CABMeeting) -> Decision:
    if meeting.minutes.strip():
        return ALLOW
    return deny(_("Write the minutes first."), reverse("transition:cab-meeting-edit", args=[meeting.number]))
