"""Services, offerings, and the reference data of tickets."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from itsm.accounts.roles import Role
from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.catalogue.graph import path_between
from itsm.catalogue.models import Service, ServiceDependency, ServiceOffering
from itsm.integrations.api.bases import DeskOnly, Reference
from itsm.integrations.api.refs import PersonRef, category_ref, organisation_ref, service_ref, team_ref
from itsm.integrations.api.steps import TakingSteps
from itsm.lib.decisions import ALLOW, Decision
from itsm.lib.errors import Invalid
from itsm.tickets import kinds
from itsm.tickets.models import CannedReply, CustomField, HoldReason, TicketCategory

CATALOGUE_WRITERS = (Role.ADMINISTRATOR, Role.PORTFOLIO_MANAGER, Role.SERVICE_LEVEL_MANAGER)


class ServiceSerializer(StrictModel):
    category = category_ref(required=False, allow_null=True)
    owner = PersonRef(required=False, allow_null=True)
    support_team = team_ref(required=False, allow_null=True)
    depends_on = serializers.ListField(
        child=service_ref(), required=False, source="needs", help_text="Replaces all dependencies."
    )

    class Meta:
        model = Service
        fields = [
            "id", "name", "slug", "description", "category", "kind", "criticality", "owner", "support_team", "status",
            "depends_on", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "version", "created_at", "updated_at"]

    def to_representation(self, instance: Service) -> dict[str, Any]:
        needs = [need.depends_on for need in instance.needs.all()]
        self.fields["depends_on"].write_only = True
        shown = super().to_representation(instance)
        return {**shown, "depends_on": [{"id": need.pk, "name": need.name, "slug": need.slug} for need in needs]}


class ServiceFilters(FilterSet):
    status = Words(field_name="status")
    category = Anyone("category", key="name")
    owner = Anyone("owner", key="email")
    support_team = Anyone("support_team", key="name")

    class Meta:
        model = Service
        fields = ["kind", "criticality"]


@extend_schema(tags=["catalogue"])
@extend_schema_view(take_step=extend_schema(responses=ServiceSerializer))
class Services(TakingSteps, Reference):
    """The services of the portfolio. Requesters see the live ones. Addressed by id or slug."""

    queryset = Service.objects.select_related("category", "owner", "support_team").prefetch_related("needs__depends_on")
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilters
    scope = "catalogue"
    writers = CATALOGUE_WRITERS
    orderings = {"name": ("name",), "id": ("id",), "criticality": ("criticality",)}
    default_ordering = "name"
    search_fields = ("name", "slug", "description")
    lookup_names = ("slug",)
    related_fields = ("needs",)

    def get_queryset(self) -> QuerySet[Service]:
        rows = super().get_queryset()
        return rows.filter(pk__in=Service.objects.visible_to(self.request.user).values("pk"))

    def get_record(self) -> Service:
        return self.get_object()

    def get_moved(self, record: Service) -> Service:
        return self.queryset.get(pk=record.pk)

    def may_write(self, record: Service | None) -> Decision:
        """The owner describes his own service; deleting and creating is for the writers."""
        mine = record is not None and record.owner_id == self.request.user.pk and self.action == "partial_update"
        return ALLOW if mine else super().may_write(record)

    def prepare(self, record: Service, values: dict[str, Any]) -> None:
        if record.pk:
            record.version += 1

    def lists_of(self, record: Service) -> dict[str, Any]:
        return {"depends_on": sorted(record.needs.values_list("depends_on_id", flat=True))}

    def store_needs(self, service: Service, wanted: list[Service]) -> None:
        if service in wanted:
            raise Invalid({"depends_on": _("A service does not depend on itself.")})
        service.needs.exclude(depends_on__in=wanted).delete()
        for other in wanted:
            if path := path_between(other.pk, service.pk):
                names = Service.objects.in_bulk(path)
                words = {"path": " → ".join(str(names[pk]) for pk in path)}
                raise Invalid({"depends_on": _("That would be a circle: %(path)s.") % words})
        for other in wanted:
            ServiceDependency.objects.get_or_create(service=service, depends_on=other)


class OfferingSerializer(StrictModel):
    service = service_ref()
    entitled = serializers.ListField(
        child=organisation_ref(), required=False, help_text="Organisations; empty for everybody."
    )

    class Meta:
        model = ServiceOffering
        fields = [
            "id", "service", "name", "slug", "kind", "summary", "description", "icon", "request_form",
            "fulfilment_plan", "approval_policy", "price", "currency", "entitled",
            "subscribers_only", "position", "is_active",
        ]  # fmt: skip

    def to_representation(self, instance: ServiceOffering) -> dict[str, Any]:
        organisations = list(instance.entitled.all())
        self.fields["entitled"].write_only = True
        shown = super().to_representation(instance)
        if not self.context["request"].user.is_desk:
            for name in ("fulfilment_plan", "approval_policy"):
                shown.pop(name)
            return shown
        return {**shown, "entitled": [{"id": one.pk, "name": one.name} for one in organisations]}


class OfferingFilters(FilterSet):
    service = Anyone("service", key="slug")
    is_active = YesNo()

    class Meta:
        model = ServiceOffering
        fields = ["kind"]


@extend_schema(tags=["catalogue"])
class Offerings(Reference):
    """What can be asked for or reported. Requesters see what they are entitled to. Addressed by id or slug."""

    queryset = ServiceOffering.objects.select_related("service").prefetch_related("entitled")
    serializer_class = OfferingSerializer
    filterset_class = OfferingFilters
    scope = "catalogue"
    writers = CATALOGUE_WRITERS
    orderings = {"name": ("name",), "id": ("id",), "position": ("position", "name")}
    default_ordering = "name"
    search_fields = ("name", "summary")
    lookup_names = ("slug",)

    def get_queryset(self) -> QuerySet[ServiceOffering]:
        user = self.request.user
        rows = super().get_queryset()
        if user.is_desk:
            return rows
        return rows.filter(pk__in=ServiceOffering.objects.offered_to(user).values("pk"))


def known_kind(value: str) -> str:
    if value and value not in [kind.code for kind in kinds.all_kinds()]:
        codes = ", ".join(kind.code for kind in kinds.all_kinds())
        raise serializers.ValidationError(_("There are: %(codes)s.") % {"codes": codes})
    return value


class CategorySerializer(StrictModel):
    parent = Ref(lambda _context: TicketCategory.objects.all(), required=False, allow_null=True)
    service = service_ref(required=False, allow_null=True)
    team = team_ref(required=False, allow_null=True)
    kind = serializers.CharField(required=False, allow_blank=True, max_length=20, validators=[known_kind])

    class Meta:
        model = TicketCategory
        fields = ["id", "name", "parent", "kind", "service", "team", "is_active"]
        # The model's own constraint is checked before it is stored; the framework's would make the parent required.
        validators: ClassVar[list[Any]] = []


class CategoryFilters(FilterSet):
    parent = Anyone("parent", key="name")
    service = Anyone("service", key="slug")
    kind = django_filters.CharFilter(method="for_kind", max_length=20)
    is_active = YesNo()

    def for_kind(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Those a ticket of this kind may have."""
        return rows.filter(kind__in=["", value])


