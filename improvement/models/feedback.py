"""Feedback: what people say of their own accord, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from improvement import feedback_policies as policies
from improvement.feedback_states import FeedbackKind, FeedbackState
from improvement.models.survey import Answer
from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.tickets.models import Ticket
from itsm.tickets.states import Channel
from itsm.workflow.record import LONG, Record, known_state, latest, state_of
from strategy.models import BusinessRequirement

if TYPE_CHECKING:
    from itsm.accounts.models import User


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: User) -> FeedbackQuerySet:
        """The desk, unless it is about a ticket one may not see or was said in confidence; others the own."""
        if user.is_system:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        mine = models.Q(person=user)
        if not user.is_desk:
            return self.filter(mine)
        mine |= models.Q(owner=user) | models.Q(created_by=user)
        seen = Ticket.objects.visible_to(user).filter(pk=models.OuterRef("ticket_id")).order_by()
        open_ = models.Q(models.Q(ticket__isnull=True) | models.Exists(seen))
        if not user.holds(*policies.CONFIDANTS):
            open_ &= models.Q(is_confidential=False)
        return self.filter(mine | open_)

    def open(self) -> FeedbackQuerySet:
        return self.filter(state__in=FeedbackState.OPEN)


class Feedback(Record):
    """A complaint, an idea or praise. Whoever said it hears what became of it."""

    State = FeedbackState
    kind_code = "feedback"
    prefix = "FB"

    title = models.CharField(_("in short"), max_length=160)
    kind = models.CharField(_("kind"), max_length=10, choices=FeedbackKind, default=FeedbackKind.IDEA)
    description = models.TextField(_("what was said"), blank=True, validators=LONG)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="feedback",
        verbose_name=_("from"), help_text=_("Email address; empty when nobody is to hear the answer."),
    )  # fmt: skip
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="feedback", verbose_name=_("service")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.PORTAL)
    is_confidential = models.BooleanField(
        _("in confidence"), default=False,
        help_text=_("Read only by those who handle complaints, such as one about a colleague."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )
    answer_text = models.TextField(_("answer"), blank=True, editable=False)
    #: What it is about, and where it came from.
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="feedback", verbose_name=_("about ticket"),
        editable=False,
    )  # fmt: skip
    answer = models.ForeignKey(
        Answer, models.SET_NULL, null=True, blank=True, related_name="feedback", editable=False,
        verbose_name=_("survey answer"),
    )  # fmt: skip
    #: What became of it; improvements point here themselves.
    requirement = models.ForeignKey(
        BusinessRequirement, models.SET_NULL, null=True, blank=True, related_name="feedback", editable=False,
        verbose_name=_("requirement"),
    )  # fmt: skip
    problem = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="feedback_origin", editable=False,
        verbose_name=_("problem"),
    )  # fmt: skip
    state = state_of(FeedbackState, FeedbackState.RECEIVED)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        indexes = [
            latest("improvement_feedback_latest"),
            models.Index(
                fields=["created_at"],
                name="improvement_feedback_open",
                condition=models.Q(state__in=FeedbackState.OPEN),
            ),
        ]  # fmt: skip
        constraints = [known_state(FeedbackState, "improvement_feedback_state_known")]

    def __str__(self) -> str:
        return self.title

    @property
    def portal_url(self) -> str:
        """Where the person reads it."""
        return reverse("improvement:portal-feedback-one", args=[self.number])

    @property
    def icon(self) -> str:
        return FeedbackKind.ICONS[self.kind]

    @fsm.transition(
        field="state", source=FeedbackState.RECEIVED, target=FeedbackState.REVIEWED, permission=policies.may_handle,
        custom={"label": _("Review"), "icon": "search-check", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def review(self, *, owner: User | None = None) -> None:
        """Somebody has read it and deals with it."""
        self.owner = owner or self.owner

    @fsm.transition(
        field="state", source=[*FeedbackState.OPEN, FeedbackState.CONVERTED], target=FeedbackState.ANSWERED,
        permission=policies.may_handle,
        custom={"label": _("Answer"), "icon": "reply", "tone": "primary", "inputs": ("feedback_answer",)},
    )  # fmt: skip
    def reply(self, *, feedback_answer: str) -> None:
        """The person hears what comes of it."""
        self.answer_text = feedback_answer

    @fsm.transition(
        field="state", source=[*FeedbackState.OPEN, FeedbackState.ANSWERED], target=FeedbackState.CONVERTED,
        permission=policies.may_handle, custom={"label": _("Take up"), "icon": "arrow-up-right", "offered": False},
    )  # fmt: skip
    def take_up(self, *, requirement: BusinessRequirement | None = None, problem: Ticket | None = None) -> None:
        """It became a requirement, a problem or an improvement."""
        self.requirement = requirement or self.requirement
        self.problem_id = problem.pk if problem else self.problem_id

    @fsm.transition(
        field="state", source=[FeedbackState.RECEIVED, FeedbackState.REVIEWED, FeedbackState.ANSWERED],
        target=FeedbackState.CLOSED, permission=policies.may_handle,
        custom={"label": _("Close"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def close(self, *, reason: str) -> None:
        """Nothing comes of it, and the record says why."""

    @fsm.transition(
        field="state", source=[FeedbackState.ANSWERED, FeedbackState.CONVERTED, FeedbackState.CLOSED],
        target=FeedbackState.REVIEWED, permission=policies.may_handle,
        custom={"label": _("Take up again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reopen(self, *, reason: str) -> None:
        """It was not over."""
