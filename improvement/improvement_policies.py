"""Who may do what in the improvement register, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from improvement.models import Improvement
    from itsm.accounts.models import User

#: Who keeps the register.
KEEPERS = (Role.IMPROVEMENT_MANAGER, Role.ADMINISTRATOR)
#: Who reads what it costs and yields.
READERS = (*MANAGERS, Role.SERVICE_OWNER, Role.AUDITOR, Role.ADMINISTRATOR)


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


def may_suggest(user: User) -> Decision:
    """Everybody of the desk who acts for it sees what could be better."""
    return ALLOW if user.acts_for_desk else deny(_("Only the desk suggests improvements."))


def may_lead(improvement: Improvement, user: User) -> Decision:
    """The keepers of the register, the owner of the improvement, and the owner of its service."""
    if keeps(user) or (improvement.owner_id == user.pk and user.acts_for_desk):
        return ALLOW
    service = improvement.service
    if service is not None and service.owner_id == user.pk and user.acts_for_desk:
        return ALLOW
    return deny(_("Only the owner of the improvement or an improvement manager does this."))


def may_edit(improvement: Improvement, user: User) -> Decision:
    if improvement.state in ("realised", "not_realised", "rejected"):
        return deny(_("It is closed; it is history."))
    if improvement.state == "identified" and improvement.created_by_id == user.pk and user.acts_for_desk:
        return ALLOW
    return may_lead(improvement, user)


def may_measure(improvement: Improvement, user: User) -> Decision:
    """Who leads it, until it is closed."""
    if improvement.state in ("realised", "not_realised", "rejected"):
        return deny(_("It is closed; nothing is measured any more."))
    return may_lead(improvement, user)


def may_decide(improvement: Improvement, user: User) -> Decision:
    """Improvement managers decide by themselves; everybody else asks for approval."""
    return ALLOW if keeps(user) else deny(_("Only an improvement manager decides this; ask for approval."))


# ---------- what holds a step ----------


def has_numbers(improvement: Improvement) -> Decision:
    """What has no baseline and no target can never be shown to be better."""
    where = f"{improvement.get_absolute_url()}edit/"
    if improvement.baseline_value is None:
        return deny(_("The baseline is missing: how is it today?"), where)
    if improvement.target_value is None:
        return deny(_("The target is missing: how shall it be?"), where)
    return ALLOW


def is_not_asked(improvement: Improvement) -> Decision:
    """One question at a time."""
    if improvement.pk and improvement.pending_round() is not None:
        return deny(_("It waits for approval already."), improvement.get_absolute_url())
    return ALLOW


def reaches_target(improvement: Improvement) -> Decision:
    """Proof: the latest measurement after approval is as good as the target."""
    where = f"{improvement.get_absolute_url()}measurements/new/"
    latest = improvement.proof()
    if latest is None:
        return deny(_("There is no measurement after its approval yet."), where)
    if not improvement.reaches(latest.value):
        return deny(
            _("The latest measurement is %(value)s on %(day)s; the target is %(target)s.")
            % {
                "value": improvement.in_unit(latest.value), "day": latest.measured_on.isoformat(),
                "target": improvement.in_unit(improvement.target_value),
            },
            where,
        )  # fmt: skip
    return ALLOW
