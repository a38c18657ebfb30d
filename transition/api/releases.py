"""Releases, deployments and meetings of the change advisory board in the REST API."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.fields import Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words
from itsm.integrations.api.records import FIRST, KEPT, LAST, Records, RecordSerializer
from itsm.integrations.api.refs import PersonRef, service_ref, viewer
from transition.models import AgendaItem, CABMeeting, Change, Deployment, Release
from transition.services import cab, releases
from transition.states.changes import Decision


def change_ref(**kwargs: Any) -> Ref:
    return Ref(lambda context: Change.objects.visible_to(viewer(context)), **kwargs)


class ReleaseSerializer(RecordSerializer):
    owner = PersonRef()
    services = serializers.ListField(child=service_ref(), max_length=200)
    changes = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = [
            *FIRST, "title", "release_version", "size", "description", "known_defects", "owner", "services",
            "planned_for", "changes", "deployed_at", *LAST,
        ]  # fmt: skip
        read_only_fields = ["deployed_at", *KEPT]

    def get_changes(self, release: Release) -> list[str]:
        """Numbers of the changes in it that the caller may see."""
        return [one.number for one in release.seen_changes]  # type: ignore[attr-defined]


class ReleaseFilters(FilterSet):
    state = Words(field_name="state")
    size = Words(field_name="size")
    service = Anyone("services", key="slug")


class ReleaseChange(Strict):
    change = change_ref()


@extend_schema(tags=["releases"])
@extend_schema_view(
    take_step=extend_schema(responses=ReleaseSerializer),
    create=extend_schema(
        summary="Plan a release", responses={201: ReleaseSerializer},
        examples=[OpenApiExample(
            "Short", {"title": "Web shop 32", "size": "major", "owner": "owner@example.com", "services": ["web-shop"]},
            request_only=True,
        )],
    ),
)  # fmt: skip
class Releases(Records):
    """Versions of services on their way to users. Addressed by number (`REL-3`) or id."""

    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    filterset_class = ReleaseFilters
    scope = "changes"
    related = ("owner",)
    fetched = ("services",)
    search_fields = ("title", "release_version", "description")

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        visible = Change.objects.visible_to(self.request.user).only("pk", "kind", "release").order_by("pk")
        return super().full(rows).prefetch_related(Prefetch("changes", queryset=visible, to_attr="seen_changes"))

    @extend_schema(summary="Put a change into it", request=ReleaseChange, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def include(self, request: Request, **kwargs: Any) -> Response:
        """The change is a draft or being assessed, the release planned or built."""
        return self._join(request, releases.include)

    @extend_schema(summary="Take a change out of it", request=ReleaseChange, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"], url_path="leave-out")
    def leave_out(self, request: Request, **kwargs: Any) -> Response:
        """As long as both can still be changed."""
        return self._join(request, releases.leave_out)

    def _join(self, request: Request, step: Any) -> Response:
        release = self.get_object()
        given = ReleaseChange(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        step(release, given.validated_data["change"], actor=request.user, source="api")
        return self.shown(self.get_moved(release))


class DeploymentSerializer(RecordSerializer):
    release = Ref(lambda context: Release.objects.visible_to(viewer(context)))

    class Meta:
        model = Deployment
        fields = [
            *FIRST, "release", "environment", "planned_at", "notes", "started_at", "ended_at", *LAST,
        ]  # fmt: skip
        read_only_fields = ["started_at", "ended_at", *KEPT]


class DeploymentFilters(FilterSet):
    state = Words(field_name="state")
    environment = Words(field_name="environment")
    release = Anyone("release")


@extend_schema(tags=["releases"])
@extend_schema_view(take_step=extend_schema(responses=DeploymentSerializer))
class Deployments(Records):
    """Releases brought into an environment. Addressed by number (`DPL-3`) or id."""

    queryset = Deployment.objects.none()
    serializer_class = DeploymentSerializer
    filterset_class = DeploymentFilters
    scope = "changes"
    related = ("release",)
    search_fields = ("release__title", "notes")


class AgendaItemSerializer(StrictModel):
    change = serializers.SerializerMethodField()

    class Meta:
        model = AgendaItem
        fields = ["id", "change", "position", "decision", "note"]

    def get_change(self, item: AgendaItem) -> str:
        return f"CHG-{item.change_id}"


class MeetingSerializer(RecordSerializer):
    chair = PersonRef()
    attendees = serializers.ListField(child=PersonRef(), required=False, max_length=100)
    agenda = AgendaItemSerializer(many=True, read_only=True)

    class Meta:
        model = CABMeeting
        fields = [*FIRST, "title", "starts_at", "place", "chair", "attendees", "minutes", "agenda", *LAST]
        read_only_fields = KEPT


class AgendaAdding(Strict):
    change = change_ref()


class AgendaDeciding(Strict):
    item = serializers.IntegerField(help_text="Id of the agenda item.")
    decision = serializers.ChoiceField([one.value for one in Decision if one != Decision.PENDING])
    note = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class MeetingFilters(FilterSet):
    state = Words(field_name="state")


@extend_schema(tags=["changes"])
@extend_schema_view(take_step=extend_schema(responses=MeetingSerializer))
class Meetings(Records):
    """Meetings of the change advisory board. Addressed by number (`CAB-3`) or id."""

    queryset = CABMeeting.objects.none()
    serializer_class = MeetingSerializer
    filterset_class = MeetingFilters
    scope = "changes"
    related = ("chair",)
    fetched = ("attendees",)
    search_fields = ("title", "minutes")

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        visible = Change.objects.visible_to(self.request.user)
        items = AgendaItem.objects.filter(change__in=visible.values("pk"))
        return super().full(rows).prefetch_related(Prefetch("agenda", queryset=items))

    @extend_schema(summary="Put a change on the agenda", request=AgendaAdding, responses=MeetingSerializer)
    @action(detail=True, methods=["post"])
    def agenda(self, request: Request, **kwargs: Any) -> Response:
        """The change waits for approval."""
        meeting = self.get_object()
        given = AgendaAdding(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        cab.add(meeting, given.validated_data["change"], actor=request.user, source="api")
        return self.shown(self.get_moved(meeting))

    @extend_schema(summary="Write a decision down", request=AgendaDeciding, responses=MeetingSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, **kwargs: Any) -> Response:
        """The change follows at once."""
        meeting = self.get_object()
        given = AgendaDeciding(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        item = meeting.agenda.select_related("change", "meeting").filter(pk=given.validated_data["item"]).first()
        if item is None:
            raise serializers.ValidationError({"item": ["There is no such item on this agenda."]})
        values = given.validated_data
        cab.decide(item, values["decision"], actor=request.user, source="api", note=values.get("note", ""))
        return self.shown(self.get_moved(meeting))
