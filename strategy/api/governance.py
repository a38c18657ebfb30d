"""Policies, exceptions and violations of rules in the REST API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Moment, Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer
from itsm.integrations.api.refs import PersonRef, service_ref, viewer
from strategy.models import Policy, PolicyException, Violation
from strategy.services import standards


def policy_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: Policy.objects.visible_to(viewer(context)), key="title", **kwargs)


class PolicySerializer(RecordSerializer):
    owner = PersonRef()
    services = serializers.ListField(child=service_ref(), required=False, help_text="None: it is about everything.")
    audience = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="Roles that acknowledge it, such as `agent`.",
    )

    class Meta:
        model = Policy
        fields = [
            *FIRST, "title", "type", "edition", "owner", "text", "services", "audience", "review_on", "published_at",
            *LAST,
        ]  # fmt: skip
        read_only_fields = (*KEPT, "edition", "published_at")


class PolicyFilters(FilterSet):
    state = Words(field_name="state")
    type = Words(field_name="type")
    owner = Anyone("owner", key="email")
    service = Anyone("services", key="slug")


class AcknowledgementSerializer(Strict):
    policy = serializers.CharField(read_only=True)
    at = Moment(read_only=True)


@extend_schema(tags=["strategy"])
@extend_schema_view(
    take_step=extend_schema(responses=PolicySerializer),
    create=extend_schema(
        summary="Write a policy", responses={201: PolicySerializer},
        examples=[OpenApiExample(
            "Standard", {"title": "Backups of production data", "type": "standard", "owner": "owner@example.com",
                         "text": "Every night, tested every quarter.", "audience": ["agent"],
                         "review_on": "2027-12-01"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Policies(Records):
    """What holds everywhere or for some services, in versions. Addressed by number (`POL-3`) or id."""

    queryset = Policy.objects.none()
    serializer_class = PolicySerializer
    filterset_class = PolicyFilters
    scope = "strategy"
    search_fields = ("title", "text")
    related = ("owner",)
    fetched = ("services",)

    @extend_schema(request=None, responses=AcknowledgementSerializer, summary="Acknowledge a policy")
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that one has read this version and works under it; again says nothing new."""
        policy = self.get_object()
        made = standards.acknowledge(policy, actor=request.user, source="api")
        return Response(AcknowledgementSerializer({"policy": policy.number, "at": made.at}).data)


class PolicyExceptionSerializer(RecordSerializer):
    policy = policy_ref()
    service = service_ref(required=False, allow_null=True, help_text="None: for everything.")

    class Meta:
        model = PolicyException
        fields = [*FIRST, "title", "policy", "service", "rule", "reason", "risk", "expires_on", *LAST]
        read_only_fields = KEPT


class PolicyExceptionFilters(FilterSet):
    state = Words(field_name="state")
    policy = Anyone("policy", key="title")
    service = Anyone("service", key="slug")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=PolicyExceptionSerializer))
class PolicyExceptions(Records):
    """Where a policy need not be kept, until which day; they end by themselves. `EXC-3` or id."""

    queryset = PolicyException.objects.none()
    serializer_class = PolicyExceptionSerializer
    filterset_class = PolicyExceptionFilters
    scope = "strategy"
    search_fields = ("title", "policy__title")
    related = ("policy", "service")


class ViolationSerializer(StrictModel):
    service = service_ref(read_only=True)

    class Meta:
        model = Violation
        fields = [
            "id", "rule", "subject_type", "subject_id", "label", "url", "detail", "service", "opened_at", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class ViolationFilters(FilterSet):
    rule = Words(field_name="rule")
    service = Anyone("service", key="slug")
    open = YesNo(field_name="closed_at", lookup_expr="isnull")


@extend_schema(tags=["strategy"])
class RuleViolations(Reading):
    """What breaks the nightly rules: opened by the night that found it, closed by the night that did not any more."""

    http_method_names = ["get", "head"]
    queryset = Violation.objects.none()
    serializer_class = ViolationSerializer
    filterset_class = ViolationFilters
    scope = "strategy"
    search_fields = ("label", "detail")
    orderings = {"id": ("id",)}
    default_ordering = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        if not self.request.user.is_desk:
            raise Http404
        return Violation.objects.visible_to(self.request.user).select_related("service")
