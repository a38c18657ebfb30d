"""Proof that a design does what was required: plans, cases, runs, and the defects they find."""

from __future__ import annotations

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from design import package_policies as policies
from design.models.package import DesignCriterion, ServiceDesignPackage
from design.package_states import RESULT_TONES, SEVERITY_TONES, DefectState, PlanState, Result, Severity
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of


class ValidationPlan(Record):
    """How a design is tested: what, where and by whom."""

    State = PlanState
    kind_code = "validation_plan"
    prefix = "VAL"

    title = models.CharField(_("title"), max_length=160)
    package = models.ForeignKey(
        ServiceDesignPackage, models.PROTECT, related_name="plans", verbose_name=_("design package")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("tester"),
        help_text=_("Who runs the tests."),
    )  # fmt: skip
    environment = models.CharField(_("environment"), max_length=160, blank=True, help_text=_("Where it is tested."))
    description = models.TextField(_("approach"), blank=True, validators=LONG)
    state = state_of(PlanState, PlanState.OPEN)

    objects = DeskRecords.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("validation plan")
        verbose_name_plural = _("validation plans")
        indexes = [latest("design_plan_latest")]
        constraints = [known_state(PlanState, "design_plan_state_known")]

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=PlanState.OPEN, target=PlanState.CLOSED, permission=policies.may_lead_plan,
        conditions=[policies.is_run_through],
        custom={"label": _("Close"), "icon": "lock", "inputs": ("comment?",)},
    )  # fmt: skip
    def close(self) -> None:
        """Testing is over."""

    @fsm.transition(
        field=state, source=PlanState.CLOSED, target=PlanState.OPEN, permission=policies.may_lead_plan,
        custom={"label": _("Reopen"), "icon": "lock-open", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """There is more to test."""


class TestCase(models.Model):
    """What is done to see whether a criterion holds, and what should happen. Its latest run counts."""

    __test__ = False  # no test of ours: pytest would collect it by its name

    plan = models.ForeignKey(ValidationPlan, models.CASCADE, related_name="cases")
    title = models.CharField(_("case"), max_length=160)
    criterion = models.ForeignKey(
        DesignCriterion, models.PROTECT, related_name="cases", verbose_name=_("criterion it proves")
    )
    steps = models.TextField(_("steps"), validators=LONG, help_text=_("What to do, step by step."))
    expected = models.TextField(_("expected"), validators=LONG, help_text=_("What should be seen."))
    #: The result of the latest run; empty while nobody ran it.
    result = models.CharField(_("latest result"), max_length=10, choices=Result, blank=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("test case")
        verbose_name_plural = _("test cases")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("design:test-case", args=[self.plan.number, self.pk])

    @property
    def tone(self) -> str:
        return RESULT_TONES[self.result]

    @property
    def result_label(self) -> str:
        return str(Result(self.result).label) if self.result else str(_("Not run"))

    def clean(self) -> None:
        criterion = getattr(self, "criterion", None)
        if criterion is not None and criterion.package_id != self.plan.package_id:
            raise ValidationError({"criterion": _("This criterion belongs to another design.")})


class TestRun(models.Model):
    """One run of a case. Never changed; a later run replaces what it says."""

    __test__ = False

    case = models.ForeignKey(TestCase, models.PROTECT, related_name="runs")
    result = models.CharField(_("result"), max_length=10, choices=Result)
    evidence = models.TextField(_("what was seen"), blank=True, validators=LONG)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("test run")
        verbose_name_plural = _("test runs")
        constraints = [
            models.CheckConstraint(condition=models.Q(result__in=Result.values), name="design_run_result_known")
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_result_display()}, {self.at:%Y-%m-%d}"

    @property
    def tone(self) -> str:
        return RESULT_TONES[self.result]

    def clean(self) -> None:
        if self.result != Result.PASS and not self.evidence.strip():
            raise ValidationError({"evidence": _("Say what was seen instead.")})


class DefectQuerySet(DeskRecords):
    def unsolved(self) -> DefectQuerySet:
        """Open, or fixed and not verified yet."""
        return self.filter(state__in=DefectState.UNSOLVED)

    def severe(self) -> DefectQuerySet:
        return self.filter(severity=Severity.HIGH)


class Defect(Record):
    """What a failed test found. It is fixed and verified, or accepted with a reason."""

    State = DefectState
    kind_code = "defect"
    prefix = "DEF"

    title = models.CharField(_("title"), max_length=160)
    run = models.ForeignKey(
        TestRun, models.PROTECT, related_name="defects", verbose_name=_("failed run"),
        help_text=_("The run of a test that found it."),
    )  # fmt: skip
    #: Follows from the run; kept for lists and guards.
    package = models.ForeignKey(ServiceDesignPackage, models.PROTECT, related_name="defects", editable=False)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fixed by")
    )
    description = models.TextField(_("what is wrong"), blank=True, validators=LONG)
    state = state_of(DefectState, DefectState.OPEN)

    objects = DefectQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("defect")
        verbose_name_plural = _("defects")
        indexes = [
            latest("design_defect_latest"),
            models.Index(
                fields=["package", "severity"], name="design_defect_unsolved",
                condition=models.Q(state__in=DefectState.UNSOLVED),
            ),
        ]  # fmt: skip
        constraints = [known_state(DefectState, "design_defect_state_known")]

    def __str__(self) -> str:
        return self.title

    @property
    def tone(self) -> str:
        return SEVERITY_TONES[self.severity]

    @fsm.transition(
        field=state, source=DefectState.OPEN, target=DefectState.FIXED, permission=policies.may_fix,
        custom={"label": _("Fixed"), "icon": "wrench", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def fix(self) -> None:
        """The design was changed; its test is run again."""

    @fsm.transition(
        field=state, source=DefectState.FIXED, target=DefectState.VERIFIED, permission=policies.may_verify,
        conditions=[policies.passes_again],
        custom={"label": _("Verify"), "icon": "circle-check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def verify(self) -> None:
        """The test passes now."""

    @fsm.transition(
        field=state, source=[DefectState.OPEN, DefectState.FIXED], target=DefectState.ACCEPTED,
        permission=policies.may_accept,
        custom={"label": _("Accept"), "icon": "scale", "inputs": ("reason",)},
    )  # fmt: skip
    def accept(self, *, reason: str) -> None:
        """The service can live with it."""

    @fsm.transition(
        field=state, source=[DefectState.FIXED, DefectState.VERIFIED, DefectState.ACCEPTED], target=DefectState.OPEN,
        permission=policies.may_verify,
        custom={"label": _("Reopen"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """It is still there, or hurts after all."""
