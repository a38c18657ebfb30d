"""Suppliers, contracts and licences in the REST API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from itsm.api.fields import StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.integrations.api.bases import DeskOnly, Reference
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, service_ref, viewer
from itsm.lib import clock
from transition.api.configuration import ItemRef, supplier_ref
from transition.api.refs import RecordRef
from transition.models import Contract, Licence, LicenceAssignment, Supplier
from transition.policies import configuration as policies


class SupplierSerializer(StrictModel):
    class Meta:
        model = Supplier
        fields = ["id", "name", "website", "email", "phone", "customer_number", "note", "is_active"]


class SupplierFilters(FilterSet):
    active = YesNo(field_name="is_active")


@extend_schema(tags=["configuration"])
class Suppliers(DeskOnly, Reference):
    """Who sells, rents or maintains something. Addressed by id or name."""

    queryset = Supplier.objects.all()
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilters
    scope = "configuration"
    writers = policies.KEEPERS
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    lookup_names = ("name",)


class ContractSerializer(RecordSerializer):
    supplier = supplier_ref()
    owner = PersonRef(required=False, allow_null=True)
    items = serializers.ListField(child=ItemRef(), required=False)
    services = serializers.ListField(child=service_ref(), required=False)

    class Meta:
        model = Contract
        fields = [
            *FIRST, "title", "supplier", "reference", "description", "owner", "starts_on", "ends_on", "notice_on",
            "cost", "currency", "period", "items", "services", *LAST,
        ]  # fmt: skip
        read_only_fields = KEPT
        # The door says so at the field.
        validators: list[Any] = []


class ContractFilters(FilterSet):
    state = Words(field_name="state")
    supplier = Anyone("supplier", key="name")
    owner = Anyone("owner", key="email")
    ends_before = django_filters.DateFilter(field_name="ends_on", lookup_expr="lt")
    notice_before = django_filters.DateFilter(field_name="notice_on", lookup_expr="lt")
    expiring = YesNo(method="is_expiring", help_text="In force, and the end or the day of notice is near.")

    def is_expiring(self, rows: QuerySet[Any], name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return rows
        near = Contract.objects.visible_to(self.request.user).expiring(clock.now().date()).values("pk")
        return rows.filter(pk__in=near) if value else rows.exclude(pk__in=near)


@extend_schema(tags=["configuration"])
@extend_schema_view(take_step=extend_schema(responses=ContractSerializer))
class Contracts(Records):
    """What suppliers deliver, until when, for how much; for those who may read money. Addressed by `CTR-3` or id."""

    queryset = Contract.objects.none()
    serializer_class = ContractSerializer
    filterset_class = ContractFilters
    scope = "configuration"
    search_fields = ("title", "reference", "supplier__name")
    related = ("supplier", "owner")
    fetched = ("items", "services")

    def may_read(self) -> bool:
        user = self.request.user
        return policies.reads_money(user) or Contract.objects.visible_to(user).exists()


class LicenceUseSerializer(StrictModel):
    user = PersonRef(required=False, allow_null=True)
    item = ItemRef(required=False, allow_null=True)

    class Meta:
        model = LicenceAssignment
        fields = ["id", "user", "item"]


class LicenceSerializer(RecordSerializer):
    supplier = supplier_ref(required=False, allow_null=True)
    contract = RecordRef(Contract, required=False, allow_null=True)
    used = serializers.IntegerField(read_only=True, help_text="How many people or items use it.")

    class Meta:
        model = Licence
        fields = [
            *FIRST, "product", "supplier", "contract", "metric", "entitled", "used", "cost", "currency", "valid_until",
            "description", *LAST,
        ]  # fmt: skip
        read_only_fields = KEPT

    def to_representation(self, instance: Licence) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not policies.reads_money(viewer(self.context)):
            for name in ("cost", "contract"):
                shown.pop(name)
        return shown


class LicenceFilters(FilterSet):
    state = Words(field_name="state")
    metric = Words(field_name="metric")
    supplier = Anyone("supplier", key="name")
    over_used = YesNo(method="is_over_used", help_text="More uses than entitled.")

    def is_over_used(self, rows: QuerySet[Any], name: str, value: bool | None) -> QuerySet[Any]:
        if value is None:
            return rows
        over = Licence.objects.visible_to(self.request.user).over_used().values("pk")
        return rows.filter(pk__in=over) if value else rows.exclude(pk__in=over)


@extend_schema(tags=["configuration"])
@extend_schema_view(take_step=extend_schema(responses=LicenceSerializer))
class Licences(Records):
    """How often a product may be used, and how often it is. Addressed by number (`LIC-5`) or id."""

    queryset = Licence.objects.none()
    serializer_class = LicenceSerializer
    filterset_class = LicenceFilters
    scope = "configuration"
    search_fields = ("product",)
    related = ("supplier", "contract")
    uses_list, uses_one = parts("uses", LicenceUseSerializer, "licence", "use")

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().full(rows).with_used()
