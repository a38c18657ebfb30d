"""Surveys, who was asked, and what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from improvement import feedback_policies as policies
from improvement.feedback_states import Band, QuestionKind, Skipped, SurveyKind, SurveyState
from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

if TYPE_CHECKING:
    from itsm.accounts.models import User

PERCENT = [MinValueValidator(1), MaxValueValidator(100)]
DAYS = [MaxValueValidator(3650)]


class Survey(Record):
    """A question put to people: after their ticket is resolved, or every so many days."""

    State = SurveyState
    Kind = SurveyKind
    kind_code = "survey"
    prefix = "SUR"

    title = models.CharField(_("title"), max_length=160)
    kind = models.CharField(_("kind"), max_length=10, choices=SurveyKind, default=SurveyKind.CSAT)
    question = models.CharField(_("question"), max_length=200)
    comment_question = models.CharField(
        _("question for a comment"), max_length=200, blank=True, help_text=_("Empty: no room for a comment.")
    )
    intro = models.TextField(_("words before the question"), blank=True, validators=LONG)
    #: Codes of kinds of ticket; empty: every kind. Only after a resolution.
    ticket_kinds = models.JSONField(_("after tickets of these kinds"), default=list, blank=True)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="surveys", verbose_name=_("only about service")
    )
    share = models.PositiveSmallIntegerField(_("share of people asked (%)"), default=100, validators=PERCENT)
    quiet_days = models.PositiveSmallIntegerField(
        _("nobody is asked again within (days)"), default=14, validators=DAYS,
        help_text=_("Counts every survey. 0: no limit."),
    )  # fmt: skip
    valid_days = models.PositiveSmallIntegerField(
        _("links work for (days)"), default=14, validators=[MinValueValidator(1), *DAYS]
    )
    every_days = models.PositiveSmallIntegerField(
        _("asked every (days)"), default=90, validators=[MinValueValidator(1), *DAYS],
        help_text=_("Only periodic surveys."),
    )  # fmt: skip
    #: Promised when the survey is made; whoever answers is not kept with the answer.
    is_anonymous = models.BooleanField(
        _("anonymous"), default=False,
        help_text=_("Answers hold neither the person nor the ticket, and are shown from five answers on."),
    )  # fmt: skip
    #: Tickets resolved before are not asked about; the first wave of a periodic survey.
    running_since = models.DateTimeField(null=True, editable=False)
    next_wave_at = models.DateTimeField(_("next asked"), null=True, editable=False)
    wave = models.PositiveIntegerField(default=0, editable=False)
    state = state_of(SurveyState, SurveyState.DRAFT)

    objects = DeskRecords.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        indexes = [latest("improvement_survey_latest")]
        constraints = [known_state(SurveyState, "improvement_survey_state_known")]

    def __str__(self) -> str:
        return self.title

    @property
    def scores(self) -> range:
        return SurveyKind.SCORES[self.kind]

    @property
    def was_sent(self) -> bool:
        """Somebody was asked already: the words stay as they were."""
        return bool(self.pk) and self.invitations.filter(skipped="").exists()

    @fsm.transition(
        field="state", source=[SurveyState.DRAFT, SurveyState.ENDED], target=SurveyState.RUNNING,
        permission=policies.may_run, custom={"label": _("Run"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def run(self) -> None:
        """People are asked from now on."""
        self.running_since = clock.now()
        self.next_wave_at = clock.now() if self.kind == SurveyKind.NPS else None

    @fsm.transition(
        field="state", source=SurveyState.RUNNING, target=SurveyState.ENDED, permission=policies.may_run,
        custom={"label": _("End"), "icon": "square", "inputs": ("comment?",)},
    )  # fmt: skip
    def end(self) -> None:
        """Nobody is asked any more; links that are out still work until they expire."""
        self.next_wave_at = None


class SurveyQuestion(models.Model):
    """A further question of a survey, answered or not."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=200)
    kind = models.CharField(_("answered by"), max_length=10, choices=QuestionKind, default=QuestionKind.SCALE)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("further question")
        verbose_name_plural = _("further questions")

    def __str__(self) -> str:
        return self.text


