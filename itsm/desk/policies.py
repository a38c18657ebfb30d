"""Who may do what with the desk's own records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.desk.models import SavedView

#: Who makes views for everybody.
PUBLISHERS = (Role.ADMINISTRATOR, Role.INCIDENT_MANAGER, Role.SERVICE_LEVEL_MANAGER)


def may_change_view(view: SavedView, user: User) -> Decision:
    """The owner; the leads of the team it is shared with; for everybody's views whoever publishes them."""
    if view.owner_id == user.pk:
        return ALLOW
    if view.scope == "team" and view.team_id in user.led_team_ids:
        return ALLOW
    if view.scope == "public" and user.holds(*PUBLISHERS):
        return ALLOW
    return deny(_("Only its owner and those who lead the team change this view."))


def may_share_view(user: User, scope: str, team_id: int | None) -> Decision:
    """With oneself always, with one's teams, with everybody only by those who run a practice."""
    if scope == "team" and team_id not in user.team_ids:
        return deny(_("You share views with your own teams only."))
    if scope == "public" and not user.holds(*PUBLISHERS):
        return deny(_("Only managers and administrators make views for everybody."))
    return ALLOW
