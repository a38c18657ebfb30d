"""Agreements in the REST API."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from design.agreement_states import AgreementType
from design.api.processes import Renewing
from design.models import Agreement, AgreementTarget
from design.reports import agreements as reports
from design.reports import attainment
from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.levels import calendar_ref
from itsm.integrations.api.records import FIRST, KEPT, LAST, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, organisation_ref, service_ref, team_ref
from itsm.integrations.api.shapes import results, shape
from itsm.sla.models import Metric, SupportLevel

CHAIN_GAP = shape("AgreementChainGap", {
    "code": serializers.CharField(help_text="`unbacked`, `missing`, `hours` or `minutes`."),
    "kind": serializers.CharField(), "metric": serializers.CharField(),
    "priorities": serializers.ListField(child=serializers.IntegerField()),
    "agreements": serializers.ListField(child=serializers.CharField(), help_text="Numbers of those it is about."),
    "over_minutes": serializers.IntegerField(help_text="By how much the lines together take longer."),
    "week": serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Uncovered hours: seconds from Monday 00:00 in the time zone of the promise.",
    ),
    "days": serializers.ListField(child=serializers.DateField(), help_text="Single days with uncovered hours."),
    "words": serializers.CharField(),
})  # fmt: skip
CHAIN = shape("AgreementChain", {
    "service": serializers.CharField(), "holds": serializers.BooleanField(),
    "backed_by": serializers.ListField(child=serializers.CharField()), "gaps": CHAIN_GAP(many=True),
})  # fmt: skip

ATTAINMENT = shape("AgreementKept", {
    "metric": serializers.ChoiceField(Metric.choices), "met": serializers.IntegerField(),
    "breached": serializers.IntegerField(), "running_late": serializers.IntegerField(),
    "percent": serializers.DecimalField(
        max_digits=4, decimal_places=1, allow_null=True, help_text="Null when nothing has ended."
    ),
})  # fmt: skip


class AgreementTargetSerializer(StrictModel):
    calendar = calendar_ref(required=False, allow_null=True)
    pause_reasons = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, help_text="Codes of hold reasons."
    )

    class Meta:
        model = AgreementTarget
        fields = ["id", "kind", "metric", "priority", "minutes", "calendar", "pause_reasons", "warn_percent"]
        # The door checks what is promised twice, and names the field.
        validators: ClassVar[list[Any]] = []


class AgreementSerializer(RecordSerializer):
    services = serializers.ListField(child=service_ref())
    customer = organisation_ref(required=False, allow_null=True)
    provider_team = team_ref(required=False, allow_null=True)
    customer_team = team_ref(required=False, allow_null=True)
    support_level = Ref(lambda _context: SupportLevel.objects.filter(published_by=""), required=False, allow_null=True)
    calendar = calendar_ref(required=False, allow_null=True)
    owner = PersonRef()
    targets = AgreementTargetSerializer(many=True, read_only=True)

    class Meta:
        model = Agreement
        fields = [
            *FIRST, "title", "type", "services", "customer", "provider_team", "customer_team", "supplier", "contract",
            "support_level", "calendar", "owner", "starts_on", "ends_on", "description", "edition", "targets", *LAST,
        ]  # fmt: skip
        read_only_fields = ["edition", *KEPT]


class AgreementFilters(FilterSet):
    state = Words(field_name="state")
    type = Words(field_name="type")
    service = Anyone("services", key="slug")
    customer = Anyone("customer")


@extend_schema(tags=["design"])
@extend_schema_view(
    take_step=extend_schema(responses=AgreementSerializer),
    create=extend_schema(
        summary="Draft an agreement", responses={201: AgreementSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Web shop, Gold", "type": "sla", "services": ["web-shop"], "starts_on": "2027-01-01",
                      "owner": "owner@example.com"},
            request_only=True,
        )],
    ),
)  # fmt: skip
class Agreements(Renewing):
    """What is promised to customers (SLA), between teams (OLA), by suppliers (UC). Addressed by number (`AGR-3`)."""

    queryset = Agreement.objects.none()
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilters
    scope = "design"
    search_fields = ("title", "supplier", "contract", "customer__name")
    related = ("customer", "provider_team", "customer_team", "support_level", "calendar", "owner")
    fetched = ("services", "targets__calendar")
    targets_list, targets_one = parts("targets", AgreementTargetSerializer, "agreement", "target")

    @extend_schema(
        summary="How it was kept", responses=results("AgreementAttainment", ATTAINMENT), filters=False,
    )  # fmt: skip
    @action(detail=True)
    def attainment(self, request: Request, **kwargs: Any) -> Response:
        """Clocks that ended in the last 90 days, by metric; without cancelled tickets and duplicates.

        Of an OLA the time of the team with tickets about its services, of a contract the waits for the supplier.
        """
        return Response({"results": [
            {
                "metric": one.metric, "met": one.met, "breached": one.breached, "running_late": one.late,
                "percent": one.percent,
            }
            for one in attainment.kept(self.get_object())
        ]})  # fmt: skip

    @extend_schema(summary="Check what backs an SLA", responses=results("AgreementChains", CHAIN), filters=False)
    @action(detail=True)
    def chain(self, request: Request, **kwargs: Any) -> Response:
        """Whether OLAs and contracts with suppliers fit inside it, in hours of cover and in minutes; by service."""
        agreement = self.get_object()
        found = reports.chains(agreement) if agreement.type == AgreementType.SLA else []
        return Response({"results": [
            {
                "service": one.service.slug, "holds": one.holds, "backed_by": [link.number for link in one.links],
                "gaps": [
                    {
                        "code": gap.code, "kind": gap.kind, "metric": gap.metric, "priorities": gap.priorities,
                        "agreements": gap.links or [name for _line, name, _minutes in gap.parts],
                        "over_minutes": gap.over, "week": gap.uncovered.week,
                        "days": [day for day, _spans in gap.uncovered.days], "words": words,
                    }
                    for gap, words in zip(one.gaps, one.words, strict=True)
                ],
            }
            for one in found
        ]})  # fmt: skip
