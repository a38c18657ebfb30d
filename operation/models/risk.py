"""The risk register: risks, the controls against them, and the tests that prove the controls."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.states import StateField
from itsm.workflow.record import Record
from operation import risk_policies as policies
from operation.states import ControlState, RiskState, Treatment

if TYPE_CHECKING:
    from itsm.accounts.models import User

GRADES = [MinValueValidator(1), MaxValueValidator(5)]
LIKELIHOODS = {
    1: _("1: once in ten years or rarer"), 2: _("2: once in some years"), 3: _("3: once a year"),
    4: _("4: some times a year"), 5: _("5: every month or oftener"),
}  # fmt: skip
IMPACTS = {
    1: _("1: hardly felt"), 2: _("2: felt by some"), 3: _("3: a service suffers"),
    4: _("4: the business suffers"), 5: _("5: the business stands still"),
}  # fmt: skip
#: From this score on a risk is high, from the other on it is medium (of 25).
HIGH, MEDIUM = 15, 8


def tone_of(score: int | None) -> str:
    """Red for high, amber for medium, green for low."""
    if score is None:
        return ""
    return "red" if score >= HIGH else "amber" if score >= MEDIUM else "green"


class ControlQuerySet(models.QuerySet["Control"]):
    def visible_to(self, user: User) -> ControlQuerySet:
        return self if policies.reads(user) else self.none()


class Control(Record):
    """A measure that makes a risk rarer or its damage smaller, and is tested again and again."""

    State = ControlState
    kind_code = "control"
    prefix = "CTL"

    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(
        _("description"), blank=True, validators=[MaxLengthValidator(20_000)],
        help_text=_("What is done, and how it is tested."),
    )  # fmt: skip
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    test_every_days = models.PositiveSmallIntegerField(
        _("tested every (days)"), default=180, validators=[MinValueValidator(1), MaxValueValidator(1830)]
    )
    next_test_on = models.DateField(_("next test"), null=True, blank=True, editable=False)
    state = StateField(
        _("state"), max_length=10, choices=ControlState.choices, default=ControlState.PLANNED, editable=False
    )

    objects = ControlQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("control")
        verbose_name_plural = _("controls")
        indexes = [models.Index(fields=["-updated_at", "-id"], name="operation_control_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ControlState.values), name="operation_control_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_test_due(self) -> bool:
        return (
            self.state == ControlState.ACTIVE
            and self.next_test_on is not None
            and self.next_test_on <= clock.now().date()
        )

    @fsm.transition(
        field=state, source=ControlState.PLANNED, target=ControlState.ACTIVE, permission=policies.may_manage_control,
        custom={"label": _("Put in force"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def activate(self) -> None:
        """It works from now on; the first test is due at once."""
        self.next_test_on = clock.now().date()

    @fsm.transition(
        field=state, source=ControlState.ACTIVE, target=ControlState.ACTIVE, permission=policies.may_manage_control,
        custom={"label": _("Record a test"), "icon": "clipboard-check", "inputs": ("passed", "test_note")},
    )  # fmt: skip
    def record_test(self, *, next_test_on: date) -> None:
        """Somebody tested whether it works."""
        self.next_test_on = next_test_on

    @fsm.transition(
        field=state, source=[ControlState.PLANNED, ControlState.ACTIVE], target=ControlState.RETIRED,
        permission=policies.may_manage_control, custom={"label": _("Retire"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def retire(self, *, reason: str) -> None:
        """It is not needed any more."""
        self.next_test_on = None


class ControlTest(models.Model):
    """One test of a control. Never changed afterwards."""

    control = models.ForeignKey(Control, models.CASCADE, related_name="tests")
    passed = models.BooleanField(_("works"))
    note = models.TextField(_("what was seen"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("test of a control")
        verbose_name_plural = _("tests of controls")
        indexes = [models.Index(fields=["control", "-id"], name="operation_controltest_of")]

    def __str__(self) -> str:
        return f"{self.control_id} {self.at:%Y-%m-%d}"


class RiskQuerySet(models.QuerySet["Risk"]):
    def visible_to(self, user: User) -> RiskQuerySet:
        """Managers, the security officer and auditors read all; others what they own or what is about own services."""
        if policies.reads(user):
            return self
        if not user.is_authenticated or not user.is_active or not user.is_desk:
            return self.none()
        mine = models.Q(owner=user)
        owned = Risk.services.through.objects.filter(service__in=Service.objects.owned_by(user)).values("risk_id")
        return self.filter(mine | models.Q(pk__in=owned))

    def open(self) -> RiskQuerySet:
        return self.filter(state__in=RiskState.OPEN)

    def high(self) -> RiskQuerySet:
        return self.open().filter(score__gte=HIGH)

    def overdue(self, today: date) -> RiskQuerySet:
        """Open, and its review or treatment should have happened."""
        late = models.Q(review_on__lt=today) | models.Q(state=RiskState.TREATED, treat_until__lt=today)
        return self.open().filter(late)


class Risk(Record):
    """Something that may happen and would hurt services. Score = likelihood x impact, before and after treatment."""

    State = RiskState
    kind_code = "risk"
    prefix = "RSK"

    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(
        _("description"), blank=True, validators=[MaxLengthValidator(20_000)],
        help_text=_("Cause, event and consequence."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_risks", verbose_name=_("owner")
    )
    services = models.ManyToManyField(Service, blank=True, related_name="risks", verbose_name=_("services"))
    controls = models.ManyToManyField(Control, blank=True, related_name="risks", verbose_name=_("controls"))
    #: Before treatment.
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, blank=True, validators=GRADES)
    impact = models.PositiveSmallIntegerField(_("impact"), null=True, blank=True, validators=GRADES)
    treatment = models.CharField(_("treatment"), max_length=10, choices=Treatment, blank=True)
    plan = models.TextField(_("treatment plan"), blank=True, validators=[MaxLengthValidator(20_000)])
    treat_until = models.DateField(_("treated until"), null=True, blank=True)
    #: After treatment.
    residual_likelihood = models.PositiveSmallIntegerField(
        _("likelihood after treatment"), null=True, blank=True, validators=GRADES
    )
    residual_impact = models.PositiveSmallIntegerField(
        _("impact after treatment"), null=True, blank=True, validators=GRADES
    )
    review_on = models.DateField(_("review on"), null=True, blank=True)
    #: What counts now, kept for sorting: the residual score once treatment has begun, else the inherent one.
    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    state = StateField(
        _("state"), max_length=10, choices=RiskState.choices, default=RiskState.IDENTIFIED, editable=False
    )

    objects = RiskQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "-id"]
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        indexes = [
            models.Index(fields=["-score", "-id"], name="operation_risk_by_score"),
            models.Index(
                fields=["review_on"], name="operation_risk_review", condition=models.Q(state__in=RiskState.OPEN)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RiskState.values), name="operation_risk_state_known"),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{name}__isnull": True}) | models.Q(**{f"{name}__range": (1, 5)}),
                    name=f"operation_risk_{name}_1_to_5",
                )
                for name in ("likelihood", "impact", "residual_likelihood", "residual_impact")
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def inherent(self) -> int | None:
        """Likelihood x impact before treatment (1 to 25)."""
        return self.likelihood * self.impact if self.likelihood and self.impact else None

    @property
    def residual(self) -> int | None:
        """The same after treatment."""
        if self.residual_likelihood and self.residual_impact:
            return self.residual_likelihood * self.residual_impact
        return None

    @property
    def tone(self) -> str:
        return tone_of(self.score or None)

    @property
    def is_high(self) -> bool:
        return self.score >= HIGH

    @property
    def grades(self) -> tuple[int, int] | None:
        """Likelihood and impact that count now, where both are known."""
        if self.residual and self.state in (RiskState.TREATED, RiskState.ACCEPTED, RiskState.CLOSED):
            return self.residual_likelihood or 0, self.residual_impact or 0
        return (self.likelihood or 0, self.impact or 0) if self.inherent else None

    def is_overdue(self, today: date) -> bool:
        if self.state == RiskState.CLOSED:
            return False
        if self.review_on and self.review_on < today:
            return True
        return bool(self.state == RiskState.TREATED and self.treat_until and self.treat_until < today)

    def save(self, *args: Any, **kwargs: Any) -> None:
        grades = self.grades
        self.score = grades[0] * grades[1] if grades else 0
        super().save(*args, **kwargs)

    @fsm.transition(
        field=state, source=RiskState.IDENTIFIED, target=RiskState.ASSESSED, permission=policies.may_manage,
        custom={"label": _("Assess"), "icon": "gauge", "tone": "primary", "inputs": ("likelihood", "risk_impact")},
    )  # fmt: skip
    def assess(self, *, likelihood: int, risk_impact: int) -> None:
        """How likely it is, and how much it would hurt."""
        self.likelihood, self.impact = likelihood, risk_impact

    @fsm.transition(
        field=state, source=[RiskState.ASSESSED, RiskState.ACCEPTED], target=RiskState.TREATED,
        permission=policies.may_manage,
        custom={
            "label": _("Treat"), "icon": "shield-check", "tone": "primary",
            "inputs": ("treatment", "plan", "treat_until", "residual_likelihood", "residual_impact"),
        },
    )  # fmt: skip
    def treat(
        self, *, treatment: str, plan: str, treat_until: date, residual_likelihood: int, residual_impact: int
    ) -> None:
        """Something is done about it, by a day; what is left of it is estimated."""
        self.treatment, self.plan, self.treat_until = treatment, plan, treat_until
        self.residual_likelihood, self.residual_impact = residual_likelihood, residual_impact

    @fsm.transition(
        field=state, source=[RiskState.ASSESSED, RiskState.TREATED], target=RiskState.ACCEPTED,
        permission=policies.may_accept, custom={
            "label": _("Accept"), "icon": "stamp", "inputs": ("reason", "review_on"),
        },
    )  # fmt: skip
    def accept(self, *, reason: str, review_on: date) -> None:
        """What is left is borne knowingly, until the review."""
        self.treatment = self.treatment or Treatment.ACCEPT
        self.review_on = review_on

    @fsm.transition(
        field=state, source=[RiskState.ASSESSED, RiskState.TREATED, RiskState.ACCEPTED], target=RiskState.ASSESSED,
        permission=policies.may_manage,
        custom={"label": _("Assess again"), "icon": "rotate-ccw", "inputs": ("likelihood", "risk_impact", "reason")},
    )  # fmt: skip
    def reassess(self, *, likelihood: int, risk_impact: int, reason: str) -> None:
        """The world has changed; estimates of what treatment leaves begin anew."""
        self.likelihood, self.impact = likelihood, risk_impact
        self.residual_likelihood = self.residual_impact = None

    @fsm.transition(
        field=state, source=list(RiskState.OPEN), target=RiskState.CLOSED, permission=policies.may_manage,
        custom={"label": _("Close"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def close(self, *, reason: str) -> None:
        """It cannot happen any more, or it is another risk's part."""

    @fsm.transition(
        field=state, source=RiskState.CLOSED, target=RiskState.IDENTIFIED, permission=policies.may_manage,
        custom={"label": _("Take up again"), "icon": "archive-restore", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is back."""
