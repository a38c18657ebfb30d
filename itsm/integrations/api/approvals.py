"""Approval rounds: what awaits the caller, what the caller may see, and the vote."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.models import User
from itsm.api.fields import Moment, Strict
from itsm.api.filters import FilterSet, Words
from itsm.approvals.models import Round, Seat
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.refs import PersonRef
from itsm.tickets import numbers
from itsm.tickets.models import Ticket
from itsm.workflow import approvals


def visible_to(user: User) -> QuerySet[Round]:
    """Rounds the person sits in or asked for; the desk also those about tickets it sees; auditors and managers all
    that is not about a ticket."""
    mine = Q(pk__in=Seat.objects.filter(approver=user).values("round_id")) | Q(requested_by=user)
    if user.is_desk:
        mine |= Q(subject_type="ticket", subject_id__in=Ticket.objects.visible_to(user).values("pk"))
    if user.reads_all:
        mine |= ~Q(subject_type="ticket")
    return Round.objects.filter(mine)


class SeatSerializer(serializers.ModelSerializer):
    approver = PersonRef(read_only=True)
    on_behalf_of = PersonRef(read_only=True)
    voted_at = Moment(read_only=True)

    class Meta:
        model = Seat
        fields = ["approver", "on_behalf_of", "vote", "comment", "voted_at"]
        read_only_fields = fields


class RoundSerializer(serializers.ModelSerializer):
    subject = serializers.SerializerMethodField()
    requested_by = PersonRef(read_only=True)
    seats = SeatSerializer(many=True, read_only=True)
    awaits_me = serializers.SerializerMethodField()
    requested_at = Moment(read_only=True)
    deadline_at = Moment(read_only=True)
    decided_at = Moment(read_only=True)

    class Meta:
        model = Round
        fields = [
            "id", "subject", "question", "verb", "rule", "quorum", "state", "requested_by", "requested_at",
            "deadline_at", "decided_at", "awaits_me", "seats",
        ]  # fmt: skip
        read_only_fields = fields

    def get_subject(self, row: Round) -> dict[str, Any]:
        return {"type": row.subject_type, "id": row.subject_id, "label": row.subject_label}

    def get_awaits_me(self, row: Round) -> bool:
        user = self.context["request"].user
        pending = row.state == Round.State.PENDING
        return pending and any(seat.approver_id == user.pk and not seat.vote for seat in row.seats.all())


class VoteInput(Strict):
    """A vote. Votes are final; rejecting wants a comment."""

    vote = serializers.ChoiceField(choices=Seat.Vote.choices)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=20_000, default="")


class RoundFilters(FilterSet):
    state = Words(field_name="state")
    awaiting = django_filters.ChoiceFilter(
        choices=[("me", "me")], method="awaiting_me", label="`me`: only what waits for the caller's vote."
    )
    ticket = django_filters.CharFilter(method="about_ticket", max_length=30, label="Number or id of a ticket.")

    def awaiting_me(self, rows: QuerySet[Round], name: str, value: str) -> QuerySet[Round]:
        return rows.filter(pk__in=Round.objects.awaiting(self.request.user).values("pk"))

    def about_ticket(self, rows: QuerySet[Round], name: str, value: str) -> QuerySet[Round]:
        parsed = numbers.parse(value)
        return rows.filter(subject_type="ticket", subject_id=parsed[1]) if parsed else rows.none()


@extend_schema(tags=["approvals"])
class Approvals(Reading):
    """Questions put to approvers. `?awaiting=me` lists what waits for the caller."""

    queryset = Round.objects.none()
    serializer_class = RoundSerializer
    filterset_class = RoundFilters
    scope = "approvals"
    orderings = {"id": ("id",), "requested_at": ("requested_at",)}
    default_ordering = "-id"
    search_fields = ("subject_label", "question")

    def get_queryset(self) -> QuerySet[Round]:
        rows = visible_to(self.request.user) if self.request else Round.objects.none()
        return rows.select_related("requested_by").prefetch_related("seats__approver", "seats__on_behalf_of")

    @extend_schema(
        summary="Vote", request=VoteInput, responses=RoundSerializer,
        examples=[OpenApiExample("Approve", {"vote": "approve", "comment": "Fits the budget."}, request_only=True)],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def vote(self, request: Request, pk: str) -> Response:
        round_ = self.get_object()
        given = VoteInput(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        approvals.vote(
            round_, actor=request.user, approve=given.validated_data["vote"] == Seat.Vote.APPROVE,
            comment=given.validated_data["comment"], source="api",
        )  # fmt: skip
        return self.shown(self.get_object())
