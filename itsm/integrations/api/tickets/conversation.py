"""What is said on a ticket, its files and its watchers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.models import User
from itsm.api.fields import Moment, Strict
from itsm.integrations.api.refs import PersonRef, person, viewer
from itsm.integrations.api.shapes import Named, PersonName, many, results, shape
from itsm.integrations.api.tickets import access
from itsm.tickets.models import Attachment, Ticket, TimelineEntry, Watcher
from itsm.workflow import conversation, files

#: Of what a system entry says, outside the desk only this.
PUBLIC_DATA = ("verb", "state", "names", "channel", "affected")

FILE_FIELDS: dict[str, serializers.Field] = {
    "id": serializers.IntegerField(),
    "name": serializers.CharField(),
    "size": serializers.IntegerField(),
    "content_type": serializers.CharField(),
    "sha256": serializers.CharField(),
    "public": serializers.BooleanField(),
    "added_by": PersonName(),
    "added_at": Moment(),
    "url": serializers.URLField(help_text="Downloads the file."),
}
FILE = shape("Attachment", FILE_FIELDS)
ENTRY = shape(
    "TimelineEntry",
    {
        "id": serializers.IntegerField(),
        "at": Moment(),
        "kind": serializers.ChoiceField(TimelineEntry.Kind.choices),
        "author": Named(allow_null=True),
        "by_agent": serializers.BooleanField(help_text="Written by the supplying side."),
        "public": serializers.BooleanField(help_text="The requester reads it."),
        "body": serializers.CharField(help_text="Markdown."),
        "data": serializers.DictField(help_text="What a system entry is made of: verb, states, changes."),
        "source": serializers.CharField(),
        "attachments": FILE(many=True),
    },
)
WATCHER = shape(
    "Watcher",
    {
        "user": PersonName(),
        "added_at": Moment(),
    },
)


def author(pk: int | None, label: str) -> dict[str, Any] | None:
    return None if pk is None else {"id": pk, "name": label}


def entry_shown(entry: TimelineEntry, attachments: list[dict[str, Any]], inside: bool) -> dict[str, Any]:
    data = entry.data if inside else {name: entry.data[name] for name in PUBLIC_DATA if name in entry.data}
    return {
        "id": entry.pk,
        "at": entry.at,
        "kind": entry.kind,
        "author": author(entry.author_id, entry.author_label),
        "by_agent": entry.by_agent,
        "public": entry.public,
        "body": entry.body,
        "data": data,
        "source": entry.source,
        "attachments": attachments,
    }


class EntryInput(Strict):
    """A reply, which the requester reads, or a work note, which stays inside.

    Without `kind` it is a note when the desk writes and a reply when anybody else does.
    """

    kind = serializers.ChoiceField(choices=["reply", "note"], required=False)
    public = serializers.BooleanField(required=False, help_text="Another way to say it: true is a reply.")
    body = serializers.CharField(max_length=conversation.MAX_BODY, trim_whitespace=False, help_text="Markdown.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = viewer(self.context)
        said = {attrs["kind"]} if "kind" in attrs else set()
        if "public" in attrs:
            said.add("reply" if attrs["public"] else "note")
        if len(said) > 1:
            raise serializers.ValidationError({"public": _("A reply is public and a note is not.")})
        return {"kind": said.pop() if said else ("note" if user.is_desk else "reply"), "body": attrs["body"]}


class FilesInput(serializers.Serializer):
    """One or several files, sent as `multipart/form-data`."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True, max_length=1000))
    public = serializers.BooleanField(required=False, help_text="The requester sees it (default).")


class WatcherInput(Strict):
    user = PersonRef()


def watchable(context: dict[str, Any]) -> QuerySet[User]:
    """Whom the caller may name: anybody for the desk, else people of the own organisation."""
    user = viewer(context)
    people = User.objects.people()
    if user.is_desk:
        return people
    return people.filter(organisation=user.organisation_id) if user.organisation_id else people.filter(pk=user.pk)


