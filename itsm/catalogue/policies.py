"""Who may move a service through its life, and what holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.catalogue import guards
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.catalogue.models import Service


def _manages(user: User) -> bool:
    return user.is_system or user.holds(Role.PORTFOLIO_MANAGER, Role.ADMINISTRATOR)


def may_decide_portfolio(service: Service, user: User) -> Decision:
    return ALLOW if _manages(user) else deny(_("Only a portfolio manager decides this."))


def may_lead(service: Service, user: User) -> Decision:
    """The service's owner or a portfolio manager."""
    if service.owner_id == user.pk or _manages(user):
        return ALLOW
    return deny(_("Only the service owner or a portfolio manager does this."))


def has_owner(service: Service) -> Decision:
    return ALLOW if service.owner_id else deny(_("The service has no owner yet."), service.get_absolute_url())


def meets(verb: str) -> Callable[[Service], Decision]:
    """A guard that asks the stages' registered requirements for ``verb``."""

    def meets_requirements(service: Service) -> Decision:
        missing = [item for item in guards.requirements(service, verb) if not item.done]
        if not missing:
            return ALLOW
        parts = tuple(deny(item.detail or item.label, item.url) for item in missing)
        return Decision(False, " ".join(part.reason for part in parts), parts[0].url, parts)

    return meets_requirements
