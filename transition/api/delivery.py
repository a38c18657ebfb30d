"""Subscriptions, deliveries and support handovers in the REST API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from design.models import Agreement
from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, offering_ref, organisation_ref, service_ref, team_ref
from itsm.sla.models import SupportLevel
from transition.api.refs import RecordRef
from transition.models import Delivery, ExitCriterion, HandoverItem, QualityCheck, Subscription, SupportHandover


def level_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: SupportLevel.objects.filter(is_active=True, published_by=""), **kwargs)


class SubscriptionSerializer(RecordSerializer):
    organisation = organisation_ref()
    offering = offering_ref()
    agreement = RecordRef(Agreement, required=False, allow_null=True)
    support_level = level_ref(required=False, allow_null=True)

    class Meta:
        model = Subscription
        fields = [
            *FIRST, "organisation", "offering", "agreement", "support_level", "quantity", "valid_from", "valid_to",
            "notes", *LAST,
        ]  # fmt: skip
        read_only_fields = KEPT


class SubscriptionFilters(FilterSet):
    state = Words(field_name="state")
    organisation = Anyone("organisation")
    offering = Anyone("offering", key="slug")
    service = Anyone("offering__service", key="slug")
    agreement = Anyone("agreement")


@extend_schema(tags=["delivery"])
@extend_schema_view(
    take_step=extend_schema(responses=SubscriptionSerializer),
    create=extend_schema(
        summary="Subscribe an organisation", responses={201: SubscriptionSerializer},
        examples=[OpenApiExample(
            "Short", {"organisation": "Retail", "offering": "new-laptop", "support_level": "Gold",
                      "valid_from": "2026-12-01"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Subscriptions(Records):
    """Who is delivered what. Addressed by number (`SUB-3`) or id."""

    queryset = Subscription.objects.none()
    serializer_class = SubscriptionSerializer
    filterset_class = SubscriptionFilters
    scope = "delivery"
    search_fields = ("organisation__name", "offering__name")
    related = ("organisation", "offering", "agreement", "support_level")


class QualityCheckSerializer(StrictModel):
    passed = serializers.BooleanField(read_only=True, allow_null=True, help_text="Null while nothing is measured.")

    class Meta:
        model = QualityCheck
        fields = ["id", "criterion", "comparison", "wanted", "unit", "measured", "evidence", "passed"]


class ExitCriterionSerializer(StrictModel):
    class Meta:
        model = ExitCriterion
        fields = ["id", "text", "met"]


class DeliverySerializer(RecordSerializer):
    service = service_ref()
    owner = PersonRef()
    customer = PersonRef(required=False, allow_null=True)
    checks = QualityCheckSerializer(many=True, read_only=True)
    exit_criteria = ExitCriterionSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = [
            *FIRST, "title", "service", "description", "owner", "customer", "planned_for", "early_life_from",
            "early_life_until", "checks", "exit_criteria", *LAST,
        ]  # fmt: skip
        read_only_fields = ["early_life_from", "early_life_until", *KEPT]


class DeliveryFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["delivery"])
@extend_schema_view(take_step=extend_schema(responses=DeliverySerializer))
class Deliveries(Records):
    """Services handed to their customers. Addressed by number (`DLV-3`) or id."""

    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters
    scope = "delivery"
    related = ("service", "owner", "customer")
    fetched = ("checks", "exit_criteria")
    search_fields = ("title", "description")
    checks_list, checks_one = parts("checks", QualityCheckSerializer, "delivery", "quality check")
    exit_criteria_list, exit_criteria_one = parts(
        "exit-criteria", ExitCriterionSerializer, "delivery", "exit criterion"
    )


class HandoverItemSerializer(StrictModel):
    class Meta:
        model = HandoverItem
        fields = ["id", "topic", "detail", "required", "done", "evidence"]


class HandoverSerializer(RecordSerializer):
    service = service_ref()
    team = team_ref()
    signed_by = PersonRef(read_only=True)
    items = HandoverItemSerializer(many=True, read_only=True)

    class Meta:
        model = SupportHandover
        fields = [
            *FIRST, "service", "team", "support_model", "articles_needed", "items", "signed_by", "signed_at", *LAST,
        ]  # fmt: skip
        read_only_fields = ["signed_at", *KEPT]


class HandoverFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["delivery"])
@extend_schema_view(take_step=extend_schema(responses=HandoverSerializer))
class Handovers(Records):
    """Support that goes to another team. Addressed by number (`HND-3`) or id."""

    queryset = SupportHandover.objects.none()
    serializer_class = HandoverSerializer
    filterset_class = HandoverFilters
    scope = "delivery"
    related = ("service", "team", "signed_by")
    fetched = ("items",)
    search_fields = ("service__name", "team__name")
    items_list, items_one = parts("items", HandoverItemSerializer, "handover", "handover item")
