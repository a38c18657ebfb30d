"""KPIs: what the organisation decides about each, and what was measured, day by day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User


class KPIQuerySet(models.QuerySet["KPI"]):
    def visible_to(self, user: User) -> KPIQuerySet:
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()

    def active(self) -> KPIQuerySet:
        return self.filter(is_active=True)


class KPI(models.Model):
    """What is decided about a measure. What it means and how it is counted stands in code, under the same ``code``."""

    code = models.CharField(_("code"), max_length=40, unique=True, editable=False)
    target = models.DecimalField(
        _("target"), max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("In the unit of the KPI.")
    )
    warning = models.DecimalField(
        _("warning"), max_digits=14, decimal_places=2, null=True, blank=True,
        help_text=_("Between target and warning it is near the target; beyond the warning it is off."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    note = models.TextField(_("why this target"), blank=True, validators=[MaxLengthValidator(2000)])
    is_active = models.BooleanField(_("measured"), default=True)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = KPIQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("KPI")
        verbose_name_plural = _("KPIs")

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("improvement:kpi", args=[self.code])

    @property
    def target_decimal(self) -> Decimal | None:
        return None if self.target is None else Decimal(self.target)


class MeasurementDay(models.Model):
    """A day on which a KPI was counted. Counted once; again while its cohort is open, or on purpose and then marked."""

    kpi = models.ForeignKey(KPI, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    measured_at = models.DateTimeField(default=clock.now)
    restated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["day", "id"]
        verbose_name = _("measured day of a KPI")
        verbose_name_plural = _("measured days of KPIs")
        constraints = [models.UniqueConstraint(fields=["kpi", "day"], name="improvement_measured_once")]

    def __str__(self) -> str:
        return f"{self.kpi_id} {self.day}"


class Measurement(models.Model):
    """What a KPI counted on a day, of one kind, service and team: both parts of the fraction, so that days add up.

    Whole numbers of the smallest unit: tickets, seconds, cents. ``denominator`` 0 means that nothing of it was there.
    """

    kpi = models.ForeignKey(KPI, models.CASCADE, related_name="measurements", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=20, blank=True)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    #: Whose eyes only: counted for members of this team alone.
    restricted_to = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    numerator = models.BigIntegerField(default=0)
    denominator = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["day", "id"]
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        indexes = [
            models.Index(fields=["day", "kpi"], name="improvement_measured_by_day"),
            models.Index(fields=["kpi", "day"], name="improvement_measured_of_kpi"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.numerator}/{self.denominator}"
