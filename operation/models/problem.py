"""Problems and known errors."""

from __future__ import annotations

from typing import Any

import django_fsm as fsm
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.workflow import assignment
from operation import problem_policies as policies
from operation.problem_states import ProblemState as State

_TEXT = [MaxLengthValidator(20_000)]


class ProblemQuerySet(TicketQuerySet):
    def known_errors(self) -> ProblemQuerySet:
        """What helps the next caller: the cause is known, or there is a way around, and it is not removed yet."""
        helps = models.Q(state__in=State.KNOWN) | (models.Q(state__in=State.WORKABLE) & ~models.Q(workaround=""))
        return self.filter(helps)  # type: ignore[return-value]

    def for_desk(self, user: User) -> ProblemQuerySet:
        """Those whose inside the person reads."""
        return self.visible_to(user) if user.is_desk or user.is_system else self.none()  # type: ignore[return-value]


class Problem(Ticket):
    """The cause, or what may be the cause, of one or more incidents."""

    #: Why, and why that, as often as it takes; one answer a line.
    whys = models.JSONField(_("whys"), default=list, blank=True)
    root_cause = models.TextField(_("root cause"), blank=True, validators=_TEXT)
    #: What the requester is told: written so that it can be sent.
    workaround = models.TextField(_("workaround"), blank=True, validators=_TEXT)
    known_since = models.DateTimeField(_("known error since"), null=True, blank=True, editable=False)
    resolution = models.TextField(_("how it was removed"), blank=True, validators=_TEXT)
    cancel_reason = models.TextField(_("reason for cancelling"), blank=True)

    objects = ProblemQuerySet.as_manager()  # type: ignore[misc]  # the base has its own manager

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        indexes = [
            models.Index(fields=["-known_since"], name="operation_problem_known",
                         condition=models.Q(known_since__isnull=False))
        ]  # fmt: skip

    @property
    def is_known_error(self) -> bool:
        return self.state in State.KNOWN or (self.state in State.WORKABLE and bool(self.workaround))

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_work,
        custom={"label": _("Assign"), "icon": "user-plus", "key": "A", "inputs": ("team?", "assignee?", "comment?")},
    )  # fmt: skip
    def assign(self, *, team: Any = None, assignee: Any = None) -> None:
        """Give it to a team, and perhaps a person."""
        assignment.hand_to(self, team or self.team, assignee)

    @fsm.transition(
        field="state", source=State.NEW, target=State.ASSESSED, permission=policies.may_work,
        custom={"label": _("Assess"), "icon": "gauge", "tone": "primary", "inputs": ("comment",)},
    )  # fmt: skip
    def assess(self) -> None:
        """It is worth finding out why, and how urgent that is."""

    @fsm.transition(
        field="state", source=State.ASSESSED, target=State.ANALYSIS, permission=policies.may_work,
        custom={"label": _("Analyse"), "icon": "microscope", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def investigate(self) -> None:
        """Look for the cause."""

    @fsm.transition(
        field="state", source=list(State.KNOWN), target=State.ANALYSIS, permission=policies.may_work,
        custom={"label": _("It is another cause"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def reconsider(self) -> None:
        """The first cause turned out wrong: look for another one."""

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_work,
        custom={"label": _("Write a workaround"), "icon": "life-buoy", "key": "W", "inputs": ("workaround",)},
    )  # fmt: skip
    def publish_workaround(self, *, workaround: str) -> None:
        """What helps until the cause is removed; it is offered on incidents like it from now on."""
        self.workaround = workaround
        self.known_since = self.known_since or clock.now()

    @fsm.transition(
        field="state", source=[State.ASSESSED, State.ANALYSIS], target=State.KNOWN_ERROR, permission=policies.may_work,
        custom={"label": _("Cause found"), "icon": "lightbulb", "tone": "primary",
                "inputs": ("root_cause", "whys?", "workaround?")},
    )  # fmt: skip
    def record_cause(self, *, root_cause: str, whys: list[str], workaround: str = "") -> None:
        """The cause is known: a known error."""
        self.root_cause, self.whys = root_cause, whys
        self.workaround = workaround or self.workaround
        self.known_since = self.known_since or clock.now()

    @fsm.transition(
        field="state", source=State.KNOWN_ERROR, target=State.FIXING, permission=policies.may_work,
        conditions=[policies.has_root_cause],
        custom={"label": _("Start the fix"), "icon": "wrench", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def start_fix(self) -> None:
        """The cause is being removed, mostly by a change."""

    @fsm.transition(
        field="state", source=[State.ANALYSIS, *State.KNOWN], target=State.RESOLVED, permission=policies.may_work,
        conditions=[policies.has_no_open_tasks],
        custom={"label": _("Resolve"), "icon": "check", "key": "E", "tone": "ok", "inputs": ("note",)},
    )  # fmt: skip
    def resolve(self, *, note: str) -> None:
        """The cause is gone: incidents that wait for it are resolved as well."""
        self.resolution = note
        self.resolved_at = clock.now()
        self.awaiting_reply = False

    @fsm.transition(
        field="state", source=State.RESOLVED, target=State.CLOSED, permission=policies.may_decide,
        custom={"label": _("Close"), "icon": "archive", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def close(self) -> None:
        """It did not come back."""
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.RESOLVED, target=State.ANALYSIS, permission=policies.may_work,
        conditions=[policies.is_in_reopen_window],
        custom={"label": _("Reopen"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """It came back: the cause was another one."""
        self.reopen_count += 1
        self.resolved_at = None
        self.resolution = ""

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.CANCELLED, permission=policies.may_decide,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not worth the effort, or is no problem."""
        self.cancel_reason = reason
        self.closed_at = clock.now()
