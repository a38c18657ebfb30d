"""Chat channels: list, form, delete, and trying one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from itsm.desk.views.inbox.guard import administrators_only
from itsm.notifications import topics
from itsm.notifications.forms import ChatChannelForm
from itsm.notifications.models import ChatChannel
from itsm.notifications.services import rooms
from itsm.ui import pages as ui
from itsm.ui import times


class Pages:
    """What the three pages have in common."""

    model = ChatChannel
    list_url = "desk:chat-channels"
    create_url = "desk:chat-channel-create"
    edit_url = "desk:chat-channel"
    delete_url = "desk:chat-channel-delete"

    def get_queryset(self) -> Any:
        return ChatChannel.objects.select_related("team")


def _events(chat: ChatChannel) -> str:
    return ", ".join(str(topics.CHAT[name]) for name in chat.events if name in topics.CHAT)


def _last(chat: ChatChannel) -> Any:
    if chat.last_error:
        return chat.last_error
    return times.ago(chat.last_sent_at) if chat.last_sent_at else "–"


class ChatList(Pages, ui.ListPage):
    title = gettext_lazy("Chat channels")
    intro = gettext_lazy("Rooms that hear about tickets. Restricted tickets and what people write stay out of them.")
    icon = "messages-square"
    order = ("name", "pk")
    search_fields = ("name",)
    columns = (
        ui.Column("name", gettext_lazy("Name")),
        ui.Column("scheme", gettext_lazy("System")),
        ui.Column("team", gettext_lazy("Only for team")),
        ui.Column("events", gettext_lazy("Tells about"), cell=_events, opt=True),
        ui.Column("is_active", gettext_lazy("Active")),
        ui.Column("last_sent_at", gettext_lazy("Last message"), cell=_last),
    )


class ChatForm(Pages, ui.FormPage):
    template = "desk/notifications/chat_form.html"
    form_class = ChatChannelForm

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.request.user}


class ChatDelete(Pages, ui.DeletePage):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chat: Any = self.get_object()
        name = str(chat)
        rooms.remove(chat, actor=request.user, source="web")
        return ui.see(request, self.list_url, _("%(name)s deleted") % {"name": name}, tone="grey")


@require_POST
@administrators_only
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    chat = get_object_or_404(ChatChannel, pk=pk)
    rooms.try_out(chat)
    return ui.see(request, "desk:chat-channels", _("The test message arrived"))
