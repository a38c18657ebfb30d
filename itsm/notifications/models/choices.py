"""What people and the organisation decide about notifications: preferences, words, chat channels."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.lib import cipher, clock


class Preference(models.Model):
    """That a person wants, or does not want, a topic by a channel. No row: the default of the topic."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences")
    topic = models.CharField(max_length=30)
    channel = models.CharField(max_length=10)
    enabled = models.BooleanField()

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.UniqueConstraint(fields=["user", "topic", "channel"], name="notifications_preference_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.topic} {self.channel} {self.enabled}"


class NotificationTemplate(models.Model):
    """The organisation's own words for a topic, instead of those that come with the product."""

    topic = models.CharField(_("about"), max_length=30)
    #: Empty: every language that has no words of its own.
    language = models.CharField(_("language"), max_length=10, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    updated_at = models.DateTimeField(_("updated"), default=clock.now)

    class Meta:
        ordering = ["topic", "language"]
        verbose_name = _("notification template")
        verbose_name_plural = _("notification templates")
        constraints = [
            models.UniqueConstraint(fields=["topic", "language"], name="notifications_notificationtemplate_once")
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.language}".strip()


class ChatChannel(models.Model):
    """A room in a chat system that hears about tickets. Its address is a credential and stored encrypted."""

    PURPOSE = "notifications.chat"
    #: What the audit log must not repeat.
    audit_secret = ("address",)

    name = models.CharField(_("name"), max_length=80, unique=True)
    address = models.TextField(editable=False)
    #: The part of the address that is no secret.
    scheme = models.CharField(_("system"), max_length=20, editable=False)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="chat_channels", verbose_name=_("only for team"),
        help_text=_("Empty: tickets of every team."),
    )  # fmt: skip
    events = models.JSONField(_("tells about"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    last_sent_at = models.DateTimeField(_("last message"), null=True, editable=False)
    last_error = models.CharField(_("last problem"), max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("chat channel")
        verbose_name_plural = _("chat channels")

    def __str__(self) -> str:
        return self.name

    @property
    def plain_address(self) -> str:
        """The address to post to; ``cipher.Unreadable`` when ``SECRET_KEY`` was changed without a fallback."""
        return cipher.decrypt(self.address, self.PURPOSE) if self.address else ""

    @plain_address.setter
    def plain_address(self, value: str) -> None:
        self.address = cipher.encrypt(value, self.PURPOSE)
        self.scheme = value.partition("://")[0][:20].lower()
