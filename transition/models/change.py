"""Changes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import django_fsm as fsm
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from itsm.approvals.models import Round
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.tickets.services import reference
from itsm.workflow import conditions
from transition.models.release import Release
from transition.models.windows import ChangeTemplate
from transition.policies import changes as policies
from transition.states.changes import ChangeState as State
from transition.states.changes import ChangeType, Outcome, RiskLevel

if TYPE_CHECKING:
    from itsm.accounts.models import User

LONG = [MaxLengthValidator(20_000)]
#: States in which what was written can still be changed.
WRITABLE = (State.DRAFT, State.ASSESSING)


class ChangeQuerySet(TicketQuerySet):
    def _own(self) -> Any:
        """The same rows, with the columns of changes: the base is declared for tickets."""
        return self

    def visible_to(self, user: User) -> Any:
        return super().visible_to(user)

    def between(self, begin: datetime, end: datetime) -> Any:
        """Planned for a time that touches this one. None is longer than ``LONGEST``: an index finds them."""
        return self._own().filter(
            planned_start__gt=begin - policies.LONGEST, planned_start__lt=end, planned_end__gt=begin
        )  # fmt: skip

    def planned(self) -> Any:
        """What is meant to happen, or happens."""
        return self._own().filter(state__in=State.PLANNED, planned_start__isnull=False)

    def implemented(self) -> Any:
        """Closed after work was done on them."""
        return self._own().filter(state=State.CLOSED).exclude(outcome="")

    def touching(self, services: Any) -> Any:
        """Those that name one of these services."""
        named = Change.services.through.objects.filter(service__in=services).values("change_id")
        return self._own().filter(Q(service__in=services) | Q(pk__in=named))


class Change(Ticket):
    """An addition, modification or removal of anything that could affect services."""

    change_type = models.CharField(_("type"), max_length=10, choices=ChangeType, default=ChangeType.NORMAL)
    template = models.ForeignKey(
        ChangeTemplate, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("template")
    )
    release = models.ForeignKey(
        Release, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name=_("release")
    )
    services = models.ManyToManyField(
        Service, blank=True, related_name="changes_touching", verbose_name=_("services affected")
    )
    planned_start = models.DateTimeField(_("planned begin"), null=True, blank=True)
    planned_end = models.DateTimeField(_("planned end"), null=True, blank=True)
    actual_start = models.DateTimeField(_("began"), null=True, blank=True)
    actual_end = models.DateTimeField(_("ended"), null=True, blank=True)
    outage_minutes = models.PositiveIntegerField(
        _("minutes of outage"), null=True, blank=True, validators=[MaxValueValidator(31 * 24 * 60)]
    )
    implementation_plan = models.TextField(_("implementation plan"), blank=True, validators=LONG)
    test_plan = models.TextField(_("test plan"), blank=True, validators=LONG)
    backout_plan = models.TextField(_("back-out plan"), blank=True, validators=LONG)
    #: Words of the answer by id of the question.
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    risk_score = models.PositiveSmallIntegerField(_("risk score"), null=True, blank=True)
    risk_level = models.CharField(_("risk"), max_length=10, choices=RiskLevel, blank=True)
    #: Where each point of the score comes from, as it was when it was assessed.
    risk_lines = models.JSONField(default=list, blank=True)
    assessed_at = models.DateTimeField(_("assessed"), null=True, blank=True)
    #: How many clashes were open when it was scheduled.
    clashes = models.PositiveSmallIntegerField(_("clashes when scheduled"), null=True, blank=True)
    scheduled_at = models.DateTimeField(_("scheduled"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    review_note = models.TextField(_("what the review found"), blank=True)
    stop_reason = models.TextField(_("why it was stopped"), blank=True)

    #: The base has its own manager, and the stubs know only that one.
    objects: ClassVar[Any] = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(
                fields=["planned_start", "planned_end"], name="transition_change_planned",
                condition=Q(planned_start__isnull=False),
            ),
            models.Index(fields=["change_type", "-actual_end"], name="transition_change_ended"),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_start__isnull=True, planned_end__isnull=True)
                | Q(planned_end__gt=F("planned_start")),
                name="transition_change_ends_later",
            ),
            models.CheckConstraint(
                condition=Q(risk_score__isnull=True) | Q(risk_score__lte=100), name="transition_change_risk_range"
            ),
        ]

    @property
    def process_days(self) -> int:
        """Days in which a closed change can be looked at again."""
        return reference.settings_for("change").reopen_days

    @property
    def length(self) -> Any:
        return self.planned_end - self.planned_start if self.planned_start and self.planned_end else None

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE

    @property
    def is_assessable(self) -> bool:
        """Its questions can be answered: an emergency is often put to the vote before anybody finds the time."""
        hurried = self.change_type == ChangeType.EMERGENCY and self.state == State.AWAITING_APPROVAL
        return self.change_type != ChangeType.STANDARD and (self.is_writable or hurried)

    def touched(self) -> list[int]:
        """Ids of the services it names: its own, and those affected besides."""
        found = [self.service_id] if self.service_id else []
        return list(dict.fromkeys([*found, *(one.pk for one in self.services.all())]))

    def newest_round(self, verb: str) -> Round | None:
        """The newest question put to people about this step."""
        return next((one for one in conditions.rounds(self) if one.verb == verb), None)

    # Writing it down

    @fsm.transition(
        field="state", source=list(WRITABLE), target=None, permission=policies.may_work,
        custom={"label": _("Change the plan"), "icon": "pencil", "offered": False},
    )  # fmt: skip
    def plan(self, **fields: Any) -> None:
        """What is changed, how, and when."""
        for name, value in fields.items():
            setattr(self, name, value)

    @fsm.transition(
        field="state", source=list(WRITABLE), target=None, permission=policies.may_work,
        conditions=[policies.is_not_standard],
        custom={"label": _("Assess the risk"), "icon": "gauge", "offered": False},
    )  # fmt: skip
    @fsm.transition(
        field="state", source=State.AWAITING_APPROVAL, target=None, permission=policies.may_work,
        conditions=[policies.is_emergency],
        custom={"label": _("Assess the risk"), "icon": "gauge", "offered": False},
    )  # fmt: skip
    def assess(self, *, answers: dict[str, str], score: int, level: str, lines: list[dict[str, Any]]) -> None:
        """Questions answered, blast radius and track record counted."""
        self._weigh(answers, score, level, lines)

    # Towards the decision

    @fsm.transition(
        field="state", source=State.DRAFT, target=State.ASSESSING, permission=policies.may_work,
        conditions=[policies.is_not_standard, policies.has_subject],
        custom={"label": _("Submit for assessment"), "icon": "send", "key": "E", "tone": "primary",
                "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """Others look at what it may break."""

    @fsm.transition(
        field="state", source=State.ASSESSING, target=State.DRAFT, permission=policies.may_work,
        custom={"label": _("Back to draft"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    @fsm.transition(
        field="state", source=State.SCHEDULED, target=State.DRAFT, permission=policies.may_work,
        conditions=[policies.is_standard],
        custom={"label": _("Back to draft"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def send_back(self) -> None:
        """Something has to be written down first."""
        self.scheduled_at = self.clashes = None

    @fsm.transition(
        field="state", source=State.ASSESSING, target=State.AWAITING_APPROVAL, permission=policies.may_work,
        conditions=[policies.has_subject, policies.has_window, policies.has_plans, policies.is_assessed,
                    policies.outside_freezes],
        custom={"label": _("Ask for approval"), "icon": "stamp", "key": "E", "tone": "primary",
                "inputs": ("comment?",)},
    )  # fmt: skip
    def request_approval(self) -> None:
        """The risk decides who is asked."""

    @fsm.transition(
        field="state", source=State.DRAFT, target=State.AWAITING_APPROVAL, permission=policies.may_work,
        conditions=[policies.is_emergency, policies.has_subject, policies.has_window, policies.has_plans],
        custom={"label": _("Ask for emergency approval"), "icon": "siren", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def hurry(self, *, answers: dict[str, str], score: int, level: str, lines: list[dict[str, Any]]) -> None:
        """An emergency does not wait for its assessment; what is known of its risk counts, the rest at its worst."""
        self._weigh(answers, score, level, lines)

    @fsm.transition(
        field="state", source=State.AWAITING_APPROVAL, target=State.ASSESSING, permission=policies.may_work,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    @fsm.transition(
        field="state", source=State.SCHEDULED, target=State.ASSESSING, permission=policies.may_work,
        conditions=[policies.is_not_standard],
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def withdraw(self) -> None:
        """It has to be thought over: the question is withdrawn, and what was approved is not any more."""
        self.scheduled_at = self.clashes = None

    @fsm.transition(
        field="state", source=[State.AWAITING_APPROVAL, State.SCHEDULED], target=State.AWAITING_APPROVAL,
        permission=policies.by_itself, conditions=[policies.is_not_standard],
        custom={"label": _("Put to the vote again"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def ask_again(self, *, score: int | None, level: str, lines: list[dict[str, Any]]) -> None:
        """What was voted on is not what will happen: the votes are void, its risk is counted anew."""
        if score is not None:
            self._weigh(self.answers, score, level, lines)
        self.scheduled_at = self.clashes = None

    @fsm.transition(
        field="state", source=State.AWAITING_APPROVAL, target=State.SCHEDULED, permission=policies.by_itself,
        custom={"label": _("Approve"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def approve(self, *, clashes: int) -> None:
        """Those asked said yes."""
        self._schedule(clashes)

    @fsm.transition(
        field="state", source=State.AWAITING_APPROVAL, target=State.REJECTED, permission=policies.by_itself,
        custom={"label": _("Reject"), "icon": "ban", "offered": False},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """Those asked said no, or did not answer."""
        self._stop(reason)

    @fsm.transition(
        field="state", source=State.DRAFT, target=State.SCHEDULED, permission=policies.may_work,
        conditions=[policies.is_standard, policies.template_holds, policies.has_subject, policies.has_window,
                    policies.has_plans, policies.outside_freezes],
        custom={"label": _("Schedule"), "icon": "calendar-check", "key": "E", "tone": "primary",
                "inputs": ("comment?",)},
    )  # fmt: skip
    def schedule(self, *, clashes: int) -> None:
        """A standard change is approved by its template."""
        self._schedule(clashes)

    @fsm.transition(
        field="state", source=[*State.PLANNED[:3], State.DRAFT], target=None,
        permission=policies.may_reschedule,
        custom={"label": _("Move"), "icon": "calendar-clock", "inputs": ("planned_start", "planned_end", "reason?")},
    )  # fmt: skip
    def reschedule(self, *, planned_start: datetime, planned_end: datetime) -> None:
        """Another time for the same work."""
        self.planned_start, self.planned_end = planned_start, planned_end

    # Doing it

    @fsm.transition(
        field="state", source=State.SCHEDULED, target=State.IMPLEMENTING, permission=policies.may_work,
        conditions=[policies.is_time, policies.outside_freezes],
        custom={"label": _("Start"), "icon": "play", "key": "E", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def start(self) -> None:
        """Work begins."""
        self.actual_start = clock.now()

    @fsm.transition(
        field="state", source=State.IMPLEMENTING, target=State.REVIEW, permission=policies.may_work,
        conditions=[policies.has_no_open_tasks],
        custom={"label": _("Implemented"), "icon": "check", "key": "E", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def implement(self) -> None:
        """It is done and tested."""
        self.actual_end = clock.now()

    @fsm.transition(
        field="state", source=State.IMPLEMENTING, target=State.FAILED, permission=policies.may_work,
        custom={"label": _("Failed"), "icon": "circle-x", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def fail(self, *, reason: str) -> None:
        """It did not work: the back-out plan counts now."""
        self._stop(reason)

    @fsm.transition(
        field="state", source=State.FAILED, target=State.REVIEW, permission=policies.may_work,
        custom={"label": _("Backed out: review it"), "icon": "undo-2", "tone": "primary", "inputs": ("comment",)},
    )  # fmt: skip
    def back_out(self) -> None:
        """Everything is as it was, or as good as it gets."""
        self.actual_end = clock.now()

    # Learning from it

    @fsm.transition(
        field="state", source=State.REVIEW, target=None, permission=policies.may_work,
        conditions=[policies.needs_look],
        custom={"label": _("Ask for the retrospective review"), "icon": "eye", "tone": "primary",
                "inputs": ("comment?",)},
    )  # fmt: skip
    def ask_review(self) -> None:
        """The board looks at an emergency afterwards."""

    @fsm.transition(
        field="state", source=State.REVIEW, target=State.CLOSED, permission=policies.may_work,
        conditions=[policies.is_looked_at],
        custom={"label": _("Close the review"), "icon": "archive", "key": "E", "tone": "ok",
                "inputs": ("outcome", "review_note")},
    )  # fmt: skip
    def close(self, *, outcome: str, review_note: str) -> None:
        """What came of it is written down."""
        self.outcome, self.review_note = outcome, review_note
        self.resolved_at = self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.CLOSED, target=State.REVIEW, permission=policies.may_lead,
        conditions=[policies.is_in_reopen_window],
        custom={"label": _("Review it again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """Something came up that the review did not know."""
        self.reopen_count += 1
        self.resolved_at = self.closed_at = None

    @fsm.transition(
        field="state", source=[*State.PLANNED[:3], State.DRAFT], target=State.CANCELLED,
        permission=policies.may_work, custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not needed any more."""
        self._stop(reason)
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=[State.REJECTED, State.CANCELLED], target=State.DRAFT, permission=policies.may_work,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "tone": "primary", "inputs": ("reason",)},
    )  # fmt: skip
    def revise(self) -> None:
        """Another attempt with what was learned; its risk is assessed anew."""
        self.stop_reason = ""
        self.closed_at = None
        self.risk_score, self.risk_level, self.risk_lines, self.assessed_at = None, "", [], None
        self.scheduled_at = self.clashes = None

    def _weigh(self, answers: dict[str, str], score: int, level: str, lines: list[dict[str, Any]]) -> None:
        self.answers, self.risk_score, self.risk_level, self.risk_lines = answers, score, level, lines
        self.assessed_at = clock.now()

    def _schedule(self, clashes: int) -> None:
        self.clashes = clashes
        self.scheduled_at = clock.now()

    def _stop(self, reason: str) -> None:
        self.stop_reason = reason
