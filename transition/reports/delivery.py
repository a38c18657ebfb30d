"""Figures of deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone

from itsm.tickets.models import Ticket
from itsm.tickets.states import SlaState

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from transition.models import Delivery


@dataclass(frozen=True, slots=True)
class EarlyLife:
    """What happened to the service since early-life support began, of what the reader may see."""

    opened: int
    still_open: int
    urgent: int
    breached: int


def early_life(delivery: Delivery, user: User) -> EarlyLife:
    """Tickets about the service in the days of early-life support."""
    zone = timezone.get_default_timezone()
    rows = Ticket.objects.visible_to(user).filter(service=delivery.service_id)
    if delivery.early_life_from is not None:
        rows = rows.filter(opened_at__gte=datetime.combine(delivery.early_life_from, time(), zone))
    if delivery.early_life_until is not None and delivery.state == delivery.State.COMPLETED:
        rows = rows.filter(opened_at__lt=datetime.combine(delivery.early_life_until + timedelta(days=1), time(), zone))
    found = rows.aggregate(
        opened=Count("pk"), still_open=Count("pk", filter=Q(is_open=True)),
        urgent=Count("pk", filter=Q(priority=1, kind="incident")),
        breached=Count("pk", filter=Q(sla_state=SlaState.BREACHED)),
    )  # fmt: skip
    return EarlyLife(**found)
