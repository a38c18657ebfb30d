"""Changes in the REST API: raised, planned, assessed, moved through their life."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional
from itsm.api.fields import Moment, Ref
from itsm.api.filters import Words
from itsm.integrations.api.refs import viewer
from itsm.integrations.api.tickets import detail, writing
from itsm.integrations.api.tickets.viewsets import KindOfTickets, TicketFilters
from itsm.integrations.api.tickets.writing import TicketEdit, TicketOpening
from itsm.lib.errors import Denied
from itsm.tickets.states import Channel
from itsm.workflow import edits
from transition.models import Change, ChangeTemplate, ConfigurationItem, Release
from transition.policies import changes as policies
from transition.reports import change_conflicts, change_risk
from transition.services import changes
from transition.states.changes import ChangeType, Outcome, RiskLevel

#: Fields that ``plan`` writes, not the editing that all tickets share.
PLAN = (
    "change_type", "template", "release", "services", "planned_start", "planned_end", "outage_minutes",
    "implementation_plan", "test_plan", "backout_plan",
)  # fmt: skip
TEXT = {"required": False, "allow_blank": True, "max_length": 20_000}


def templates(context: dict[str, Any]) -> QuerySet[ChangeTemplate]:
    return ChangeTemplate.objects.filter(is_active=True)


def releases(context: dict[str, Any]) -> QuerySet[Release]:
    return Release.objects.visible_to(viewer(context))


def items(context: dict[str, Any]) -> QuerySet[ConfigurationItem]:
    return ConfigurationItem.objects.visible_to(viewer(context))


class ChangePlanning(serializers.Serializer):
    """What a change plans, besides what all tickets have."""

    change_type = serializers.ChoiceField(ChangeType.choices, required=False)
    template = Ref(templates, key="name", required=False, allow_null=True)
    release = Ref(releases, required=False, allow_null=True)
    services = serializers.ListField(
        child=Ref(writing.services, key="slug"), required=False, max_length=200, help_text="Affected besides its own."
    )
    planned_start = Moment(required=False, allow_null=True)
    planned_end = Moment(required=False, allow_null=True)
    outage_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=44_640)
    implementation_plan = serializers.CharField(**TEXT)
    test_plan = serializers.CharField(**TEXT)
    backout_plan = serializers.CharField(**TEXT)


class ChangeOpening(ChangePlanning, TicketOpening):
    """A new change; a template or a title is required."""

    title = serializers.CharField(max_length=200, required=False)
    items = serializers.ListField(
        child=Ref(items, key="name"), required=False, max_length=50, help_text="Configuration items, by id or name."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if not attrs.get("title") and not attrs.get("template"):
            raise serializers.ValidationError({"title": ["This field is required."]})
        return attrs


class ChangeEditing(ChangePlanning, TicketEdit):
    """Changing what is planned, and the fields that all tickets share."""


class ChangeAnswers(serializers.Serializer):
    answers = serializers.DictField(
        child=serializers.CharField(max_length=200), help_text="The words of an answer by id of the question."
    )


RISK_QUESTION = inline_serializer("ChangeRiskQuestion", {
    "id": serializers.IntegerField(), "text": serializers.CharField(), "hint": serializers.CharField(),
    "options": serializers.ListField(child=serializers.DictField()), "answer": serializers.CharField(allow_blank=True),
})  # fmt: skip
RISK = inline_serializer("ChangeRisk", {
    "score": serializers.IntegerField(allow_null=True), "level": serializers.CharField(allow_blank=True),
    "lines": serializers.ListField(child=serializers.DictField()), "questions": RISK_QUESTION,
})  # fmt: skip
CONFLICT = inline_serializer("ChangeConflict", {
    "kind": serializers.ChoiceField(["change", "freeze", "window"]), "name": serializers.CharField(),
    "why": serializers.CharField(), "number": serializers.CharField(allow_null=True), "begin": Moment(),
    "end": Moment(), "overlap_minutes": serializers.IntegerField(),
}, many=True)  # fmt: skip
SLOT = inline_serializer("ChangeSlot", {"planned_start": Moment(), "planned_end": Moment()})
CONFLICTS = inline_serializer("ChangeConflicts", {"results": CONFLICT, "next_free": SLOT})
CHANGE = detail.schema(
    "Change",
    change_type=serializers.ChoiceField(ChangeType.choices),
    template=serializers.DictField(allow_null=True),
    release=serializers.DictField(allow_null=True),
    services=serializers.ListField(child=serializers.DictField()),
    items=serializers.ListField(child=serializers.DictField()),
    planned_start=Moment(allow_null=True),
    planned_end=Moment(allow_null=True),
    actual_start=Moment(allow_null=True),
    actual_end=Moment(allow_null=True),
    outage_minutes=serializers.IntegerField(allow_null=True),
    implementation_plan=serializers.CharField(allow_blank=True),
    test_plan=serializers.CharField(allow_blank=True),
    backout_plan=serializers.CharField(allow_blank=True),
    risk_score=serializers.IntegerField(allow_null=True),
    risk_level=serializers.ChoiceField(RiskLevel.choices, allow_blank=True),
    outcome=serializers.ChoiceField(Outcome.choices, allow_blank=True),
    review_note=serializers.CharField(allow_blank=True),
    clashes=serializers.IntegerField(allow_null=True),
)


class ChangeFilters(TicketFilters):
    change_type = Words(field_name="change__change_type")
    risk_level = Words(field_name="change__risk_level")
    outcome = Words(field_name="change__outcome")
    release = django_filters.NumberFilter(field_name="change__release", label="Id of a release.")
    planned_after = django_filters.IsoDateTimeFilter(field_name="change__planned_start", lookup_expr="gte")
    planned_before = django_filters.IsoDateTimeFilter(field_name="change__planned_start", lookup_expr="lt")


@extend_schema(tags=["changes"])
@extend_schema_view(
    retrieve=extend_schema(summary="Read a change", responses=CHANGE),
    take_step=extend_schema(responses=CHANGE),
)
class Changes(KindOfTickets):
    """Additions, modifications and removals of anything that could affect services."""

    kind = "change"
    filterset_class = ChangeFilters
    http_method_names = ["get", "post", "patch", "delete", "head"]

    @extend_schema(
        summary="Raise a change", request=ChangeOpening, responses={201: CHANGE},
        examples=[OpenApiExample("Short", {
            "title": "New core switches", "service": "network", "planned_start": "2026-12-05T20:00:00Z",
            "planned_end": "2026-12-05T22:00:00Z", "implementation_plan": "Swap one, then the other.",
            "backout_plan": "The old ones stay in the rack.",
        }, request_only=True)],
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        verdict = policies.may_raise(request.user)
        if not verdict:
            raise Denied(verdict.reason)
        given = self.checked(ChangeOpening)
        assignee = given.pop("assignee", None)
        given.pop("custom", None)
        team = given.pop("team", None)
        more = {} if team is None else {"team": team}
        channel = given.pop("channel", Channel.API)
        made = changes.open(
            actor=request.user, source="api", channel=channel, assignee=assignee, **given, **more
        )  # fmt: skip
        found = self.fetch(made.pk, self.kind)
        return self.shown(found, status=201, location=self.base + self.address(found))

    @extend_schema(summary="Plan a change", request=ChangeEditing(partial=True), responses=CHANGE)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        change = self.get_ticket()
        version = conditional.version(request, change)
        verdict = policies.may_work(change, request.user)
        if not verdict:
            raise Denied(verdict.reason)
        given = self.checked(ChangeEditing, partial=True)
        plan = {name: given.pop(name) for name in PLAN if name in given}
        with transaction.atomic():
            if plan:
                changes.plan(change, actor=request.user, source="api", version=version, **plan)
                version = None
            if given:
                edits.edit(change, actor=request.user, source="api", version=version, **given)
        return self.shown(self.fetch(change.pk, change.kind))

    @extend_schema(summary="What it collides with", responses=CONFLICTS, filters=False)
    @action(detail=True, methods=["get"])
    def conflicts(self, request: Request, **kwargs: Any) -> Response:
        """Changes, freezes and windows that its planned time collides with, and the next free one."""
        change = self.get_ticket()
        found = change_conflicts.find(change, request.user)
        slot = change_conflicts.next_slot(change) if found else None
        free = {"planned_start": slot[0], "planned_end": slot[1]} if slot else None
        return Response({"results": change_conflicts.describe(found), "next_free": free})

    @extend_schema(methods=["get"], summary="Its risk, line by line", responses=RISK, filters=False)
    @extend_schema(methods=["post"], summary="Assess its risk", request=ChangeAnswers, responses=RISK)
    @action(detail=True, methods=["get", "post"])
    def risk(self, request: Request, **kwargs: Any) -> Response:
        """The questions with what was answered, and the score with where each point comes from."""
        change = self.get_ticket()
        if request.method == "POST":
            given = self.checked(ChangeAnswers)
            change = changes.assess(change, actor=request.user, source="api", answers=given["answers"])
        asked = [
            {"id": one.pk, "text": one.text, "hint": one.hint, "options": one.options,
             "answer": change.answers.get(str(one.pk), "")}
            for one in change_risk.questions()
        ]  # fmt: skip
        return Response({
            "score": change.risk_score, "level": change.risk_level, "lines": change.risk_lines, "questions": asked,
        })  # fmt: skip

    def represent(self, record: Change) -> dict[str, Any]:
        names = (
            "change_type", "planned_start", "planned_end", "actual_start", "actual_end", "outage_minutes",
            "implementation_plan", "test_plan", "backout_plan", "risk_score", "risk_level", "outcome", "review_note",
            "clashes",
        )  # fmt: skip
        release, template = record.release, record.template
        linked = record.ticket_items.select_related("item")
        return {
            **super().represent(record), **{name: getattr(record, name) for name in names},
            "template": {"id": template.pk, "name": template.name} if template else None,
            "release": {"id": release.pk, "number": release.number, "name": str(release)} if release else None,
            "services": [{"id": one.pk, "slug": one.slug, "name": one.name} for one in record.services.all()],
            "items": [{"id": one.item.pk, "number": one.item.number, "name": one.item.name} for one in linked],
        }  # fmt: skip
