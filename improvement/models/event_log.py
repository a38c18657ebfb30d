"""Event logs of other systems that people upload to see how a process was lived there."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from improvement import log_policies
from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User


def storage_name(log: EventLog, filename: str) -> str:
    """A path that tells nothing of the file and cannot be guessed."""
    return f"event-logs/{clock.now():%Y/%m}/{secrets.token_hex(16)}"


class EventLogQuerySet(models.QuerySet["EventLog"]):
    def visible_to(self, user: User) -> EventLogQuerySet:
        """Whose role looks at processes; a log may name people, so nobody else."""
        return self.all() if log_policies.reads(user) else self.filter(uploaded_by=user)


class EventLog(models.Model):
    """A file, what its columns mean, and what came out. A job works it out; these moments say how far it is."""

    name = models.CharField(_("name"), max_length=160)
    file = models.FileField(_("file"), upload_to=storage_name, max_length=200)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xes", "XES")])
    size = models.PositiveBigIntegerField(_("size"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    created_at = models.DateTimeField(_("uploaded"), default=clock.now)
    #: What the columns mean, as ``improvement.services.event_logs.Meaning`` keeps it.
    meaning = models.JSONField(default=dict)
    #: Since when it waits for a worker; null while nobody said what the columns mean.
    asked_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    #: Lines that were not understood, the first of them: ``[[line, reason], …]``; and how many there are.
    problems = models.JSONField(default=list)
    bad_rows = models.PositiveIntegerField(default=0)
    #: Why nothing came out.
    error = models.CharField(max_length=500, blank=True)

    objects = EventLogQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("event log")
        verbose_name_plural = _("event logs")
        indexes = [models.Index(fields=["asked_at"], name="improvement_log_waiting",
                                condition=models.Q(asked_at__isnull=False, computed_at__isnull=True))]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("improvement:log", args=[self.pk])

    @property
    def is_pending(self) -> bool:
        return self.asked_at is not None and self.computed_at is None
