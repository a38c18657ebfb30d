"""The improvement register: what should become better, by how much, and whether it did."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from improvement import improvement_policies as policies
from improvement.improvement_states import Area, ImprovementState
from improvement.models.feedback import Feedback
from improvement.models.survey import Answer
from itsm.approvals.models import Round
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

if TYPE_CHECKING:
    pass

State = ImprovementState
GRADE = [MinValueValidator(1), MaxValueValidator(5)]
REACHES = {
    1: _("1: a few people"), 2: _("2: a team"), 3: _("3: a department"), 4: _("4: most people"), 5: _("5: everybody"),
}  # fmt: skip
BENEFITS = {
    1: _("1: hardly felt"), 2: _("2: a little better"), 3: _("3: clearly better"), 4: _("4: a great relief"),
    5: _("5: changes how we work"),
}  # fmt: skip
EFFORTS = {
    1: _("1: days"), 2: _("2: one or two weeks"), 3: _("3: a month"), 4: _("4: a quarter"), 5: _("5: longer"),
}  # fmt: skip
CONFIDENCES = {
    25: _("25%: a guess"), 50: _("50%: others have done it"), 80: _("80%: we have data"), 100: _("100%: proven here"),
}  # fmt: skip


class ImprovementQuerySet(DeskRecords):
    def active(self) -> ImprovementQuerySet:
        return self.filter(state__in=State.ACTIVE)

    def overdue(self, today: date) -> ImprovementQuerySet:
        return self.active().filter(due_on__lt=today)

    def read_by_itself(self) -> ImprovementQuerySet:
        """Under way, with a number that is read from data."""
        return self.filter(state__in=State.READ).exclude(measured_by="")


class Improvement(Record):
    """Something to make better, with how it is, how it shall be, and how it became."""

    State = ImprovementState
    kind_code = "improvement"
    prefix = "IMP"

    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(_("what, and why"), blank=True, validators=LONG)
    area = models.CharField(_("what changes"), max_length=12, choices=Area, default=Area.PROCESS)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="improvements", verbose_name=_("service")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_improvements", verbose_name=_("owner")
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    #: Which number: empty for one that people enter, else a measure such as ``satisfaction:csat``.
    measured_by = models.CharField(_("measured by"), max_length=80, blank=True)
    window_days = models.PositiveSmallIntegerField(
        _("measured over (days)"), default=30, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    baseline_value = models.DecimalField(_("baseline"), max_digits=14, decimal_places=2, null=True, blank=True)
    baseline_on = models.DateField(_("baseline measured on"), null=True, blank=True)
    target_value = models.DecimalField(_("target"), max_digits=14, decimal_places=2, null=True, blank=True)
    yearly_benefit = models.DecimalField(
        _("expected benefit per year"), max_digits=14, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    benefit_words = models.TextField(_("benefit in words"), blank=True, validators=LONG)
    realised_benefit = models.DecimalField(
        _("measured benefit per year"), max_digits=14, decimal_places=2, null=True, editable=False
    )
    reach = models.PositiveSmallIntegerField(_("reach"), null=True, blank=True, validators=GRADE)
    benefit = models.PositiveSmallIntegerField(_("benefit"), null=True, blank=True, validators=GRADE)
    confidence = models.PositiveSmallIntegerField(
        _("confidence (%)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    effort = models.PositiveSmallIntegerField(_("effort"), null=True, blank=True, validators=GRADE)
    #: Reach x benefit x confidence / effort, from 0 to 100; kept for sorting.
    score = models.PositiveSmallIntegerField(_("priority"), default=0, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)
    #: When the change is in place: the effect is looked for from here on.
    measuring_since = models.DateField(_("measured since"), null=True, editable=False)
    closed_on = models.DateField(_("closed"), null=True, editable=False)
    lesson = models.TextField(_("lesson"), blank=True, editable=False)
    #: Where it came from: in words with an address, or the record itself.
    origin = models.CharField(_("comes from"), max_length=160, blank=True)
    origin_url = models.CharField(max_length=300, blank=True, editable=False)
    feedback = models.ForeignKey(
        Feedback, models.SET_NULL, null=True, blank=True, related_name="improvements", editable=False,
        verbose_name=_("feedback"),
    )  # fmt: skip
    answer = models.ForeignKey(
        Answer, models.SET_NULL, null=True, blank=True, related_name="improvements", editable=False,
        verbose_name=_("survey answer"),
    )  # fmt: skip
    tickets = models.ManyToManyField(
        Ticket, blank=True, related_name="improvements", verbose_name=_("tickets"), editable=False
    )
    state = state_of(ImprovementState, ImprovementState.IDENTIFIED)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "-id"]
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        indexes = [
            latest("improvement_improvement_latest"),
            models.Index(fields=["-score", "-id"], name="improvement_by_score"),
            models.Index(fields=["due_on"], name="improvement_active_due", condition=models.Q(state__in=State.ACTIVE)),
        ]
        constraints = [
            known_state(ImprovementState, "improvement_state_known"),
            models.CheckConstraint(
                condition=models.Q(baseline_value__isnull=True)
                | models.Q(target_value__isnull=True)
                | ~models.Q(baseline_value=models.F("target_value")),
                name="improvement_moves", violation_error_message=_("The target has to differ from the baseline."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        self.score = self.priority() or 0
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    # ---------- numbers ----------

    def priority(self) -> int | None:
        """Reach (1-5) x benefit (1-5) x confidence / effort (1-5), times four: 100 at most."""
        if not (self.reach and self.benefit and self.confidence and self.effort):
            return None
        return round(Decimal(4 * self.reach * self.benefit * self.confidence) / (100 * self.effort))

    def in_unit(self, value: Decimal | None) -> str:
        """A value as people write it: 82 %, 4 days."""
        if value is None:
            return "–"
        shown = f"{value:,.2f}".rstrip("0").rstrip(".")
        return f"{shown}{self.unit}" if self.unit == "%" else f"{shown} {self.unit}".strip()

    @property
    def baseline_words(self) -> str:
        return self.in_unit(self.baseline_value)

    @property
    def target_words(self) -> str:
        return self.in_unit(self.target_value)

    def progress(self, value: Decimal) -> Decimal | None:
        """How far from baseline to target, in percent: above 100 when better than the target, below 0 when worse."""
        if self.baseline_value is None or self.target_value is None or self.baseline_value == self.target_value:
            return None
        return 100 * (value - self.baseline_value) / (self.target_value - self.baseline_value)

    def reaches(self, value: Decimal) -> bool:
        """Whether the value is as good as the target, upwards or downwards."""
        progress = self.progress(value)
        return progress is not None and progress >= 100

    def proof(self) -> ImprovementMeasurement | None:
        """The latest measurement that counts: after approval, and since the change is in place where that is known."""
        if self.approved_at is None:
            return None
        since = self.measuring_since or self.approved_at.date()
        rows = self.measurements.filter(measured_on__gte=since, at__gte=self.approved_at)
        return rows.order_by("-measured_on", "-id").first()

    def is_overdue(self, today: date) -> bool:
        return self.state in State.ACTIVE and self.due_on is not None and self.due_on < today

    def pending_round(self) -> Round | None:
        """The question about it that nobody has answered yet."""
        label = self._meta.label_lower
        return Round.objects.pending().filter(subject_type=label, subject_id=self.pk).first()

    # ---------- steps ----------

    @fsm.transition(
        field="state", source=[State.IDENTIFIED, State.ASSESSED, State.APPROVED, State.IN_PROGRESS],
        target=State.ASSESSED, permission=policies.may_lead,
        custom={"label": _("Assess"), "icon": "gauge", "tone": "primary",
                "inputs": ("reach", "improvement_benefit", "confidence", "effort")},
    )  # fmt: skip
    def assess(self, *, reach: int, improvement_benefit: int, confidence: int, effort: int) -> None:
        """What it would bring and cost. An approval is about an assessment: a new one asks anew."""
        self.reach, self.benefit, self.confidence, self.effort = reach, improvement_benefit, confidence, effort
        self.approved_at = self.measuring_since = None

    @fsm.transition(
        field="state", source=State.ASSESSED, target=State.ASSESSED, permission=policies.may_lead,
        conditions=[policies.has_numbers, policies.is_not_asked],
        custom={"label": _("Ask for approval"), "icon": "stamp", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """Improvement managers and the owner of the service are asked."""

    @fsm.transition(
        field="state", source=State.ASSESSED, target=State.APPROVED, permission=policies.may_decide,
        conditions=[policies.has_numbers], custom={"label": _("Approve"), "icon": "check", "offered": False},
    )  # fmt: skip
    def approve(self) -> None:
        """It shall be done."""
        self.approved_at = clock.now()

    @fsm.transition(
        field="state", source=[State.IDENTIFIED, State.ASSESSED, State.APPROVED], target=State.REJECTED,
        permission=policies.may_decide, custom={"label": _("Reject"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """It is not done, and the record says why."""
        self.lesson = reason
        self.approved_at, self.closed_on = None, clock.now().date()

    @fsm.transition(
        field="state", source=State.APPROVED, target=State.IN_PROGRESS, permission=policies.may_lead,
        custom={"label": _("Start work"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def start(self) -> None:
        """It is being done."""

    @fsm.transition(
        field="state", source=State.IN_PROGRESS, target=State.MEASURING, permission=policies.may_lead,
        custom={"label": _("Done, now measure"), "icon": "ruler", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def measure(self) -> None:
        """It is in place; now the effect is looked for."""
        self.measuring_since = clock.now().date()

    @fsm.transition(
        field="state", source=State.MEASURING, target=State.IN_PROGRESS, permission=policies.may_lead,
        custom={"label": _("Back to work"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def resume(self, *, reason: str) -> None:
        """The number shows that something is still missing."""
        self.measuring_since = None

    @fsm.transition(
        field="state", source=State.MEASURING, target=State.REALISED, permission=policies.may_lead,
        conditions=[policies.reaches_target],
        custom={"label": _("Realised"), "icon": "trophy", "tone": "ok", "inputs": ("realised_benefit?", "comment?")},
    )  # fmt: skip
    def realise(self, *, realised_benefit: Decimal | None = None) -> None:
        """It became better, and the measurement proves it."""
        self.realised_benefit = realised_benefit
        self.closed_on = clock.now().date()

    @fsm.transition(
        field="state", source=[State.APPROVED, State.IN_PROGRESS, State.MEASURING], target=State.NOT_REALISED,
        permission=policies.may_lead, custom={"label": _("Not realised"), "icon": "circle-x", "inputs": ("lesson",)},
    )  # fmt: skip
    def give_up(self, *, lesson: str) -> None:
        """It did not become better; what was learned is kept."""
        self.lesson = lesson
        self.closed_on = clock.now().date()

    @fsm.transition(
        field="state", source=list(State.ENDED), target=State.ASSESSED, permission=policies.may_lead,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_up(self, *, reason: str) -> None:
        """It is worth another try; it is decided anew."""
        self.approved_at = self.measuring_since = self.closed_on = self.realised_benefit = None


class ImprovementMeasurement(models.Model):
    """The number of an improvement on a day. Never changed afterwards."""

    improvement = models.ForeignKey(Improvement, models.CASCADE, related_name="measurements")
    measured_on = models.DateField(_("measured on"))
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2)
    #: How many cases stand behind it, where it was read from data.
    cases = models.PositiveIntegerField(_("cases"), null=True, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-measured_on", "-id"]
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        indexes = [
            models.Index(fields=["improvement", "-measured_on", "-id"], name="improvement_measured_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.measured_on}: {self.value}"

    @property
    def words(self) -> str:
        return self.improvement.in_unit(self.value)
