"""Who may do what with surveys and feedback, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from improvement.models import Feedback, Survey
    from itsm.accounts.models import User

#: Who runs surveys and answers for feedback.
KEEPERS = (Role.IMPROVEMENT_MANAGER, Role.ADMINISTRATOR)
#: Who reads answers that are about no ticket.
READERS = (*MANAGERS, Role.AUDITOR, Role.ADMINISTRATOR)
#: Who reads what was said in confidence.
CONFIDANTS = (Role.IMPROVEMENT_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR)


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


# ---------- surveys ----------


def may_survey(user: User) -> Decision:
    return ALLOW if keeps(user) else deny(_("Only improvement managers run surveys."))


def may_run(survey: Survey, user: User) -> Decision:
    return may_survey(user)


def may_edit_survey(survey: Survey, user: User) -> Decision:
    if survey.state == "ended":
        return deny(_("The survey has ended. Run it again to change it."))
    return may_survey(user)


# ---------- feedback ----------


def may_give(user: User) -> Decision:
    """Everybody who can sign in; an auditor changes nothing."""
    if user.is_system or user.acts_for_desk or not user.is_desk:
        return ALLOW
    return deny(_("An auditor reads and changes nothing."))


def may_handle(feedback: Feedback, user: User) -> Decision:
    """The keepers, whoever has taken it, and the owner of the service; nobody decides about the own feedback."""
    if not user.is_system and feedback.person_id == user.pk and not keeps(user):
        return deny(_("Somebody else handles what you said yourself."))
    if keeps(user) or (feedback.owner_id == user.pk and user.acts_for_desk):
        return ALLOW
    service = feedback.service
    if service is not None and service.owner_id == user.pk and user.acts_for_desk:
        return ALLOW
    return deny(_("Only an improvement manager, its owner or the owner of the service does this."))


def may_edit_feedback(feedback: Feedback, user: User) -> Decision:
    if feedback.state not in ("received", "reviewed"):
        return deny(_("It is dealt with; it is history."))
    return may_handle(feedback, user)