@extend_schema(tags=["catalogue"])
class Categories(Reference):
    """What tickets are about; a category may route to a team."""

    queryset = TicketCategory.objects.select_related("parent", "service", "team")
    serializer_class = CategorySerializer
    filterset_class = CategoryFilters
    scope = "catalogue"
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    parent_fields = ("parent",)

    def get_queryset(self) -> QuerySet[TicketCategory]:
        rows = super().get_queryset()
        return rows if self.request.user.is_desk else rows.filter(is_active=True)


class HoldReasonSerializer(StrictModel):
    class Meta:
        model = HoldReason
        fields = ["id", "code", "label", "party", "needs_comment", "resumes_on_reply", "position", "is_active"]


class HoldReasonFilters(FilterSet):
    is_active = YesNo()

    class Meta:
        model = HoldReason
        fields = ["party"]


@extend_schema(tags=["catalogue"])
class HoldReasons(DeskOnly, Reference):
    """What tickets on hold wait for. Addressed by id or code."""

    queryset = HoldReason.objects.all()
    serializer_class = HoldReasonSerializer
    filterset_class = HoldReasonFilters
    scope = "catalogue"
    orderings = {"position": ("position", "label"), "id": ("id",)}
    default_ordering = "position"
    search_fields = ("code", "label")
    lookup_names = ("code",)

    def prepare(self, record: HoldReason, values: dict[str, Any]) -> None:
        # Tickets and support levels remember the code.
        if record.pk and "code" in values and not HoldReason.objects.filter(pk=record.pk, code=record.code).exists():
            raise Invalid({"code": _("A code stays as it is; make a new reason and switch this one off.")})


