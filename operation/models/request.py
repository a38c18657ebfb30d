"""Service requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_fsm as fsm
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock, house
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.workflow import assignment
from operation import order_policies as policies
from operation.order_states import APPROVAL
from operation.order_states import RequestState as State


class ServiceRequest(Ticket):
    """Something a person asked for: decided by those who must, fulfilled by the teams of the plan."""

    #: What was answered to the questions of the offering, by question.
    form = models.JSONField(_("answers"), default=dict, blank=True)
    #: The questions as they were asked: an offering changes, an order does not.
    questions = models.JSONField(default=dict, blank=True, editable=False)
    price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default=house.currency)
    delivery = models.TextField(_("what was delivered"), blank=True)
    reject_reason = models.TextField(_("reason for rejecting"), blank=True)
    cancel_reason = models.TextField(_("reason for cancelling"), blank=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    last_reminder_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TicketQuerySet.as_manager()  # type: ignore[misc]  # the base has its own manager

    class Meta:
        verbose_name = _("service request")
        verbose_name_plural = _("service requests")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=0),
                name="operation_request_price_not_negative",
            )
        ]

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_work,
        custom={"label": _("Assign"), "icon": "user-plus", "key": "A", "inputs": ("team?", "assignee?", "comment?")},
    )  # fmt: skip
    def assign(self, *, team: Any = None, assignee: Any = None) -> None:
        """Give it to a team, and perhaps a person, who sees that it is fulfilled."""
        assignment.hand_to(self, team or self.team, assignee)

    @fsm.transition(
        field="state", source=list(State.UNDECIDED), target=State.AWAITING_APPROVAL, permission=policies.may_work,
        custom={"label": _("Ask for approval"), "icon": "stamp", "tone": "primary", "inputs": ("approver?",)},
    )  # fmt: skip
    def ask_approval(self) -> None:
        """Put it to those who decide; a question that runs is taken back."""
        self.hold_reason = APPROVAL

    @fsm.transition(
        field="state", source=list(State.UNDECIDED), target=State.APPROVED, permission=policies.may_automate,
        custom={"label": _("Approve"), "icon": "stamp", "offered": False},
    )  # fmt: skip
    def approve(self) -> None:
        """The votes add up, or nobody needs to be asked."""
        self.hold_reason = ""

    @fsm.transition(
        field="state", source=State.AWAITING_APPROVAL, target=State.SUBMITTED, permission=policies.may_automate,
        custom={"label": _("Approval not given in time"), "icon": "hourglass", "offered": False},
    )  # fmt: skip
    def lapse(self) -> None:
        """Nobody decided in time: the desk sees to it."""
        self.hold_reason = ""

    @fsm.transition(
        field="state", source=[*State.UNDECIDED, State.APPROVED], target=State.REJECTED, permission=policies.may_work,
        custom={"label": _("Reject"), "icon": "x", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """It is not going to be delivered, and why."""
        self.reject_reason = reason
        self.closed_at = clock.now()
        self.hold_reason = ""

    @fsm.transition(
        field="state", source=State.REJECTED, target=State.SUBMITTED, permission=policies.may_reopen,
        custom={"label": _("Ask again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def resubmit(self) -> None:
        """With a better reason it is decided anew."""
        self.reopen_count += 1
        self.reject_reason = ""
        self.closed_at = None

    @fsm.transition(
        field="state", source=State.APPROVED, target=State.FULFILLING, permission=policies.may_work,
        custom={"label": _("Take it"), "icon": "hand", "key": "I", "tone": "primary"},
    )  # fmt: skip
    def start(self, *, team: Any = None, assignee: Any = None) -> None:
        """Somebody sees to it from here on."""
        assignment.hand_to(self, team or self.team, assignee)

    @fsm.transition(
        field="state", source=[State.APPROVED, State.FULFILLING], target=State.ON_HOLD, permission=policies.may_work,
        custom={
            "label": _("Put on hold"), "icon": "pause", "key": "H",
            "inputs": ("hold_reason", "comment?", "until?"),
        },
    )  # fmt: skip
    def put_on_hold(self, *, hold_reason: str, until: datetime | None = None) -> None:
        """Fulfilment waits for somebody or something."""
        self.hold_reason = hold_reason
        self.hold_until = until
        self.reminders_sent = 0
        self.last_reminder_at = None

    @fsm.transition(
        field="state", source=State.ON_HOLD, target=State.FULFILLING, permission=policies.may_work,
        custom={"label": _("Resume"), "icon": "play", "key": "H", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def resume(self) -> None:
        """What it waited for has come."""
        self._leave_hold()

    @fsm.transition(
        field="state", source=list(State.DOABLE), target=State.FULFILLED, permission=policies.may_work,
        conditions=[policies.has_no_open_tasks],
        custom={"label": _("Fulfil"), "icon": "package-check", "key": "E", "tone": "ok", "inputs": ("note",)},
    )  # fmt: skip
    def fulfil(self, *, note: str) -> None:
        """Everything that was ordered is there."""
        self.delivery = note
        self.resolved_at = clock.now()
        self.awaiting_reply = False
        self._leave_hold()

    @fsm.transition(
        field="state", source=State.FULFILLED, target=State.CLOSED, permission=policies.may_confirm,
        custom={"label": _("Confirm: it is all there"), "icon": "thumbs-up", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def confirm(self) -> None:
        """The requester agrees that everything is there."""
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.FULFILLED, target=State.CLOSED, permission=policies.may_work,
        custom={"label": _("Close"), "icon": "archive"},
    )  # fmt: skip
    def close(self) -> None:
        """Nobody objected in time, or the desk closes it."""
        self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.FULFILLED, target=State.FULFILLING, permission=policies.may_reopen,
        conditions=[policies.is_in_reopen_window],
        custom={"label": _("Reopen"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """Something is missing or wrong; the clock runs on."""
        self.reopen_count += 1
        self.resolved_at = None
        self.delivery = ""
        self.awaiting_reply = True

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.CANCELLED, permission=policies.may_cancel,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not needed any more."""
        self.cancel_reason = reason
        self.closed_at = clock.now()
        self._leave_hold()

    @fsm.transition(
        field="state", source=State.ON_HOLD, target=None, permission=policies.may_automate,
        custom={"label": _("Remind the requester"), "icon": "bell", "offered": False},
    )  # fmt: skip
    def reminder(self) -> None:
        """The requester is asked once more for the answer that work waits for."""
        self.reminders_sent += 1
        self.last_reminder_at = clock.now()

    def _leave_hold(self) -> None:
        self.hold_reason = ""
        self.hold_until = None
