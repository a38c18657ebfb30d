"""Deliveries: quality checks, the customer's acceptance, early-life support."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from transition.policies import delivery as policies
from transition.states.delivery import Comparison
from transition.states.delivery import DeliveryState as State


class DeliveryQuerySet(DeskRecords):
    def good(self) -> DeliveryQuerySet:
        """Quality is proven and accepted."""
        return self.filter(state__in=State.GOOD)

    def early_life_over(self, today: date) -> DeliveryQuerySet:
        """Early-life support should have ended by now."""
        return self.filter(state=State.EARLY_LIFE, early_life_until__lt=today)


class Delivery(Record):
    """A service, or a new version of it, handed to its customers."""

    State = State
    kind_code = "delivery"
    prefix = "DLV"

    title = models.CharField(_("title"), max_length=160)
    service = models.ForeignKey(Service, models.PROTECT, related_name="deliveries", verbose_name=_("service"))
    description = models.TextField(_("what is delivered"), blank=True, validators=LONG)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("customer who accepts"),
    )  # fmt: skip
    planned_for = models.DateField(_("planned for"), null=True, blank=True)
    early_life_from = models.DateField(_("early-life support since"), null=True, blank=True, editable=False)
    early_life_until = models.DateField(_("early-life support until"), null=True, blank=True, editable=False)
    state = state_of(State, State.PREPARING)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            latest("transition_delivery_latest"),
            models.Index(fields=["service", "state"], name="transition_delivery_of"),
        ]
        constraints = [known_state(State, "transition_delivery_state_known")]

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=State.PREPARING, target=State.CHECKING, permission=policies.may_lead,
        conditions=[policies.has_checks], custom={"label": _("Start the checks"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def start_checks(self) -> None:
        """What is delivered is measured against what was wanted."""

    @fsm.transition(
        field=state, source=State.CHECKING, target=State.ACCEPTANCE, permission=policies.may_lead,
        conditions=[policies.has_customer, policies.checks_pass],
        custom={"label": _("Ask for acceptance"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def ask_acceptance(self) -> None:
        """The customer is asked to accept."""

    @fsm.transition(
        field=state, source=State.ACCEPTANCE, target=State.ACCEPTED, permission=policies.by_customer,
        custom={"label": _("Accept"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def accept(self) -> None:
        """The customer says yes: go."""

    @fsm.transition(
        field=state, source=State.ACCEPTANCE, target=State.CHECKING, permission=policies.by_customer,
        custom={"label": _("Refuse"), "icon": "ban", "offered": False},
    )  # fmt: skip
    def refuse(self) -> None:
        """The customer says no, and why."""

    @fsm.transition(
        field=state, source=[State.ACCEPTANCE, State.ACCEPTED], target=State.CHECKING, permission=policies.may_lead,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to be checked again."""

    @fsm.transition(
        field=state, source=State.ACCEPTED, target=State.EARLY_LIFE, permission=policies.may_lead,
        custom={"label": _("Start early-life support"), "icon": "life-buoy", "tone": "primary",
                "inputs": ("early_life_until",)},
    )  # fmt: skip
    def start_early_life(self, *, early_life_until: date) -> None:
        """Those who built it stay close until the exit criteria are met."""
        self.early_life_from, self.early_life_until = clock.now().date(), early_life_until

    @fsm.transition(
        field=state, source=State.EARLY_LIFE, target=State.EARLY_LIFE, permission=policies.may_lead,
        custom={"label": _("Extend"), "icon": "calendar-plus", "inputs": ("early_life_until", "reason")},
    )  # fmt: skip
    def extend(self, *, early_life_until: date, reason: str) -> None:
        """It needs more time."""
        self.early_life_until = early_life_until

    @fsm.transition(
        field=state, source=State.EARLY_LIFE, target=State.COMPLETED, permission=policies.may_lead,
        conditions=[policies.exit_criteria_met],
        custom={"label": _("Complete"), "icon": "check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def complete(self) -> None:
        """Normal support is enough."""

    @fsm.transition(
        field=state, source=[State.PREPARING, State.CHECKING, State.ACCEPTED], target=State.CANCELLED,
        permission=policies.may_lead, custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not delivered."""


class QualityCheck(models.Model):
    """One criterion of a delivery, the value it needs, and the value that was measured."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="checks")
    criterion = models.CharField(_("criterion"), max_length=160)
    comparison = models.CharField(_("wanted"), max_length=5, choices=Comparison, default=Comparison.AT_LEAST)
    wanted = models.DecimalField(_("value"), max_digits=14, decimal_places=3)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    measured = models.DecimalField(_("measured"), max_digits=14, decimal_places=3, null=True, blank=True)
    evidence = models.TextField(
        _("evidence"), blank=True, validators=LONG, help_text=_("How and where it was measured.")
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("quality check")
        verbose_name_plural = _("quality checks")
        constraints = [models.UniqueConstraint(fields=["delivery", "criterion"], name="transition_check_once")]

    def __str__(self) -> str:
        return self.criterion

    @property
    def passed(self) -> bool | None:
        """Whether the measured value is as wanted; none while nothing is measured."""
        if self.measured is None:
            return None
        if self.comparison == Comparison.AT_LEAST:
            return self.measured >= Decimal(self.wanted)
        if self.comparison == Comparison.AT_MOST:
            return self.measured <= Decimal(self.wanted)
        return self.measured == Decimal(self.wanted)


class ExitCriterion(models.Model):
    """What has to be true before early-life support ends."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="exit_criteria")
    text = models.CharField(_("criterion"), max_length=200)
    met = models.BooleanField(_("met"), default=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("exit criterion")
        verbose_name_plural = _("exit criteria")

    def __str__(self) -> str:
        return self.text
