"""What of a visible ticket somebody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.lib.errors import Denied
from itsm.tickets.models import CustomField
from itsm.tickets.services.access import sees_inside

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket

__all__ = ["custom_shown", "require_inside", "sees_inside"]


def require_inside(ticket: Ticket, user: User) -> None:
    if not sees_inside(ticket, user):
        raise Denied(_("Only the desk reads this."))


def custom_shown(ticket: Ticket, inside: bool) -> dict[str, Any]:
    """Values of custom fields; outside the desk those the portal asks."""
    if inside or not ticket.custom:
        return ticket.custom
    asked = set(CustomField.objects.filter(kind=ticket.kind, on_portal=True).values_list("code", flat=True))
    return {code: value for code, value in ticket.custom.items() if code in asked}
