"""Configuration items, assets, relations and types of items in the REST API."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.exceptions import BadQuery
from itsm.api.fields import Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.integrations.api.bases import DeskOnly, Reading, Reference
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer
from itsm.integrations.api.refs import PersonRef, organisation_ref, service_ref, team_ref
from itsm.integrations.api.shapes import results, shape
from itsm.lib.errors import Invalid
from itsm.tickets.models import Ticket
from transition.api.refs import RecordRef
from transition.models import CIRelation, CIType, ConfigurationItem, Supplier
from transition.policies import configuration as policies
from transition.reports import impact
from transition.services import configuration, upsert


def type_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: CIType.objects.all(), **kwargs)


def supplier_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: Supplier.objects.all(), **kwargs)


class ItemRef(RecordRef):
    """An item by id or number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ConfigurationItem, **kwargs)


# ---------- types ----------


class ItemTypeSerializer(StrictModel):
    parent = type_ref(required=False, allow_null=True)
    attributes = serializers.JSONField(required=False, help_text="JSON Schema of what is asked besides the parents’.")
    identity_keys = serializers.ListField(child=serializers.CharField(max_length=60), required=False)

    class Meta:
        model = CIType
        fields = ["id", "name", "parent", "icon", "is_asset", "attributes", "identity_keys", "is_active"]


class TypeFilters(FilterSet):
    asset = YesNo(field_name="is_asset")
    active = YesNo(field_name="is_active")
    parent = Anyone("parent", key="name")


@extend_schema(tags=["configuration"])
class ItemTypes(DeskOnly, Reference):
    """Types of items: what is asked of each, inherited down the tree. Addressed by id or name."""

    queryset = CIType.objects.select_related("parent")
    serializer_class = ItemTypeSerializer
    filterset_class = TypeFilters
    scope = "configuration"
    writers = policies.KEEPERS
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    lookup_names = ("name",)
    parent_fields = ("parent",)

    def store(self, record: Any | None, data: dict[str, Any]) -> Any:
        stored = super().store(record, data)
        if record is not None and {"parent", "attributes", "identity_keys"} & set(data):
            configuration.refresh_identity(stored)
        return stored


# ---------- items ----------


class ConfigurationItemSerializer(RecordSerializer):
    type = type_ref()
    attributes = serializers.DictField(required=False, help_text="What the type asks.")
    services = serializers.ListField(child=service_ref(), required=False)
    owner = PersonRef(required=False, allow_null=True)
    user = PersonRef(required=False, allow_null=True)
    team = team_ref(required=False, allow_null=True)
    organisation = organisation_ref(required=False, allow_null=True)
    supplier = supplier_ref(required=False, allow_null=True)
    asset = serializers.BooleanField(source="type.is_asset", read_only=True)
    book_value = serializers.DecimalField(
        max_digits=14, decimal_places=2, read_only=True, allow_null=True, help_text="Cost less what is written off."
    )
    identity = serializers.SerializerMethodField(help_text="Values by which sources find the item again.")

    class Meta:
        model = ConfigurationItem
        fields = [
            *FIRST, "name", "type", "asset", "description", "attributes", "services", "owner", "user", "team",
            "organisation", "location", "serial", "supplier", "purchased_on", "cost", "currency", "warranty_until",
            "depreciation_months", "book_value", "identity", *LAST,
        ]  # fmt: skip
        read_only_fields = KEPT

    def get_identity(self, instance: ConfigurationItem) -> dict[str, str]:
        return {row.key: row.value for row in instance.identities.all()}


class ItemUpsertSerializer(ConfigurationItemSerializer):
    """The same, with the state the source sees; what is not sent is kept."""

    state = serializers.ChoiceField(
        ConfigurationItem.State.choices, required=False, help_text="Reached by the shortest way of steps."
    )

    class Meta(ConfigurationItemSerializer.Meta):
        read_only_fields = [name for name in KEPT if name != "state"]


