"""Outages in the REST API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional
from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import FilterSet, Words, YesNo
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.refs import PersonRef, service_ref, viewer
from itsm.integrations.api.steps import TakingSteps
from itsm.lib.errors import Denied
from operation import policies
from operation.models import Incident, Outage
from operation.services import outages


class IncidentRef(Ref):
    """An incident the caller may see, by number or id."""

    default_error_messages = {"missing": "There is no incident “{value}”, or you may not see it."}

    def to_internal_value(self, data: Any) -> Incident:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("type")
        found = Incident.objects.visible_to(viewer(self.context)).numbered(str(data)).first()
        if found is None:
            self.fail("missing", value=str(data)[:40])
        return found  # type: ignore[return-value]

    def to_representation(self, value: Incident) -> dict[str, Any]:
        return {"id": value.pk, "name": value.number}


class OutageSerializer(StrictModel):
    services = serializers.ListField(child=service_ref(), min_length=1)
    incident = IncidentRef(key="number", required=False, allow_null=True, help_text="For the desk.")
    created_by = PersonRef(read_only=True)

    class Meta:
        model = Outage
        fields = [
            "id", "title", "message", "kind", "state", "services", "begins_at", "ends_at", "ended_at", "incident",
            "created_by", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["state", "ended_at", "created_at", "updated_at", "version"]
        extra_kwargs = {"begins_at": {"required": False}}

    def to_representation(self, instance: Outage) -> dict[str, Any]:
        services = [{"id": one.pk, "name": one.name, "slug": one.slug} for one in instance.services.all()]
        self.fields["services"].write_only = True
        shown = {**super().to_representation(instance), "services": services}
        if not viewer(self.context).is_desk:
            for name in ("incident", "created_by"):
                shown.pop(name)
        return shown


class OutageFilters(FilterSet):
    state = Words(field_name="state")
    kind = Words(field_name="kind")
    service = django_filters.CharFilter(field_name="services__slug", lookup_expr="iexact", max_length=120)
    current = YesNo(method="now_or_announced", label="Going on or announced.")

    def now_or_announced(self, rows: QuerySet[Outage], name: str, value: bool) -> QuerySet[Outage]:
        going = Outage.objects.current().values("pk")
        return rows.filter(pk__in=going) if value else rows.exclude(pk__in=going)


@extend_schema(tags=["outages"])
@extend_schema_view(take_step=extend_schema(responses=OutageSerializer))
class Outages(TakingSteps, Reading):
    """What is told to everybody who uses a service. Requesters see outages of what their portal offers."""

    queryset = Outage.objects.all()
    serializer_class = OutageSerializer
    filterset_class = OutageFilters
    scope = "tickets"
    http_method_names = ["get", "post", "patch", "head"]
    orderings = {"begins_at": ("begins_at",), "id": ("id",)}
    default_ordering = "-begins_at"
    search_fields = ("title", "message")

    def get_queryset(self) -> QuerySet[Outage]:
        rows = Outage.objects.visible_to(self.request.user)
        return rows.select_related("incident", "created_by").prefetch_related("services")

    @extend_schema(
        summary="Announce an outage", responses={201: OutageSerializer},
        examples=[OpenApiExample("Now", {"title": "Mail is slow", "kind": "degradation", "services": ["email"]},
                                 request_only=True)],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.require_teller()
        given = self.checked(partial=False)
        made = outages.announce(actor=request.user, source="api", **given)
        return self.shown(made, status=201, location=f"{request.build_absolute_uri(request.path)}{made.pk}/")

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        outage = self.get_object()
        self.require_teller()
        version = conditional.version(request, outage)
        outages.edit(outage, actor=request.user, source="api", version=version, **self.checked(partial=True))
        return self.shown(self.get_moved(outage))

    def require_teller(self) -> None:
        """Before the input is read: who announces nothing learns nothing of what could be named."""
        if not policies.tells(self.request.user):
            raise Denied(_("Only the service desk announces outages."))

    def checked(self, *, partial: bool) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def get_record(self) -> Outage:
        return self.get_object()

    def get_moved(self, record: Outage) -> Outage:
        return self.queryset.select_related("incident", "created_by").get(pk=record.pk)

    def perform(self, record: Outage, verb: str, *, data: Any, **how: Any) -> Outage:
        return outages.perform(record, verb, **how)
