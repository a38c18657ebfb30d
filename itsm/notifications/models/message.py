"""Messages: one row per person (or group, or chat) and event and channel; the row is the queue."""

from __future__ import annotations

from datetime import datetime
from enum import nonmember
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.lib import clock
from itsm.notifications.models.choices import ChatChannel
from itsm.notifications.models.event import Event
from itsm.tickets.models import Ticket

if TYPE_CHECKING:
    from itsm.accounts.models import User


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, channel: str, moment: datetime) -> MessageQuerySet:
        """What waits to be delivered now and is in nobody's hands; an expired lease counts as nobody's."""
        waiting = self.filter(channel=channel, state__in=Message.State.WAITING, next_attempt_at__lte=moment)
        return waiting.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=moment))

    def inbox_of(self, user: User) -> MessageQuerySet:
        """A person's in-app messages, without those about tickets the person may not see (any more)."""
        seen = Ticket.objects.visible_to(user).filter(pk=OuterRef("ticket_id")).order_by()
        mine = self.filter(recipient=user, channel=Message.Channel.IN_APP)
        return mine.filter(Q(ticket__isnull=True) | Exists(seen))

    def unread(self) -> MessageQuerySet:
        return self.filter(read_at__isnull=True)


class Message(models.Model):
    """Something somebody is told, by one channel. Its words are fixed when it is written.

    pending -> sending -> sent, or failed (given up) or skipped (nobody may be told any more). A row in
    ``sending`` whose lease ran out was in the hands of a process that died; it is sent again under the
    same Message-ID. In-app messages are sent by existing.
    """

    class Channel(models.TextChoices):
        IN_APP = "in_app", _("Inbox")
        EMAIL = "email", _("Email")
        CHAT = "chat", _("Chat")

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Not sent")

        WAITING = nonmember(("pending", "sending"))

    event = models.ForeignKey(Event, models.CASCADE, related_name="messages", verbose_name=_("event"))
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("ticket")
    )
    topic = models.CharField(_("about"), max_length=30)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    #: Exactly one of the three is told.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="messages", db_index=False,
        verbose_name=_("recipient"),
    )  # fmt: skip
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", verbose_name=_("team"))
    chat = models.ForeignKey(ChatChannel, models.CASCADE, null=True, related_name="+", verbose_name=_("chat channel"))
    #: Who is away, when the recipient is told as delegate.
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    address = models.CharField(_("address"), max_length=254, blank=True)
    language = models.CharField(max_length=10, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"), blank=True)
    #: The text as Markdown, where it differs from the plain one (names and titles are escaped in it).
    markdown = models.TextField(blank=True)
    url = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(_("written"), default=clock.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=clock.now)
    claimed_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=36, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    read_at = models.DateTimeField(_("read"), null=True)
    error = models.CharField(_("problem"), max_length=500, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "channel", "recipient"],
                name="notifications_message_once_per_person",
                condition=Q(recipient__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["event", "channel", "team"],
                name="notifications_message_once_per_team",
                condition=Q(team__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["event", "chat"], name="notifications_message_once_per_chat", condition=Q(chat__isnull=False)
            ),
            models.CheckConstraint(
                name="notifications_message_one_recipient",
                condition=Q(recipient__isnull=False, team__isnull=True, chat__isnull=True)
                | Q(recipient__isnull=True, team__isnull=False, chat__isnull=True)
                | Q(recipient__isnull=True, team__isnull=True, chat__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at", "id"], name="notifications_message_due",
                condition=Q(state__in=["pending", "sending"]),
            ),
            models.Index(
                fields=["recipient", "-id"], name="notifications_message_inbox", condition=Q(channel="in_app")
            ),
            models.Index(
                fields=["recipient", "-id"], name="notifications_message_unread",
                condition=Q(channel="in_app", read_at__isnull=True),
            ),
            models.Index(fields=["id"], name="notifications_message_failed", condition=Q(state="failed")),
            models.Index(fields=["ticket", "id"], name="notifications_message_ticket"),
            models.Index(fields=["created_at"], name="notifications_message_age"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.topic} {self.channel} {self.address or self.recipient_id or self.chat_id}"
