"""Security incidents: restricted tickets with steps of containment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_fsm as fsm
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.tickets.services import reference
from itsm.workflow import assignment
from operation import security_policies as policies
from operation.states import SecurityState as State
from operation.states import Threat

#: Hours in which the authority is told of a breach of personal data (GDPR, article 33).
REPORT_HOURS = 72
SEVERITIES = {1: _("1: critical"), 2: _("2: high"), 3: _("3: medium"), 4: _("4: low")}


class SecurityIncident(Ticket):
    """Something that hurts or may hurt the confidentiality, integrity or availability of information."""

    threat = models.CharField(_("kind of threat"), max_length=10, choices=Threat, default=Threat.OTHER)
    severity = models.PositiveSmallIntegerField(
        _("severity"), choices=[*SEVERITIES.items()], default=3,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )  # fmt: skip
    personal_data = models.BooleanField(_("personal data concerned"), default=False)
    detected_at = models.DateTimeField(_("detected"), default=clock.now)
    contained_at = models.DateTimeField(_("contained"), null=True, blank=True)
    notified_at = models.DateTimeField(_("authority told"), null=True, blank=True)
    notification = models.TextField(_("what the authority was told"), blank=True)
    lessons = models.TextField(_("what was learned"), blank=True)
    cancel_reason = models.TextField(_("why it was a false alarm"), blank=True)

    objects = TicketQuerySet.as_manager()  # type: ignore[misc]  # the base has its own manager

    class Meta:
        verbose_name = _("security incident")
        verbose_name_plural = _("security incidents")

    @property
    def process_days(self) -> int:
        """Days in which it can go on instead of becoming another one."""
        return reference.settings_for("security_incident").reopen_days

    @property
    def report_until(self) -> datetime | None:
        """Until when the authority has to be told; none where no personal data is concerned."""
        return self.detected_at + timedelta(hours=REPORT_HOURS) if self.personal_data else None

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_respond,
        custom={"label": _("Assign"), "icon": "user-plus", "key": "A", "inputs": ("team?", "assignee?", "comment?")},
    )  # fmt: skip
    def assign(self, *, team: Any = None, assignee: Any = None) -> None:
        """Give it to another restricted team, or a person of the team."""
        assignment.hand_to(self, team or self.team, assignee)

    @fsm.transition(
        field="state", source=State.NEW, target=State.TRIAGED, permission=policies.may_respond,
        custom={"label": _("Triage"), "icon": "gauge", "tone": "primary",
                "inputs": ("threat", "threat_severity", "personal_data", "comment?")},
    )  # fmt: skip
    def triage(self, *, threat: str, severity: int, personal_data: bool) -> None:
        """What it is, how bad, and whether people's data is concerned."""
        self.threat, self.severity, self.personal_data = threat, severity, personal_data

    @fsm.transition(
        field="state", source=State.TRIAGED, target=State.CONTAINED, permission=policies.may_respond,
        custom={"label": _("Contained"), "icon": "shield", "tone": "primary", "inputs": ("comment",)},
    )  # fmt: skip
    def contain(self) -> None:
        """It spreads no further."""
        self.contained_at = clock.now()

    @fsm.transition(
        field="state", source=State.CONTAINED, target=State.ERADICATED, permission=policies.may_respond,
        custom={"label": _("Cause removed"), "icon": "eraser", "tone": "primary", "inputs": ("comment",)},
    )  # fmt: skip
    def eradicate(self) -> None:
        """What made it possible is gone."""

    @fsm.transition(
        field="state", source=[State.CONTAINED, State.ERADICATED], target=State.RECOVERED,
        permission=policies.may_respond, conditions=[policies.has_no_open_tasks],
        custom={"label": _("Recovered"), "icon": "check", "tone": "ok", "inputs": ("comment",)},
    )  # fmt: skip
    def recover(self) -> None:
        """Everything works again, and is watched."""
        self.resolved_at = clock.now()

    @fsm.transition(
        field="state", source=[*State.WORKABLE, State.RECOVERED], target=None, permission=policies.may_respond,
        conditions=[policies.concerns_people],
        custom={"label": _("Authority told"), "icon": "landmark", "inputs": ("notification",)},
    )  # fmt: skip
    def report(self, *, notification: str) -> None:
        """The data protection authority was told, or it is written down why not."""
        self.notification = notification
        self.notified_at = clock.now()

    @fsm.transition(
        field="state", source=State.RECOVERED, target=State.CLOSED, permission=policies.may_respond,
        conditions=[policies.authority_is_told],
        custom={"label": _("Close"), "icon": "archive", "tone": "ok", "inputs": ("lessons",)},
    )  # fmt: skip
    def close(self, *, lessons: str) -> None:
        """What was learned is written down."""
        self.lessons = lessons
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.RECOVERED, target=State.TRIAGED, permission=policies.may_respond,
        conditions=[policies.is_in_reopen_window],
        custom={"label": _("It goes on"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """It is not over after all."""
        self.reopen_count += 1
        self.resolved_at = self.contained_at = None

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.CANCELLED, permission=policies.may_respond,
        custom={"label": _("False alarm"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """Nothing happened, or nothing of this kind."""
        self.cancel_reason = reason
        self.closed_at = clock.now()


def validate_steps(text: str) -> None:
    """One step a line, none longer than a task's title."""
    if any(len(line.strip()) > 200 for line in text.splitlines()):
        raise ValidationError(_("A step has at most 200 characters."))


class Playbook(models.Model):
    """What is done about a kind of threat: each line becomes a task when a security incident is triaged."""

    threat = models.CharField(_("kind of threat"), max_length=10, choices=Threat, unique=True)
    steps = models.TextField(
        _("steps"), validators=[MaxLengthValidator(10_000), validate_steps], help_text=_("One step a line.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["threat"]
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")

    def __str__(self) -> str:
        return str(self.get_threat_display())

    def lines(self) -> list[str]:
        return [line.strip() for line in self.steps.splitlines() if line.strip()]
