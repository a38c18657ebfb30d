"""KPIs and service reviews in the REST API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from improvement.models import KPI, ReviewAction, ReviewFinding, ServiceReview
from improvement.reports import scorecard
from improvement.reports.kpis import definition, figures
from improvement.services import kpis
from itsm.api import conditional
from itsm.api.exceptions import BadQuery
from itsm.api.fields import StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.desk.reports.service_levels.scope import LONGEST, Period, Scope
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, service_ref
from itsm.integrations.api.shapes import shape
from itsm.sla.services import measure

MEASURED = shape("KpiMeasurement", {
    "day": serializers.DateField(),
    "numerator": serializers.IntegerField(help_text="Tickets, seconds or cents."),
    "denominator": serializers.IntegerField(help_text="0: nothing of it was there, and the value is undefined."),
    "value": serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True),
})  # fmt: skip
MEASUREMENTS = shape("KpiMeasurements", {
    "kpi": serializers.CharField(), "unit": serializers.CharField(), "first": serializers.DateField(),
    "last": serializers.DateField(), "numerator": serializers.IntegerField(), "denominator": serializers.IntegerField(),
    "value": serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True, help_text="Of all days."),
    "status": serializers.CharField(help_text="`on`, `near`, `off`, `none` (no target) or `unknown` (no data)."),
    "results": MEASURED(many=True),
})  # fmt: skip
SCOPE = [
    OpenApiParameter("from", date, description="First day; by default 30 days back."),
    OpenApiParameter("to", date, description="Last day; by default yesterday."),
    OpenApiParameter("service", int, description="Id of a service."),
    OpenApiParameter("team", int, description="Id of a team."),
    OpenApiParameter("kind", str, description="Kind of ticket."),
]


class KpiSerializer(StrictModel):
    name = serializers.SerializerMethodField()
    question = serializers.SerializerMethodField()
    formula = serializers.SerializerMethodField()
    population = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField(help_text="`percent`, `minutes`, `number` or `money`.")
    direction = serializers.SerializerMethodField(help_text="`high`: more is better; `low`: less is.")
    owner = PersonRef(required=False, allow_null=True)

    class Meta:
        model = KPI
        fields = [
            "id", "code", "name", "question", "formula", "population", "unit", "direction", "target", "warning",
            "owner", "note", "is_active", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["code", "updated_at", "version"]

    def _said(self, kpi: KPI, name: str) -> str:
        one = definition.get(kpi.code)
        return str(getattr(one, name)) if one is not None else ""

    def get_name(self, kpi: KPI) -> str:
        return self._said(kpi, "name") or kpi.code

    def get_question(self, kpi: KPI) -> str:
        return self._said(kpi, "question")

    def get_formula(self, kpi: KPI) -> str:
        return self._said(kpi, "formula")

    def get_population(self, kpi: KPI) -> str:
        return self._said(kpi, "population")

    def get_unit(self, kpi: KPI) -> str:
        return self._said(kpi, "unit")

    def get_direction(self, kpi: KPI) -> str:
        return self._said(kpi, "direction")


class KpiFilters(FilterSet):
    code = Words(field_name="code")
    is_active = YesNo(field_name="is_active")
    owner = Anyone("owner", key="email")


@extend_schema(tags=["improvement"])
@extend_schema_view(
    partial_update=extend_schema(
        summary="Decide target, warning and owner", request=KpiSerializer, responses=KpiSerializer,
        examples=[OpenApiExample("Target", {"target": "95", "warning": "90"}, request_only=True)],
    ),
)  # fmt: skip
class Kpis(DeskOnly, Reading):
    """What is measured. Addressed by code (`attainment`) or id; made in code, so never created or deleted here."""

    queryset = KPI.objects.none()
    serializer_class = KpiSerializer
    filterset_class = KpiFilters
    scope = "improvement"
    http_method_names = ["get", "patch", "head"]
    search_fields = ("code", "note")
    lookup_names = ("code",)
    orderings = {"id": ("id",), "code": ("code",)}
    extra_parameters = {"measurements": {"from", "to", "service", "team", "kind"}}

    def get_queryset(self) -> Any:
        return KPI.objects.visible_to(self.request.user).select_related("owner")

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kpi = self.get_object()
        version = conditional.version(request, kpi)
        serializer = self.get_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        kpis.decide(kpi, actor=request.user, source="api", version=version, **serializer.validated_data)
        return self.shown(self.get_queryset().get(pk=kpi.pk))

    @extend_schema(summary="Measured days", parameters=SCOPE, responses=MEASUREMENTS, filters=False)
    @action(detail=True, methods=["get"])
    def measurements(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was counted day by day, within what the caller may see, and over all days together."""
        kpi = self.get_object()
        one = definition.get(kpi.code)
        if one is None:
            return Response(_nothing(kpi))
        period = _period(request)
        params = {name: value for name in ("service", "team", "kind") if (value := request.query_params.get(name))}
        scope = Scope.read(params, request.user)
        if scope.problems:
            raise BadQuery("service", ", ".join(scope.problems))
        series = figures.read(scope, period.first, period.last, [kpi.code])[kpi.code]
        value = series.value(period)
        up, down = series.sums(period)
        return Response({
            "kpi": kpi.code, "unit": one.unit, "first": period.first, "last": period.last, "numerator": up,
            "denominator": down, "value": figures.rounded(value), "status": figures.status(one, kpi, value),
            "results": [
                {"day": day, "numerator": sums[0], "denominator": sums[1],
                 "value": figures.rounded(one.value(*sums))}
                for day, sums in figures.by_day(scope, one, period.first, period.last)
            ],
        })  # fmt: skip