class ReadingConversationMixin:
    """Reading timeline, files and watchers."""

    def _files(self: Any, ticket: Ticket, rows: QuerySet[Attachment]) -> list[dict[str, Any]]:
        base = self.base + f"{self.address(ticket)}attachments/"
        return [
            {
                "id": one.pk, "name": one.name, "size": one.size, "content_type": one.content_type,
                "sha256": one.sha256, "public": one.public, "added_by": person(one.added_by, self.request.user),
                "added_at": one.added_at, "url": f"{base}{one.pk}/",
            }
            for one in rows.select_related("added_by")
        ]  # fmt: skip

    def _visible_files(self: Any, ticket: Ticket) -> QuerySet[Attachment]:
        rows = Attachment.objects.filter(ticket=ticket.pk)
        return rows if access.sees_inside(ticket, self.request.user) else rows.filter(public=True)

    @extend_schema(
        summary="Read the timeline", responses=many(ENTRY),
        description="Oldest first; `?ordering=-at` turns it round. Requesters read what is public.",
    )  # fmt: skip
    @action(detail=True, url_path="timeline", orderings={"at": ("at",)}, default_ordering="at", filterset_class=None)
    def timeline(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        inside = access.sees_inside(ticket, request.user)
        entries = TimelineEntry.objects.filter(ticket=ticket.pk)
        if not inside:
            entries = entries.filter(public=True)
        if words := request.query_params.get("q", ""):
            entries = entries.filter(body__icontains=words)
        page = self.paginate_queryset(entries)
        by_entry: dict[int, list[dict[str, Any]]] = {}
        rows = self._visible_files(ticket).filter(entry__in=[entry.pk for entry in page])
        for shown, entry_id in zip(self._files(ticket, rows), rows.values_list("entry_id", flat=True), strict=True):
            by_entry.setdefault(entry_id, []).append(shown)
        return self.answer_page([entry_shown(entry, by_entry.get(entry.pk, []), inside) for entry in page])

    @extend_schema(summary="List the files", responses=many(FILE))
    @action(detail=True, url_path="attachments", orderings={"id": ("id",)}, default_ordering="id", filterset_class=None)
    def attachments(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        rows = self._visible_files(ticket).select_related("added_by")
        if words := request.query_params.get("q", ""):
            rows = rows.filter(name__icontains=words)
        page = self.paginate_queryset(rows)
        return self.answer_page(self._files(ticket, Attachment.objects.filter(pk__in=[one.pk for one in page])))

    @extend_schema(
        summary="Download a file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("file", int, OpenApiParameter.PATH, description="Id of the attachment.")],
    )  # fmt: skip
    @action(detail=True, url_path=r"attachments/(?P<file>[0-9]{1,18})", url_name="attachment")
    def attachment(self: Any, request: Request, number: str, file: str) -> Any:
        ticket = self.get_ticket()
        found = self._visible_files(ticket).filter(pk=int(file)).first()
        if found is None:
            raise Http404
        try:
            stream = found.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(stream, as_attachment=True, filename=found.name, content_type=found.content_type)
        # Whatever it is, it never runs in our name.
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response

    @extend_schema(
        summary="List the watchers",
        responses=results("Watchers", WATCHER),
    )
    @action(detail=True, url_path="watchers")
    def watchers(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        rows = Watcher.objects.filter(ticket=ticket.pk).select_related("user")[:500]
        return Response({"results": [watcher_shown(row, request.user) for row in rows]})


def watcher_shown(row: Watcher, user: User) -> dict[str, Any]:
    return {"user": person(row.user, user), "added_at": row.added_at}


class WritingConversationMixin:
    """Replies, notes, files, watchers."""

    @extend_schema(
        summary="Reply or write a note", request=EntryInput, responses={201: ENTRY},
        examples=[
            OpenApiExample("Reply", {"kind": "reply", "body": "We are looking into it."}, request_only=True),
            OpenApiExample("Note", {"kind": "note", "body": "Disk of db-3 is full."}, request_only=True),
        ],
    )  # fmt: skip
    @ReadingConversationMixin.timeline.mapping.post
    def add_entry(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        given = self.checked(EntryInput)
        say = conversation.reply if given["kind"] == "reply" else conversation.note
        with transaction.atomic():
            self.require_version(ticket)
            entry = say(ticket, given["body"], actor=request.user, source="api")
        return Response(entry_shown(entry, [], access.sees_inside(ticket, request.user)), status=201)

    @extend_schema(
        summary="Add files", request={"multipart/form-data": FilesInput},
        responses={201: results("AddedFiles", FILE)},
    )  # fmt: skip
    @ReadingConversationMixin.attachments.mapping.post
    def add_files(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        sent = request.FILES.getlist("files") + request.FILES.getlist("file")
        public = serializers.BooleanField().run_validation(request.data.get("public", True))
        with transaction.atomic():
            self.require_version(ticket)
            kept = files.attach(ticket, sent, actor=request.user, source="api", public=public)
        rows = Attachment.objects.filter(pk__in=[one.pk for one in kept])
        return Response({"results": self._files(ticket, rows)}, status=201)

    @extend_schema(summary="Name somebody on the ticket", request=WatcherInput, responses={201: WATCHER})
    @ReadingConversationMixin.watchers.mapping.post
    def add_watcher(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        serializer = WatcherInput(data=request.data, context=self.get_serializer_context())
        serializer.fields["user"].rows = watchable
        serializer.is_valid(raise_exception=True)
        user = serializer.validated_data["user"]
        conversation.watch(ticket, user, actor=request.user, source="api")
        row = Watcher.objects.select_related("user").get(ticket=ticket.pk, user=user)
        return Response(watcher_shown(row, request.user), status=201)

    @extend_schema(
        summary="Take a name off the ticket", responses={204: None},
        parameters=[OpenApiParameter("user", int, OpenApiParameter.PATH, description="Id of the person.")],
    )  # fmt: skip
    @action(detail=True, methods=["delete"], url_path=r"watchers/(?P<user>[0-9]{1,18})", url_name="watcher")
    def remove_watcher(self: Any, request: Request, number: str, user: str) -> Response:
        ticket = self.get_ticket()
        row = Watcher.objects.filter(ticket=ticket.pk, user=int(user)).select_related("user").first()
        if row is None:
            raise Http404
        conversation.unwatch(ticket, row.user, actor=request.user, source="api")
        return Response(status=204)


PARSERS = {"add_files": [MultiPartParser]}
