"""Service requests and requests for access in the REST API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Moment
from itsm.integrations.api.tickets import detail
from itsm.integrations.api.tickets.viewsets import KindOfTickets
from itsm.integrations.api.tickets.writing import TicketEdit, TicketOpening
from itsm.tickets import kinds
from itsm.tickets.states import Channel
from operation.models import AccessRequest, ServiceRequest
from operation.services import outcomes


class RequestOpening(TicketOpening):
    """An order: the offering by slug, and the answers to its questions. Without an offering for agents only."""

    title = serializers.CharField(max_length=200, required=False)
    form = serializers.DictField(required=False, help_text="Answers by question, as the offering’s form asks.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs.get("offering") is None and not attrs.get("title"):
            raise serializers.ValidationError({"offering": _("Name an offering, or a title.")})
        return attrs


class AccessOpening(RequestOpening):
    """A request for access, from now until a day."""

    right = serializers.CharField(max_length=200, required=False)
    until = serializers.DateField(required=False, allow_null=True)


class Orders(KindOfTickets):
    """What both collections share: the order is opened by the kind's own service."""

    http_method_names = ["get", "post", "patch", "delete", "head"]
    opening: Any = RequestOpening
    own: tuple[str, ...] = ()

    def open_order(self, request: Request) -> Response:
        given = self.checked(self.opening)
        assignee = given.pop("assignee", None)
        verbs = kinds.get(self.kind).verbs_module
        with transaction.atomic():
            made = verbs.open(
                actor=request.user, source="api", channel=given.pop("channel", Channel.API),
                answers=given.pop("custom", None), **given,
            )  # fmt: skip
            if assignee is not None:
                made = verbs.assign(made, actor=request.user, source="api", assignee=assignee)
        found = self.fetch(made.pk, self.kind)
        return self.shown(found, status=201, location=self.base + self.address(found))

    def represent(self, record: Any) -> dict[str, Any]:
        shown = {**super().represent(record), **{name: getattr(record, name) for name in self.own}}
        shown["price"] = None if record.price is None else str(record.price)
        return shown


SHARED: dict[str, Any] = {
    "form": serializers.DictField(),
    "price": serializers.CharField(allow_null=True, help_text="Decimal."),
    "currency": serializers.CharField(),
    "reject_reason": serializers.CharField(allow_blank=True),
    "cancel_reason": serializers.CharField(allow_blank=True),
}
REQUEST = detail.schema(
    "RequestTicket", **SHARED, delivery=serializers.CharField(allow_blank=True),
    outcome=serializers.CharField(allow_null=True, help_text="Number of the subscription or asset it left behind."),
)  # fmt: skip
ACCESS = detail.schema(
    "AccessTicket", **SHARED, right=serializers.CharField(), until=serializers.DateField(allow_null=True),
    granted_at=Moment(allow_null=True), verified_at=Moment(allow_null=True), revoked_at=Moment(allow_null=True),
)  # fmt: skip


@extend_schema(tags=["requests"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read a service request", responses=REQUEST),
    take_step=extend_schema(responses=REQUEST),
    partial_update=extend_schema(
        summary="Change a service request", request=TicketEdit(partial=True), responses=REQUEST
    ),
)  # fmt: skip
class Requests(Orders):
    """Orders from the catalogue: approved, fulfilled by the teams of the plan, never deleted."""

    queryset = ServiceRequest.objects.none()
    kind = "request"
    own = ("form", "currency", "reject_reason", "cancel_reason", "delivery")

    def represent(self, record: Any) -> dict[str, Any]:
        made = outcomes.of_order(record)["made"]
        return {**super().represent(record), "outcome": made.number if made else None}

    @extend_schema(
        summary="Order something", request=RequestOpening, responses={201: REQUEST},
        examples=[OpenApiExample(
            "Laptop", {"offering": "new-laptop", "description": "Mine is five years old.", "form": {"model": "std"}},
            request_only=True,
        )],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.open_order(request)


@extend_schema(tags=["access"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read a request for access", responses=ACCESS),
    take_step=extend_schema(responses=ACCESS),
    partial_update=extend_schema(
        summary="Change a request for access", request=TicketEdit(partial=True), responses=ACCESS
    ),
)  # fmt: skip
class Access(Orders):
    """Rights that people asked for: granted, verified, and revoked on their day."""

    queryset = AccessRequest.objects.none()
    kind = "access"
    opening = AccessOpening
    own = ("form", "currency", "reject_reason", "cancel_reason", "right", "until", "granted_at", "verified_at",
           "revoked_at")  # fmt: skip

    @extend_schema(
        summary="Ask for access", request=AccessOpening, responses={201: ACCESS},
        examples=[OpenApiExample("Until", {"offering": "finance-reports", "until": "2027-03-31"}, request_only=True)],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.open_order(request)
