"""Who may do what with tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.integrations.models import ApiToken


def may_create(user: User, actor: User | None) -> Decision:
    """Everybody for themselves; another's token only from the command line, where there is no actor."""
    if user.is_system or not user.is_active:
        return deny(_("This account cannot use the API."))
    return ALLOW if actor is None or actor.pk == user.pk else deny(_("A token is made by its own person."))


def may_revoke(token: ApiToken, actor: User) -> Decision:
    """Its person and administrators."""
    if token.user_id == actor.pk or actor.holds(Role.ADMINISTRATOR):
        return ALLOW
    return deny(_("Only its person or an administrator revokes a token."))