class Invitation(models.Model):
    """That somebody was asked, or why not. Written once for each ticket, or for each person and wave."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="invitations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="survey_invitations")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="survey_invitations", db_index=False)
    wave = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    #: Empty: the person was asked.
    skipped = models.CharField(max_length=10, choices=Skipped, blank=True)
    #: Without a moment, so that an anonymous answer cannot be told by its time.
    answered = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "survey"], name="improvement_invitation_ticket",
                condition=models.Q(ticket__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["survey", "person", "wave"], name="improvement_invitation_wave",
                condition=models.Q(ticket__isnull=True),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["person", "-at"], name="improvement_invitation_recent", condition=models.Q(skipped="")
            ),
            models.Index(fields=["at"], name="improvement_invitation_at", condition=models.Q(skipped="")),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} {self.person_id}"

    @property
    def is_open(self) -> bool:
        """It can be answered now."""
        return not self.skipped and not self.answered and self.expires_at > clock.now()


class AnswerQuerySet(models.QuerySet["Answer"]):
    def visible_to(self, user: User) -> AnswerQuerySet:
        """The own ones; those about tickets one may see; those about no ticket for managers and owners of the service.

        Anonymous answers are read by nobody one by one: reports show them together, from five on.
        """
        if user.is_system:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not user.is_desk:
            return self.filter(person=user)
        seen = Ticket.objects.visible_to(user).filter(pk=models.OuterRef("ticket_id")).order_by()
        about_ticket = models.Q(ticket__isnull=False) & models.Exists(seen)
        if user.holds(*policies.READERS):
            bare = models.Q(ticket__isnull=True)
        else:
            bare = models.Q(ticket__isnull=True, service__in=Service.objects.owned_by(user))
        named = models.Q(is_anonymous=False)
        return self.filter((named & (about_ticket | bare)) | models.Q(person=user))

    def counted_for(self, user: User) -> AnswerQuerySet:
        """What may go into figures for this person: as ``visible_to``, and the anonymous ones."""
        if user.is_system:
            return self
        if not user.is_authenticated or not user.is_active or not user.is_desk:
            return self.none()
        anonymous = models.Q(is_anonymous=True)
        if not user.holds(*policies.READERS):
            anonymous &= models.Q(service__in=Service.objects.owned_by(user))
        return self.filter(models.Q(pk__in=self.visible_to(user).values("pk")) | anonymous)


class Answer(models.Model):
    """What somebody answered. Never changed afterwards."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="answers", verbose_name=_("survey"))
    kind = models.CharField(max_length=10, choices=SurveyKind)
    score = models.PositiveSmallIntegerField(_("score"))
    band = models.CharField(_("answer"), max_length=10, choices=Band)
    comment = models.TextField(_("comment"), blank=True, validators=LONG)
    is_anonymous = models.BooleanField(default=False)
    #: An anonymous answer has neither person nor ticket, and no more of the time than the day.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="survey_answers", verbose_name=_("from")
    )
    ticket = models.ForeignKey(
        Ticket, models.CASCADE, null=True, related_name="survey_answers", verbose_name=_("ticket")
    )
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, related_name="survey_answers", db_index=False, verbose_name=_("service")
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+", verbose_name=_("team"))
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, related_name="+", verbose_name=_("organisation")
    )
    at = models.DateTimeField(_("answered"), default=clock.now)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        indexes = [
            models.Index(fields=["-at", "-id"], name="improvement_answer_latest"),
            models.Index(fields=["service", "-at"], name="improvement_answer_service"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_anonymous=False) | models.Q(person__isnull=True, ticket__isnull=True),
                name="improvement_answer_anonymous",
            ),
            models.CheckConstraint(condition=models.Q(score__lte=10), name="improvement_answer_score"),
        ]

    def __str__(self) -> str:
        return f"{self.score} / {5 if self.kind == SurveyKind.CSAT else 10}"

    def get_absolute_url(self) -> str:
        return reverse("improvement:answer", args=[self.pk])

    @property
    def tone(self) -> str:
        return Band.TONES[self.band]

    @property
    def audit_label(self) -> str:
        return str(self)


class AnswerDetail(models.Model):
    """The answer to a further question."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="details")
    question = models.ForeignKey(SurveyQuestion, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("answer to a further question")
        verbose_name_plural = _("answers to further questions")
        constraints = [models.UniqueConstraint(fields=["answer", "question"], name="improvement_answerdetail_once")]

    def __str__(self) -> str:
        return self.text or str(self.number)

    @property
    def shown(self) -> Any:
        """In words."""
        if self.question.kind == QuestionKind.YES_NO:
            return _("Yes") if self.number else _("No")
        return self.text if self.question.kind == QuestionKind.TEXT else f"{self.number} / 5"