def _nothing(kpi: KPI) -> dict[str, Any]:
    """A KPI whose package is gone."""
    return {"kpi": kpi.code, "unit": "", "first": None, "last": None, "numerator": 0, "denominator": 0, "value": None,
            "status": figures.NO_DATA, "results": []}  # fmt: skip


def _period(request: Request) -> Period:
    yesterday = measure.today() - measure.DAY
    days = {}
    for name, usual in (("from", yesterday - timedelta(days=29)), ("to", yesterday)):
        try:
            days[name] = date.fromisoformat(request.query_params.get(name) or str(usual))
        except ValueError as error:
            raise BadQuery(name, "A day such as 2026-03-01.") from error
    if days["from"] > days["to"]:
        raise BadQuery("from", "Before `to`.")
    if (days["to"] - days["from"]).days >= LONGEST:
        raise BadQuery("from", f"At most {LONGEST} days.")
    return Period(days["from"], days["to"])


class ReviewFindingSerializer(StrictModel):
    class Meta:
        model = ReviewFinding
        fields = ["id", "text", "kpi"]


class ReviewActionSerializer(StrictModel):
    owner = PersonRef()

    class Meta:
        model = ReviewAction
        fields = ["id", "text", "owner", "due_on", "done_on"]
        read_only_fields = ["done_on"]


class ServiceReviewSerializer(RecordSerializer):
    service = service_ref(required=False, allow_null=True, help_text="None: all services together.")
    chair = PersonRef()
    attendees = serializers.ListField(child=PersonRef(), required=False)
    findings = ReviewFindingSerializer(many=True, read_only=True)
    actions = ReviewActionSerializer(many=True, read_only=True)

    class Meta:
        model = ServiceReview
        fields = [
            *FIRST, "service", "month", "chair", "attendees", "guests", "minutes", "held_at", "findings", "actions",
            *LAST,
        ]  # fmt: skip
        read_only_fields = ["held_at", *KEPT]


class ServiceReviewFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")
    chair = Anyone("chair", key="email")


@extend_schema(tags=["improvement"])
@extend_schema_view(
    take_step=extend_schema(responses=ServiceReviewSerializer),
    create=extend_schema(
        summary="Prepare a review", responses={201: ServiceReviewSerializer},
        examples=[OpenApiExample(
            "Short", {"service": "email", "month": "2026-03-01", "chair": "me"}, request_only=True
        )],
    ),
)  # fmt: skip
class ServiceReviews(Records):
    """The month of a service, looked at together. Addressed by number (`REV-3`) or id."""

    queryset = ServiceReview.objects.none()
    serializer_class = ServiceReviewSerializer
    filterset_class = ServiceReviewFilters
    scope = "improvement"
    search_fields = ("service__name", "minutes")
    related = ("service", "chair")
    fetched = ("attendees", "findings", "actions__owner")
    findings_list, findings_one = parts("findings", ReviewFindingSerializer, "review", "finding")
    actions_list, actions_one = parts("actions", ReviewActionSerializer, "review", "action of a review")

    @extend_schema(
        summary="The numbers of the month",
        responses=shape("Scorecard", {
            "frozen": serializers.BooleanField(help_text="As they were when it was held."),
            "scorecard": serializers.JSONField(),
        }),
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def scorecard(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Live while it is a draft; as they were from the moment it was held."""
        review = self.get_object()
        return Response({
            "frozen": bool(review.scorecard), "scorecard": review.scorecard or scorecard.build(review),
        })  # fmt: skip
