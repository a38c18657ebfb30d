"""The audit log. Entries are written once; database triggers refuse every change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.lib.sources import Source


class Entry(models.Model):
    """One recorded action on one record, chained to the record's previous entry by its hash."""

    at = models.DateTimeField(_("when"), default=clock.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("who")
    )
    #: The actor's name at the time: people leave and are erased.
    actor_label = models.CharField(max_length=150, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    object_label = models.CharField(_("record"), max_length=200, blank=True)
    #: field -> [old, new], as stored values.
    changes = models.JSONField(_("changes"), default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_entry_of_record"),
            models.Index(fields=["at", "id"], name="audit_entry_by_time"),
            models.Index(fields=["actor", "-id"], name="audit_entry_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.object_label}"


class Checkpoint(models.Model):
    """A seal over all entries up to an id: even a whole removed history leaves a gap that shows."""

    at = models.DateTimeField(default=clock.now, editable=False)
    up_to_id = models.BigIntegerField(unique=True)
    entries = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["up_to_id"]
        verbose_name = _("audit checkpoint")
        verbose_name_plural = _("audit checkpoints")

    def __str__(self) -> str:
        return f"up to {self.up_to_id}"
