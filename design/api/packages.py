"""Design packages in the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from design.api.processes import ProcessSystemSerializer, Renewing
from design.models import (
    DesignCriterion,
    PackageSection,
    ProcessDefinition,
    ServiceDesignPackage,
    SystemRequirement,
)
from design.reports import packages as reports
from itsm.api.fields import Moment, Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, person, service_ref, viewer
from itsm.integrations.api.shapes import PersonName, results, shape
from strategy.models import AcceptanceCriterion, BusinessRequirement

TEST = shape("DesignCoverageCase", {
    "id": serializers.IntegerField(), "plan": serializers.CharField(help_text="Number of the validation plan."),
    "case": serializers.CharField(), "result": serializers.CharField(help_text="Of the latest run; empty: never run."),
})  # fmt: skip
COVERAGE = shape("DesignCoverageCriterion", {
    "id": serializers.IntegerField(), "criterion": serializers.CharField(),
    "requirement": serializers.CharField(help_text="Number of the requirement; empty: none."),
    "result": serializers.CharField(help_text="`fail` if a case failed, else `pass`, `blocked` or empty."),
    "cases": TEST(many=True),
})  # fmt: skip
SIGN_OFF = shape("DesignSignOff", {
    "id": serializers.IntegerField(), "at": Moment(), "by": PersonName(),
    "decision": serializers.CharField(help_text="`pending`, `approved`, `rejected`, `expired` or `cancelled`."),
    "snapshot": serializers.JSONField(help_text="The design as it was."),
})  # fmt: skip


def process_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: ProcessDefinition.objects.visible_to(viewer(context)), **kwargs)


def requirement_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: BusinessRequirement.objects.visible_to(viewer(context)), key="title", **kwargs)


def _criteria(context: dict[str, Any]) -> Any:
    seen = BusinessRequirement.objects.visible_to(viewer(context))
    return AcceptanceCriterion.objects.filter(requirement__in=seen)


class DesignSectionSerializer(StrictModel):
    class Meta:
        model = PackageSection
        fields = ["id", "kind", "text", "complete"]


class DesignCriterionSerializer(StrictModel):
    requirement = requirement_ref(required=False, allow_null=True)
    source = Ref(_criteria, key="text", required=False, allow_null=True)

    class Meta:
        model = DesignCriterion
        fields = ["id", "text", "requirement", "source"]


class DesignSystemSerializer(ProcessSystemSerializer):
    class Meta:
        model = SystemRequirement
        fields = ["id", "system", "service", "purpose", "status", "evidence"]


class DesignPackageSerializer(RecordSerializer):
    service = service_ref()
    owner = PersonRef()
    second_signer = PersonRef(required=False, allow_null=True)
    processes = serializers.ListField(child=process_ref(), required=False)
    sections = DesignSectionSerializer(many=True, read_only=True)
    criteria = DesignCriterionSerializer(many=True, read_only=True)

    class Meta:
        model = ServiceDesignPackage
        fields = [
            *FIRST, "title", "service", "owner", "second_signer", "description", "processes", "edition", "sections",
            "criteria", *LAST,
        ]  # fmt: skip
        read_only_fields = ["edition", *KEPT]


class PackageFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["design"])
@extend_schema_view(
    take_step=extend_schema(responses=DesignPackageSerializer),
    create=extend_schema(
        summary="Start the design of a service", responses={201: DesignPackageSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Supplier portal", "service": "supplier-portal", "owner": "owner@example.com"},
            request_only=True,
        )],
    ),
)  # fmt: skip
class Packages(Renewing):
    """Everything that is designed about a service. Addressed by number (`SDP-3`) or id."""

    queryset = ServiceDesignPackage.objects.none()
    serializer_class = DesignPackageSerializer
    filterset_class = PackageFilters
    scope = "design"
    search_fields = ("title", "service__name")
    related = ("service", "owner", "second_signer")
    fetched = ("processes", "sections", "criteria__requirement", "criteria__source")
    sections_list, sections_one = parts("sections", DesignSectionSerializer, "package", "section")
    criteria_list, criteria_one = parts("criteria", DesignCriterionSerializer, "package", "acceptance criterion")
    systems_list, systems_one = parts("systems", DesignSystemSerializer, "package", "needed system")

    @extend_schema(summary="What is proven", responses=results("DesignCoverage", COVERAGE), filters=False)
    @action(detail=True)
    def coverage(self, request: Request, **kwargs: Any) -> Response:
        """Requirement, criterion, test cases and their latest results."""
        return Response({"results": [
            {
                "id": one.criterion.pk, "criterion": one.criterion.text, "result": one.verdict,
                "requirement": one.criterion.requirement.number if one.criterion.requirement else "",
                "cases": [
                    {"id": case.pk, "plan": case.plan.number, "case": case.title, "result": case.result}
                    for case in one.cases
                ],
            }
            for one in reports.coverage(self.get_object())
        ]})  # fmt: skip

    @extend_schema(summary="List the sign-offs", responses=results("DesignSignOffs", SIGN_OFF), filters=False)
    @action(detail=True, url_path="sign-offs")
    def sign_offs(self, request: Request, **kwargs: Any) -> Response:
        """The design as it was whenever a sign-off was asked for, and what was decided; the newest first."""
        rows = self.get_object().sign_offs.select_related("by", "round")[:50]
        return Response({"results": [
            {
                "id": one.pk, "at": Moment().to_representation(one.at), "by": person(one.by, request.user),
                "decision": one.round.state, "snapshot": one.data,
            }
            for one in rows
        ]})  # fmt: skip