class ItemFilters(FilterSet):
    state = Words(field_name="state")
    type = django_filters.CharFilter(method="of_type", max_length=80, help_text="Id or name; includes types below it.")
    asset = YesNo(field_name="type__is_asset")
    serial = django_filters.CharFilter(field_name="serial", lookup_expr="iexact", max_length=120)
    service = Anyone("services", key="slug")
    supplier = Anyone("supplier", key="name")
    owner = Anyone("owner", key="email")
    user = Anyone("user", key="email")
    organisation = Anyone("organisation", key="name")
    team = Anyone("team", key="name")
    warranty_before = django_filters.DateFilter(field_name="warranty_until", lookup_expr="lt")
    identity = django_filters.CharFilter(
        method="identified", max_length=261, help_text="`key:value`, such as `serial:FB14-52037`."
    )

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        bare = value.isascii() and value.isdigit() and len(value) < 19
        found = CIType.objects.filter(pk=value) if bare else CIType.objects.filter(name__iexact=value)
        one = found.first()
        return rows.filter(type__in=one.with_below()) if one else rows.none()

    def identified(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key, colon, text = value.partition(":")
        if not colon:
            raise BadQuery("identity", _("Write key:value, such as serial:123."))
        return rows.filter(pk__in=configuration.identified(key, text))


class ItemTicketSerializer(Strict):
    """A ticket by its number."""

    ticket = serializers.CharField(max_length=30)


TICKETS = results("ItemTickets", shape("ItemTicket", {
    "number": serializers.CharField(), "title": serializers.CharField(), "kind": serializers.CharField(),
    "state": serializers.CharField(), "priority": serializers.IntegerField(),
}))  # fmt: skip
_REACHED = shape("ItemReached", {
    "number": serializers.CharField(), "name": serializers.CharField(), "type": serializers.CharField(),
    "state": serializers.CharField(), "steps": serializers.IntegerField(),
    "by": serializers.CharField(allow_null=True, help_text="The item before it on the way."),
})  # fmt: skip
IMPACT = shape("ItemImpact", {
    "direction": serializers.ChoiceField(["up", "down"]),
    "items": _REACHED(many=True),
    "services": shape("ItemImpactService", {
        "slug": serializers.CharField(), "name": serializers.CharField(), "directly": serializers.BooleanField(),
    })(many=True),
    "complete": serializers.BooleanField(help_text="False when there is more than was followed."),
})  # fmt: skip


@extend_schema(tags=["configuration"])
@extend_schema_view(
    take_step=extend_schema(responses=ConfigurationItemSerializer),
    create=extend_schema(
        summary="Register an item", responses={201: ConfigurationItemSerializer},
        examples=[OpenApiExample(
            "Short", {"name": "srv-osl-04", "type": "Server", "serial": "NC7401",
                      "attributes": {"hostname": "srv-osl-04"}, "services": ["web-shop"]}, request_only=True,
        )],
    ),
)  # fmt: skip
class Items(Records):
    """What services run on. Addressed by number (`CI-12`) or id."""

    queryset = ConfigurationItem.objects.none()
    serializer_class = ConfigurationItemSerializer
    filterset_class = ItemFilters
    scope = "configuration"
    scopes: ClassVar[dict[str, str]] = {"tickets": "tickets", "ticket": "tickets"}
    extra_parameters: ClassVar[dict[str, set[str]]] = {"impact": {"direction"}}
    search_fields = ("name", "serial")
    orderings = {"updated_at": ("updated_at",), "id": ("id",), "name": ("name",)}
    related = ("type", "owner", "user", "team", "organisation", "supplier")
    fetched = ("services", "identities")

    @extend_schema(
        summary="Write what a source knows of an item", request=ItemUpsertSerializer,
        responses={200: ConfigurationItemSerializer, 201: ConfigurationItemSerializer},
        description="Found by the identity keys of its type, without any by type and name: created when there is none, "
        "changed where something differs, otherwise left alone. The same item from two sources becomes one.",
    )  # fmt: skip
    @action(detail=False, methods=["post"], url_path="upsert")
    def upsert(self, request: Request, **kwargs: Any) -> Response:
        self.get_queryset()
        how = {"context": self.get_serializer_context()}
        given = ItemUpsertSerializer(data=request.data, **how)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        self.fits(values.get("type"))
        state, services = values.pop("state", ""), values.pop("services", None)
        item, outcome = upsert.upsert(values, actor=request.user, source="api", state=state, services=services)
        return self.shown(self.get_moved(item), status=201 if outcome == upsert.CREATED else 200)

    def fits(self, type_: CIType | None) -> None:
        """Whether items of this type belong to the collection."""

    @extend_schema(
        summary="What fails with it, or what it needs", responses=IMPACT,
        parameters=[OpenApiParameter("direction", str, enum=["up", "down"], description="Default: up.")],
    )  # fmt: skip
    @action(detail=True, url_path="impact")
    def impact(self, request: Request, **kwargs: Any) -> Response:
        direction: Any = request.query_params.get("direction", "up")
        if direction not in ("up", "down"):
            raise BadQuery("direction", _("Choose up or down."))
        found = impact.analyse(self.get_object(), direction)
        return Response({
            "direction": direction,
            "items": [
                {"number": one.item.number, "name": one.item.name, "type": str(one.item.type), "state": one.item.state,
                 "steps": one.steps, "by": one.by.number if one.by else None}
                for one in found.reached
            ],
            "services": [
                {"slug": one.slug, "name": one.name, "directly": one.pk in found.directly} for one in found.services
            ],
            "complete": not found.cut,
        })  # fmt: skip

    @extend_schema(methods=["get"], summary="Tickets about the item", responses=TICKETS, filters=False)
    @extend_schema(
        methods=["post"], summary="Say that a ticket is about it", request=ItemTicketSerializer, responses={204: None}
    )
    @action(detail=True, methods=["get", "post"], url_path="tickets")
    def tickets(self, request: Request, **kwargs: Any) -> Response:
        """The latest hundred the caller may see."""
        if request.method == "POST":
            given = ItemTicketSerializer(data=request.data)
            given.is_valid(raise_exception=True)
            ticket = self._ticket(given.validated_data["ticket"])
            configuration.link_ticket(ticket, self.get_object(), actor=request.user, source="api")
            return Response(status=204)
        rows = Ticket.objects.visible_to(request.user).filter(ticket_items__item=self.get_object())
        return Response({"results": [
            {"number": one.number, "title": one.title, "kind": one.kind, "state": one.state, "priority": one.priority}
            for one in rows.order_by("-opened_at")[:100]
        ]})  # fmt: skip

    @extend_schema(summary="Say that a ticket is not about it", responses={204: None})
    @action(detail=True, methods=["delete"], url_path=r"tickets/(?P<ticket>[A-Za-z]{1,6}-[0-9]{1,18})")
    def ticket(self, request: Request, ticket: str, **kwargs: Any) -> Response:
        configuration.unlink_ticket(self._ticket(ticket), self.get_object(), actor=request.user, source="api")
        return Response(status=204)

    def _ticket(self, number: str) -> Ticket:
        found = Ticket.objects.visible_to(self.request.user).numbered(number).first()
        if found is None:
            raise Http404
        return found


@extend_schema(tags=["configuration"])
class Assets(Items):
    """Items that are bought, owned and written off: those of types that are assets."""

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(type__is_asset=True)

    def fits(self, type_: CIType | None) -> None:
        if type_ is not None and not type_.is_asset:
            raise Invalid({"type": _("Items of this type are no assets.")})

    def _given(self, *, partial: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        values, lists = super()._given(partial=partial)
        self.fits(values.get("type"))
        return values, lists


# ---------- relations ----------


class ItemRelationSerializer(StrictModel):
    source = ItemRef()
    target = ItemRef()

    class Meta:
        model = CIRelation
        fields = ["id", "source", "kind", "target"]
        # The door says which relation is there already, also the other way round.
        validators: ClassVar[list[Any]] = []


class RelationFilters(FilterSet):
    kind = Words(field_name="kind")
    source = django_filters.NumberFilter(field_name="source", min_value=0, max_value=2**31 - 1)
    target = django_filters.NumberFilter(field_name="target", min_value=0, max_value=2**31 - 1)
    item = django_filters.NumberFilter(method="beside", min_value=0, max_value=2**31 - 1, help_text="On either side.")

    def beside(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(Q(source=int(value)) | Q(target=int(value)))


@extend_schema(tags=["configuration"])
@extend_schema_view(create=extend_schema(
    summary="Relate two items",
    examples=[OpenApiExample("Short", {"source": "CI-12", "kind": "runs_on", "target": "CI-3"}, request_only=True)],
))  # fmt: skip
class Relations(Reading):
    """How items hang together. Circles of dependency are refused with the way they would close."""

    queryset = CIRelation.objects.none()
    serializer_class = ItemRelationSerializer
    filterset_class = RelationFilters
    scope = "configuration"
    search_fields = ("source__name", "target__name")
    http_method_names = ["get", "post", "delete", "head"]

    def get_queryset(self) -> QuerySet[Any]:
        if not self.request.user.is_desk:
            raise Http404
        return CIRelation.objects.visible_to(self.request.user).select_related("source", "target")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_queryset()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data
        made = configuration.relate(sent["source"], sent["kind"], sent["target"], actor=request.user, source="api")
        return self.shown(made, status=201, location=f"{request.build_absolute_uri(request.path)}{made.pk}/")

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        configuration.unrelate(self.get_object(), actor=request.user, source="api")
        return Response(status=204)
