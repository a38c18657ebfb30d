"""Performance targets in the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from design.models import PerformanceTarget, RedundancyGroup, delivered
from itsm.api.fields import StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, named, parts
from itsm.integrations.api.refs import service_ref
from itsm.integrations.api.shapes import results, shape

LINE = shape("PerformanceLine", {
    "figure": serializers.CharField(), "unit": serializers.CharField(),
    "promised": serializers.CharField(allow_null=True), "computed": serializers.CharField(allow_null=True),
    "gap": serializers.CharField(),
    "verdict": serializers.CharField(help_text="`ok`, `gap`, `unknown`, or empty when nothing is promised."),
    "because": serializers.CharField(),
    "unknown": serializers.ListField(child=serializers.CharField(), help_text="Services without this figure."),
})  # fmt: skip


class RedundancyGroupSerializer(StrictModel):
    members = serializers.ListField(child=service_ref())

    class Meta:
        model = RedundancyGroup
        fields = ["id", "name", "required", "members"]

    def to_representation(self, instance: RedundancyGroup) -> dict[str, Any]:
        return {
            "id": instance.pk, "name": instance.name, "required": instance.required, "members": named(instance.members),
        }  # fmt: skip


class PerformanceSerializer(RecordSerializer):
    service = service_ref()
    groups = RedundancyGroupSerializer(many=True, read_only=True)

    class Meta:
        model = PerformanceTarget
        fields = [
            *FIRST, "service", "availability", "latency_ms", "throughput", "rto_minutes", "rpo_minutes",
            "own_availability", "own_latency_ms", "capacity", "own_recovery_minutes", "own_data_loss_minutes",
            "demand", "headroom_percent", "description", "groups", *LAST,
        ]  # fmt: skip
        read_only_fields = [*KEPT]


class PerformanceFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["design"])
@extend_schema_view(
    take_step=extend_schema(responses=PerformanceSerializer),
    create=extend_schema(
        summary="Write down the performance of a service", responses={201: PerformanceSerializer},
        examples=[OpenApiExample(
            "Short", {"service": "web-shop", "availability": "99.5", "own_availability": "99.95"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Performance(Records):
    """What services have to deliver, and what they deliver by themselves. Addressed by number (`PERF-3`) or id."""

    queryset = PerformanceTarget.objects.none()
    serializer_class = PerformanceSerializer
    filterset_class = PerformanceFilters
    scope = "design"
    search_fields = ("service__name", "description")
    related = ("service",)
    fetched = ("groups__members",)
    groups_list, groups_one = parts("groups", RedundancyGroupSerializer, "target", "redundant group")

    @extend_schema(
        summary="Compare promise and design", filters=False,
        responses=results(
            "PerformanceStatement", LINE, problem=serializers.CharField(), weakest=serializers.CharField()
        ),
    )  # fmt: skip
    @action(detail=True)
    def statement(self, request: Request, **kwargs: Any) -> Response:
        """What the components deliver together, exactly; `problem` says why nothing can be computed."""
        found = delivered.statement(self.get_object().service)
        return Response({
            "problem": found.problem, "weakest": found.weakest.slug if found.weakest else "",
            "results": [
                {
                    "figure": line.name, "unit": line.unit, "promised": _text(line.promised),
                    "computed": _text(line.computed), "gap": _text(line.gap) or "0", "verdict": line.verdict,
                    "because": line.why, "unknown": [one.slug for one in line.unknown],
                }
                for line in found.lines
            ],
        })  # fmt: skip


def _text(value: Any) -> str | None:
    return delivered.with_unit(value, "").strip() if value is not None else None
