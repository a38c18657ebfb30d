"""The collections of tickets: the read-only union, and the base of every kind's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional, fields
from itsm.api.filters import Anyone, FilterSet, Numbers, Words, YesNo
from itsm.integrations.api.bases import View
from itsm.integrations.api.shapes import many
from itsm.integrations.api.steps import ReadingSteps, TakingSteps
from itsm.integrations.api.tickets import detail, rows, writing
from itsm.integrations.api.tickets.conversation import (
    PARSERS,
    ReadingConversationMixin,
    WritingConversationMixin,
)
from itsm.integrations.api.tickets.parts import ReadingPartsMixin, WritingPartsMixin
from itsm.integrations.api.tickets.proof import ProofMixin
from itsm.lib.errors import Denied
from itsm.search import services as search
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from itsm.workflow import edits
from itsm.workflow.moves import lock


class TicketFilters(FilterSet):
    """Several values are separated by commas."""

    state = Words(field_name="state")
    phase = Words(field_name="phase")
    open = YesNo(field_name="is_open", label="Not yet resolved.")
    priority = Numbers(field_name="priority")
    team = Anyone("team", key="name", label="Id or name; `none`.")
    assignee = Anyone("assignee", key="email", label="Id or email; `me`, `none`.")
    requester = Anyone("requester", key="email", label="Id or email; `me`.")
    service = Anyone("service", key="slug", label="Id or slug; `none`.")
    organisation = Anyone("organisation", key="name", label="Id or name; `none`.")
    category = Anyone("category", key="name", label="Id or name; `none`.")
    hold_reason = Words(field_name="hold_reason")
    is_major = YesNo()
    sla_state = Words(field_name="sla_state")
    opened_after = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")
    resolved_after = django_filters.IsoDateTimeFilter(field_name="resolved_at", lookup_expr="gte")
    resolved_before = django_filters.IsoDateTimeFilter(field_name="resolved_at", lookup_expr="lt")
    due_before = django_filters.IsoDateTimeFilter(field_name="due_sort", lookup_expr="lt", label="Due before.")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
    external_id = django_filters.CharFilter(max_length=80, label="Identity in the system it was imported from.")


class UnionFilters(TicketFilters):
    kind = Words(field_name="kind")


class ReadingTickets(ReadingSteps, ReadingConversationMixin, ReadingPartsMixin, ProofMixin, View):
    """Lists from the base table, one ticket by number or id, and everything that hangs on it."""

    queryset = Ticket.objects.none()
    #: Code of the only kind, or empty for the union.
    kind: ClassVar[str] = ""
    filterset_class: ClassVar[Any] = UnionFilters
    scope = "tickets"
    scopes: ClassVar[dict[str, str]] = {"sla": "sla:read", "audit": "audit:read"}
    lookup_field = "number"
    lookup_value_regex = "[^/]+"
    lists = ("list", "timeline", "attachments", "audit")
    orderings = {
        "id": ("id",), "opened_at": ("opened_at",), "updated_at": ("updated_at",), "priority": ("priority", "due_sort"),
        "due_at": ("due_sort",), "title": ("title",), "state": ("state",),
    }  # fmt: skip
    default_ordering = "-id"

    # Rows

    def visible(self) -> QuerySet[Ticket]:
        found = Ticket.objects.visible_to(self.request.user)
        return found.of_kind(self.kind) if self.kind else found

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return Ticket.objects.none()
        return self.visible().values(*rows.COLUMNS)

    @extend_schema(summary="List", responses=many(rows.ROW))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.page(self.filter_queryset(self.search(self.get_queryset())))

    def rows(self, found: Sequence[Any]) -> Any:
        return rows.shaped(list(found), self.request.user, self.base)

    def search(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """``?q=``: a number, or words of the title, description and what was said."""
        text = " ".join(self.request.query_params.get("q", "").split())
        return found.filter(pk__in=search.candidates(self.request.user, text)) if text else found

    # One ticket

    @property
    def base(self) -> str:
        return self.request.build_absolute_uri("/").rstrip("/")

    def address(self, ticket: Ticket) -> str:
        return rows.address(ticket.kind, ticket.number)

    def get_ticket(self) -> Any:
        """The ticket as its own kind, with what the detail shows; 404 for one that is not to be seen."""
        found = self.visible().numbered(self.kwargs["number"]).values_list("pk", "kind").first()
        if found is None:
            raise Http404
        return self.fetch(*found)

    def get_record(self) -> Any:
        return self.get_ticket()

    def get_moved(self, record: Any) -> Any:
        return self.fetch(record.pk, record.kind)

    def fetch(self, pk: int, kind: str) -> Any:
        """Whatever just happened to it: who restricts a ticket to others still reads the answer."""
        return kinds.get(kind).model._default_manager.select_related(*detail.RELATED).get(pk=pk)

    @extend_schema(summary="Read", responses=detail.schema("Ticket"))
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.shown(self.get_ticket())

    def represent(self, record: Any) -> dict[str, Any]:
        return detail.represent(record, self.request.user, self.base)

    def answer_page(self, data: Any) -> Response:
        return self.get_paginated_response(fields.select(data, fields.wanted(self.request)))

    # Input of parts

    def checked(self, serializer_class: Any, *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def serialized(self, serializer_class: Any, record: Any, *, many: bool = False) -> Any:
        return serializer_class(record, many=many, context=self.get_serializer_context()).data

    def require_version(self, ticket: Ticket) -> None:
        """Hold ``If-Match`` against the locked row; inside a transaction."""
        version = conditional.version(self.request, ticket)
        if version is not None:
            lock(ticket, version=version)


@extend_schema(tags=["tickets"])
class Tickets(ReadingTickets):
    """Tickets of every kind, to read. They are written in the collection of their kind, which `url` leads to."""


class KindOfTickets(TakingSteps, WritingConversationMixin, WritingPartsMixin, ReadingTickets):
    """The collection of one kind. A subclass names ``kind`` and how one is opened."""

    filterset_class = TicketFilters
    http_method_names = ["get", "post", "patch", "delete", "head"]
    editing: ClassVar[type[writing.TicketEdit]] = writing.TicketEdit

    def get_parsers(self) -> list[Any]:
        action = self.action_map.get((self.request.method or "").lower()) if getattr(self, "request", None) else None
        return [parser() for parser in PARSERS.get(str(action), self.parser_classes)]

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        ticket = self.get_ticket()
        version = conditional.version(request, ticket)
        # Before the input is read: who may not change it learns nothing of what could be named.
        verdict = edits.may_edit(ticket, request.user)
        if not verdict:
            raise Denied(verdict.reason)
        changes = self.checked(self.editing, partial=True)
        edits.edit(ticket, actor=request.user, source="api", version=version, **changes)
        return self.shown(self.fetch(ticket.pk, ticket.kind))
