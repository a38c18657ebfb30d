"""Validation plans with cases and runs, and defects, in the REST API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from design.models import Defect, DesignCriterion, ServiceDesignPackage, TestCase, TestRun, ValidationPlan
from design.package_states import Result, Severity
from design.services import testing
from itsm.api.fields import Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, viewer
from itsm.integrations.api.shapes import results


def package_ref(**kwargs: Any) -> Ref:
    return Ref(
        lambda context: ServiceDesignPackage.objects.visible_to(viewer(context)), key="title", shown=("number",),
        **kwargs,
    )  # fmt: skip


def _criteria(context: dict[str, Any]) -> Any:
    """Those of the plan's design."""
    return DesignCriterion.objects.filter(package=context["view"].get_object().package_id)


class TestCaseSerializer(StrictModel):
    criterion = Ref(_criteria, key="text")

    class Meta:
        model = TestCase
        fields = ["id", "title", "criterion", "steps", "expected", "result"]
        read_only_fields = ["result"]


class TestRunSerializer(StrictModel):
    by = PersonRef(read_only=True)
    defects = serializers.SerializerMethodField()

    class Meta:
        model = TestRun
        fields = ["id", "result", "evidence", "by", "at", "defects"]

    def get_defects(self, instance: TestRun) -> list[str]:
        return [one.number for one in instance.defects.all()]


class NewTestRunSerializer(Strict):
    result = serializers.ChoiceField(Result.choices)
    evidence = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    severity = serializers.ChoiceField(
        Severity.choices, required=False, help_text="Of the defect that a failure opens; `medium` if not given."
    )


class ValidationPlanSerializer(RecordSerializer):
    package = package_ref()
    owner = PersonRef(help_text="Who runs the tests.")
    cases = TestCaseSerializer(many=True, read_only=True)

    class Meta:
        model = ValidationPlan
        fields = [*FIRST, "title", "package", "owner", "environment", "description", "cases", *LAST]
        read_only_fields = [*KEPT]


class PlanFilters(FilterSet):
    state = Words(field_name="state")
    package = Anyone("package")


@extend_schema(tags=["design"])
@extend_schema_view(take_step=extend_schema(responses=ValidationPlanSerializer))
class Plans(Records):
    """How a design is tested. Addressed by number (`VAL-3`) or id."""

    queryset = ValidationPlan.objects.none()
    serializer_class = ValidationPlanSerializer
    filterset_class = PlanFilters
    scope = "design"
    search_fields = ("title", "package__title")
    related = ("package", "owner")
    fetched = ("cases__criterion",)
    cases_list, cases_one = parts("cases", TestCaseSerializer, "plan", "test case")

    def _case(self, row: str) -> TestCase:
        found = TestCase.objects.filter(plan=self.get_object(), pk=int(row)).select_related("plan").first()
        if found is None:
            raise Http404
        return found

    @extend_schema(
        methods=["get"],
        summary="List the runs of a test case",
        filters=False,
        responses=results("TestRuns", TestRunSerializer),
        parameters=[OpenApiParameter("row", int, OpenApiParameter.PATH, description="Id of the test case.")],
    )
    @extend_schema(
        methods=["post"], summary="Record a run of a test case", request=NewTestRunSerializer,
        responses={201: TestRunSerializer},
        description="A failure opens a defect; a pass verifies defects that are fixed.",
        parameters=[OpenApiParameter("row", int, OpenApiParameter.PATH, description="Id of the test case.")],
    )  # fmt: skip
    @action(detail=True, methods=["get", "post"], url_path=r"cases/(?P<row>[0-9]{1,18})/runs", url_name="runs")
    def runs(self, request: Request, row: str, **kwargs: Any) -> Response:
        """Runs of a test case, the latest first; it counts."""
        case = self._case(row)
        how = {"context": self.get_serializer_context()}
        if request.method != "POST":
            rows = case.runs.select_related("by").prefetch_related("defects")[:200]
            return Response({"results": TestRunSerializer(rows, many=True, **how).data})
        given = NewTestRunSerializer(data=request.data, **how)
        given.is_valid(raise_exception=True)
        made = testing.record_run(case, actor=request.user, source="api", **given.validated_data)
        return Response(TestRunSerializer(made, **how).data, status=201)


class RunRef(Ref):
    """A run by its id: runs have no names."""

    def to_internal_value(self, data: Any) -> Any:
        given = data.get("id") if isinstance(data, dict) else data
        if isinstance(given, bool) or not str(given).isascii() or not str(given).isdigit():
            self.fail("type")
        return super().to_internal_value(int(given))


def _runs(context: dict[str, Any]) -> Any:
    seen = ServiceDesignPackage.objects.visible_to(viewer(context))
    return TestRun.objects.filter(case__plan__package__in=seen)


class DefectSerializer(RecordSerializer):
    run = RunRef(_runs)
    package = package_ref(read_only=True)
    owner = PersonRef(required=False, allow_null=True)

    class Meta:
        model = Defect
        fields = [*FIRST, "title", "run", "package", "severity", "owner", "description", *LAST]
        read_only_fields = [*KEPT]


class DefectFilters(FilterSet):
    state = Words(field_name="state")
    severity = Words(field_name="severity")
    package = Anyone("package")


@extend_schema(tags=["design"])
@extend_schema_view(take_step=extend_schema(responses=DefectSerializer))
class Defects(Records):
    """What tests of designs found. Addressed by number (`DEF-3`) or id."""

    queryset = Defect.objects.none()
    serializer_class = DefectSerializer
    filterset_class = DefectFilters
    scope = "design"
    search_fields = ("title", "description")
    related = ("package", "owner", "run__case")
