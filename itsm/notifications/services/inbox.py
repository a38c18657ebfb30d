"""A person's inbox: what is in it, and marking it read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from itsm.lib import clock
from itsm.notifications.models import Message
from itsm.ui import nav

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from itsm.accounts.models import User

#: Nobody reads a number above this one; counting stops there.
MOST = 99


def unread_count(user: User) -> int:
    """How many messages wait, at most ``MOST`` + 1. Costs what is unread, not what is there."""
    return Message.objects.inbox_of(user).unread().order_by().values("pk")[: MOST + 1].count()


def badge(user: User) -> QuerySet[Message]:
    """What the navigation counts."""
    return Message.objects.inbox_of(user).unread()


def read(user: User, *, message: int | None = None, ticket: int | None = None) -> datetime | None:
    """Mark one message, those of one ticket, or all as read; returns the moment, which ``unread`` takes back."""
    rows = Message.objects.filter(recipient=user, channel=Message.Channel.IN_APP).unread()
    if message is not None:
        rows = rows.filter(pk=message)
    if ticket is not None:
        rows = rows.filter(ticket=ticket)
    now = clock.now()
    if not rows.update(read_at=now):
        return None
    nav.forget_counts(user)
    return now


def unread(user: User, at: datetime) -> int:
    """Take back what was marked read at this very moment."""
    rows = Message.objects.filter(recipient=user, channel=Message.Channel.IN_APP, read_at=at)
    nav.forget_counts(user)
    return rows.update(read_at=None)


def saw_ticket(user: User, ticket_id: int) -> None:
    """Somebody who opens a ticket has read its news. For the ticket's page to call."""
    read(user, ticket=ticket_id)
