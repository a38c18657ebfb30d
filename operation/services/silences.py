"""Why an event opens no incident besides planned outages: maintenance windows, and changes being implemented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from operation.services import correlation
from transition.models import Change, MaintenanceWindow, TicketCI
from transition.states.changes import ChangeState

if TYPE_CHECKING:
    from itsm.catalogue.models import Service
    from transition.models import ConfigurationItem


def in_maintenance_window(item: ConfigurationItem | None, services: list[Service], now: datetime) -> str:
    """A time of the week that is agreed for work on one of the services."""
    rows = MaintenanceWindow.objects.filter(is_active=True, services__in=services).distinct().order_by("pk")
    for window in rows:
        if any(begin <= now < end for begin, end in window.spans(now, now + timedelta(seconds=1))):
            return _("Maintenance window: %(name)s") % {"name": window.name}
    return ""


def under_change(item: ConfigurationItem | None, services: list[Service], now: datetime) -> str:
    """A change is being implemented on the item, or on one of the services."""
    going_on: Any = Change.objects.filter(state=ChangeState.IMPLEMENTING)
    found = going_on.filter(services__in=services).order_by("pk").first()
    if found is None and item is not None:
        found = going_on.filter(pk__in=TicketCI.objects.filter(item=item).values("ticket")).order_by("pk").first()
    return _("Change %(number)s is being implemented") % {"number": found.number} if found else ""


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    correlation.suppress_by(in_maintenance_window)
    correlation.suppress_by(under_change)
