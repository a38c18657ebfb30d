"""The inbox: news by ticket, read and unread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.lib.errors import Invalid
from itsm.notifications.models import Message
from itsm.notifications.services import inbox as service
from itsm.tickets.models import Ticket
from itsm.ui import keyset
from itsm.ui import pages as ui

PAGE = 50


@dataclass(slots=True)
class Group:
    """News on one ticket (or on none), newest first."""

    ticket: Ticket | None
    words: str = ""
    messages: list[Message] = field(default_factory=list)

    @property
    def unread(self) -> bool:
        return any(message.read_at is None for message in self.messages)


def grouped(messages: Iterable[Message], *, plain_words: bool) -> list[Group]:
    """Messages by ticket, in the order of the newest of each. Requesters read words instead of state names."""
    groups: dict[int, Group] = {}
    for message in messages:
        key = message.ticket_id or -message.pk
        if key not in groups:
            ticket = message.ticket
            words = ""
            if ticket:
                own = ticket.kind_info.plain_words.get(ticket.state) if plain_words else None
                words = str(own or ticket.state_label)
            groups[key] = Group(ticket, words)
        groups[key].messages.append(message)
    return list(groups.values())


def _list(request: HttpRequest, show: str) -> dict[str, Any]:
    user: Any = request.user
    rows = Message.objects.inbox_of(user)
    if show != "all":
        rows = rows.unread()
    rows = rows.select_related("ticket", "on_behalf_of").defer("ticket__description", "ticket__custom", "markdown")
    page = keyset.paginate(rows, ("-id",), request.GET.get("cursor", ""), PAGE)
    return {
        "page": page,
        "groups": grouped(page, plain_words=not user.is_desk),
        "show": show,
        "waiting": service.unread_count(user),
        "most": service.MOST,
    }


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    wanted = "all" if request.GET.get("show") == "all" else "unread"
    here = reverse("desk:inbox")
    context = _list(request, wanted)
    tabs = [
        {"label": _("Unread"), "url": here, "current": wanted == "unread"},
        {"label": _("All"), "url": f"{here}?show=all", "current": wanted == "all"},
    ]
    part = "desk/inbox/_list.html" if ui.is_htmx(request) else ""
    return ui.page(request, "desk/inbox/inbox.html", part=part, title=_("Inbox"), tabs=tabs, **context)


@require_GET
def badge(request: HttpRequest) -> HttpResponse:
    """The number in the navigation, asked for every minute."""
    user: Any = request.user
    waiting = service.unread_count(user)
    return ui.render_part(request, "desk/inbox/_badge.html", waiting=waiting, most=service.MOST)


@require_GET
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a message leads; reading it is what marks it read."""
    user: Any = request.user
    message = get_object_or_404(Message.objects.inbox_of(user), pk=pk)
    if request.headers.get("Sec-Purpose", "") != "prefetch":
        service.read(user, message=message.pk)
    return redirect(message.url or "desk:inbox")


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one message, those of a ticket, or all of them as read."""
    user: Any = request.user
    wanted = {name: _number(request.POST[name]) for name in ("message", "ticket") if name in request.POST}
    if not wanted and "all" not in request.POST:
        raise Invalid({"message": _("Say which message.")})
    at = service.read(user, **wanted)
    if at is not None:
        ui.say(request, _("Marked as read"), undo=_undo(at))
    return _after(request)


@require_POST
def unread(request: HttpRequest) -> HttpResponse:
    """Undo of ``read``: give the moment back that it gave."""
    user: Any = request.user
    at = parse_datetime(request.GET.get("at", "")) if len(request.GET.get("at", "")) < 50 else None
    if at is None or at.tzinfo is None:
        raise Invalid({"at": _("There is nothing to take back.")})
    service.unread(user, at)
    return _after(request)


def _undo(at: datetime) -> str:
    return f"{reverse('desk:inbox-unread')}?{urlencode({'at': at.isoformat()})}"


def _after(request: HttpRequest) -> HttpResponse:
    if not ui.is_htmx(request):
        return redirect("desk:inbox")
    wanted = "all" if request.POST.get("show") == "all" else "unread"
    return ui.render_part(request, "desk/inbox/_list.html", with_badge=True, **_list(request, wanted))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid({"message": _("There is no such message.")})
    return int(text)
