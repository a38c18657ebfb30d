"""Surveys and their answers in the REST API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from improvement.models import Answer, Survey, SurveyQuestion
from itsm.api.fields import Moment, Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer, parts
from itsm.integrations.api.refs import PersonRef, service_ref


class SurveyQuestionSerializer(StrictModel):
    class Meta:
        model = SurveyQuestion
        fields = ["id", "text", "kind", "position"]


class SurveySerializer(RecordSerializer):
    service = service_ref(required=False, allow_null=True)
    ticket_kinds = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=20,
        help_text="Codes of kinds of ticket, such as `incident`; empty: every kind.",
    )  # fmt: skip
    questions = SurveyQuestionSerializer(many=True, read_only=True)

    class Meta:
        model = Survey
        fields = [
            *FIRST, "title", "kind", "question", "comment_question", "intro", "ticket_kinds", "service", "share",
            "quiet_days", "valid_days", "every_days", "is_anonymous", "questions", "running_since", "next_wave_at",
            *LAST,
        ]  # fmt: skip
        read_only_fields = ["running_since", "next_wave_at", *KEPT]


class SurveyFilters(FilterSet):
    state = Words(field_name="state")
    kind = Words(field_name="kind")
    service = Anyone("service", key="slug")


@extend_schema(tags=["improvement"])
@extend_schema_view(
    take_step=extend_schema(responses=SurveySerializer),
    create=extend_schema(
        summary="Write a survey", responses={201: SurveySerializer},
        examples=[OpenApiExample(
            "Short", {"title": "After a solution", "kind": "csat", "ticket_kinds": ["incident"],
                      "question": "How satisfied are you with the solution?"}, request_only=True,
        )],
    ),
)  # fmt: skip
class Surveys(Records):
    """What is asked, of whom and how often. Addressed by number (`SUR-2`) or id."""

    queryset = Survey.objects.none()
    serializer_class = SurveySerializer
    filterset_class = SurveyFilters
    scope = "improvement"
    search_fields = ("title", "question")
    related = ("service",)
    fetched = ("questions",)
    questions_list, questions_one = parts(
        "questions", SurveyQuestionSerializer, "survey", "further question of a survey"
    )


class SurveyAnswerSerializer(StrictModel):
    survey = Ref(shown=("number",))
    person = PersonRef(read_only=True)
    service = service_ref(read_only=True)
    ticket = serializers.SerializerMethodField(help_text="Number; null when it is about no ticket.")
    at = Moment()

    class Meta:
        model = Answer
        fields = ["id", "survey", "kind", "score", "band", "comment", "person", "ticket", "service", "at"]
        read_only_fields = fields

    def get_ticket(self, instance: Answer) -> str | None:
        return instance.ticket.number if instance.ticket else None


class SurveyAnswerFilters(FilterSet):
    kind = Words(field_name="kind")
    band = Words(field_name="band")
    survey = Anyone("survey")
    service = Anyone("service", key="slug")


@extend_schema(tags=["improvement"])
class SurveyAnswers(DeskOnly, Reading):
    """Answers to surveys about tickets you may see. Anonymous answers are never listed one by one."""

    queryset = Answer.objects.none()
    http_method_names = ["get", "head"]
    serializer_class = SurveyAnswerSerializer
    filterset_class = SurveyAnswerFilters
    scope = "improvement"
    search_fields = ("comment",)
    orderings = {"at": ("at", "id"), "id": ("id",)}
    default_ordering = "-at"

    def get_queryset(self) -> QuerySet[Any]:
        return Answer.objects.visible_to(self.request.user).select_related("survey", "person", "service", "ticket")
