"""What shares costs out, and what services charge: in force until another takes its place."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Self

import django_fsm as fsm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.workflow.record import LONG, Record, known_state, latest, state_of
from strategy import cost_policies as policies
from strategy import drivers
from strategy.cost_states import Basis, TermState
from strategy.models.costs import MONEY, CostCentre, MoneyQuerySet

if TYPE_CHECKING:
    from itsm.accounts.models import User


class Term(Record):
    """A draft is put in force and ends what was in force before it."""

    State = TermState

    state = state_of(TermState, TermState.DRAFT)

    class Meta:
        abstract = True

    def before(self) -> models.QuerySet[Term]:
        """What is in force about the same thing now."""
        raise NotImplementedError


class RuleQuerySet(models.QuerySet["AllocationRule"]):
    def visible_to(self, user: User) -> Self:
        return self if policies.opens(user) else self.none()

    def active(self) -> Self:
        return self.filter(state=TermState.ACTIVE)


class AllocationRule(Term):
    """How the shared costs of a cost centre are allocated to services: by what is counted, or by fixed shares."""

    kind_code = "allocation_rule"
    prefix = "ALLOC"

    cost_centre = models.ForeignKey(
        CostCentre, models.PROTECT, related_name="allocation_rules", verbose_name=_("cost centre")
    )
    driver = models.CharField(_("driver"), max_length=40)
    services = models.ManyToManyField(
        Service, blank=True, related_name="+", verbose_name=_("services"),
        help_text=_("Who shares, when a driver counts. None: every service it counts for."),
    )  # fmt: skip
    note = models.TextField(_("reason"), blank=True, validators=LONG)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("allocation rule")
        verbose_name_plural = _("allocation rules")
        indexes = [latest("strategy_alloc_latest")]
        constraints = [
            known_state(TermState, "strategy_alloc_state_known"),
            models.UniqueConstraint(
                fields=["cost_centre"], condition=models.Q(state="active"), name="strategy_alloc_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return str(self.cost_centre)

    @property
    def driver_label(self) -> str:
        """What it allocates by, in words."""
        if self.driver == drivers.FIXED:
            return str(_("Fixed shares"))
        driver = drivers.find(self.driver)
        return str(driver.label) if driver else self.driver

    def before(self) -> models.QuerySet[AllocationRule]:
        return AllocationRule.objects.active().filter(cost_centre=self.cost_centre_id).exclude(pk=self.pk)

    # Both kinds of term step alike; the machine wants each to say so itself.

    @fsm.transition(
        field="state", source=TermState.DRAFT, target=TermState.ACTIVE, permission=policies.may_keep,
        conditions=[policies.shares_sum],
        custom={"label": _("Put in force"), "icon": "play", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def activate(self) -> None:
        """Open months are allocated by it; what was in force ends."""

    @fsm.transition(
        field="state", source=[TermState.DRAFT, TermState.ACTIVE], target=TermState.ENDED,
        permission=policies.by_successor, custom={"label": _("End"), "icon": "square", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str) -> None:
        """It allocates nothing any more."""

    @fsm.transition(
        field="state", source=TermState.ENDED, target=TermState.DRAFT, permission=policies.may_keep,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is worked on again."""


class AllocationShare(models.Model):
    """The fixed share of a service."""

    rule = models.ForeignKey(AllocationRule, models.CASCADE, related_name="shares")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    percent = models.DecimalField(
        _("percent"), max_digits=5, decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )  # fmt: skip

    class Meta:
        ordering = ["-percent", "id"]
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "service"], name="strategy_share_once",
                violation_error_message=_("The service has a share already."),
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gt=0, percent__lte=100), name="strategy_share_percent"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.service}: {self.percent} %"


class TariffQuerySet(MoneyQuerySet):
    def active(self) -> Self:
        return self.filter(state=TermState.ACTIVE)


class Tariff(Term):
    """What a service charges to those who use it, and what its use is counted in."""

    kind_code = "tariff"
    prefix = "TAR"

    service = models.ForeignKey(Service, models.PROTECT, related_name="tariffs", verbose_name=_("service"))
    unit = models.CharField(_("counted in"), max_length=40)
    basis = models.CharField(_("charges"), max_length=10, choices=Basis, default=Basis.PER_UNIT)
    price = models.DecimalField(
        _("price"), null=True, blank=True, validators=[MinValueValidator(Decimal(0))],
        help_text=_("Per unit and month, or flat per month; empty when charged at cost."), **MONEY,
    )  # fmt: skip
    note = models.TextField(_("reason"), blank=True, validators=LONG)

    objects = TariffQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        indexes = [latest("strategy_tariff_latest")]
        constraints = [
            known_state(TermState, "strategy_tariff_state_known"),
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(state="active"), name="strategy_tariff_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return str(self.service)

    def before(self) -> models.QuerySet[Tariff]:
        return Tariff.objects.active().filter(service=self.service_id).exclude(pk=self.pk)

    @fsm.transition(
        field="state", source=TermState.DRAFT, target=TermState.ACTIVE, permission=policies.may_keep,
        custom={"label": _("Put in force"), "icon": "play", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def activate(self) -> None:
        """Open months are charged by it; what was in force ends."""

    @fsm.transition(
        field="state", source=[TermState.DRAFT, TermState.ACTIVE], target=TermState.ENDED,
        permission=policies.by_successor, custom={"label": _("End"), "icon": "square", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str) -> None:
        """Nothing is charged by it any more."""

    @fsm.transition(
        field="state", source=TermState.ENDED, target=TermState.DRAFT, permission=policies.may_keep,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is worked on again."""
