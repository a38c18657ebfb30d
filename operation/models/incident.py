"""Incidents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_fsm as fsm
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models import ProcessSetting, Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.tickets.services import reference
from itsm.tickets.states import Impact, Urgency
from itsm.workflow import assignment
from operation import policies
from operation.states import IncidentState, ResolutionCode

State = IncidentState


class IncidentQuerySet(TicketQuerySet):
    def major(self) -> IncidentQuerySet:
        """Major incidents that still run."""
        return self.filter(is_major=True, is_open=True)


class Incident(Ticket):
    """An unplanned interruption to a service, or a loss of its quality."""

    resolution_code = models.CharField(_("resolution"), max_length=20, choices=ResolutionCode, blank=True)
    resolution = models.TextField(_("what solved it"), blank=True)
    cancel_reason = models.TextField(_("reason for cancelling"), blank=True)
    major_since = models.DateTimeField(_("major since"), null=True, blank=True)
    affected_people = models.PositiveIntegerField(_("people affected"), null=True, blank=True)
    next_update_at = models.DateTimeField(_("next stakeholder update"), null=True, blank=True)
    #: The due moment of an update that was missed and told about: each is told once.
    update_missed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminders_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    last_reminder_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = IncidentQuerySet.as_manager()  # type: ignore[misc]  # the base has its own manager

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        indexes = [
            models.Index(
                fields=["next_update_at"], name="operation_incident_update_due",
                condition=models.Q(next_update_at__isnull=False),
            )
        ]  # fmt: skip

    @property
    def process(self) -> ProcessSetting:
        """How the organisation runs incidents."""
        return reference.settings_for("incident")

    # One transition method per verb: it sets fields of its own row and nothing else.

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.ASSIGNED, permission=policies.may_work,
        custom={"label": _("Assign"), "icon": "user-plus", "key": "A", "inputs": ("team?", "assignee?", "comment?")},
    )  # fmt: skip
    def assign(self, *, team: Any = None, assignee: Any = None) -> None:
        """Give it to a team, and perhaps a person; work starts anew."""
        assignment.hand_to(self, team or self.team, assignee)
        self._leave_hold()

    @fsm.transition(
        field="state", source=[State.NEW, State.ASSIGNED], target=State.IN_PROGRESS, permission=policies.may_work,
        custom={"label": _("Take it"), "icon": "hand", "key": "I", "tone": "primary"},
    )  # fmt: skip
    def start(self, *, team: Any = None, assignee: Any = None) -> None:
        """Take it and start to work."""
        assignment.hand_to(self, team or self.team, assignee)

    @fsm.transition(
        field="state", source=[State.ASSIGNED, State.IN_PROGRESS], target=State.ON_HOLD,
        permission=policies.may_work,
        custom={
            "label": _("Put on hold"), "icon": "pause", "key": "H",
            "inputs": ("hold_reason", "comment?", "until?"),
        },
    )  # fmt: skip
    def put_on_hold(self, *, hold_reason: str, until: datetime | None = None) -> None:
        """Work waits for somebody or something."""
        self.hold_reason = hold_reason
        self.hold_until = until
        self.reminders_sent = 0
        self.last_reminder_at = None

    @fsm.transition(
        field="state", source=State.ON_HOLD, target=State.IN_PROGRESS, permission=policies.may_work,
        custom={"label": _("Resume"), "icon": "play", "key": "H", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def resume(self) -> None:
        """What it waited for has come."""
        self._leave_hold()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.ASSIGNED, permission=policies.may_work,
        custom={"label": _("Escalate"), "icon": "arrow-up-from-line", "inputs": ("team?", "reason")},
    )  # fmt: skip
    def escalate(self, *, team: Any, assignee: Any = None) -> None:
        """Hand over to a team that knows more (functional escalation)."""
        assignment.hand_to(self, team, assignee)
        self._leave_hold()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.RESOLVED, permission=policies.may_work,
        conditions=[policies.has_no_open_tasks],
        custom={"label": _("Resolve"), "icon": "check", "key": "E", "tone": "ok", "inputs": ("code", "note")},
    )  # fmt: skip
    def resolve(self, *, code: str, note: str) -> None:
        """The service works again for the requester."""
        self.resolution_code = code
        self.resolution = note
        self.resolved_at = clock.now()
        self.awaiting_reply = False
        self.next_update_at = None
        self._leave_hold()

    @fsm.transition(
        field="state", source=State.RESOLVED, target=State.CLOSED, permission=policies.may_confirm,
        custom={"label": _("Confirm: it works"), "icon": "thumbs-up", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def confirm(self) -> None:
        """The requester agrees that it is solved."""
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.RESOLVED, target=State.CLOSED, permission=policies.may_close,
        custom={"label": _("Close"), "icon": "archive"},
    )  # fmt: skip
    def close(self) -> None:
        """Nobody objected in time, or the desk closes it."""
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.RESOLVED, target=fsm.GET_STATE(
            lambda self, **_data: State.IN_PROGRESS if self.assignee_id else State.ASSIGNED,
            states=[State.IN_PROGRESS, State.ASSIGNED],
        ),
        permission=policies.may_reopen, conditions=[policies.is_in_reopen_window],
        custom={"label": _("Reopen"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """It is not solved after all; the resolution clock runs on."""
        self.reopen_count += 1
        self.resolved_at = None
        self.resolution_code = ""
        self.resolution = ""
        self.awaiting_reply = True

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.CANCELLED, permission=policies.may_cancel,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It was opened by mistake, or is not needed any more."""
        self.cancel_reason = reason
        self.closed_at = clock.now()
        self.next_update_at = None
        self._leave_hold()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_declare_major,
        conditions=[policies.is_not_major],
        custom={"label": _("Declare major"), "icon": "flame", "tone": "danger", "inputs": ("summary", "affected?")},
    )  # fmt: skip
    def declare_major(self, *, affected: int | None = None) -> None:
        """The business is hurt so much that normal handling is not enough."""
        self.is_major = True
        self.major_since = clock.now()
        self.affected_people = affected
        self.impact = Impact.HIGH
        self.urgency = Urgency.HIGH
        self.priority = reference.priority_for(Impact.HIGH, Urgency.HIGH)
        self.priority_reason = ""
        self.next_update_at = self._next_update()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_work,
        conditions=[policies.is_major],
        custom={"label": _("Post update"), "icon": "megaphone", "inputs": ("summary", "affected?")},
    )  # fmt: skip
    def post_update(self, *, affected: int | None = None) -> None:
        """Tell the stakeholders how it stands."""
        if affected is not None:
            self.affected_people = affected
        self.next_update_at = self._next_update()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_declare_major,
        conditions=[policies.is_major],
        custom={"label": _("No longer major"), "icon": "flame-kindling", "inputs": ("reason",)},
    )  # fmt: skip
    def stand_down(self) -> None:
        """Normal handling is enough again; priority stays until somebody changes it."""
        self.is_major = False
        self.next_update_at = None

    # What time does. Nobody chooses these steps; they are told like any other.

    @fsm.transition(
        field="state", source=State.ON_HOLD, target=None, permission=policies.may_automate,
        custom={"label": _("Remind the requester"), "icon": "bell", "offered": False},
    )  # fmt: skip
    def reminder(self) -> None:
        """The requester is asked once more for the answer that work waits for."""
        self.reminders_sent += 1
        self.last_reminder_at = clock.now()

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_automate,
        conditions=[policies.is_major, policies.has_overdue_update],
        custom={"label": _("Update overdue"), "icon": "megaphone", "tone": "danger", "offered": False},
    )  # fmt: skip
    def update_overdue(self) -> None:
        """The stakeholders were promised an update by now."""
        self.update_missed_at = self.next_update_at

    def _next_update(self) -> datetime:
        return clock.now() + timedelta(minutes=self.process.major_update_minutes)

    def _leave_hold(self) -> None:
        self.hold_reason = ""
        self.hold_until = None
