"""Who holds service reviews, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from improvement.kpi_policies import keeps
from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from improvement.models.review import ReviewAction, ServiceReview
    from itsm.accounts.models import User


def may_create(user: User) -> Decision:
    if keeps(user) or user.holds(Role.SERVICE_OWNER):
        return ALLOW
    return deny(_("Only service owners and the managers of improvement and service levels hold reviews."))


def may_lead(review: ServiceReview, user: User) -> Decision:
    """Who chairs it, the owner of its service, and the managers of improvement and service levels."""
    owner = review.service.owner_id if review.service_id and review.service else None
    if keeps(user) or user.pk in (review.chair_id, owner):
        return ALLOW
    return deny(_("Only who chairs the review, the service owner or a manager of improvement does this."))


def may_edit(review: ServiceReview, user: User) -> Decision:
    if review.state == "closed":
        return deny(_("The review is closed; reopen it to change what was agreed."))
    return may_lead(review, user)


def may_finish(action: ReviewAction, user: User) -> Decision:
    """Whoever owns the action, and whoever leads the review."""
    if action.owner_id == user.pk and user.acts_for_desk:
        return ALLOW
    return may_lead(action.review, user)


def month_has_begun(review: ServiceReview) -> Decision:
    """Nobody looks back on a month that has not begun."""
    if review.month <= clock.now().date():
        return ALLOW
    return deny(_("The month has not begun yet."))


def has_attendees(review: ServiceReview) -> Decision:
    if review.attendees.exists() or review.guests.strip():
        return ALLOW
    return deny(_("Name who took part first."), f"{review.get_absolute_url()}edit/")


def has_minutes(review: ServiceReview) -> Decision:
    if review.minutes.strip():
        return ALLOW
    return deny(_("Write the minutes first."), f"{review.get_absolute_url()}edit/")
