"""Policies and standards in versions, who acknowledged them, and exceptions that end by themselves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from strategy import policy_policies as policies
from strategy.policy_states import ExceptionState, PolicyState, PolicyType

if TYPE_CHECKING:
    from collections.abc import Iterable


def known_roles(value: Any) -> None:
    """A list of roles."""
    if not isinstance(value, list) or not all(isinstance(one, str) and one in Role.values for one in value):
        raise ValidationError(_now("Name roles, such as agent."))


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible_to(self, user: User) -> Self:
        """The desk reads what was ever published; drafts are for authors, auditors and the people of the draft."""
        if policies.reads_drafts(user):
            return self
        if not user.is_authenticated or not user.is_active or not user.is_desk:
            return self.none()
        mine = models.Q(owner=user) | models.Q(created_by=user)
        return self.exclude(~mine & models.Q(state__in=PolicyState.UNPUBLISHED))

    def published(self) -> Self:
        return self.filter(state=PolicyState.PUBLISHED)

    def unpublished(self) -> Self:
        return self.filter(state__in=PolicyState.UNPUBLISHED)


class Policy(Record):
    """One version of what is wanted everywhere, or for some services. Only drafts change."""

    State = PolicyState
    kind_code = "policy"
    prefix = "POL"

    title = models.CharField(_("title"), max_length=160)
    type = models.CharField(_("type"), max_length=10, choices=PolicyType, default=PolicyType.POLICY)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    text = models.TextField(_("text"), blank=True, validators=LONG)
    services = models.ManyToManyField(
        Service, blank=True, related_name="policies", verbose_name=_("services"),
        help_text=_("What it is about. None: everything."),
    )  # fmt: skip
    audience = models.JSONField(
        _("acknowledged by"), default=list, blank=True, validators=[known_roles],
        help_text=_("Everybody who holds one of these roles is asked to acknowledge it."),
    )  # fmt: skip
    review_on = models.DateField(_("next review"))
    edition = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    #: The first version; none for the first version itself.
    first = models.ForeignKey("self", models.PROTECT, null=True, related_name="later", editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    state = state_of(PolicyState, PolicyState.DRAFT)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        indexes = [
            latest("strategy_policy_latest"),
            models.Index(fields=["review_on"], name="strategy_policy_review", condition=models.Q(state="published")),
        ]
        constraints = [
            known_state(PolicyState, "strategy_policy_state_known"),
            models.UniqueConstraint(fields=["first", "edition"], name="strategy_policy_edition_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def audience_words(self) -> list[str]:
        return [str(Role(code).label) for code in self.audience if code in Role.values]

    def family(self) -> PolicyQuerySet:
        """All versions of this policy."""
        root = self.first_id or self.pk
        return Policy.objects.filter(models.Q(pk=root) | models.Q(first=root))

    def asked(self) -> Iterable[User]:
        """Everybody who is asked to acknowledge it."""
        return User.objects.people().holding(*self.audience) if self.audience else User.objects.none()

    @fsm.transition(
        field=state, source=PolicyState.DRAFT, target=PolicyState.IN_REVIEW, permission=policies.may_lead,
        conditions=[policies.is_written, policies.is_current],
        custom={"label": _("Submit for review"), "icon": "send", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def submit(self) -> None:
        """The reviewers are asked whether it should be published."""

    @fsm.transition(
        field=state, source=PolicyState.IN_REVIEW, target=PolicyState.DRAFT, permission=policies.may_lead,
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def take_back(self, *, reason: str) -> None:
        """It has to change first."""

    @fsm.transition(
        field=state, source=PolicyState.IN_REVIEW, target=PolicyState.PUBLISHED, permission=policies.by_review,
        conditions=[policies.is_written, policies.is_current],
        custom={"label": _("Publish"), "icon": "badge-check", "offered": False},
    )  # fmt: skip
    def publish(self) -> None:
        """It is in force from now on; the version before is superseded."""
        self.published_at = clock.now()

    @fsm.transition(
        field=state, source=[PolicyState.PUBLISHED, PolicyState.RETIRED], target=None, permission=policies.may_lead,
        conditions=[policies.has_no_open_version], custom={"label": _("New version"), "icon": "copy"},
    )  # fmt: skip
    def new_version(self) -> None:
        """A draft that starts as a copy of this one."""

    @fsm.transition(
        field=state, source=PolicyState.PUBLISHED, target=PolicyState.PUBLISHED, permission=policies.may_lead,
        custom={"label": _("Reviewed: still right"), "icon": "check", "inputs": ("review_on", "comment?")},
    )  # fmt: skip
    def confirm(self, *, review_on: date) -> None:
        """Somebody looked at it and nothing has to change until the next review."""
        self.review_on = review_on

    @fsm.transition(
        field=state, source=PolicyState.PUBLISHED, target=PolicyState.SUPERSEDED, permission=policies.by_publication,
        custom={"label": _("Supersede"), "icon": "archive", "offered": False},
    )  # fmt: skip
    def supersede(self) -> None:
        """A later version is in force."""

    @fsm.transition(
        field=state, source=[PolicyState.DRAFT, PolicyState.PUBLISHED], target=PolicyState.RETIRED,
        permission=policies.may_lead, custom={"label": _("Retire"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def retire(self, *, reason: str) -> None:
        """Nobody works under it any more."""


class Acknowledgement(models.Model):
    """Somebody has read this version and works under it."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="acknowledgements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        constraints = [models.UniqueConstraint(fields=["policy", "user"], name="strategy_acknowledged_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.policy_id}"


class ExceptionQuerySet(DeskRecords):
    def granted(self) -> Self:
        return self.filter(state=ExceptionState.GRANTED)

    def over(self, today: date) -> Self:
        """Granted, and their last day is past."""
        return self.granted().filter(expires_on__lt=today)


class PolicyException(Record):
    """A service, or everything, need not follow a policy until a day; then the exception ends by itself."""

    State = ExceptionState
    kind_code = "policy_exception"
    prefix = "EXC"

    title = models.CharField(_("title"), max_length=160)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="exceptions", verbose_name=_("policy"))
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="policy_exceptions", verbose_name=_("service"),
        help_text=_("Empty: for everything."),
    )  # fmt: skip
    rule = models.CharField(
        _("rule"), max_length=60, blank=True,
        help_text=_("A nightly rule whose violations by the service are borne while the exception is in force."),
    )  # fmt: skip
    reason = models.TextField(_("reason"), validators=LONG)
    risk = models.TextField(_("risk borne"), blank=True, validators=LONG)
    expires_on = models.DateField(_("last day"))
    state = state_of(ExceptionState, ExceptionState.REQUESTED)

    objects = ExceptionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("policy exception")
        verbose_name_plural = _("policy exceptions")
        indexes = [
            latest("strategy_exception_latest"),
            models.Index(fields=["expires_on"], name="strategy_exception_ends", condition=models.Q(state="granted")),
        ]
        constraints = [
            known_state(ExceptionState, "strategy_exception_state_known"),
            models.CheckConstraint(
                condition=models.Q(rule="") | models.Q(service__isnull=False), name="strategy_exception_rule_service",
                violation_error_message=_("Say for which service the rule does not hold."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @fsm.transition(
        field=state, source=ExceptionState.REQUESTED, target=ExceptionState.GRANTED,
        permission=policies.may_decide_exception, conditions=[policies.is_to_come, policies.policy_is_published],
        custom={"label": _("Grant"), "icon": "stamp", "tone": "ok", "inputs": ("comment?",)},
    )  # fmt: skip
    def grant(self) -> None:
        """It is borne knowingly until its last day."""

    @fsm.transition(
        field=state, source=ExceptionState.REQUESTED, target=ExceptionState.REJECTED,
        permission=policies.may_decide_exception,
        custom={"label": _("Reject"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """The policy holds here too."""

    @fsm.transition(
        field=state, source=ExceptionState.GRANTED, target=ExceptionState.REVOKED,
        permission=policies.may_end_exception,
        custom={"label": _("Revoke"), "icon": "square", "inputs": ("reason",)},
    )  # fmt: skip
    def revoke(self, *, reason: str) -> None:
        """It is not needed, or not borne, any more."""

    @fsm.transition(
        field=state, source=ExceptionState.GRANTED, target=ExceptionState.EXPIRED, permission=policies.by_time,
        custom={"label": _("Expire"), "icon": "clock", "offered": False},
    )  # fmt: skip
    def expire(self) -> None:
        """Its last day is over."""

    @fsm.transition(
        field=state, source=[ExceptionState.REJECTED, ExceptionState.REVOKED, ExceptionState.EXPIRED],
        target=ExceptionState.REQUESTED, permission=policies.may_ask_again, conditions=[policies.policy_is_published],
        custom={"label": _("Ask again"), "icon": "rotate-ccw", "inputs": ("reason", "expires_on")},
    )  # fmt: skip
    def ask_again(self, *, reason: str, expires_on: date) -> None:
        """It is needed for longer; somebody decides anew."""
        self.expires_on = expires_on
