"""Support handover: what a support team needs before it takes over a service."""

from __future__ import annotations

from typing import Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from transition.models.article import Article
from transition.policies import delivery as policies
from transition.states.articles import ArticleState
from transition.states.delivery import HandoverState as State
from transition.states.delivery import HandoverTopic


class HandoverQuerySet(DeskRecords):
    def signed(self) -> HandoverQuerySet:
        return self.filter(state=State.SIGNED)


class SupportHandover(Record):
    """A service's support goes from those who built it to the team that keeps it running."""

    State = State
    kind_code = "support_handover"
    prefix = "HND"

    service = models.ForeignKey(Service, models.PROTECT, related_name="handovers", verbose_name=_("service"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team that takes over"))
    support_model = models.TextField(
        _("support model"), blank=True, validators=LONG,
        help_text=_("Who answers first, who helps, who is called at night, which supplier stands behind it."),
    )  # fmt: skip
    articles_needed = models.PositiveSmallIntegerField(
        _("published articles needed"), default=2, validators=[MaxValueValidator(50)]
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True, editable=False)
    state = state_of(State, State.PREPARING)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("support handover")
        verbose_name_plural = _("support handovers")
        indexes = [
            latest("transition_handover_latest"),
            models.Index(fields=["service", "state"], name="transition_handover_of"),
        ]
        constraints = [known_state(State, "transition_handover_state")]

    def __str__(self) -> str:
        return _("%(service)s to %(team)s") % {"service": self.service, "team": self.team}

    @property
    def published_articles(self) -> int:
        """How many published articles are about the service."""
        return Article.objects.filter(service=self.service_id, state=ArticleState.PUBLISHED).count()

    @fsm.transition(
        field=state, source=State.PREPARING, target=State.OFFERED, permission=policies.may_prepare,
        conditions=[policies.is_ready],
        custom={"label": _("Offer to the team"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def offer(self) -> None:
        """Everything is there: the leads of the team are asked to sign."""

    @fsm.transition(
        field=state, source=State.OFFERED, target=State.SIGNED, permission=policies.may_sign,
        conditions=[policies.is_ready],
        custom={"label": _("Sign"), "icon": "signature", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def sign(self, *, signed_by: Any, signed_at: Any) -> None:
        """The team supports the service from now on."""
        self.signed_by, self.signed_at = signed_by, signed_at

    @fsm.transition(
        field=state, source=State.OFFERED, target=State.PREPARING, permission=policies.may_sign,
        custom={"label": _("Send back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def send_back(self, *, reason: str) -> None:
        """Something is missing that the list does not show."""

    @fsm.transition(
        field=state, source=[State.OFFERED, State.SIGNED], target=State.PREPARING, permission=policies.may_prepare,
        custom={"label": _("Take back"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to be prepared anew."""
        self.signed_by = self.signed_at = None

    @fsm.transition(
        field=state, source=[State.PREPARING, State.OFFERED], target=State.CANCELLED, permission=policies.may_prepare,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """Support stays where it is."""


class HandoverItem(models.Model):
    """One thing support needs, and the proof that it is there."""

    handover = models.ForeignKey(SupportHandover, models.CASCADE, related_name="items")
    topic = models.CharField(_("topic"), max_length=12, choices=HandoverTopic)
    detail = models.CharField(_("what exactly"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=True)
    done = models.BooleanField(_("done"), default=False)
    evidence = models.TextField(
        _("evidence"), blank=True, validators=LONG, help_text=_("Where it is found, who was trained and when.")
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("handover item")
        verbose_name_plural = _("handover items")
        constraints = [
            models.UniqueConstraint(fields=["handover", "topic", "detail"], name="transition_handover_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}: {self.detail}" if self.detail else str(self.get_topic_display())
