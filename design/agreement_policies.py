"""Who writes and agrees on agreements, and what holds their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from design import days
from design.agreement_states import AgreementState
from design.days import today
from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from design.models import Agreement
    from itsm.accounts.models import User

#: Who agrees in the name of the organisation.
LEADERS = (Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)
#: Who drafts agreements.
WRITERS = (*LEADERS, Role.SERVICE_OWNER, Role.PORTFOLIO_MANAGER)


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only service owners and the managers of levels and portfolio draft agreements."))


def may_lead(agreement: Agreement, user: User) -> Decision:
    """The owner of the agreement, and service level managers."""
    if user.is_system or user.holds(*LEADERS) or agreement.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the owner of the agreement or a service level manager does this."))


def may_draft(agreement: Agreement, user: User) -> Decision:
    """Whoever began it, and those who lead it."""
    if agreement.created_by_id == user.pk and may_write(user):
        return ALLOW
    return may_lead(agreement, user)


def may_edit(agreement: Agreement, user: User) -> Decision:
    if agreement.state == AgreementState.AGREED:
        return deny(_("Both sides agreed on this: take it back first."))
    if agreement.state != AgreementState.DRAFT:
        return deny(_("What was agreed is not changed: make a new version."))
    return may_draft(agreement, user)


def may_renew(agreement: Agreement, user: User) -> Decision:
    return may_write(user)


def by_date(agreement: Agreement, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("It expires by itself when its time is over."))


# ---------- what the steps need ----------


def has_level(agreement: Agreement) -> Decision:
    if agreement.support_level_id:
        return ALLOW
    return deny(_("Choose a support level to take targets over from."), agreement.get_absolute_url())


def has_targets(agreement: Agreement) -> Decision:
    if agreement.targets.exists():
        return ALLOW
    return deny(_("Nothing is promised yet: add targets."), agreement.get_absolute_url())


def has_services(agreement: Agreement) -> Decision:
    if agreement.services.exists():
        return ALLOW
    return deny(_("No service is named that it is about."), agreement.get_absolute_url())


def has_time_left(agreement: Agreement) -> Decision:
    if agreement.ends_on is None or agreement.ends_on >= today():
        return ALLOW
    words = {"day": days.in_words(agreement.ends_on)}
    return deny(_("Its time was over on %(day)s.") % words, agreement.get_absolute_url())


def has_begun(agreement: Agreement) -> Decision:
    if agreement.starts_on <= today():
        return ALLOW
    words = {"day": days.in_words(agreement.starts_on)}
    return deny(_("It becomes active by itself on %(day)s.") % words)


def stands_alone(agreement: Agreement) -> Decision:
    """No other agreement of the same parties about the same services at the same time."""
    other = agreement.overlapping().order_by("id").first()
    if other is None:
        return ALLOW
    shared = sorted(set(other.services.values_list("name", flat=True)) & set(
        agreement.services.values_list("name", flat=True)
    ))  # fmt: skip
    words = {"number": other.number, "title": str(other), "services": ", ".join(shared[:5]), "time": other.period}
    return deny(
        _("%(number)s “%(title)s” is between the same parties, about %(services)s, %(time)s.") % words,
        other.get_absolute_url(),
    )


def has_no_open_version(agreement: Agreement) -> Decision:
    draft = agreement.family().open().exclude(pk=agreement.pk).first()
    if draft is None:
        return ALLOW
    return deny(_("A new version is being written already: %(n)s.") % {"n": draft.number}, draft.get_absolute_url())
