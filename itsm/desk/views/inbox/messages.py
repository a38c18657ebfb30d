"""What the outbox did and could not do, for administrators. Shows who and what about, never the words."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.desk.views.inbox.guard import administrators_only
from itsm.notifications import topics
from itsm.notifications.models import Event, Message
from itsm.notifications.services import delivery
from itsm.ui import keyset
from itsm.ui import pages as ui

#: Failed messages that one click sends again.
MOST = 1000


def _filtered(request: HttpRequest) -> tuple[object, dict[str, str]]:
    chosen = {
        "state": request.GET.get("state", ""),
        "channel": request.GET.get("channel", ""),
        "q": request.GET.get("q", "").replace("\x00", "").strip()[:100],
    }
    rows = Message.objects.exclude(channel=Message.Channel.IN_APP)
    if chosen["state"] in Message.State.values:
        rows = rows.filter(state=chosen["state"])
    if chosen["channel"] in (Message.Channel.EMAIL, Message.Channel.CHAT):
        rows = rows.filter(channel=chosen["channel"])
    if chosen["q"]:
        rows = rows.filter(Q(address__icontains=chosen["q"]) | Q(recipient__name__icontains=chosen["q"]))
    return rows, chosen


@require_GET
@administrators_only
def messages(request: HttpRequest) -> HttpResponse:
    rows, chosen = _filtered(request)
    rows = rows.select_related("recipient", "team", "chat", "ticket").only(  # type: ignore[attr-defined]
        "topic", "channel", "address", "state", "attempts", "next_attempt_at", "created_at", "sent_at", "error",
        "recipient__name", "recipient__email", "team__name", "chat__name", "ticket__kind",
    )  # fmt: skip
    page = keyset.paginate(rows, ("-id",), request.GET.get("cursor", ""))
    for message in page:
        topic = topics.TOPICS.get(message.topic)
        message.about = topic.label if topic else topics.CHAT.get(message.topic, message.topic)
    context = {
        "page": page,
        "chosen": chosen,
        "states": Message.State.choices,
        "channels": [c for c in Message.Channel.choices if c[0] != Message.Channel.IN_APP],
        "failed": keyset.capped_count(Message.objects.filter(state=Message.State.FAILED)),
        "faults": keyset.capped_count(Event.objects.exclude(fan_out_error="")),
        "fault": Event.objects.exclude(fan_out_error="")
        .order_by("-id")
        .values_list("fan_out_error", flat=True)
        .first(),
    }
    part = "desk/notifications/_messages.html" if ui.is_htmx(request) else ""
    return ui.page(request, "desk/notifications/messages.html", part=part, title=_("Messages"), **context)


@require_POST
@administrators_only
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    done = delivery.retry([message], actor=request.user, source="web")
    return _back(request, done, 0)


@require_POST
@administrators_only
def retry_all(request: HttpRequest) -> HttpResponse:
    failed = Message.objects.filter(state=Message.State.FAILED).order_by("id")[:MOST]
    done = delivery.retry(failed, actor=request.user, source="web")
    events = delivery.retry_events(actor=request.user, source="web")
    return _back(request, done, events)


def _back(request: HttpRequest, done: int, events: int) -> HttpResponse:
    text = _("%d messages are sent again") % done if done else _("Nothing was left to send again")
    if events:
        text = _("%(messages)d messages and %(events)d events are tried again") % {"messages": done, "events": events}
    return ui.see(request, "desk:messages", text, tone="green" if done or events else "grey")
