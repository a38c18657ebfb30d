"""Business goals with their key results, and what the business requires."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.lib.states import StateField
from itsm.workflow.record import Record
from strategy import measures, policies
from strategy.states import GoalState, Moscow, RequirementState

if TYPE_CHECKING:
    from itsm.accounts.models import User

LONG = [MaxLengthValidator(20_000)]
WEIGHT = [MinValueValidator(1), MaxValueValidator(100)]


class GoalQuerySet(models.QuerySet["Goal"]):
    def visible_to(self, user: User) -> GoalQuerySet:
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()

    def active(self) -> GoalQuerySet:
        return self.filter(state=GoalState.ACTIVE)


class Goal(Record):
    """What the business wants to reach in a period. Goals form a tree; progress rolls up."""

    State = GoalState
    kind_code = "goal"
    prefix = "GOAL"

    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(_("why"), blank=True, validators=LONG)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_goals", verbose_name=_("owner")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, validators=WEIGHT, help_text=_("How much it counts in the goal it is part of.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    #: Percent, kept when a key result or a part changes; none while nothing is measured.
    progress = models.DecimalField(_("progress"), max_digits=5, decimal_places=2, null=True, editable=False)
    state = StateField(_("state"), max_length=10, choices=GoalState.choices, default=GoalState.DRAFT, editable=False)

    objects = GoalQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        indexes = [models.Index(fields=["-updated_at", "-id"], name="strategy_goal_latest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=GoalState.values), name="strategy_goal_state_known"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="strategy_goal_forward",
                violation_error_message=_("The end lies before the beginning."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def expected(self, today: date) -> Decimal:
        """Percent of the period that is over."""
        days = (self.ends_on - self.starts_on).days + 1
        gone = min(max((today - self.starts_on).days, 0), days)
        return Decimal(100 * gone) / days

    def is_behind(self, today: date) -> bool:
        """Active, and more than ten points behind the calendar."""
        if self.state != GoalState.ACTIVE or self.progress is None:
            return False
        return self.progress + 10 < self.expected(today)

    @fsm.transition(
        field=state, source=GoalState.DRAFT, target=GoalState.ACTIVE, permission=policies.may_lead_goal,
        conditions=[policies.has_key_results], custom={"label": _("Activate"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def activate(self) -> None:
        """The business works towards it from now on."""

    @fsm.transition(
        field=state, source=GoalState.ACTIVE, target=GoalState.ACHIEVED, permission=policies.may_lead_goal,
        custom={"label": _("Achieved"), "icon": "trophy", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def achieve(self) -> None:
        """It is reached."""

    @fsm.transition(
        field=state, source=GoalState.ACTIVE, target=GoalState.MISSED, permission=policies.may_lead_goal,
        custom={"label": _("Missed"), "icon": "circle-x", "inputs": ("reason",)},
    )  # fmt: skip
    def miss(self, *, reason: str) -> None:
        """The period is over and it was not reached."""

    @fsm.transition(
        field=state, source=[GoalState.DRAFT, GoalState.ACTIVE], target=GoalState.ABANDONED,
        permission=policies.may_lead_goal,
        custom={"label": _("Abandon"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def abandon(self, *, reason: str) -> None:
        """The business wants something else now."""

    @fsm.transition(
        field=state, source=list(GoalState.ENDED), target=GoalState.ACTIVE, permission=policies.may_lead_goal,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It was not over after all."""


