"""On-call rotas in the REST API: who answers now and next, and standing in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.models import User
from itsm.api.fields import Moment, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, YesNo
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.refs import PersonRef, person
from itsm.integrations.api.shapes import Named, PersonName, results, shape
from itsm.lib import clock
from operation.models import Rota
from operation.services import on_call

#: Days that ``shifts`` looks ahead, unless asked for other ones.
DAYS, MOST_DAYS = 28, 180

SHIFT = shape("RotaShift", {
    "user": PersonName(), "begins_at": Moment(), "ends_at": Moment(),
    "stands_in": serializers.BooleanField(help_text="As a stand-in, not by rotation."),
})  # fmt: skip


def shown(shift: on_call.Shift | None, user: User) -> dict[str, Any] | None:
    if shift is None:
        return None
    return {
        "user": person(shift.user, user), "begins_at": shift.begins_at, "ends_at": shift.ends_at,
        "stands_in": shift.override is not None,
    }  # fmt: skip


class RotaSerializer(StrictModel):
    team = Named(read_only=True)
    now = serializers.SerializerMethodField()

    class Meta:
        model = Rota
        fields = ["id", "name", "team", "timezone", "starts_on", "handover", "days", "is_active", "now", "version"]
        read_only_fields = fields

    @extend_schema_field(SHIFT)
    def get_now(self, rota: Rota) -> dict[str, Any] | None:
        return shown(on_call.now_on_call(rota) if rota.is_active else None, self.context["request"].user)


class RotaStandIn(Strict):
    """Somebody else is on call for a while."""

    user = PersonRef(lambda context: User.objects.people().filter(memberships__isnull=False).distinct())
    begins_at = Moment()
    ends_at = Moment()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class RotaFilters(FilterSet):
    team = Anyone("team", key="name")
    is_active = YesNo()


@extend_schema(tags=["on call"])
@extend_schema_view(list=extend_schema(summary="List on-call rotas"), retrieve=extend_schema(summary="Read a rota"))
class Rotas(DeskOnly, Reading):
    """Who is on call for each team, now and next."""

    queryset = Rota.objects.none()
    serializer_class = RotaSerializer
    filterset_class = RotaFilters
    scope = "people"
    write_scope = "tickets"
    http_method_names = ["get", "post", "head"]
    lookup_names = ("name",)
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    extra_parameters = {"shifts": {"days"}}

    def get_queryset(self) -> QuerySet[Any]:
        return on_call.loaded(Rota.objects.visible_to(self.request.user))  # type: ignore[no-any-return]

    @extend_schema(
        summary="Who is on call in the next days", responses=results("RotaShifts", SHIFT),
        parameters=[OpenApiParameter("days", int, description=f"1 to {MOST_DAYS}; {DAYS} unless given.")],
    )  # fmt: skip
    @action(detail=True)
    def shifts(self, request: Request, pk: str) -> Response:
        rota, now = self.get_object(), clock.now()
        asked = request.query_params.get("days", "")
        days = min(max(int(asked), 1), MOST_DAYS) if asked.isascii() and asked.isdigit() and len(asked) < 6 else DAYS
        found = on_call.schedule(rota, now, now + timedelta(days=days)) if rota.is_active else []
        return Response({"results": [shown(shift, request.user) for shift in found]})

    @extend_schema(
        summary="Stand in for a while", request=RotaStandIn, responses={201: RotaSerializer},
        examples=[OpenApiExample("Swap", {
            "user": "engineer@example.com", "begins_at": "2027-01-02T08:00:00Z", "ends_at": "2027-01-03T08:00:00Z",
        }, request_only=True)],
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="stand-ins")
    def stand_ins(self, request: Request, pk: str) -> Response:
        rota = self.get_object()
        serializer = RotaStandIn(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        on_call.stand_in(rota, given.pop("user"), actor=request.user, source="api", **given)
        fresh = get_object_or_404(self.get_queryset(), pk=rota.pk)
        return Response(self.get_serializer(fresh).data, status=201)
