"""The improvement register in the REST API."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from improvement import improvement_policies as policies
from improvement.models import Answer, Feedback, Improvement, ImprovementMeasurement
from improvement.services import improvements
from itsm.api.fields import Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer
from itsm.integrations.api.refs import PersonRef, service_ref
from itsm.integrations.api.shapes import results
from itsm.lib.errors import Invalid
from itsm.tickets.models import Ticket


class ImprovementMeasurementSerializer(StrictModel):
    by = PersonRef(read_only=True)

    class Meta:
        model = ImprovementMeasurement
        fields = ["id", "measured_on", "value", "cases", "note", "by"]
        read_only_fields = ["cases"]


class ImprovementTicketSerializer(Strict):
    ticket = serializers.CharField(max_length=30, help_text="Number, such as `CHG-12`.")


class ImprovementSerializer(RecordSerializer):
    service = service_ref(required=False, allow_null=True)
    owner = PersonRef()
    tickets = serializers.SerializerMethodField(help_text="Numbers of linked tickets that you may see.")
    feedback = serializers.SerializerMethodField(help_text="Number of the feedback it came from, if you may see it.")

    class Meta:
        model = Improvement
        fields = [
            *FIRST, "title", "description", "area", "service", "owner", "due_on", "measured_by", "window_days", "unit",
            "baseline_value", "baseline_on", "target_value", "yearly_benefit", "benefit_words", "realised_benefit",
            "reach", "benefit", "confidence", "effort", "score", "approved_at", "measuring_since", "closed_on",
            "lesson", "origin", "tickets", "feedback", *LAST,
        ]  # fmt: skip
        read_only_fields = [
            "realised_benefit", "score", "approved_at", "measuring_since", "closed_on", "lesson", *KEPT,
        ]  # fmt: skip

    def get_tickets(self, instance: Any) -> list[str]:
        return [one.number for one in instance.tickets_seen]

    def get_feedback(self, instance: Any) -> str | None:
        return instance.feedback_seen.number if instance.feedback_seen else None

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """What it costs and yields is read by those who decide about money."""
        shown = super().to_representation(instance)
        user = self.context["request"].user
        if not user.holds(*policies.READERS) and instance.owner_id != user.pk:
            shown["yearly_benefit"] = shown["realised_benefit"] = None
        return shown


class ImprovementFilters(FilterSet):
    state = Words(field_name="state")
    area = Words(field_name="area")
    service = Anyone("service", key="slug")
    owner = Anyone("owner", key="email")


@extend_schema(tags=["improvement"])
@extend_schema_view(
    take_step=extend_schema(responses=ImprovementSerializer),
    create=extend_schema(
        summary="Suggest an improvement", responses={201: ImprovementSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Fewer reopened incidents", "owner": "manager@example.com", "unit": "%",
                      "baseline_value": "8.4", "target_value": "4"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Improvements(Records):
    """What should become better, and whether it did. Addressed by number (`IMP-3`) or id."""

    queryset = Improvement.objects.none()
    serializer_class = ImprovementSerializer
    filterset_class = ImprovementFilters
    scope = "improvement"
    search_fields = ("title", "description")
    related = ("service", "owner")
    orderings = {**Records.orderings, "score": ("score", "id")}

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        user = self.request.user
        feedback = Feedback.objects.visible_to(user)
        return super().full(rows).prefetch_related(
            Prefetch("tickets", Ticket.objects.visible_to(user).order_by("pk"), to_attr="tickets_seen"),
            Prefetch("feedback", feedback, to_attr="feedback_seen"),
        )  # fmt: skip

    @extend_schema(
        methods=["get"], summary="List the measurements", filters=False,
        responses=results("improvement_measurements", ImprovementMeasurementSerializer),
    )  # fmt: skip
    @extend_schema(
        methods=["post"], summary="Add a measurement", request=ImprovementMeasurementSerializer,
        responses={201: ImprovementMeasurementSerializer},
    )  # fmt: skip
    @action(detail=True, methods=["get", "post"])
    def measurements(self, request: Request, **kwargs: Any) -> Response:
        """How it is over time, the newest first. Measurements are never changed."""
        record = self.get_object()
        how = {"context": self.get_serializer_context()}
        if request.method != "POST":
            rows = record.measurements.select_related("by")[:500]
            return Response({"results": ImprovementMeasurementSerializer(rows, many=True, **how).data})
        given = ImprovementMeasurementSerializer(data=request.data, **how)
        given.is_valid(raise_exception=True)
        made = improvements.add_measurement(record, actor=request.user, source="api", **given.validated_data)
        return Response(ImprovementMeasurementSerializer(made, **how).data, status=201)

    @extend_schema(summary="Link a ticket", request=ImprovementTicketSerializer, responses=ImprovementSerializer)
    @action(detail=True, methods=["post"], url_path="tickets")
    def link_ticket(self, request: Request, **kwargs: Any) -> Response:
        """Tie it to a change, a problem or another ticket you may see."""
        record = self.get_object()
        given = ImprovementTicketSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ticket = self._ticket(given.validated_data["ticket"])
        improvements.link(record, ticket, actor=request.user, source="api")
        return self.shown(self.get_moved(record))

    @extend_schema(
        summary="Unlink a ticket", responses=ImprovementSerializer,
        parameters=[OpenApiParameter("ticket", str, OpenApiParameter.PATH, description="Number of the ticket.")],
    )  # fmt: skip
    @action(detail=True, methods=["delete"], url_path=r"tickets/(?P<ticket>[A-Za-z]{2,6}-[0-9]{1,18})")
    def unlink_ticket(self, request: Request, ticket: str, **kwargs: Any) -> Response:
        """Untie it."""
        record = self.get_object()
        improvements.unlink(record, self._ticket(ticket), actor=request.user, source="api")
        return self.shown(self.get_moved(record))

    def _ticket(self, number: str) -> Ticket:
        found = Ticket.objects.visible_to(self.request.user).numbered(number).first()
        if found is None:
            raise Invalid({"ticket": "There is no ticket of this number."})
        return found

    @extend_schema(
        summary="From a survey answer", request=None, responses={201: ImprovementSerializer},
        parameters=[OpenApiParameter("answer", int, OpenApiParameter.PATH, description="Id of the answer.")],
    )  # fmt: skip
    @action(detail=False, methods=["post"], url_path=r"from-answer/(?P<answer>[0-9]{1,18})")
    def from_answer(self, request: Request, answer: str, **kwargs: Any) -> Response:
        """An unhappy answer becomes an improvement, with the satisfaction of today as its baseline."""
        found = Answer.objects.visible_to(request.user).filter(pk=int(answer)).first()
        if found is None:
            raise Invalid({"answer": "There is no answer of this id."})
        made = improvements.from_answer(found, actor=request.user, source="api")
        return self.shown(self.get_moved(made), status=201)
