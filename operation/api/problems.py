"""Problems and known errors in the REST API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Moment, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.bases import DeskOnly, Reading
from itsm.integrations.api.refs import service_ref, viewer
from itsm.integrations.api.tickets import detail
from itsm.integrations.api.tickets.viewsets import KindOfTickets
from itsm.integrations.api.tickets.writing import TicketEdit, TicketOpening
from itsm.lib.errors import Denied
from itsm.tickets.states import Channel
from operation import known_errors
from operation.models import Incident, Problem
from operation.problem_policies import works
from operation.services import problems


class ProblemOpening(TicketOpening):
    """A new problem; ``incidents`` are those it causes, by number."""

    incidents = serializers.ListField(child=serializers.CharField(max_length=30), required=False, max_length=100)


class ProblemEdit(TicketEdit):
    root_cause = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    workaround = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


OWN: dict[str, Any] = {
    "root_cause": serializers.CharField(allow_blank=True),
    "whys": serializers.ListField(child=serializers.CharField()),
    "workaround": serializers.CharField(allow_blank=True),
    "known_since": Moment(allow_null=True),
    "resolution": serializers.CharField(allow_blank=True),
    "cancel_reason": serializers.CharField(allow_blank=True),
}
PROBLEM = detail.schema("ProblemTicket", **OWN)


@extend_schema(tags=["problems"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read a problem", responses=PROBLEM),
    take_step=extend_schema(responses=PROBLEM),
    partial_update=extend_schema(
        summary="Change a problem", request=ProblemEdit(partial=True), responses=PROBLEM
    ),
)  # fmt: skip
class Problems(KindOfTickets):
    """Causes of incidents: analysed, known, removed, never deleted."""

    queryset = Problem.objects.none()
    kind = "problem"
    editing = ProblemEdit
    http_method_names = ["get", "post", "patch", "delete", "head"]

    @extend_schema(
        summary="Open a problem", request=ProblemOpening, responses={201: PROBLEM},
        examples=[OpenApiExample(
            "From incidents", {"title": "Gateway times out at noon", "incidents": ["INC-1042"]}, request_only=True
        )],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not works(request.user):
            raise Denied(_("Only agents and problem managers open problems."))
        given = self.checked(ProblemOpening)
        causes = self._incidents(given.pop("incidents", []))
        made = problems.open_for(
            causes, actor=request.user, source="api", channel=given.pop("channel", Channel.API),
            answers=given.pop("custom", None), **given,
        )  # fmt: skip
        found = self.fetch(made.pk, self.kind)
        return self.shown(found, status=201, location=self.base + self.address(found))

    def _incidents(self, numbers: list[str]) -> list[Incident]:
        visible = Incident.objects.visible_to(self.request.user)
        found: list[Any] = []
        for number in numbers:
            one = visible.numbered(number).first()
            if one is None:
                raise serializers.ValidationError({"incidents": [_("There is no incident “%s”.") % number[:30]]})
            found.append(one)
        return found

    def represent(self, record: Problem) -> dict[str, Any]:
        shown = super().represent(record)
        if not viewer({"request": self.request}).is_desk:
            return shown | {name: "" if name != "whys" else [] for name in ("root_cause", "whys")} | {
                name: getattr(record, name) for name in OWN if name not in ("root_cause", "whys")
            }  # fmt: skip
        return {**shown, **{name: getattr(record, name) for name in OWN}}


class KnownErrorSerializer(StrictModel):
    number = serializers.CharField(read_only=True)
    url = serializers.SerializerMethodField()
    service = service_ref(read_only=True)
    incidents = serializers.IntegerField(read_only=True, help_text="How many it causes.")
    open_incidents = serializers.IntegerField(read_only=True)

    class Meta:
        model = Problem
        fields = [
            "id", "number", "url", "title", "state", "service", "root_cause", "whys", "workaround", "known_since",
            "incidents", "open_incidents",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, problem: Problem) -> str:
        found: str = self.context["request"].build_absolute_uri(f"/api/v1/problems/{problem.number}/")
        return found


class KnownErrorFilters(FilterSet):
    state = Words(field_name="state")
    service = Anyone("service", key="slug")


@extend_schema(tags=["problems"])
@extend_schema_view(list=extend_schema(summary="Search known errors"), retrieve=extend_schema(summary="Read one"))
class KnownErrors(DeskOnly, Reading):
    """Problems whose cause is known or which have a workaround, and are not removed yet. ``?q=`` searches."""

    queryset = Problem.objects.none()
    serializer_class = KnownErrorSerializer
    filterset_class = KnownErrorFilters
    scope = "tickets"
    http_method_names = ["get", "head"]
    search_fields = ("title", "description", "root_cause", "workaround")
    orderings = {"id": ("id",)}
    default_ordering = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = Problem.objects.for_desk(self.request.user).known_errors()
        return known_errors.with_incidents(rows).select_related("service")  # type: ignore[no-any-return]
