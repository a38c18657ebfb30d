"""Risks and controls in the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import Records
from itsm.integrations.api.refs import PersonRef, service_ref, viewer
from operation.models import Control, Risk


def control_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: Control.objects.visible_to(viewer(context)), key="title", **kwargs)


class RiskSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    owner = PersonRef()
    services = serializers.ListField(child=service_ref(), required=False)
    controls = serializers.ListField(child=control_ref(), required=False)
    inherent = serializers.IntegerField(read_only=True, allow_null=True, help_text="Likelihood x impact, before.")
    residual = serializers.IntegerField(read_only=True, allow_null=True, help_text="The same after treatment.")
    created_by = PersonRef(read_only=True)

    class Meta:
        model = Risk
        fields = [
            "id", "number", "title", "description", "owner", "services", "controls", "likelihood", "impact", "inherent",
            "treatment", "plan", "treat_until", "residual_likelihood", "residual_impact", "residual", "review_on",
            "score", "state", "created_by", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = [
            "treatment", "plan", "treat_until", "residual_likelihood", "residual_impact", "score", "state",
            "created_at", "updated_at", "version",
        ]  # fmt: skip

    def to_representation(self, instance: Risk) -> dict[str, Any]:
        for name in ("services", "controls"):
            self.fields[name].write_only = True
        services = [{"id": one.pk, "name": one.name, "slug": one.slug} for one in instance.services.all()]
        controls = [{"id": one.pk, "name": one.title} for one in instance.controls.all()]
        return {**super().to_representation(instance), "services": services, "controls": controls}


class RiskFilters(FilterSet):
    state = Words(field_name="state")
    treatment = Words(field_name="treatment")
    owner = Anyone("owner", key="email")
    service = Anyone("services", key="slug")


@extend_schema(tags=["risks"])
@extend_schema_view(
    take_step=extend_schema(responses=RiskSerializer),
    create=extend_schema(
        summary="Register a risk", responses={201: RiskSerializer},
        examples=[OpenApiExample("Short", {"title": "One acquirer for all cards", "owner": "owner@example.com"},
                                 request_only=True)],
    ),
)  # fmt: skip
class Risks(Records):
    """What may happen and would hurt services. Addressed by number (`RSK-14`) or id."""

    queryset = Risk.objects.none()
    serializer_class = RiskSerializer
    filterset_class = RiskFilters
    scope = "risks"
    search_fields = ("title", "description")
    related = ("owner",)
    fetched = ("services", "controls")
    orderings = {**Records.orderings, "score": ("score", "id")}


class ControlSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    owner = PersonRef()
    created_by = PersonRef(read_only=True)

    class Meta:
        model = Control
        fields = [
            "id", "number", "title", "description", "owner", "test_every_days", "next_test_on", "state", "created_by",
            "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["next_test_on", "state", "created_at", "updated_at", "version"]


class ControlFilters(FilterSet):
    state = Words(field_name="state")
    owner = Anyone("owner", key="email")


@extend_schema(tags=["risks"])
@extend_schema_view(take_step=extend_schema(responses=ControlSerializer))
class Controls(Records):
    """Measures against risks, and their tests. Addressed by number (`CTL-3`) or id."""

    queryset = Control.objects.none()
    serializer_class = ControlSerializer
    filterset_class = ControlFilters
    scope = "risks"
    search_fields = ("title", "description")
    related = ("owner",)
