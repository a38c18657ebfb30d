"""What a fulfilled order left behind."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models import TicketTask
from operation.models.request import ServiceRequest
from transition.models import ConfigurationItem, Subscription


class OrderOutcome(models.Model):
    """The subscription or the asset of an order, made once; or the task of whoever clears what is in its way."""

    order = models.OneToOneField(ServiceRequest, models.CASCADE, related_name="outcome", verbose_name=_("order"))
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, related_name="orders")
    item = models.ForeignKey(ConfigurationItem, models.PROTECT, null=True, related_name="orders")
    task = models.ForeignKey(TicketTask, models.SET_NULL, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("outcome of an order")
        verbose_name_plural = _("outcomes of orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(subscription__isnull=True) | Q(item__isnull=True), name="operation_outcome_one_thing"
            )
        ]

    def __str__(self) -> str:
        return str(self.made or "–")

    @property
    def made(self) -> Subscription | ConfigurationItem | None:
        return self.subscription or self.item

    @property
    def is_waived(self) -> bool:
        """Somebody decided that it is delivered without."""
        return self.made is None and self.task is not None and self.task.state == TicketTask.State.SKIPPED
