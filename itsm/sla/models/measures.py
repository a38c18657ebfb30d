"""What was counted of each day that is over."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.lib.clock import now
from itsm.sla.models.promises import Metric


class MeasuredDay(models.Model):
    """A day that is over and has been counted. It is counted once; again only on purpose, and then marked."""

    day = models.DateField(primary_key=True)
    measured_at = models.DateTimeField(default=now)
    restated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["day"]
        verbose_name = _("measured day")
        verbose_name_plural = _("measured days")

    def __str__(self) -> str:
        return str(self.day)


class DailyAttainment(models.Model):
    """Clocks that ended on a day, counted: what dashboards read instead of a million clocks."""

    day = models.DateField()
    metric = models.CharField(max_length=20, choices=Metric)
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField()
    met = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    elapsed_seconds = models.PositiveBigIntegerField(default=0)
    over_seconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("daily attainment")
        verbose_name_plural = _("daily attainment")
        indexes = [models.Index(fields=["day", "metric"], name="sla_daily_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.metric}: {self.met}/{self.met + self.breached}"


class DailyBacklog(models.Model):
    """Open tickets at the end of a day, and what came and went during it.

    Over all teams: open at the end = open the day before + opened - resolved - dropped + reopened.
    """

    day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    #: Cancelled, or resolved as a duplicate: gone, but nobody's achievement.
    dropped = models.PositiveIntegerField(default=0, db_default=0)
    reopened = models.PositiveIntegerField(default=0)
    open_at_end = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("daily backlog")
        verbose_name_plural = _("daily backlog")
        indexes = [models.Index(fields=["day"], name="sla_backlog_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.open_at_end} open"


class DailyStay(models.Model):
    """How long tickets had been open in one state, counted on the day the stay ended: what they waited for, and worked.

    Wall-clock time. Without a hold reason somebody could work on them.
    """

    day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField()
    hold_reason = models.CharField(max_length=30, blank=True)
    stays = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("daily stay")
        verbose_name_plural = _("daily stays")
        indexes = [models.Index(fields=["day"], name="sla_stay_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.hold_reason or '-'}: {self.seconds} s"


class DailyReopening(models.Model):
    """Tickets reopened on a day, by the day they had been resolved: the numerator of the reopen rate.

    Only within the window that counts as "not solved after all"; see ``services.measure.REOPEN_WINDOW``.
    """

    day = models.DateField()
    resolved_day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    amount = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("daily reopening")
        verbose_name_plural = _("daily reopenings")
        indexes = [models.Index(fields=["resolved_day"], name="sla_reopening_by_resolved")]

    def __str__(self) -> str:
        return f"{self.day} of {self.resolved_day}: {self.amount}"
