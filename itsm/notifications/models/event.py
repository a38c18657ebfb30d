"""Events: what happened, in the order it happened."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket, TimelineEntry


class Event(models.Model):
    """Something that happened, written in the transaction that made it happen.

    Notifications, automation and the change feed are all derived from these rows, so none of
    them can be lost by a broker or a crash. ``position`` is given after commit, without gaps in
    visibility: a reader who has seen position n will never be shown a smaller one later.
    """

    type = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now)
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="+", db_index=False)
    #: For news about other records: audit type and id.
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=10, choices=Source)
    entry = models.ForeignKey(TimelineEntry, models.CASCADE, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)
    position = models.BigIntegerField(null=True, unique=True)
    fanned_out_at = models.DateTimeField(null=True)
    #: When the rules of automation looked at it.
    automated_at = models.DateTimeField(null=True)
    #: Why nobody could be told; such an event stays visible to administrators, who can try it again.
    fan_out_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["id"], name="notifications_event_unplaced", condition=models.Q(position__isnull=True)),
            models.Index(
                fields=["id"], name="notifications_event_to_do", condition=models.Q(fanned_out_at__isnull=True)
            ),
            models.Index(
                fields=["id"], name="notifications_event_to_rule", condition=models.Q(automated_at__isnull=True)
            ),
            models.Index(fields=["ticket", "id"], name="notifications_event_ticket"),
            models.Index(fields=["id"], name="notifications_event_failed", condition=~models.Q(fan_out_error="")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.ticket_id or self.object_id}"
