"""The change feed: what happened, in one order, to be followed by a cursor."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from itsm.accounts.models import User
from itsm.api.exceptions import BadQuery
from itsm.api.fields import Moment
from itsm.api.pagination import MOST, size_of
from itsm.approvals.models import Round
from itsm.integrations.api import approvals
from itsm.integrations.api.bases import View
from itsm.integrations.api.shapes import Named, shape
from itsm.integrations.services import feed
from itsm.notifications.models import Event
from itsm.tickets import numbers
from itsm.tickets.models import Ticket

#: Where to begin when only what comes from now on matters.
END = "end"


def visible_to(user: User) -> QuerySet[Event]:
    """Events about tickets the person sees; outside the desk only what is public on them.

    Those about other records are for the desk, each as far as ``seen`` finds that the person sees the record.
    """
    about = Q(ticket__in=Ticket.objects.visible_to(user).values("pk"))
    if user.is_desk:
        return Event.objects.filter(about | Q(ticket__isnull=True))
    return Event.objects.filter(about, entry__public=True)


def seen(rows: list[dict[str, Any]], user: User) -> list[dict[str, Any]]:
    """The rows about tickets, and of the others those whose record the person sees; a query for each kind of record."""
    asked: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if not row["ticket_id"]:
            asked[row["object_type"]].add(row["object_id"])
    known = {kind: _known(kind, ids, user) for kind, ids in asked.items()}
    return [row for row in rows if row["ticket_id"] or row["object_id"] in known[row["object_type"]]]


def _known(kind: str, ids: set[int], user: User) -> set[int]:
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return set()
    if model is Round:
        rows: Any = approvals.visible_to(user)
    else:
        rows = model._default_manager.all()
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows if user.reads_all else rows.none()
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True))


def shown(row: dict[str, Any], user: User) -> dict[str, Any]:
    """One event as the feed tells it."""
    about = {"type": row["object_type"], "id": row["object_id"], "number": None, "url": None}
    if row["ticket_id"]:
        number = numbers.number(row["ticket__kind"], row["ticket_id"])
        about = {"type": row["ticket__kind"], "id": row["ticket_id"], "number": number}
        about["url"] = reverse("api:ticket-detail", args=[number])
    data = row["data"] if user.is_desk else {key: row["data"][key] for key in ("state",) if key in row["data"]}
    actor = {"id": row["actor_id"], "name": row["actor__name"]} if row["actor_id"] else None
    return {
        "position": row["position"], "id": row["id"], "type": row["type"], "at": row["at"], "object": about,
        "actor": actor, "source": row["source"], "entry": row["entry_id"], "data": data,
    }  # fmt: skip


COLUMNS = (
    "position", "id", "type", "at", "object_type", "object_id", "ticket_id", "ticket__kind", "actor_id", "actor__name",
    "source", "entry_id", "data",
)  # fmt: skip

EVENT = shape(
    "Event",
    {
        "position": serializers.IntegerField(help_text="Strictly rising; no smaller one ever appears later."),
        "id": serializers.IntegerField(),
        "type": serializers.CharField(help_text="Such as `incident.resolve`, `incident.reply`, `incident.edit`."),
        "at": Moment(),
        "object": shape(
            "EventObject",
            {
                "type": serializers.CharField(),
                "id": serializers.IntegerField(),
                "number": serializers.CharField(allow_null=True),
                "url": serializers.CharField(allow_null=True),
            },
        )(),
        "actor": Named(allow_null=True),
        "source": serializers.CharField(),
        "entry": serializers.IntegerField(allow_null=True, help_text="The timeline entry that tells it."),
        "data": serializers.JSONField(),
    },
)
FEED = shape(
    "EventFeed",
    {
        "results": EVENT(many=True),
        "cursor": serializers.CharField(help_text="Send it as `after` next time."),
        "next": serializers.URLField(help_text="The same as an address."),
        "more": serializers.BooleanField(help_text="There is more to read right now."),
    },
)


@extend_schema(tags=["events"])
class Events(View):
    """What happened to everything the caller may see, in the order it became known."""

    queryset = Event.objects.none()
    scope = "events"
    extra_parameters = {"list": {"after", "limit"}}
    lists = ()
    pagination_class = None
    filter_backends: list[Any] = []

    @extend_schema(
        summary="Follow what happens",
        description=(
            "Keep `cursor` and send it as `after`: nothing is told twice and nothing is left out, whatever commits in "
            "the meantime. Without `after` the feed starts at its beginning; `after=end` at what comes next."
        ),
        parameters=[
            OpenApiParameter("after", str, description="A cursor, or `end`."),
            OpenApiParameter(
                "limit", int, description=f"At most so many, up to {MOST}; fewer may come while `more` is true."
            ),
        ],
        responses=FEED,
    )
    def list(self, request: Request) -> Response:
        newest = feed.place_events()
        after = self._after(request, newest)
        limit = size_of(request, "limit")
        found = visible_to(request.user).filter(position__gt=after, position__lte=newest).order_by("position")
        rows = list(found.values(*COLUMNS)[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        # The cursor moves past what the caller may not see, so that it is not searched again.
        cursor = str(rows[-1]["position"] if more else max(after, newest))
        rows = seen(rows, request.user)
        return Response(
            {
                "results": [shown(row, request.user) for row in rows],
                "cursor": cursor,
                "next": replace_query_param(request.build_absolute_uri(), "after", cursor),
                "more": more,
            }
        )

    def _after(self, request: Request, newest: int) -> int:
        text = request.query_params.get("after", "0")
        if text == END:
            return newest
        if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
            raise BadQuery("after", _("A cursor of this feed, or “end”."))
        return int(text)
