"""Why events open no incident besides planned outages: maintenance windows, and changes being implemented."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from operation.services import correlation
from transition.models import Change, MaintenanceWindow, TicketCI
from transition.states.changes import ChangeState


def in_maintenance_window(now: datetime) -> correlation.Judge:
    """A time of the week that is agreed for work on one of the services."""
    rows = MaintenanceWindow.objects.filter(is_active=True).order_by("pk")
    going_on = {
        window.pk: window.name
        for window in rows
        if any(begin <= now < end for begin, end in window.spans(now, now + timedelta(seconds=1)))
    }
    through = MaintenanceWindow.services.through.objects.filter(maintenancewindow__in=going_on).order_by()
    pairs = through.order_by("maintenancewindow_id").values_list("maintenancewindow_id", "service_id")
    named = list(pairs) if going_on else []

    def judge(item: int | None, services: set[int]) -> str:
        found = next((window for window, service in named if service in services), None)
        return _("Maintenance window: %(name)s") % {"name": going_on[found]} if found is not None else ""

    return judge


def under_change(now: datetime) -> correlation.Judge:
    """A change is being implemented on the item, or on one of the services."""
    going_on: Any = Change.objects.filter(state=ChangeState.IMPLEMENTING)
    changes = dict(going_on.order_by("pk").values_list("pk", "service_id"))
    services_of: dict[int, set[int]] = defaultdict(set)
    items_of: dict[int, set[int]] = defaultdict(set)
    if changes:
        for pk, service in changes.items():
            services_of[pk].add(service)
        named = Change.services.through.objects.filter(change__in=changes).order_by()
        for pk, service in named.values_list("change_id", "service_id"):
            services_of[pk].add(service)
        links = TicketCI.objects.filter(ticket__in=changes).order_by()
        for pk, item in links.values_list("ticket_id", "item_id"):
            items_of[pk].add(item)

    def judge(item: int | None, services: set[int]) -> str:
        found = next((pk for pk in changes if services_of[pk] & services or item in items_of[pk]), None)
        if found is None:
            return ""
        return _("Change %(number)s is being implemented") % {"number": f"CHG-{found}"}

    return judge


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    correlation.suppress_by(in_maintenance_window)
    correlation.suppress_by(under_change)
