"""Incidents in the REST API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.integrations.api.tickets.viewsets import KindOfTickets
from itsm.tickets.states import Channel
from operation.api.serializers import INCIDENT, IncidentEdit, IncidentOpening, shown
from operation.models import Incident
from operation.services import incidents


@extend_schema(tags=["incidents"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read an incident", responses=INCIDENT),
    take_step=extend_schema(responses=INCIDENT),
    partial_update=extend_schema(
        summary="Change an incident", request=IncidentEdit(partial=True), responses=INCIDENT,
        examples=[OpenApiExample("Raise", {"impact": 1, "urgency": 1}, request_only=True)],
    ),
)  # fmt: skip
class Incidents(KindOfTickets):
    """Unplanned interruptions: opened, worked by transitions, never deleted."""

    kind = "incident"
    editing = IncidentEdit
    http_method_names = ["get", "post", "patch", "delete", "head"]

    @extend_schema(
        summary="Open an incident", request=IncidentOpening, responses={201: INCIDENT},
        examples=[
            OpenApiExample("Short", {"title": "The printer is on fire"}, request_only=True),
            OpenApiExample(
                "For somebody",
                {
                    "title": "5xx rate above 5 %", "description": "Since 09:12, all regions.",
                    "requester": "requester@example.com", "service": "payment-gateway", "impact": 2, "urgency": 1,
                },
                request_only=True,
            ),
        ],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.checked(IncidentOpening)
        team, assignee = given.pop("team", None), given.pop("assignee", None)
        with transaction.atomic():
            opened = incidents.open(
                actor=request.user, source="api", channel=given.pop("channel", Channel.API),
                answers=given.pop("custom", None), team=team, **given,
            )  # fmt: skip
            if assignee is not None:
                opened = incidents.assign(opened, actor=request.user, source="api", team=team, assignee=assignee)
        found = self.fetch(opened.pk, self.kind)
        return self.shown(found, status=201, location=self.base + self.address(found))

    def represent(self, record: Incident) -> dict[str, Any]:
        return {**super().represent(record), **shown(record)}
