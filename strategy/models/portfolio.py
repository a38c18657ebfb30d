"""Business cases, and the decisions that move services through the portfolio."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib.states import StateField
from itsm.workflow.record import Record
from strategy import money, policies
from strategy.models.goals import LONG, BusinessRequirement, Goal
from strategy.states import CaseState, Investment

if TYPE_CHECKING:
    from itsm.accounts.models import User

GRADES = [MinValueValidator(1), MaxValueValidator(5)]
MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2, "validators": [MinValueValidator(Decimal(0))]}


class CaseQuerySet(models.QuerySet["BusinessCase"]):
    def visible_to(self, user: User) -> CaseQuerySet:
        """Managers, auditors and service owners; others only the cases they own or wrote."""
        if user.is_system or (user.is_active and user.holds(*policies.CASE_READERS)):
            return self
        if not user.is_active or not user.is_desk:
            return self.none()
        return self.filter(models.Q(owner=user) | models.Q(created_by=user))

    def open(self) -> CaseQuerySet:
        return self.filter(state__in=CaseState.OPEN)


class BusinessCase(Record):
    """Why a service should be built, changed or kept: cost, value, risk and fit, and what was decided."""

    State = CaseState
    kind_code = "business_case"
    prefix = "BC"

    title = models.CharField(_("title"), max_length=160)
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="business_cases", verbose_name=_("service"),
        help_text=_("Propose the service first when it is new."),
    )  # fmt: skip
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    investment = models.CharField(_("investment"), max_length=10, choices=Investment, default=Investment.GROW)
    reason = models.TextField(
        _("reason"), blank=True, validators=LONG, help_text=_("What is the need, and what if not?")
    )
    options = models.TextField(
        _("options"), blank=True, validators=LONG, help_text=_("What else was looked at, and why not.")
    )
    goals = models.ManyToManyField(Goal, blank=True, related_name="business_cases", verbose_name=_("goals"))
    requirements = models.ManyToManyField(
        BusinessRequirement, blank=True, related_name="business_cases", verbose_name=_("requirements")
    )
    one_off_cost = models.DecimalField(_("one-off cost"), default=Decimal(0), **MONEY)
    yearly_cost = models.DecimalField(_("yearly cost"), default=Decimal(0), **MONEY)
    yearly_value = models.DecimalField(_("yearly value"), null=True, blank=True, **MONEY)
    years = models.PositiveSmallIntegerField(
        _("years looked at"), default=3, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    discount_percent = models.DecimalField(
        _("discount rate, percent"), max_digits=5, decimal_places=2, default=Decimal(8),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )  # fmt: skip
    risk = models.PositiveSmallIntegerField(
        _("risk"), null=True, blank=True, validators=GRADES, help_text=_("1: hardly any, 5: very high.")
    )
    fit = models.PositiveSmallIntegerField(
        _("strategic fit"), null=True, blank=True, validators=GRADES, help_text=_("1: hardly any, 5: very high.")
    )
    decide_by = models.DateField(_("decide by"), null=True, blank=True)
    #: 0 to 100, kept for sorting.
    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    state = StateField(_("state"), max_length=10, choices=CaseState.choices, default=CaseState.DRAFT, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("business case")
        verbose_name_plural = _("business cases")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="strategy_case_latest"),
            models.Index(fields=["decide_by"], name="strategy_case_due", condition=models.Q(state__in=CaseState.OPEN)),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=CaseState.values), name="strategy_case_state_known"),
            models.CheckConstraint(
                condition=models.Q(one_off_cost__gte=0, yearly_cost__gte=0), name="strategy_case_costs"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def cost(self) -> Decimal:
        """All costs of the years looked at."""
        return self.one_off_cost + self.yearly_cost * self.years

    @property
    def cost_of_year(self) -> Decimal:
        """Yearly cost with the one-off cost spread over the years looked at."""
        return money.cents(self.cost / self.years)

    @property
    def value(self) -> Decimal | None:
        """All value of the years looked at."""
        return None if self.yearly_value is None else self.yearly_value * self.years

    @property
    def roi(self) -> Decimal | None:
        """(value - cost) / cost in percent; none while the value is unknown or nothing is spent."""
        return money.roi(self.value, self.cost)

    @property
    def npv(self) -> Decimal | None:
        """Net present value: what comes in and goes out each year, discounted to today."""
        if self.yearly_value is None:
            return None
        flow = self.yearly_value - self.yearly_cost
        return money.npv([-self.one_off_cost, *[flow] * self.years], self.discount_percent)

    @property
    def payback_years(self) -> Decimal | None:
        """Years until the one-off cost has come back; none when it never does."""
        if self.yearly_value is None:
            return None
        return money.payback(self.one_off_cost, self.yearly_value - self.yearly_cost)

    def is_overdue(self, today: date) -> bool:
        return self.state in CaseState.OPEN and self.decide_by is not None and self.decide_by < today

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.score = money.score(self.roi, self.fit, self.risk)
        super().save(*args, **kwargs)

    @fsm.transition(
        field=state, source=[CaseState.DRAFT, CaseState.DEFERRED], target=CaseState.SUBMITTED,
        permission=policies.may_lead_case, conditions=[policies.is_complete],
        custom={"label": _("Submit"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """The portfolio managers are asked to decide."""

    @fsm.transition(
        field=state, source=CaseState.SUBMITTED, target=CaseState.DRAFT, permission=policies.may_lead_case,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to change before it is decided."""

    @fsm.transition(
        field=state, source=CaseState.SUBMITTED, target=CaseState.APPROVED, permission=policies.by_approval,
        custom={"label": _("Approve"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def approve(self) -> None:
        """The votes say yes: the service may be chartered."""

    @fsm.transition(
        field=state, source=CaseState.SUBMITTED, target=CaseState.REJECTED, permission=policies.by_approval,
        custom={"label": _("Reject"), "icon": "ban", "offered": False},
    )  # fmt: skip
    def reject(self) -> None:
        """The votes say no."""

    @fsm.transition(
        field=state, source=CaseState.SUBMITTED, target=CaseState.DEFERRED, permission=policies.may_defer,
        custom={"label": _("Defer"), "icon": "clock", "inputs": ("reason", "decide_by")},
    )  # fmt: skip
    def defer(self, *, reason: str, decide_by: date) -> None:
        """Not now: it comes back by the given day."""
        self.decide_by = decide_by

    @fsm.transition(
        field=state, source=[CaseState.REJECTED, CaseState.APPROVED], target=CaseState.DRAFT,
        permission=policies.may_lead_case,
        custom={"label": _("Work on it again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def rework(self, *, reason: str) -> None:
        """The case is made anew; what was decided no longer counts."""


class PortfolioDecision(models.Model):
    """What was decided about a service, by whom and why. Written once; a later decision replaces it."""

    class Verdict(models.TextChoices):
        KEEP = "keep", _("Keep as it is")
        INVEST = "invest", _("Invest")
        RETIRE = "retire", _("Retire")

    service = models.ForeignKey(Service, models.CASCADE, related_name="portfolio_decisions", verbose_name=_("service"))
    verdict = models.CharField(_("decision"), max_length=10, choices=Verdict)
    reason = models.TextField(_("reason"), validators=LONG)
    review_on = models.DateField(_("look at it again on"), null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("portfolio decision")
        verbose_name_plural = _("portfolio decisions")
        indexes = [models.Index(fields=["service", "-id"], name="strategy_decision_latest")]

    def __str__(self) -> str:
        return f"{self.service}: {self.get_verdict_display()}"
