"""Who may do what in the risk register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from operation.models import Control, Risk

#: Who reads the whole register. Service owners and owners of risks read their own part.
READERS = (*MANAGERS, Role.SECURITY_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR)
KEEPERS = (Role.SECURITY_OFFICER, Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)


def reads(user: User) -> bool:
    return user.is_system or bool(user.is_authenticated and user.is_active and user.holds(*READERS))


def may_report(user: User) -> Decision:
    """Everybody of the desk who acts for it may say that something is a risk."""
    return ALLOW if user.acts_for_desk else deny(_("Only the desk registers risks."))


def may_manage(risk: Risk, user: User) -> Decision:
    """The keepers of the register, and the owner of the risk."""
    if user.is_system or user.holds(*KEEPERS) or (risk.owner_id == user.pk and user.acts_for_desk):
        return ALLOW
    return deny(_("Only the owner of the risk or a keeper of the register does this."))


def may_edit(risk: Risk, user: User) -> Decision:
    if risk.state == "closed":
        return deny(_("The risk is closed. Take it up again first."))
    return may_manage(risk, user)


def may_accept(risk: Risk, user: User) -> Decision:
    """A high risk is not accepted by its owner alone."""
    if user.is_system or user.holds(Role.SECURITY_OFFICER, Role.ADMINISTRATOR):
        return ALLOW
    if risk.is_high:
        return deny(_("A high risk is accepted by the security officer."))
    return may_manage(risk, user)


def may_create_control(user: User) -> Decision:
    return ALLOW if user.holds(*KEEPERS) else deny(_("Only keepers of the risk register add controls."))


def may_manage_control(control: Control, user: User) -> Decision:
    if user.is_system or user.holds(*KEEPERS) or (control.owner_id == user.pk and user.acts_for_desk):
        return ALLOW
    return deny(_("Only the owner of the control or a keeper of the register does this."))


def may_edit_control(control: Control, user: User) -> Decision:
    return deny(_("The control is retired.")) if control.state == "retired" else may_manage_control(control, user)
