"""How services and applications were, day by day, and how they ought to be."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.health import Health
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.models import CalendarVersion
from operation.availability import ZERO, Tally
from transition.models import CIType, ConfigurationItem

#: A row is about a service or about an item, never both.
ONE_SUBJECT = Q(service__isnull=False, item__isnull=True) | Q(service__isnull=True, item__isnull=False)


class ApplicationType(models.Model):
    """Items of this type, and of those below it, are applications: their availability is measured."""

    type = models.OneToOneField(CIType, models.CASCADE, related_name="+", verbose_name=_("type of item"))

    class Meta:
        ordering = ["type__name"]
        verbose_name = _("type of application")
        verbose_name_plural = _("types of applications")

    def __str__(self) -> str:
        return str(self.type)


class AvailabilityObjective(models.Model):
    """Which share of the agreed time a service or an application has to work."""

    service = models.OneToOneField(
        Service, models.CASCADE, null=True, blank=True, related_name="availability_objective",
        verbose_name=_("service"),
    )  # fmt: skip
    item = models.OneToOneField(
        ConfigurationItem, models.CASCADE, null=True, blank=True, related_name="availability_objective",
        verbose_name=_("application"),
    )  # fmt: skip
    percent = models.DecimalField(
        _("available (%)"), max_digits=6, decimal_places=3, validators=[MinValueValidator(50), MaxValueValidator(100)],
        help_text=_("Of the agreed time. 99.9 allows 43 minutes in 30 days around the clock."),
    )  # fmt: skip

    class Meta:
        ordering = ["service__name", "item__name"]
        verbose_name = _("availability objective")
        verbose_name_plural = _("availability objectives")
        constraints = [models.CheckConstraint(condition=ONE_SUBJECT, name="operation_objective_of_one")]

    def __str__(self) -> str:
        return f"{self.service or self.item}: {self.percent.normalize():f}%"

    def clean(self) -> None:
        if (self.service_id is None) == (self.item_id is None):
            raise ValidationError({"service": _("Choose a service or an application.")})


class AvailabilityDay(models.Model):
    """One day of a service or an application: agreed time, time down in it, failures. Kept; pages read these rows.

    It remembers the calendar and the objective that held on the day. When it is learned later that more was down,
    the day is measured again by the same terms.
    """

    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="availability_days", db_index=False)
    item = models.ForeignKey(
        ConfigurationItem, models.CASCADE, null=True, related_name="availability_days", db_index=False
    )
    day = models.DateField(_("day"))
    #: None: around the clock.
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, null=True, related_name="+", db_index=False)
    objective = models.DecimalField(_("objective (%)"), max_digits=6, decimal_places=3, null=True)
    agreed = models.DurationField(_("agreed time"), default=timedelta)
    down = models.DurationField(_("down"), default=timedelta)
    degraded = models.DurationField(_("degraded"), default=timedelta)
    planned = models.DurationField(_("planned work"), default=timedelta)
    budget = models.DurationField(_("may be down"), null=True)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
    #: Maintenance windows of the day as pairs of moments; none were remembered before they were left out.
    windows = models.JSONField(null=True, editable=False)
    measured_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-day", "-id"]
        verbose_name = _("day of availability")
        verbose_name_plural = _("days of availability")
        indexes = [models.Index(fields=["day"], name="operation_availability_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["service", "day"], name="operation_availability_of_service_once"),
            models.UniqueConstraint(fields=["item", "day"], name="operation_availability_of_item_once"),
            models.CheckConstraint(condition=ONE_SUBJECT, name="operation_availability_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"

    @property
    def tally(self) -> Tally:
        return Tally(self.agreed, self.down, self.degraded, self.planned, self.failures, self.budget)

    @tally.setter
    def tally(self, found: Tally) -> None:
        self.agreed, self.down, self.degraded = found.agreed, found.down, found.degraded
        self.planned, self.failures, self.budget = found.planned, found.failures, found.budget


def health_of(tally: Tally) -> Health:
    """The worst that happened in the agreed time of a day."""
    return Health.DOWN if tally.down > ZERO else Health.DEGRADED if tally.degraded > ZERO else Health.UP
