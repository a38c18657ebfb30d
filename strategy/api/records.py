"""Goals, requirements and business cases in the REST API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import Records, parts
from itsm.integrations.api.refs import PersonRef, organisation_ref, service_ref, team_ref, viewer
from strategy.models import AcceptanceCriterion, BusinessCase, BusinessRequirement, Goal, KeyResult
from strategy.services import goals


def goal_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: Goal.objects.visible_to(viewer(context)), key="title", **kwargs)


def requirement_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: BusinessRequirement.objects.visible_to(viewer(context)), key="title", **kwargs)


def named(rows: Any) -> list[dict[str, Any]]:
    return [{"id": one.pk, "name": str(one)} for one in rows.all()]


class KeyResultSerializer(StrictModel):
    progress = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True, help_text="Percent.")
    measured_by = serializers.CharField(
        required=False, allow_blank=True, max_length=80,
        help_text="What it is read from every day, such as `kpi:attainment`; empty: people check in.",
    )  # fmt: skip
    service = service_ref(required=False, allow_null=True, help_text="What of the measure counts; null: all services.")
    team = team_ref(required=False, allow_null=True, help_text="What of the measure counts; null: all teams.")

    class Meta:
        model = KeyResult
        fields = [
            "id", "title", "unit", "baseline", "target", "current", "weight", "progress", "measured_by", "service",
            "team", "window_days", "read_on",
        ]  # fmt: skip
        read_only_fields = ["read_on"]


class GoalSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    owner = PersonRef()
    parent = goal_ref(required=False, allow_null=True)
    key_results = KeyResultSerializer(many=True, read_only=True)
    created_by = PersonRef(read_only=True)

    class Meta:
        model = Goal
        fields = [
            "id", "number", "title", "description", "owner", "parent", "weight", "starts_on", "ends_on", "progress",
            "key_results", "state", "created_by", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["progress", "state", "created_at", "updated_at", "version"]


class CheckInSerializer(Strict):
    key_result = serializers.IntegerField(help_text="Id of the key result.")
    value = serializers.DecimalField(max_digits=14, decimal_places=2)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class GoalFilters(FilterSet):
    state = Words(field_name="state")
    owner = Anyone("owner", key="email")


@extend_schema(tags=["strategy"])
@extend_schema_view(
    take_step=extend_schema(responses=GoalSerializer),
    create=extend_schema(
        summary="Set a goal", responses={201: GoalSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Half of all orders online", "owner": "owner@example.com", "starts_on": "2026-01-01",
                      "ends_on": "2026-12-31"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Goals(Records):
    """What the business wants to reach. Addressed by number (`GOAL-3`) or id."""

    queryset = Goal.objects.none()
    serializer_class = GoalSerializer
    filterset_class = GoalFilters
    scope = "strategy"
    search_fields = ("title", "description")
    related = ("owner", "parent")
    fetched = ("key_results__service", "key_results__team")
    key_results_list, key_results_one = parts("key-results", KeyResultSerializer, "goal", "key result")

    @extend_schema(request=CheckInSerializer, responses={201: KeyResultSerializer}, summary="Check in a key result")
    @action(detail=True, methods=["post"], url_path="check-ins")
    def check_ins(self, request: Request, pk: str) -> Response:
        """Say how a key result of an active goal stands now; the progress of the goals above follows."""
        goal = self.get_object()
        given = CheckInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        result = goal.key_results.filter(pk=given.validated_data["key_result"]).select_related("goal").first()
        if result is None:
            raise serializers.ValidationError({"key_result": [_("The goal has no such key result.")]})
        goals.check_in(
            result, given.validated_data["value"], actor=request.user, source="api",
            note=given.validated_data.get("note", ""),
        )  # fmt: skip
        result.refresh_from_db()
        return Response(KeyResultSerializer(result).data, status=201)


class RequirementSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    organisation = organisation_ref(required=False, allow_null=True)
    wanted_by = PersonRef(required=False, allow_null=True)
    goals = serializers.ListField(child=goal_ref(), required=False)
    services = serializers.ListField(child=service_ref(), required=False)
    criteria = serializers.SerializerMethodField()
    created_by = PersonRef(read_only=True)

    class Meta:
        model = BusinessRequirement
        fields = [
            "id", "number", "title", "description", "organisation", "wanted_by", "priority", "goals", "services",
            "criteria", "state", "created_by", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["state", "created_at", "updated_at", "version"]

    def get_criteria(self, instance: BusinessRequirement) -> list[str]:
        return [one.text for one in instance.criteria.all()]

    def to_representation(self, instance: BusinessRequirement) -> dict[str, Any]:
        for name in ("goals", "services"):
            self.fields[name].write_only = True
        lists = {"goals": named(instance.goals), "services": named(instance.services)}
        return {**super().to_representation(instance), **lists}


class RequirementCriterionSerializer(StrictModel):
    class Meta:
        model = AcceptanceCriterion
        fields = ["id", "text"]


class RequirementFilters(FilterSet):
    state = Words(field_name="state")
    priority = Words(field_name="priority")
    service = Anyone("services", key="slug")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=RequirementSerializer))
class Requirements(Records):
    """What the business needs. Addressed by number (`REQT-3`) or id."""

    queryset = BusinessRequirement.objects.none()
    serializer_class = RequirementSerializer
    filterset_class = RequirementFilters
    scope = "strategy"
    search_fields = ("title", "description")
    related = ("organisation", "wanted_by")
    fetched = ("goals", "services", "criteria")
    criteria_list, criteria_one = parts(
        "criteria", RequirementCriterionSerializer, "requirement", "acceptance criterion"
    )


class BusinessCaseSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    service = service_ref()
    owner = PersonRef()
    goals = serializers.ListField(child=goal_ref(), required=False)
    requirements = serializers.ListField(child=requirement_ref(), required=False)
    roi = serializers.DecimalField(
        max_digits=12, decimal_places=1, read_only=True, allow_null=True, help_text="Percent over the years looked at."
    )
    npv = serializers.DecimalField(max_digits=16, decimal_places=2, read_only=True, allow_null=True)
    created_by = PersonRef(read_only=True)

    class Meta:
        model = BusinessCase
        fields = [
            "id", "number", "title", "service", "owner", "investment", "reason", "options", "goals", "requirements",
            "one_off_cost", "yearly_cost", "yearly_value", "years", "discount_percent", "risk", "fit", "decide_by",
            "score", "roi", "npv", "state", "created_by", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = ["score", "state", "created_at", "updated_at", "version"]

    def to_representation(self, instance: BusinessCase) -> dict[str, Any]:
        for name in ("goals", "requirements"):
            self.fields[name].write_only = True
        lists = {"goals": named(instance.goals), "requirements": named(instance.requirements)}
        return {**super().to_representation(instance), **lists}


class CaseFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")
    investment = Words(field_name="investment")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=BusinessCaseSerializer))
class Cases(Records):
    """Why a service is worth its money. Addressed by number (`BC-3`) or id."""

    queryset = BusinessCase.objects.none()
    serializer_class = BusinessCaseSerializer
    filterset_class = CaseFilters
    scope = "strategy"
    search_fields = ("title", "service__name")
    related = ("service", "owner")
    fetched = ("goals", "requirements")
    orderings = {**Records.orderings, "score": ("score", "id")}
