"""Cost and value by month, as they were computed: kept for closed months, computed anew for open ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from strategy import costing
from strategy.models.costs import MONEY, MoneyQuerySet

ZERO = Decimal(0)


def amount(label: Any) -> models.DecimalField:
    return models.DecimalField(label, default=ZERO, **MONEY)


class MonthQuerySet(models.QuerySet["CostMonth"]):
    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)


class CostMonth(models.Model):
    """A month of the books: open, and computed anew; or closed, and history."""

    month = models.DateField(_("month"), unique=True)
    computed_at = models.DateTimeField(_("computed"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    #: Sums over all services, and what of the shared costs no rule allocates.
    cost = amount(_("cost"))
    charge = amount(_("charge"))
    value = amount(_("value"))
    unallocated = amount(_("not allocated"))

    objects = MonthQuerySet.as_manager()

    class Meta:
        ordering = ["-month"]
        verbose_name = _("month of the books")
        verbose_name_plural = _("months of the books")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


class ServiceMonth(models.Model):
    """What a service cost, charged and brought in a month."""

    month = models.ForeignKey(CostMonth, models.CASCADE, related_name="services")
    service = models.ForeignKey(Service, models.PROTECT, related_name="cost_months")
    direct = amount(_("direct"))
    labour = amount(_("labour"))
    shared = amount(_("shared"))
    assets = amount(_("assets"))
    #: The sum of the four.
    cost = amount(_("cost"))
    unit = models.CharField(max_length=40, blank=True)
    units = models.PositiveIntegerField(_("units"), null=True)
    charge = amount(_("charge"))
    value = amount(_("value"))

    objects = MoneyQuerySet.as_manager()

    class Meta:
        ordering = ["-cost", "id"]
        verbose_name = _("service in a month")
        verbose_name_plural = _("services in months")
        indexes = [models.Index(fields=["month", "-cost", "id"], name="strategy_month_dearest")]
        constraints = [models.UniqueConstraint(fields=["service", "month"], name="strategy_month_of_service")]

    def __str__(self) -> str:
        return f"{self.service_id} {self.month}"

    @property
    def unit_cost(self) -> Decimal | None:
        return costing.per_unit(self.cost, self.units)

    @property
    def result(self) -> Decimal:
        """Value less cost."""
        return self.value - self.cost


class OrganisationMonth(models.Model):
    """The part of an organisation in what a service cost and charged in a month; they sum to the service's."""

    month = models.ForeignKey(CostMonth, models.CASCADE, related_name="organisations")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    #: None: nobody in particular.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="cost_months")
    unit = models.CharField(max_length=40, blank=True)
    units = models.PositiveIntegerField(_("units"), null=True)
    cost = amount(_("cost"))
    charge = amount(_("charge"))

    objects = MoneyQuerySet.as_manager()

    class Meta:
        ordering = ["-cost", "id"]
        verbose_name = _("organisation in a month")
        verbose_name_plural = _("organisations in months")
        indexes = [models.Index(fields=["organisation", "month"], name="strategy_month_of_org")]
        constraints = [
            models.UniqueConstraint(fields=["month", "service", "organisation"], name="strategy_month_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.service_id} {self.month}"