class KeyResult(models.Model):
    """A number that says how far a goal is: from the baseline to the target, upwards or downwards."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="key_results")
    title = models.CharField(_("key result"), max_length=160)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    baseline = models.DecimalField(_("at the start"), max_digits=14, decimal_places=2)
    target = models.DecimalField(_("target"), max_digits=14, decimal_places=2)
    current = models.DecimalField(_("now"), max_digits=14, decimal_places=2)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=WEIGHT)
    #: Name of the measure that it is read from every day; empty: people check in.
    measured_by = models.CharField(_("measured by"), max_length=80, blank=True, default="", db_default="")
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("of the service"),
        help_text=_("What is measured of; empty: of every service."),
    )  # fmt: skip
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("of the team"),
        help_text=_("Empty: of every team."),
    )  # fmt: skip
    window_days = models.PositiveSmallIntegerField(
        _("over the last days"), default=30, db_default=30, validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text=_("So many days before today count."),
    )  # fmt: skip
    #: The last day of the newest value that was read.
    read_on = models.DateField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("key result")
        verbose_name_plural = _("key results")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(baseline=models.F("target")), name="strategy_keyresult_moves",
                violation_error_message=_("The target has to differ from the start."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title}: {self.current:g} / {self.target:g} {self.unit}".strip()

    def clean(self) -> None:
        wrong: dict[str, Any] = {}
        if self.measured_by and measures.find(self.measured_by) is None:
            wrong["measured_by"] = _("There is no such measure.")
        for name in ("service", "team"):
            if not self.measured_by and getattr(self, f"{name}_id"):
                wrong[name] = _("Leave this empty where people check in: it says what of a measure counts.")
        if wrong:
            raise ValidationError(wrong)

    @property
    def source(self) -> str:
        """What it is read from, in words; empty where people check in."""
        if not self.measured_by:
            return ""
        return ", ".join(str(part) for part in (measures.label(self.measured_by), self.service, self.team) if part)

    @property
    def source_url(self) -> str:
        found = measures.find(self.measured_by) if self.measured_by else None
        return found.url if found else ""

    @property
    def progress(self) -> Decimal:
        """(now - start) / (target - start) in percent, from 0 to 100; the same formula upwards and downwards."""
        share = 100 * (self.current - self.baseline) / (self.target - self.baseline)
        return min(max(share, Decimal(0)), Decimal(100))


class CheckIn(models.Model):
    """A key result as it stood at a moment. Never changed afterwards."""

    key_result = models.ForeignKey(KeyResult, models.CASCADE, related_name="check_ins")
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2)
    note = models.TextField(_("note"), blank=True, validators=LONG)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")

    def __str__(self) -> str:
        return f"{self.value:g}"


class RequirementQuerySet(models.QuerySet["BusinessRequirement"]):
    def visible_to(self, user: User) -> RequirementQuerySet:
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()

    def undecided(self) -> RequirementQuerySet:
        return self.filter(state__in=[RequirementState.CAPTURED, RequirementState.ANALYSED])


class BusinessRequirement(Record):
    """What somebody in the business needs, how much it matters, and how one will know that it is there."""

    State = RequirementState
    kind_code = "requirement"
    prefix = "REQT"

    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(_("need"), blank=True, validators=LONG)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from organisation")
    )
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("wanted by")
    )
    priority = models.CharField(_("priority"), max_length=10, choices=Moscow, default=Moscow.SHOULD)
    goals = models.ManyToManyField(Goal, blank=True, related_name="requirements", verbose_name=_("goals"))
    services = models.ManyToManyField(Service, blank=True, related_name="requirements", verbose_name=_("services"))
    state = StateField(
        _("state"), max_length=10, choices=RequirementState.choices, default=RequirementState.CAPTURED, editable=False
    )

    objects = RequirementQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="strategy_requirement_latest"),
            models.Index(
                fields=["state"], name="strategy_requirement_open",
                condition=models.Q(state__in=["captured", "analysed"]),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=RequirementState.values), name="strategy_requirement_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=RequirementState.CAPTURED, target=RequirementState.ANALYSED,
        permission=policies.may_analyse, conditions=[policies.has_criteria],
        custom={"label": _("Analysed"), "icon": "search-check", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def analyse(self) -> None:
        """It is understood, and its criteria say when it is fulfilled."""

    @fsm.transition(
        field=state, source=RequirementState.ANALYSED, target=RequirementState.ACCEPTED,
        permission=policies.may_decide_requirement,
        custom={"label": _("Accept"), "icon": "check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def accept(self) -> None:
        """It will be built."""

    @fsm.transition(
        field=state, source=[RequirementState.CAPTURED, RequirementState.ANALYSED], target=RequirementState.REJECTED,
        permission=policies.may_decide_requirement,
        custom={"label": _("Reject"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """It will not be built, and whoever asked learns why."""

    @fsm.transition(
        field=state, source=RequirementState.ACCEPTED, target=RequirementState.FULFILLED,
        permission=policies.may_decide_requirement,
        custom={"label": _("Fulfilled"), "icon": "circle-check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def fulfil(self) -> None:
        """It is there and meets its criteria."""

    @fsm.transition(
        field=state, source=[RequirementState.ACCEPTED, RequirementState.REJECTED, RequirementState.FULFILLED],
        target=RequirementState.ANALYSED, permission=policies.may_decide_requirement,
        custom={"label": _("Decide anew"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reconsider(self, *, reason: str) -> None:
        """What was decided is open again."""


class AcceptanceCriterion(models.Model):
    """How one knows that a requirement is fulfilled; tests of the design trace to it."""

    requirement = models.ForeignKey(BusinessRequirement, models.CASCADE, related_name="criteria")
    text = models.CharField(_("criterion"), max_length=300)

    class Meta:
        ordering = ["id"]
        verbose_name = _("acceptance criterion")
        verbose_name_plural = _("acceptance criteria")

    def __str__(self) -> str:
        return self.text


class DemandPattern(models.Model):
    """How often an offering is expected to be asked for in a month."""

    offering = models.ForeignKey(ServiceOffering, models.CASCADE, related_name="demand", verbose_name=_("offering"))
    month = models.DateField(_("month"), help_text=_("Any day of the month."))
    expected = models.PositiveIntegerField(_("expected tickets"))

    class Meta:
        ordering = ["-month", "offering__name", "id"]
        verbose_name = _("expected demand")
        verbose_name_plural = _("expected demand")
        constraints = [models.UniqueConstraint(fields=["offering", "month"], name="strategy_demand_once")]

    def __str__(self) -> str:
        return f"{self.offering} {self.month:%Y-%m}"
