"""Cost and value in the REST API: the books, and the months computed from them."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, organisation_ref, service_ref, viewer
from strategy import cost_policies as policies
from strategy.api.records import goal_ref
from strategy.models import (
    AllocationRule,
    AllocationShare,
    Budget,
    CostCentre,
    CostItem,
    ServiceMonth,
    Tariff,
    ValueEntry,
    ValueMeasure,
)


class CentreRef(Ref):
    """A cost centre by code, which may be a number itself; as a JSON number it is the id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda context: CostCentre.objects.visible_to(viewer(context)), key="code", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and "\x00" not in data:
            found = CostCentre.objects.visible_to(viewer(self.context)).filter(code__iexact=data).first()
            if found is not None:
                return found
        return super().to_internal_value(data)


class MoneyRecords(Records):
    """Records about money exist for those who read it."""

    scope = "strategy"

    def may_read(self) -> bool:
        return policies.opens(self.request.user)


class CentreSerializer(RecordSerializer):
    owner = PersonRef()
    organisation = organisation_ref(required=False, allow_null=True)

    class Meta:
        model = CostCentre
        fields = [*FIRST, "code", "name", "owner", "organisation", "serves_desk", "description", *LAST]
        read_only_fields = KEPT


class CentreFilters(FilterSet):
    state = Words(field_name="state")
    code = Words(field_name="code")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=CentreSerializer))
class CostCentres(MoneyRecords):
    """Where costs are collected. Addressed by number (`CC-3`) or id; referred to by code."""

    queryset = CostCentre.objects.none()
    serializer_class = CentreSerializer
    filterset_class = CentreFilters
    search_fields = ("code", "name")
    related = ("owner", "organisation")


class CostItemSerializer(RecordSerializer):
    service = service_ref(required=False, allow_null=True, help_text="Empty: shared by the rule of its cost centre.")
    cost_centre = CentreRef(required=False, allow_null=True)
    worth = serializers.DecimalField(
        max_digits=20, decimal_places=2, read_only=True, help_text="The amount in the currency of the house."
    )

    class Meta:
        model = CostItem
        fields = [
            *FIRST, "title", "service", "cost_centre", "kind", "expenditure", "recurrence", "amount", "currency",
            "rate", "worth", "starts_on", "ends_on", "spread_months", "contract", "note", *LAST,
        ]  # fmt: skip
        read_only_fields = KEPT


class CostItemFilters(FilterSet):
    state = Words(field_name="state")
    kind = Words(field_name="kind")
    recurrence = Words(field_name="recurrence")
    service = Anyone("service", key="slug")
    cost_centre = Words(field_name="cost_centre__code")


@extend_schema(tags=["strategy"])
@extend_schema_view(
    take_step=extend_schema(responses=CostItemSerializer),
    create=extend_schema(
        summary="Book a cost", responses={201: CostItemSerializer},
        examples=[OpenApiExample(
            "Licence", {"title": "Shop platform licence", "service": "web-shop", "kind": "software",
                        "amount": "36000.00", "recurrence": "yearly", "starts_on": "2026-01-01"}, request_only=True,
        )],
    ),
)  # fmt: skip
class CostItems(MoneyRecords):
    """What is spent on services, and on what they share. Never deleted, but voided. `COST-3` or id."""

    queryset = CostItem.objects.none()
    serializer_class = CostItemSerializer
    filterset_class = CostItemFilters
    search_fields = ("title", "service__name")
    related = ("service", "cost_centre")
    orderings = {**Records.orderings, "amount": ("amount", "id"), "starts_on": ("starts_on", "id")}


class BudgetSerializer(RecordSerializer):
    service = service_ref()
    planned = serializers.DecimalField(
        max_digits=14, decimal_places=2, read_only=True, help_text="For the months that are over."
    )
    variance = serializers.DecimalField(
        max_digits=12, decimal_places=1, read_only=True, allow_null=True, help_text="Percent to plan."
    )
    forecast = serializers.DecimalField(max_digits=16, decimal_places=2, read_only=True, allow_null=True)

    class Meta:
        model = Budget
        fields = [
            *FIRST, "title", "service", "starts_on", "months", "amount", "note", "counted_months", "actual", "planned",
            "variance", "forecast", *LAST,
        ]  # fmt: skip
        read_only_fields = (*KEPT, "actual", "counted_months")


class BudgetFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["strategy"])
@extend_schema_view(
    take_step=extend_schema(responses=BudgetSerializer),
    create=extend_schema(
        summary="Plan a budget", responses={201: BudgetSerializer},
        examples=[OpenApiExample(
            "Year", {"title": "Web shop 2027", "service": "web-shop", "starts_on": "2027-01-01", "amount": "420000.00"},
            request_only=True,
        )],
    ),
)  # fmt: skip
class Budgets(MoneyRecords):
    """What services may cost in a fiscal period, held against the months that are over. `BUD-3` or id."""

    queryset = Budget.objects.none()
    serializer_class = BudgetSerializer
    filterset_class = BudgetFilters
    search_fields = ("title", "service__name")
    related = ("service",)


class ShareSerializer(StrictModel):
    service = service_ref()

    class Meta:
        model = AllocationShare
        fields = ["id", "service", "percent"]


class AllocationRuleSerializer(RecordSerializer):
    cost_centre = CentreRef()
    services = serializers.ListField(child=service_ref(), required=False)
    shares = ShareSerializer(many=True, read_only=True)

    class Meta:
        model = AllocationRule
        fields = [*FIRST, "cost_centre", "driver", "services", "shares", "note", *LAST]
        read_only_fields = KEPT


class AllocationRuleFilters(FilterSet):
    state = Words(field_name="state")
    cost_centre = Words(field_name="cost_centre__code")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=AllocationRuleSerializer))
class AllocationRules(MoneyRecords):
    """How shared costs reach services: by a driver such as `tickets`, or by `fixed` shares. `ALLOC-3` or id."""

    queryset = AllocationRule.objects.none()
    serializer_class = AllocationRuleSerializer
    filterset_class = AllocationRuleFilters
    search_fields = ("cost_centre__code", "cost_centre__name")
    related = ("cost_centre",)
    fetched = ("services", "shares__service")
    shares_list, shares_one = parts("shares", ShareSerializer, "rule", "allocation share")


class TariffSerializer(RecordSerializer):
    service = service_ref()

    class Meta:
        model = Tariff
        fields = [*FIRST, "service", "unit", "basis", "price", "note", *LAST]
        read_only_fields = KEPT


class TariffFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=TariffSerializer))
class Tariffs(MoneyRecords):
    """What services charge, and what their use is counted in. `TAR-3` or id."""

    queryset = Tariff.objects.none()
    serializer_class = TariffSerializer
    filterset_class = TariffFilters
    search_fields = ("service__name",)
    related = ("service",)


class ValueEntrySerializer(StrictModel):
    class Meta:
        model = ValueEntry
        fields = ["id", "month", "planned", "amount", "note"]
        read_only_fields = ["planned"]


class ValueMeasureSerializer(RecordSerializer):
    service = service_ref()
    goal = goal_ref(required=False, allow_null=True)
    owner = PersonRef()

    class Meta:
        model = ValueMeasure
        fields = [*FIRST, "title", "service", "goal", "owner", "kind", "planned", "description", *LAST]
        read_only_fields = KEPT


class ValueMeasureFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["strategy"])
@extend_schema_view(take_step=extend_schema(responses=ValueMeasureSerializer))
class ValueMeasures(MoneyRecords):
    """What services bring in or save, for which goal. `VM-3` or id; the months are below `entries`."""

    queryset = ValueMeasure.objects.none()
    serializer_class = ValueMeasureSerializer
    filterset_class = ValueMeasureFilters
    search_fields = ("title", "service__name")
    related = ("service", "goal", "owner")
    entries_list, entries_one = parts("entries", ValueEntrySerializer, "measure", "value of a month")


class ServiceCostSerializer(StrictModel):
    month = serializers.DateField(source="month.month", read_only=True)
    closed = serializers.BooleanField(source="month.is_closed", read_only=True)
    service = service_ref(read_only=True)
    unit_cost = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)

    class Meta:
        model = ServiceMonth
        fields = [
            "id", "month", "closed", "service", "direct", "labour", "shared", "assets", "cost", "unit", "units",
            "unit_cost", "charge", "value",
        ]  # fmt: skip
        read_only_fields = fields


class ServiceCostFilters(FilterSet):
    service = Anyone("service", key="slug")
    month = django_filters.DateFilter(field_name="month__month")


@extend_schema(tags=["strategy"])
class ServiceCosts(Reading):
    """Cost, charge and value of services by month (its first day), in the currency of the house; closed months
    are kept as they were."""

    http_method_names = ["get", "head"]
    queryset = ServiceMonth.objects.none()
    serializer_class = ServiceCostSerializer
    filterset_class = ServiceCostFilters
    scope = "strategy"
    search_fields = ("service__name",)
    orderings = {"id": ("id",), "cost": ("cost", "id")}
    default_ordering = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        if not policies.opens(self.request.user):
            raise Http404
        return ServiceMonth.objects.visible_to(self.request.user).select_related("month", "service")
