"""Security incidents in the REST API: for the security team and whoever reported one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Moment
from itsm.integrations.api.tickets import detail
from itsm.integrations.api.tickets.viewsets import KindOfTickets
from itsm.integrations.api.tickets.writing import TicketEdit, TicketOpening
from itsm.tickets.states import Channel
from operation.models import SecurityIncident
from operation.services import security
from operation.states import Threat


class SecurityOpening(TicketOpening):
    """A new security incident; only the title is required."""

    threat = serializers.ChoiceField(Threat.choices, required=False)
    severity = serializers.IntegerField(required=False, min_value=1, max_value=4)
    personal_data = serializers.BooleanField(required=False)
    detected_at = Moment(required=False)


SECURITY_INCIDENT = detail.schema(
    "SecurityIncident",
    threat=serializers.ChoiceField(Threat.choices),
    severity=serializers.IntegerField(),
    personal_data=serializers.BooleanField(),
    detected_at=Moment(),
    contained_at=Moment(allow_null=True),
    report_until=Moment(allow_null=True),
    notified_at=Moment(allow_null=True),
    lessons=serializers.CharField(allow_blank=True),
)


@extend_schema(tags=["security incidents"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read a security incident", responses=SECURITY_INCIDENT),
    take_step=extend_schema(responses=SECURITY_INCIDENT),
    partial_update=extend_schema(
        summary="Change a security incident", request=TicketEdit(partial=True), responses=SECURITY_INCIDENT
    ),
)
class SecurityIncidents(KindOfTickets):
    """Attacks and accidents that only the security team reads."""

    kind = "security_incident"
    http_method_names = ["get", "post", "patch", "delete", "head"]

    @extend_schema(
        summary="Report a security incident", request=SecurityOpening, responses={201: SECURITY_INCIDENT},
        examples=[OpenApiExample(
            "Short", {"title": "Mail asks for passwords", "threat": "phishing", "severity": 2}, request_only=True
        )],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.checked(SecurityOpening)
        assignee = given.pop("assignee", None)
        with transaction.atomic():
            opened = security.open(
                actor=request.user, source="api", channel=given.pop("channel", Channel.API),
                answers=given.pop("custom", None), team=given.pop("team", None), **given,
            )  # fmt: skip
            if assignee is not None:
                opened = security.assign(opened, actor=request.user, source="api", assignee=assignee)
        found = self.fetch(opened.pk, self.kind)
        return self.shown(found, status=201, location=self.base + self.address(found))

    def represent(self, record: SecurityIncident) -> dict[str, Any]:
        names = ("threat", "severity", "personal_data", "detected_at", "contained_at", "report_until", "notified_at",
                 "lessons")  # fmt: skip
        return {**super().represent(record), **{name: getattr(record, name) for name in names}}
