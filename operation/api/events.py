"""Monitoring: the intake address, and events as a collection."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from itsm.api.fields import StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.refs import service_ref
from itsm.integrations.api.shapes import shape
from itsm.lib.errors import Invalid
from operation.intake.adapters import ADAPTERS
from operation.intake.signals import Malformed
from operation.models import Event
from operation.services import events, sources

#: Reports in one call; a tool that has more sends more calls.
MOST_SIGNALS = 2_000
MOST_BYTES = 5_000_000

RECEIPT = shape("MonitoringReceipt", {
    "new": serializers.IntegerField(help_text="Events that were not known."),
    "repeated": serializers.IntegerField(help_text="Known events that still fire."),
    "resolved": serializers.IntegerField(), "suppressed": serializers.IntegerField(),
    "ignored": serializers.IntegerField(help_text="Ends of what never began."),
    "opened": serializers.ListField(child=serializers.CharField(), help_text="Numbers of the incidents opened."),
})  # fmt: skip


class Intake(APIView):
    """Where monitoring tools report. The token is the event source's own."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(
        tags=["monitoring"], summary="Report events", request=OpenApiTypes.OBJECT, responses={202: RECEIPT},
        operation_id="intake_report", parameters=[OpenApiParameter("tool", str, "path", enum=list(ADAPTERS))],
        description="The body is what the tool’s webhook sends. `Authorization: Bearer <token of the source>`.",
        examples=[OpenApiExample(
            "Plain JSON", {"title": "Disk full", "status": "firing", "severity": "critical", "host": "db1"},
            request_only=True,
        )],
    )  # fmt: skip
    def post(self, request: Request, tool: str) -> Response:
        parts = get_authorization_header(request).decode("latin-1").split()
        source = sources.of_token(parts[1]) if len(parts) == 2 and parts[0].lower() == "bearer" else None
        if source is None:
            raise AuthenticationFailed(_("This token is not that of an active event source."), code="token_invalid")
        if source.tool != tool:
            raise PermissionDenied(_("This token belongs to a source that speaks %(tool)s.") % {"tool": source.tool})
        body = request.body
        if len(body) > MOST_BYTES:
            raise ParseError(_("This is too large: send fewer reports at a time."))
        try:
            found = ADAPTERS[tool](json.loads(body))
        except (ValueError, RecursionError) as error:
            words = str(error) if isinstance(error, Malformed) else _("This is not JSON.")
            raise Invalid({"non_field_errors": words}) from error
        if len(found) > MOST_SIGNALS:
            raise Invalid({"non_field_errors": _("At most %d reports at a time.") % MOST_SIGNALS})
        receipt = events.receive(source, found)
        return Response({name: getattr(receipt, name) for name in receipt.__slots__}, status=202)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="intake"'


class MonitoringEventSerializer(StrictModel):
    source = serializers.CharField(source="source.name", read_only=True)
    service = service_ref(read_only=True)
    item = serializers.SerializerMethodField()
    incident = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            "id", "source", "fingerprint", "state", "severity", "title", "description", "host", "url", "labels", "item",
            "service", "incident", "suppressed", "count", "first_at", "last_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_item(self, event: Event) -> str | None:
        return event.item.number if event.item else None

    def get_incident(self, event: Event) -> str | None:
        return event.incident.number if event.incident else None


class EventFilters(FilterSet):
    state = Words(field_name="state")
    severity = Words(field_name="severity")
    service = Anyone("service", key="slug")


@extend_schema(tags=["monitoring"])
@extend_schema_view(list=extend_schema(summary="List events of monitoring"), retrieve=extend_schema(summary="Read one"))
class Events(DeskOnly, Reading):
    """What monitoring tools reported: repeated reports are one event."""

    queryset = Event.objects.none()
    serializer_class = MonitoringEventSerializer
    filterset_class = EventFilters
    scope = "monitoring"
    http_method_names = ["get", "head"]
    search_fields = ("title", "host")
    orderings = {"last_at": ("last_at", "id"), "id": ("id",)}
    default_ordering = "-last_at"

    def get_queryset(self) -> QuerySet[Any]:
        rows = Event.objects.visible_to(self.request.user)
        return rows.select_related("source", "service", "item", "incident")
