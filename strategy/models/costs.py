"""Cost centres, what is spent on services and on what they share, and budgets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.lib import house
from itsm.workflow.record import LONG, Record, known_state, latest, state_of
from strategy import cost_policies as policies
from strategy import costing, money
from strategy.cost_states import BudgetState, CentreState, CostKind, Expenditure, ItemState, Recurrence

if TYPE_CHECKING:
    from itsm.accounts.models import User

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}
POSITIVE = [MinValueValidator(Decimal("0.01"))]
#: The currency of all sums.


class MoneyQuerySet(models.QuerySet[Any]):
    """Rows about services: those who keep the books read all, service owners what is about their services."""

    def visible_to(self, user: User) -> Self:
        if policies.reads(user):
            return self
        if not policies.opens(user):
            return self.none()
        return self.filter(service__in=Service.objects.owned_by(user))


class CentreQuerySet(models.QuerySet["CostCentre"]):
    def visible_to(self, user: User) -> Self:
        return self if policies.opens(user) else self.none()

    def active(self) -> Self:
        return self.filter(state=CentreState.ACTIVE)


class CostCentre(Record):
    """Where costs are collected: of a department, or of what several services share."""

    State = CentreState
    kind_code = "cost_centre"
    prefix = "CC"

    code = models.CharField(
        _("code"), max_length=40, unique=True,
        validators=[RegexValidator(r"^[\w./-]+\Z", _("Letters, digits, and . / - only."))],
        error_messages={"unique": _("There is a cost centre of this code already.")},
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True, validators=LONG)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="cost_centres",
        verbose_name=_("organisation"), help_text=_("Who it belongs to, where that is one organisation."),
    )  # fmt: skip
    serves_desk = models.BooleanField(
        _("tools and overhead of the service desk"), default=False, db_default=False,
        help_text=_("What is booked on it, but labour, counts in the cost per ticket."),
    )  # fmt: skip
    state = state_of(CentreState, CentreState.ACTIVE)

    objects = CentreQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("cost centre")
        verbose_name_plural = _("cost centres")
        indexes = [latest("strategy_centre_latest")]
        constraints = [known_state(CentreState, "strategy_centre_state_known")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @fsm.transition(
        field=state, source=CentreState.ACTIVE, target=CentreState.CLOSED, permission=policies.may_keep,
        conditions=[policies.carries_nothing],
        custom={"label": _("Close"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def close(self, *, reason: str) -> None:
        """Nothing is booked on it any more."""

    @fsm.transition(
        field=state, source=CentreState.CLOSED, target=CentreState.ACTIVE, permission=policies.may_keep,
        custom={"label": _("Open again"), "icon": "archive-restore", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """It is used again."""


class ItemQuerySet(MoneyQuerySet):
    def booked(self) -> Self:
        return self.filter(state=ItemState.BOOKED)

    def running(self) -> Self:
        """Recurring costs without an end."""
        return self.booked().filter(ends_on__isnull=True).exclude(recurrence=Recurrence.ONE_OFF)

    def touching(self, month: date) -> Self:
        """Booked costs that may have a part in this month."""
        once = models.Q(recurrence=Recurrence.ONE_OFF)
        goes_on = ~once & (models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=month))
        written_off = once & (models.Q(starts_on=month) | models.Q(spread_months__gt=1))
        return self.booked().filter(goes_on | written_off, starts_on__lte=month)


class CostItem(Record):
    """Money spent on one service, or, without a service, on what those share that its cost centre serves."""

    State = ItemState
    kind_code = "cost_item"
    prefix = "COST"

    title = models.CharField(_("what for"), max_length=160)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="cost_items", verbose_name=_("service"),
        help_text=_("Empty: shared, and allocated by the rule of its cost centre."),
    )  # fmt: skip
    cost_centre = models.ForeignKey(
        CostCentre, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("cost centre")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CostKind)
    expenditure = models.CharField(_("booked as"), max_length=5, choices=Expenditure, default=Expenditure.OPEX)
    recurrence = models.CharField(_("paid"), max_length=10, choices=Recurrence, default=Recurrence.MONTHLY)
    amount = models.DecimalField(_("amount"), validators=POSITIVE, **MONEY)
    currency = models.CharField(
        _("currency"), max_length=3, default=house.currency, help_text=_("Three letters, such as EUR or USD."),
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters."))],
    )  # fmt: skip
    rate = models.DecimalField(
        _("exchange rate"), max_digits=14, decimal_places=6, default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.000001"))],
        help_text=_("What one unit is worth in the currency of the house."),
    )  # fmt: skip
    starts_on = models.DateField(_("from month"), help_text=_("Any day of the month."))
    ends_on = models.DateField(
        _("until month"), null=True, blank=True, help_text=_("Any day of the last month; empty: until further notice.")
    )
    spread_months = models.PositiveSmallIntegerField(
        _("written off over (months)"), default=1, validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("For a one-off cost: in equal parts over so many months."),
    )  # fmt: skip
    contract = models.CharField(
        _("pays the contract"), max_length=20, blank=True, default="", db_default="",
        validators=[RegexValidator(r"^CTR-[1-9][0-9]*\Z", _("A number such as CTR-7."))],
        help_text=_("Number of a contract: its own cost does not count in the months that this item pays for."),
    )  # fmt: skip
    note = models.TextField(_("note"), blank=True, validators=LONG)
    state = state_of(ItemState, ItemState.BOOKED)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("cost item")
        verbose_name_plural = _("cost items")
        indexes = [
            latest("strategy_cost_latest"),
            models.Index(fields=["service", "starts_on"], name="strategy_cost_of"),
            models.Index(fields=["starts_on"], name="strategy_cost_booked", condition=models.Q(state="booked")),
        ]
        constraints = [
            known_state(ItemState, "strategy_cost_state_known"),
            models.CheckConstraint(
                condition=models.Q(service__isnull=False) | models.Q(cost_centre__isnull=False),
                name="strategy_cost_has_place",
                violation_error_message=_("Name a service, or the cost centre that shares it out."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="strategy_cost_forward", violation_error_message=_("The end lies before the beginning."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0, rate__gt=0), name="strategy_cost_positive"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def worth(self) -> Decimal:
        """The amount in the house currency, to the cent."""
        return money.cents(self.amount * self.rate)

    def pays_for(self, month: date) -> bool:
        """Whether the month is one that it was booked for."""
        return self.of_month(month) > 0

    def of_month(self, month: date) -> Decimal:
        """What of it falls into a month."""
        if self.state != ItemState.BOOKED:
            return Decimal(0)
        return costing.of_month(
            self.worth, self.recurrence, self.starts_on, self.ends_on, month, spread=self.spread_months
        )

    @fsm.transition(
        field=state, source=ItemState.BOOKED, target=ItemState.VOIDED, permission=policies.may_keep,
        custom={"label": _("Void"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def void(self, *, reason: str) -> None:
        """It was booked by mistake: it counts in no open month."""

    @fsm.transition(
        field=state, source=ItemState.VOIDED, target=ItemState.BOOKED, permission=policies.may_keep,
        custom={"label": _("Restore"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def restore(self, *, reason: str) -> None:
        """It was right after all."""


class BudgetQuerySet(MoneyQuerySet):
    def approved(self) -> Self:
        return self.filter(state=BudgetState.APPROVED)


class Budget(Record):
    """What a service may cost in a fiscal period, and what it has cost by now."""

    State = BudgetState
    kind_code = "budget"
    prefix = "BUD"

    title = models.CharField(_("title"), max_length=160)
    service = models.ForeignKey(Service, models.PROTECT, related_name="budgets", verbose_name=_("service"))
    starts_on = models.DateField(_("from month"), help_text=_("Any day of the first month of the fiscal period."))
    months = models.PositiveSmallIntegerField(
        _("months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    amount = models.DecimalField(_("amount"), validators=POSITIVE, **MONEY)
    note = models.TextField(_("note"), blank=True, validators=LONG)
    #: Cost of the months of the period that are over, and how many those are: kept with the months.
    actual = models.DecimalField(_("actual"), default=Decimal(0), editable=False, **MONEY)
    counted_months = models.PositiveSmallIntegerField(default=0, editable=False)
    state = state_of(BudgetState, BudgetState.DRAFT)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        indexes = [
            latest("strategy_budget_latest"),
            models.Index(fields=["service", "starts_on"], name="strategy_budget_of"),
        ]
        constraints = [
            known_state(BudgetState, "strategy_budget_state_known"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, months__range=(1, 60)), name="strategy_budget_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def last_month(self) -> date:
        return costing.add_months(self.starts_on, self.months - 1)

    @property
    def planned(self) -> Decimal:
        """What was meant for the months that are over."""
        return costing.plan_until(self.amount, self.months, self.counted_months)

    @property
    def variance(self) -> Decimal | None:
        """(actual - plan) / plan in percent for the months that are over."""
        return costing.variance(self.actual, self.planned)

    @property
    def forecast(self) -> Decimal | None:
        """What the period will have cost if it goes on like this."""
        return costing.forecast(self.actual, self.months, self.counted_months)

    @property
    def is_over(self) -> bool:
        """More than five percent above plan."""
        return self.variance is not None and self.variance > 5

    @fsm.transition(
        field=state, source=BudgetState.DRAFT, target=BudgetState.APPROVED, permission=policies.may_keep,
        custom={"label": _("Approve"), "icon": "stamp", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def approve(self) -> None:
        """Costs are held against it from now on."""

    @fsm.transition(
        field=state, source=BudgetState.APPROVED, target=BudgetState.DRAFT, permission=policies.may_keep,
        custom={"label": _("Revise"), "icon": "pencil", "inputs": ("reason",)},
    )  # fmt: skip
    def revise(self, *, reason: str) -> None:
        """It is planned anew."""

    @fsm.transition(
        field=state, source=[BudgetState.DRAFT, BudgetState.APPROVED], target=BudgetState.WITHDRAWN,
        permission=policies.may_keep, custom={"label": _("Withdraw"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def withdraw(self, *, reason: str) -> None:
        """There is no such budget."""

    @fsm.transition(
        field=state, source=BudgetState.WITHDRAWN, target=BudgetState.DRAFT, permission=policies.may_keep,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is planned after all."""
