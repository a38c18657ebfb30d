"""Files on a ticket. Stored under a random name, always served as a download."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models.ticket import Ticket
from itsm.tickets.models.timeline import TimelineEntry


def storage_name(attachment: "Attachment", filename: str) -> str:
    """A path that tells nothing of the file and cannot be guessed."""
    return f"attachments/{clock.now():%Y/%m}/{secrets.token_hex(16)}"


class Attachment(models.Model):
    """A file somebody added; ``sha256`` is computed while it is stored."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="attachments")
    entry = models.ForeignKey(TimelineEntry, models.CASCADE, null=True, related_name="attachments")
    file = models.FileField(upload_to=storage_name, max_length=200)
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"))
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    public = models.BooleanField(_("visible to the requester"), default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name
