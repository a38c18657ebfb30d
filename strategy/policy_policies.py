"""Who may do what with policies and exceptions from them, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from strategy.policies import DECIDERS, WRITERS

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from strategy.models import Policy, PolicyException

#: Who writes policies.
AUTHORS = (*WRITERS, Role.SECURITY_OFFICER)
#: Who reads drafts besides those who wrote or own them.
DRAFT_READERS = (*AUTHORS, Role.AUDITOR)


def decides(user: User) -> bool:
    return user.is_system or user.holds(*DECIDERS)


def reads_drafts(user: User) -> bool:
    return user.is_system or user.holds(*DRAFT_READERS)


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*AUTHORS):
        return ALLOW
    return deny(_("Only portfolio managers, service owners, the security officer and some managers write policies."))


def may_edit(policy: Policy, user: User) -> Decision:
    if policy.state != "draft":
        return deny(_("Only drafts change. Begin a new version, or send this one back."))
    return may_lead(policy, user)


def may_lead(policy: Policy, user: User) -> Decision:
    if decides(user) or policy.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the owner of the policy or a portfolio manager does this."))


def by_review(policy: Policy, user: User) -> Decision:
    """Those asked decide by their votes."""
    return ALLOW if user.is_system else deny(_("The reviewers decide this by their votes."))


def by_publication(policy: Policy, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("It happens when the next version is published."))


def is_written(policy: Policy) -> Decision:
    if policy.text.strip():
        return ALLOW
    return deny(_("Write the text first."), policy.get_absolute_url())


def has_no_open_version(policy: Policy) -> Decision:
    other = policy.family().unpublished().first()
    if other is None:
        return ALLOW
    return deny(_("%(number)s is in the works already.") % {"number": other.number}, other.get_absolute_url())


def is_current(policy: Policy) -> Decision:
    """A review date in the past cannot be published with."""
    if policy.review_on > clock.now().date():
        return ALLOW
    return deny(_("The day of the next review has to be one to come."), policy.get_absolute_url())


def may_acknowledge(policy: Policy, user: User) -> Decision:
    """Whoever works under it may say so; those of its audience are asked to."""
    if policy.state != "published":
        return deny(_("Only what is published is acknowledged."))
    return ALLOW if user.is_desk and not user.is_system else deny(_("Only people of the desk acknowledge policies."))


# ---------- exceptions ----------


def may_request(user: User) -> Decision:
    return ALLOW if user.acts_for_desk else deny(_("Only the desk asks for exceptions."))


def may_edit_exception(exception: PolicyException, user: User) -> Decision:
    if exception.state != "requested":
        return deny(_("It is decided; ask for another one."))
    if exception.created_by_id == user.pk or decides(user):
        return ALLOW
    return deny(_("Only who asked for it changes it."))


def may_ask_again(exception: PolicyException, user: User) -> Decision:
    if exception.created_by_id == user.pk or may_grant_any(exception, user):
        return ALLOW
    return deny(_("Only who asked for it, or who decides about it, asks again."))


def may_grant_any(exception: PolicyException, user: User) -> bool:
    return decides(user) or exception.policy.owner_id == user.pk


def may_decide_exception(exception: PolicyException, user: User) -> Decision:
    """The owner of the policy or a portfolio manager, never the one who asked."""
    if user.is_system:
        return ALLOW
    if not may_grant_any(exception, user):
        return deny(_("Only the owner of the policy or a portfolio manager decides this."))
    if exception.created_by_id == user.pk:
        return deny(_("Somebody else decides about your own request."))
    return ALLOW


def may_end_exception(exception: PolicyException, user: User) -> Decision:
    if may_grant_any(exception, user) or exception.created_by_id == user.pk:
        return ALLOW
    return deny(_("Only who asked for it or decides about it ends it."))


def by_time(exception: PolicyException, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("It ends by itself on its day."))


def is_to_come(exception: PolicyException) -> Decision:
    if exception.expires_on >= clock.now().date():
        return ALLOW
    return deny(_("Its day is over: say a later one first."), exception.get_absolute_url())


def policy_is_published(exception: PolicyException) -> Decision:
    if exception.policy.state == "published":
        return ALLOW
    return deny(_("The policy is not in force any more."), exception.policy.get_absolute_url())
