"""Who reads events, closes them and sets up where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Who sets up sources and monitors of our own.
KEEPERS = (Role.ADMINISTRATOR, Role.INCIDENT_MANAGER, Role.CONFIGURATION_MANAGER)

#: Who says how available services and applications have to be.
OBJECTIVE_KEEPERS = (Role.ADMINISTRATOR, Role.SERVICE_LEVEL_MANAGER)


def reads(user: User) -> bool:
    return user.is_system or bool(user.is_authenticated and user.is_active and user.is_desk)


def may_handle(user: User) -> Decision:
    """Agents and incident managers open incidents from events and close events nobody hears of."""
    if user.is_system or user.is_agent or user.holds(*KEEPERS):
        return ALLOW
    return deny(_("Only agents and incident managers do this."))
