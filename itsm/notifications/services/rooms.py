"""Chat channels: keeping their addresses, and trying them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock, house
from itsm.lib.errors import Refused
from itsm.notifications.channels import Failed
from itsm.notifications.channels import chat as channel
from itsm.notifications.models import ChatChannel

if TYPE_CHECKING:
    from itsm.accounts.models import User


@transaction.atomic
def save(chat: ChatChannel, *, address: str = "", actor: User, source: str) -> ChatChannel:
    """Store a channel; without a new address it keeps the one it has."""
    old = ChatChannel.objects.select_for_update().filter(pk=chat.pk).first() if chat.pk else None
    before = audit.snapshot(old) if old else {}
    if address:
        chat.plain_address = channel.canonical(address)
        chat.last_error = ""
    chat.save()
    changes = audit.diff(before, audit.snapshot(chat))
    if address and old:
        changes["address"] = ["•", "•"]
    audit.record(chat, "changed" if old else "created", actor=actor, source=source, changes=changes)
    return chat


@transaction.atomic
def remove(chat: ChatChannel, *, actor: User, source: str) -> None:
    """Delete a channel with what still waits for it."""
    audit.record(chat, "deleted", actor=actor, source=source, changes={"name": [chat.name, None]})
    chat.delete()


def try_out(chat: ChatChannel) -> None:
    """Post a line into the room now; ``Refused`` says why it did not arrive."""
    said = _("This is a test. Messages about tickets will appear here.")
    result = channel.post(chat, house.current().name, said)
    if isinstance(result, Failed):
        ChatChannel.objects.filter(pk=chat.pk).update(last_error=result.error[:500])
        raise Refused(_("The message did not arrive: %(error)s") % {"error": result.error}, code="not_delivered")
    ChatChannel.objects.filter(pk=chat.pk).update(last_error="", last_sent_at=clock.now())
