"""Kept days of availability in the REST API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from itsm.api.fields import StrictModel
from itsm.api.filters import Anyone, FilterSet
from itsm.catalogue.models import Service
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.refs import service_ref
from operation.models import AvailabilityDay
from transition.models import ConfigurationItem


class AvailabilityDaySerializer(StrictModel):
    service = service_ref(read_only=True)
    item = serializers.SerializerMethodField(help_text="Number of the application.")
    availability = serializers.SerializerMethodField(help_text="Percent; null where nothing was agreed.")
    agreed_seconds = serializers.SerializerMethodField()
    down_seconds = serializers.SerializerMethodField()
    degraded_seconds = serializers.SerializerMethodField()
    planned_seconds = serializers.SerializerMethodField()

    class Meta:
        model = AvailabilityDay
        fields = [
            "id", "day", "service", "item", "agreed_seconds", "down_seconds", "degraded_seconds", "planned_seconds",
            "failures", "availability", "objective", "measured_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_item(self, row: AvailabilityDay) -> str | None:
        return row.item.number if row.item else None

    def get_availability(self, row: AvailabilityDay) -> float | None:
        return row.tally.availability

    def get_agreed_seconds(self, row: AvailabilityDay) -> float:
        return row.agreed.total_seconds()

    def get_down_seconds(self, row: AvailabilityDay) -> float:
        return row.down.total_seconds()

    def get_degraded_seconds(self, row: AvailabilityDay) -> float:
        return row.degraded.total_seconds()

    def get_planned_seconds(self, row: AvailabilityDay) -> float:
        return row.planned.total_seconds()


class AvailabilityDayFilters(FilterSet):
    service = Anyone("service", key="slug")
    item = Anyone("item", key="name")
    day_after = django_filters.DateFilter(field_name="day", lookup_expr="gt")
    day_before = django_filters.DateFilter(field_name="day", lookup_expr="lt")


@extend_schema(tags=["monitoring"])
@extend_schema_view(list=extend_schema(summary="List days of availability"), retrieve=extend_schema(summary="Read one"))
class AvailabilityDays(DeskOnly, Reading):
    """How services and applications were, day by day. A day is kept when it is over."""

    queryset = AvailabilityDay.objects.none()
    serializer_class = AvailabilityDaySerializer
    filterset_class = AvailabilityDayFilters
    scope = "monitoring"
    http_method_names = ["get", "head"]
    search_fields = ()
    orderings = {"day": ("day", "id"), "id": ("id",)}
    default_ordering = "-day"

    def get_queryset(self) -> QuerySet[Any]:
        user = self.request.user
        services = Service.objects.visible_to(user)
        items = ConfigurationItem.objects.visible_to(user)
        rows = AvailabilityDay.objects.select_related("service", "item")
        return rows.filter(service__in=services.values("pk")) | rows.filter(item__in=items.values("pk"))
