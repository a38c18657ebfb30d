"""What services are worth: measures tied to goals, with plan and actual by month."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, Record, known_state, latest, state_of
from strategy import cost_policies as policies
from strategy.cost_states import Benefit, MeasureState
from strategy.models.costs import MONEY, MoneyQuerySet
from strategy.models.goals import Goal
from strategy.models.months import CostMonth


class MeasureQuerySet(MoneyQuerySet):
    def active(self) -> Self:
        return self.filter(state=MeasureState.ACTIVE)


class ValueMeasure(Record):
    """One way in which a service brings money in or saves it, for a goal of the business."""

    State = MeasureState
    kind_code = "value_measure"
    prefix = "VM"

    title = models.CharField(_("title"), max_length=160)
    service = models.ForeignKey(Service, models.PROTECT, related_name="value_measures", verbose_name=_("service"))
    goal = models.ForeignKey(
        Goal, models.PROTECT, null=True, blank=True, related_name="value_measures", verbose_name=_("goal"),
        help_text=_("What it serves."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"),
        help_text=_("Who says each month what it brought."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=10, choices=Benefit)
    planned = models.DecimalField(
        _("planned per month"), default=Decimal(0), validators=[MinValueValidator(Decimal(0))], **MONEY
    )
    description = models.TextField(
        _("how it is measured"), blank=True, validators=LONG, help_text=_("So that others come to the same number.")
    )
    state = state_of(MeasureState, MeasureState.ACTIVE)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("value measure")
        verbose_name_plural = _("value measures")
        indexes = [latest("strategy_value_latest")]
        constraints = [known_state(MeasureState, "strategy_value_state_known")]

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=MeasureState.ACTIVE, target=MeasureState.ENDED, permission=policies.may_lead_measure,
        custom={"label": _("End"), "icon": "square", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str) -> None:
        """It is not measured any more; what was measured stays."""

    @fsm.transition(
        field=state, source=MeasureState.ENDED, target=MeasureState.ACTIVE, permission=policies.may_lead_measure,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is measured again."""


class ValueEntry(models.Model):
    """What a measure brought in a month. Negative when it cost instead."""

    measure = models.ForeignKey(ValueMeasure, models.CASCADE, related_name="entries")
    month = models.DateField(_("month"), help_text=_("Any day of the month."))
    planned = models.DecimalField(_("planned"), default=Decimal(0), editable=False, **MONEY)
    amount = models.DecimalField(_("value"), **MONEY)
    note = models.CharField(_("note"), max_length=300, blank=True)
    kept_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-month"]
        verbose_name = _("value of a month")
        verbose_name_plural = _("values of months")
        indexes = [models.Index(fields=["month"], name="strategy_value_month")]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "month"], name="strategy_value_once",
                violation_error_message=_("The value of this month is there already: change that."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.amount}"

    def clean(self) -> None:
        """A month is kept as its first day, with the plan of the day it was measured; closed months are history."""
        if self.month:
            self.month = self.month.replace(day=1)
            if CostMonth.objects.filter(month=self.month, closed_at__isnull=False).exists():
                raise ValidationError({"month": _("The month is closed.")})
        if self.pk is None:
            self.planned = self.measure.planned
