"""What incidents take and show besides what all tickets do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from itsm.api.fields import Moment
from itsm.integrations.api.tickets import detail
from itsm.integrations.api.tickets.writing import TicketEdit, TicketOpening
from operation.models import Incident


class IncidentOpening(TicketOpening):
    """A new incident; only the title is required."""


class IncidentEdit(TicketEdit):
    """Changes to an incident; its state changes by transitions."""

    affected_people = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)


def shown(incident: Incident) -> dict[str, Any]:
    """What an incident adds to a ticket."""
    return {
        "resolution_code": incident.resolution_code,
        "resolution": incident.resolution,
        "cancel_reason": incident.cancel_reason,
        "major_since": incident.major_since,
        "affected_people": incident.affected_people,
        "next_update_at": incident.next_update_at,
    }


INCIDENT = detail.schema(
    "Incident",
    resolution_code=serializers.CharField(allow_blank=True),
    resolution=serializers.CharField(allow_blank=True),
    cancel_reason=serializers.CharField(allow_blank=True),
    major_since=Moment(allow_null=True),
    affected_people=serializers.IntegerField(allow_null=True),
    next_update_at=Moment(allow_null=True),
)
