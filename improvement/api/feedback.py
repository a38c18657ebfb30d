"""Feedback in the REST API: the desk reads what it may, everybody else gives and reads their own."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from improvement.models import Feedback, Improvement
from improvement.services import feedback as services
from itsm.api.fields import Ref, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.catalogue.models import Service
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records
from itsm.integrations.api.refs import PersonRef, viewer
from itsm.integrations.api.shapes import shape
from itsm.tickets.models import Ticket

MADE = shape("FeedbackBecame", {
    "type": serializers.CharField(help_text="`requirement`, `problem` or `improvement`."),
    "number": serializers.CharField(), "url": serializers.CharField(),
})  # fmt: skip


class FeedbackSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    person = PersonRef(required=False, allow_null=True)
    organisation = Ref(read_only=True)
    service = Ref(
        lambda context: Service.objects.visible_to(viewer(context)), key="slug", shown=("slug",), required=False,
        allow_null=True,
    )  # fmt: skip
    owner = PersonRef(required=False, allow_null=True)
    requirement = Ref(read_only=True, shown=("number",))
    improvements = serializers.SerializerMethodField(help_text="Numbers.")
    created_by = PersonRef(read_only=True)

    class Meta:
        model = Feedback
        fields = [
            *FIRST, "title", "kind", "description", "person", "organisation", "service", "channel", "is_confidential",
            "owner", "answer_text", "requirement", "improvements", *LAST,
        ]  # fmt: skip
        read_only_fields = ["answer_text", *KEPT]

    def get_improvements(self, instance: Feedback) -> list[str]:
        return [one.number for one in instance.improvements.all()]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Outside the desk people speak for themselves."""
        user = viewer(self.context)
        if not user.is_desk:
            strange = {
                name: ["Only the desk sets this."]
                for name in ("person", "owner", "channel")
                if attrs.get(name) not in (None, user)
            }
            if strange:
                raise serializers.ValidationError(strange)
            if self.instance is None:
                attrs["person"] = user
        return attrs


class FeedbackFilters(FilterSet):
    state = Words(field_name="state")
    kind = Words(field_name="kind")
    service = Anyone("service", key="slug")
    person = Anyone("person", key="email")


@extend_schema(tags=["improvement"])
@extend_schema_view(
    take_step=extend_schema(responses=FeedbackSerializer),
    create=extend_schema(
        summary="Give feedback", responses={201: FeedbackSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Show the waiting time", "kind": "idea", "service": "web-shop"}, request_only=True
        )],
    ),
)  # fmt: skip
class FeedbackCollection(Records):
    """Complaints, ideas and praise. Addressed by number (`FB-7`) or id."""

    queryset = Feedback.objects.none()
    serializer_class = FeedbackSerializer
    filterset_class = FeedbackFilters
    scope = "improvement"
    search_fields = ("title", "description")
    related = ("person", "organisation", "service", "owner", "requirement")
    fetched = ("improvements",)

    def may_read(self) -> bool:
        return True

    @extend_schema(
        summary="Turn into a requirement, a problem or an improvement", request=None, responses={201: MADE},
        operation_id="feedback_convert",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="convert/(?P<to>requirement|problem|improvement)")
    def convert(self, request: Request, to: str, **kwargs: Any) -> Response:
        """Makes the record and links both ends; the person hears of it."""
        turn = {
            "requirement": services.to_requirement, "problem": services.to_problem,
            "improvement": services.to_improvement,
        }[to]  # fmt: skip
        made: Ticket | Improvement | Any = turn(self.get_object(), actor=request.user, source="api")  # type: ignore[operator]
        return Response({"type": to, "number": made.number, "url": made.get_absolute_url()}, status=201)
