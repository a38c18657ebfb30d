"""Kept analyses of processes: what costs a walk over many rows is worked out by a job, not while somebody waits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock


class KeptAnalysis(models.Model):
    """The analysis of one question, as it was worked out; asked again, it is worked out anew when it is old."""

    #: Kind, days and filters, as one text.
    key = models.CharField(max_length=120, unique=True)
    question = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    asked_at = models.DateTimeField(default=clock.now)
    #: A worker has it until then.
    claimed_until = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("kept analysis")
        verbose_name_plural = _("kept analyses")
        indexes = [models.Index(fields=["asked_at"], name="improvement_analysis_asked")]

    def __str__(self) -> str:
        return self.key