class CustomFieldSerializer(StrictModel):
    kind = serializers.CharField(max_length=20, validators=[known_kind], default="incident")

    class Meta:
        model = CustomField
        fields = [
            "id", "kind", "code", "label", "type", "choices", "hint", "required", "on_portal", "position", "is_active",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = {
            name: attrs.get(name, getattr(self.instance, name, None)) for name in ("type", "choices", "code", "kind")
        }
        choices = now["choices"] or []
        if not isinstance(choices, list) or not all(isinstance(one, str) and one for one in choices):
            raise serializers.ValidationError({"choices": _("A list of texts.")})
        if now["type"] == CustomField.Type.CHOICE and not choices:
            raise serializers.ValidationError({"choices": _("Say what can be chosen.")})
        if self.instance and (now["code"], now["kind"]) != (self.instance.code, self.instance.kind):
            raise serializers.ValidationError({"code": _("Code and kind stay: tickets store values under them.")})
        return attrs


class CustomFieldFilters(FilterSet):
    is_active = YesNo()

    class Meta:
        model = CustomField
        fields = ["kind"]


@extend_schema(tags=["catalogue"])
class CustomFields(Reference):
    """The fields an organisation adds to tickets. Requesters see those the portal asks."""

    queryset = CustomField.objects.all()
    serializer_class = CustomFieldSerializer
    filterset_class = CustomFieldFilters
    scope = "catalogue"
    orderings = {"position": ("position",), "id": ("id",)}
    default_ordering = "position"
    search_fields = ("code", "label")

    def get_queryset(self) -> QuerySet[CustomField]:
        rows = super().get_queryset()
        return rows if self.request.user.is_desk else rows.filter(is_active=True, on_portal=True)


class CannedReplySerializer(StrictModel):
    team = team_ref(required=False, allow_null=True)
    owner = PersonRef(required=False, allow_null=True)

    class Meta:
        model = CannedReply
        fields = ["id", "name", "body", "team", "owner", "is_active"]


class CannedReplyFilters(FilterSet):
    team = Anyone("team", key="name")
    is_active = YesNo()


@extend_schema(tags=["catalogue"])
class CannedReplies(DeskOnly, Reference):
    """Texts to insert into replies: shared, of a team, or a person's own."""

    queryset = CannedReply.objects.select_related("team", "owner")
    serializer_class = CannedReplySerializer
    filterset_class = CannedReplyFilters
    scope = "catalogue"
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    search_fields = ("name", "body")

    def get_queryset(self) -> QuerySet[CannedReply]:
        user = self.request.user
        rows = super().get_queryset()
        if user.holds(Role.ADMINISTRATOR):
            return rows
        return rows.filter(Q(owner=user) | Q(owner__isnull=True) & (Q(team__isnull=True) | Q(team__in=user.team_ids)))
