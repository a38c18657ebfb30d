"""Links, tasks and work logs of a ticket."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.roles import Role
from itsm.api.fields import Moment, Ref, Strict, StrictModel
from itsm.integrations.api.refs import PersonRef, team_ref, viewer
from itsm.integrations.api.shapes import results, shape
from itsm.integrations.api.tickets import access, rows
from itsm.lib.errors import Invalid
from itsm.tickets import numbers
from itsm.tickets.models import Ticket, TicketLink, TicketTask, WorkLog
from itsm.workflow import links, work

#: State of a task -> what brings it there.
TASK_STEPS = {
    TicketTask.State.OPEN: work.reopen_task,
    TicketTask.State.DONE: work.finish_task,
    TicketTask.State.SKIPPED: work.skip_task,
}
LINK = shape(
    "TicketLink",
    {
        "id": serializers.IntegerField(),
        "kind": serializers.ChoiceField(TicketLink.Kind.choices),
        "direction": serializers.ChoiceField(["outward", "inward"]),
        "label": serializers.CharField(help_text="The relation as this ticket reads it."),
        "ticket": shape(
            "LinkedTicket",
            {
                "id": serializers.IntegerField(),
                "number": serializers.CharField(),
                "url": serializers.URLField(),
                "title": serializers.CharField(),
                "state": serializers.CharField(),
                "phase": serializers.CharField(),
            },
        )(),
        "created_at": Moment(),
    },
)


class TicketRef(Ref):
    """Another ticket the caller may see, by number or id."""

    default_error_messages = {"missing": "There is no ticket “{value}”, or you may not see it."}

    def to_internal_value(self, data: Any) -> Ticket:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("type")
        found = Ticket.objects.visible_to(viewer(self.context)).numbered(str(data)).first()
        if found is None:
            self.fail("missing", value=str(data)[:40])
        return found


class LinkInput(Strict):
    """Put this ticket into a relation to another: `child_of` makes it a part of the target."""

    kind = serializers.ChoiceField(TicketLink.Kind.choices)
    target = TicketRef(key="number")


class TaskSerializer(StrictModel):
    """A piece of work inside the ticket."""

    team = team_ref(required=False, allow_null=True)
    assignee = PersonRef(required=False, allow_null=True)
    done_by = PersonRef(read_only=True)
    state = serializers.ChoiceField(TicketTask.State.choices, required=False)

    class Meta:
        model = TicketTask
        fields = ["id", "title", "team", "assignee", "state", "step", "position", "due_at", "done_at", "done_by"]
        read_only_fields = ["step", "position", "done_at"]


class WorkLogSerializer(StrictModel):
    """Minutes the caller spent. The cost is shown to those who manage money."""

    user = PersonRef(read_only=True)
    cost = serializers.SerializerMethodField()
    spent_on = serializers.DateField(required=False)

    class Meta:
        model = WorkLog
        fields = ["id", "user", "minutes", "note", "spent_on", "cost", "created_at"]
        read_only_fields = ["created_at"]

    def get_cost(self, row: WorkLog) -> str | None:
        if viewer(self.context).holds(Role.FINANCE_MANAGER, Role.ADMINISTRATOR):
            return None if row.cost is None else str(row.cost)
        return None


def path_id(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, int, OpenApiParameter.PATH, description=description)


class ReadingPartsMixin:
    """Reading links, tasks and work logs."""

    @extend_schema(summary="List the links", responses=results("TicketLinks", LINK))
    @action(detail=True, url_path="links")
    def links(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        return Response({"results": self._links(ticket)})

    def _links(self: Any, ticket: Ticket) -> list[dict[str, Any]]:
        """Both directions; a ticket on the other side that the caller may not see is not mentioned."""
        found = [(row, row.target_id) for row in TicketLink.objects.filter(source=ticket.pk)[:500]]
        found += [(row, row.source_id) for row in TicketLink.objects.filter(target=ticket.pk)[:500]]
        visible = Ticket.objects.visible_to(self.request.user).filter(pk__in={pk for _row, pk in found})
        others = {row["id"]: row for row in visible.values("id", "kind", "title", "state", "phase")}
        shown = []
        for row, pk in found:
            if pk not in others:
                continue
            outward = row.source_id == ticket.pk
            other = others[pk]
            number = numbers.number(other["kind"], pk)
            label = row.get_kind_display() if outward else TicketLink.INVERSE[TicketLink.Kind(row.kind)]
            shown.append(
                {
                    "id": row.pk, "kind": row.kind, "direction": "outward" if outward else "inward",
                    "label": str(label), "created_at": row.created_at,
                    "ticket": {
                        "id": pk, "number": number, "url": self.base + rows.address(other["kind"], number),
                        "title": other["title"], "state": other["state"], "phase": other["phase"],
                    },
                }
            )  # fmt: skip
        return shown

    @extend_schema(summary="List the tasks", responses=results("TicketTasks", TaskSerializer))
    @action(detail=True, url_path="tasks")
    def tasks(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        access.require_inside(ticket, request.user)
        found = TicketTask.objects.filter(ticket=ticket.pk).select_related("team", "assignee", "done_by")[:500]
        return Response({"results": self.serialized(TaskSerializer, found, many=True)})

    @extend_schema(
        summary="List the work logs",
        responses=results("TicketWorkLogs", WorkLogSerializer, total_minutes=serializers.IntegerField()),
    )
    @action(detail=True, url_path="worklogs")
    def worklogs(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        access.require_inside(ticket, request.user)
        found = list(WorkLog.objects.filter(ticket=ticket.pk).select_related("user")[:1000])
        shown = self.serialized(WorkLogSerializer, found, many=True)
        return Response({"results": shown, "total_minutes": sum(row.minutes for row in found)})


class WritingPartsMixin:
    """Writing links, tasks and work logs."""

    @extend_schema(
        summary="Link to another ticket", request=LinkInput, responses={201: LINK},
        examples=[OpenApiExample("Part of", {"kind": "child_of", "target": "INC-1042"}, request_only=True)],
    )  # fmt: skip
    @ReadingPartsMixin.links.mapping.post
    def add_link(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        given = self.checked(LinkInput)
        made = links.link(ticket, given["target"], given["kind"], actor=request.user, source_of_change="api")
        return Response(next(one for one in self._links(ticket) if one["id"] == made.pk), status=201)

    @extend_schema(summary="Remove a link", responses={204: None}, parameters=[path_id("link", "Id of the link.")])
    @action(detail=True, methods=["delete"], url_path=r"links/(?P<link>[0-9]{1,18})", url_name="link")
    def remove_link(self: Any, request: Request, number: str, link: str) -> Response:
        ticket = self.get_ticket()
        if not any(one["id"] == int(link) for one in self._links(ticket)):
            raise Http404
        found = TicketLink.objects.select_related("source", "target").get(pk=int(link))
        links.unlink(found, actor=request.user, source_of_change="api")
        return Response(status=204)

    @extend_schema(
        summary="Add a task", request=TaskSerializer, responses={201: TaskSerializer},
        examples=[OpenApiExample("Task", {"title": "Replace the disk", "team": "Engineers"}, request_only=True)],
    )  # fmt: skip
    @ReadingPartsMixin.tasks.mapping.post
    def add_task(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        access.require_inside(ticket, request.user)
        given = self.checked(TaskSerializer)
        if given.pop("state", TicketTask.State.OPEN) != TicketTask.State.OPEN:
            raise Invalid({"state": _("A new task is open.")})
        task = work.add_task(ticket, actor=request.user, source="api", **given)
        return Response(self.serialized(TaskSerializer, task), status=201)

    @extend_schema(
        summary="Change or finish a task", request=TaskSerializer(partial=True), responses=TaskSerializer,
        parameters=[path_id("task", "Id of the task.")],
        examples=[OpenApiExample("Done", {"state": "done"}, request_only=True)],
    )  # fmt: skip
    @action(detail=True, methods=["patch"], url_path=r"tasks/(?P<task>[0-9]{1,18})", url_name="task")
    def change_task(self: Any, request: Request, number: str, task: str) -> Response:
        found = self._task(task)
        given = self.checked(TaskSerializer, partial=True)
        state = given.pop("state", found.state)
        with transaction.atomic():
            if given:
                said = {name: getattr(found, name) for name in ("title", "team", "assignee", "due_at")}
                found = work.change_task(found, actor=request.user, source="api", **{**said, **given})
            if state == TicketTask.State.WAITING != found.state:
                raise Invalid({"state": _("Tasks wait by themselves.")})
            if state != found.state:
                found = TASK_STEPS[state](found, actor=request.user, source="api")
        return Response(self.serialized(TaskSerializer, found))

    def _task(self: Any, pk: str) -> TicketTask:
        ticket = self.get_ticket()
        access.require_inside(ticket, self.request.user)
        found = TicketTask.objects.filter(ticket=ticket.pk, pk=int(pk)).select_related("ticket").first()
        if found is None:
            raise Http404
        return found

    @extend_schema(
        summary="Log work", request=WorkLogSerializer, responses={201: WorkLogSerializer},
        examples=[OpenApiExample("Half an hour", {"minutes": 30, "note": "Disk replaced"}, request_only=True)],
    )  # fmt: skip
    @ReadingPartsMixin.worklogs.mapping.post
    def add_worklog(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        access.require_inside(ticket, request.user)
        made = work.log_work(ticket, actor=request.user, source="api", **self.checked(WorkLogSerializer))
        return Response(self.serialized(WorkLogSerializer, made), status=201)
