"""Who may do what with assets and configuration, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket
    from transition.models import ConfigurationItem

#: Who keeps configuration items, suppliers, contracts and licences.
KEEPERS = (Role.CONFIGURATION_MANAGER, Role.ADMINISTRATOR)
#: Who reads contracts.
MONEY_READERS = (*MANAGERS, Role.SERVICE_OWNER, Role.SECURITY_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR)


def reads(user: User) -> bool:
    """The whole desk works with configuration; everybody else knows the own devices only."""
    return user.is_system or bool(user.is_authenticated and user.is_active and user.is_desk)


def reads_money(user: User) -> bool:
    """Contracts hold money: managers, owners of services and auditors read them."""
    return user.is_system or bool(user.is_authenticated and user.is_active and user.holds(*MONEY_READERS))


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


def may_create(user: User) -> Decision:
    return ALLOW if keeps(user) else deny(_("Only a configuration manager writes this."))


def may_manage(record: Any, user: User) -> Decision:
    return may_create(user)


def may_edit(item: ConfigurationItem, user: User) -> Decision:
    if item.state == "disposed" and keeps(user):
        return deny(_("It is disposed of; it is history."))
    return may_create(user)


def may_edit_living(record: Any, user: User) -> Decision:
    """Contracts and licences are written until they ended."""
    if record.state == "ended" and keeps(user):
        return deny(_("It has ended. Take it up again first."))
    return may_create(user)


def may_link(user: User, ticket: Ticket | None = None, item: ConfigurationItem | None = None) -> Decision:
    """Everybody of the desk who acts for it says what a ticket is about; requesters name their own devices."""
    own = ticket is not None and item is not None and ticket.requester_id == user.pk == item.user_id
    return ALLOW if user.acts_for_desk or own else deny(_("Only the desk says which items a ticket is about."))


def nothing_needs_it(item: ConfigurationItem) -> Decision:
    """What others in use stand on is not taken away."""
    needing = item.needed_by_in_use().order_by("pk").first()
    if needing is None:
        return ALLOW
    words = {"number": needing.number, "name": needing}
    return deny(_("%(number)s %(name)s still needs it.") % words, needing.get_absolute_url())
