"""Requests for access: a right with a beginning, a second pair of eyes, and an end."""

from __future__ import annotations

from typing import Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock, house
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import TicketQuerySet
from itsm.workflow import assignment
from operation import order_policies as policies
from operation.order_states import APPROVAL
from operation.order_states import AccessState as State


class AccessRequest(Ticket):
    """A right to use something that a person asked for."""

    right = models.CharField(_("right"), max_length=200)
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("Empty: until somebody revokes it."))
    form = models.JSONField(_("answers"), default=dict, blank=True)
    questions = models.JSONField(default=dict, blank=True, editable=False)
    price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default=house.currency)
    granted_at = models.DateTimeField(_("granted"), null=True, blank=True, editable=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        db_index=False, verbose_name=_("granted by"),
    )  # fmt: skip
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    reject_reason = models.TextField(_("reason for rejecting"), blank=True)
    cancel_reason = models.TextField(_("reason for cancelling"), blank=True)

    objects = TicketQuerySet.as_manager()  # type: ignore[misc]  # the base has its own manager

    class Meta:
        verbose_name = _("access request")
        verbose_name_plural = _("access requests")
        indexes = [
            # What ends on a day.
            models.Index(
                fields=["until"], name="operation_access_ends",
                condition=models.Q(until__isnull=False, granted_at__isnull=False, revoked_at__isnull=True),
            )
        ]  # fmt: skip

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=None, permission=policies.may_work,
        custom={"label": _("Assign"), "icon": "user-plus", "key": "A", "inputs": ("team?", "assignee?", "comment?")},
    )  # fmt: skip
    def assign(self, *, team: Any = None, assignee: Any = None) -> None:
        """Give it to a team, and perhaps a person."""
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
        field="state", source=State.AWAITING_APPROVAL, target=State.REQUESTED, permission=policies.may_automate,
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
        """The right is not given, and why."""
        self.reject_reason = reason
        self.closed_at = clock.now()
        self.hold_reason = ""

    @fsm.transition(
        field="state", source=State.REJECTED, target=State.REQUESTED, permission=policies.may_reopen,
        custom={"label": _("Ask again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def resubmit(self) -> None:
        """With a better reason it is decided anew."""
        self.reopen_count += 1
        self.reject_reason = ""
        self.closed_at = None

    @fsm.transition(
        field="state", source=State.APPROVED, target=State.GRANTED, permission=policies.may_work,
        conditions=[policies.has_no_open_tasks],
        custom={"label": _("Grant"), "icon": "key-round", "key": "E", "tone": "ok", "inputs": ("note",)},
    )  # fmt: skip
    def grant(self, *, by: Any) -> None:
        """The person has the right from now on."""
        self.granted_at = self.resolved_at = clock.now()
        self.granted_by = by
        self.awaiting_reply = False

    @fsm.transition(
        field="state", source=State.GRANTED, target=State.VERIFIED, permission=policies.may_verify,
        custom={"label": _("Verify"), "icon": "shield-check", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def verify(self) -> None:
        """It was given to the right person and does what it should, no more."""
        self.verified_at = self.closed_at = clock.now()

    @fsm.transition(
        field="state", source=State.GRANTED, target=State.APPROVED, permission=policies.may_reopen,
        custom={"label": _("Does not work"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self) -> None:
        """The right is not what was asked for; the clock runs on."""
        self.reopen_count += 1
        self.granted_at = self.resolved_at = None
        self.granted_by = None
        self.awaiting_reply = True

    @fsm.transition(
        field="state", source=[State.GRANTED, State.VERIFIED], target=State.ENDING, permission=policies.may_automate,
        custom={"label": _("Its time is over"), "icon": "alarm-clock", "offered": False},
    )  # fmt: skip
    def end(self) -> None:
        """The day has come: the team that granted it takes it back."""
        self.closed_at = self.closed_at or clock.now()

    @fsm.transition(
        field="state", source=list(State.HELD), target=State.REVOKED, permission=policies.may_work,
        custom={"label": _("Revoke"), "icon": "key-square", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def revoke(self) -> None:
        """The right is taken back."""
        self.revoked_at = clock.now()
        self.closed_at = self.closed_at or self.revoked_at

    @fsm.transition(
        field="state", source=[State.VERIFIED, State.ENDING], target=State.VERIFIED, permission=policies.may_work,
        custom={"label": _("Extend"), "icon": "calendar-plus", "inputs": ("until_day", "reason")},
    )  # fmt: skip
    def extend(self, *, until: Any) -> None:
        """It is needed longer."""
        self.until = until

    @fsm.transition(
        field="state", source=list(State.WORKABLE), target=State.CANCELLED, permission=policies.may_cancel,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It is not needed any more."""
        self.cancel_reason = reason
        self.closed_at = clock.now()
        self.hold_reason = ""
