"""Meetings of the change advisory board: agenda, decisions, minutes."""

from __future__ import annotations

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from transition.models.change import Change
from transition.policies import releases as policies
from transition.states.changes import Decision
from transition.states.changes import MeetingState as State


class MeetingQuerySet(DeskRecords):
    def planned(self) -> MeetingQuerySet:
        return self.filter(state=State.PLANNED)


class CABMeeting(Record):
    """People who know the services decide together about risky changes."""

    State = State
    kind_code = "cab_meeting"
    prefix = "CAB"

    title = models.CharField(_("title"), max_length=160)
    starts_at = models.DateTimeField(_("begin"))
    place = models.CharField(_("place or link"), max_length=200, blank=True)
    chair = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("chair"))
    attendees = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="cab_meetings", verbose_name=_("who takes part")
    )
    minutes = models.TextField(_("minutes"), blank=True, validators=LONG)
    state = state_of(State, State.PLANNED)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("CAB meeting")
        verbose_name_plural = _("CAB meetings")
        indexes = [
            latest("transition_cab_latest"),
            models.Index(fields=["starts_at"], name="transition_cab_next", condition=models.Q(state="planned")),
        ]
        constraints = [known_state(State, "transition_cab_state_known")]

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=State.PLANNED, target=State.HELD, permission=policies.may_chair,
        conditions=[policies.has_people, policies.has_agenda],
        custom={"label": _("The meeting takes place"), "icon": "gavel", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def hold(self) -> None:
        """From now on its decisions are written down."""

    @fsm.transition(
        field=state, source=State.HELD, target=State.CLOSED, permission=policies.may_chair,
        conditions=[policies.is_decided, policies.has_minutes],
        custom={"label": _("Close the minutes"), "icon": "archive", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def close(self) -> None:
        """Everything is decided and written down."""

    @fsm.transition(
        field=state, source=State.CLOSED, target=State.HELD, permission=policies.may_chair,
        custom={"label": _("Open the minutes again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """Something is missing in the minutes."""

    @fsm.transition(
        field=state, source=State.PLANNED, target=State.CANCELLED, permission=policies.may_chair,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It does not take place; its agenda goes to the next one."""

    @fsm.transition(
        field=state, source=State.CANCELLED, target=State.PLANNED, permission=policies.may_chair,
        custom={"label": _("Plan again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def replan(self, *, reason: str) -> None:
        """It takes place after all."""


class AgendaItem(models.Model):
    """A change on the agenda of a meeting, and what was decided there."""

    meeting = models.ForeignKey(CABMeeting, models.CASCADE, related_name="agenda")
    change = models.ForeignKey(Change, models.PROTECT, related_name="agenda_items", verbose_name=_("change"))
    position = models.PositiveSmallIntegerField(_("position"), default=10)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, default=Decision.PENDING)
    note = models.TextField(_("note"), blank=True, validators=LONG)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        constraints = [models.UniqueConstraint(fields=["meeting", "change"], name="transition_agenda_once")]

    def __str__(self) -> str:
        return f"{self.change.number} {self.change.title}"
