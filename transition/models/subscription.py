"""Who is delivered what: an organisation, an offering, and the support level that comes with it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

import django_fsm as fsm
from django.db import models
from django.utils.translation import gettext_lazy as _

from design.models import Agreement
from itsm.accounts.models import Organisation
from itsm.catalogue.models import ServiceOffering
from itsm.sla.models import Coverage, SupportLevel
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of
from transition.policies import delivery as policies
from transition.states.delivery import SubscriptionState as State

if TYPE_CHECKING:
    from itsm.accounts.models import User


class SubscriptionQuerySet(DeskRecords):
    def visible_to(self, user: User) -> Self:
        """The desk reads all; everybody else what the own organisation gets."""
        if user.is_system or (user.is_active and user.is_desk):
            return self
        if not user.is_authenticated or not user.is_active or user.organisation_id is None:
            return self.none()
        return self.filter(organisation=user.organisation_id, state__in=State.OPEN)

    def to_begin(self, today: date) -> Self:
        return self.filter(state=State.PLANNED, valid_from__lte=today)

    def to_end(self, today: date) -> Self:
        return self.filter(state__in=[State.ACTIVE, State.SUSPENDED], valid_to__lt=today)


class Subscription(Record):
    """An organisation gets an offering, with a support level, from a day on."""

    State = State
    kind_code = "subscription"
    prefix = "SUB"

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="subscriptions", verbose_name=_("organisation")
    )
    offering = models.ForeignKey(
        ServiceOffering, models.PROTECT, related_name="subscriptions", verbose_name=_("offering")
    )
    support_level = models.ForeignKey(
        SupportLevel, models.PROTECT, null=True, blank=True, related_name="subscriptions",
        verbose_name=_("support level"), help_text=_("Empty: what is promised for the service anyway."),
    )  # fmt: skip
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="subscriptions", verbose_name=_("agreement"),
        help_text=_("By which it is delivered. Its targets count, unless a support level is chosen here."),
    )  # fmt: skip
    quantity = models.PositiveIntegerField(_("for how many people"), null=True, blank=True)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True, help_text=_("Empty: until it is ended."))
    notes = models.TextField(_("notes"), blank=True, validators=LONG)
    #: What the kernel counts by while the subscription is active.
    coverage = models.OneToOneField(
        Coverage, models.SET_NULL, null=True, blank=True, editable=False, related_name="subscription"
    )
    #: It was this subscription that let the organisation see the offering.
    granted = models.BooleanField(default=False, editable=False)
    state = state_of(State, State.PLANNED)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes = [
            latest("transition_sub_latest"),
            models.Index(fields=["organisation", "offering", "valid_from"], name="transition_sub_of"),
            models.Index(fields=["offering", "state"], name="transition_sub_offering"),
        ]
        constraints = [
            known_state(State, "transition_sub_state_known"),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="transition_sub_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.offering}"

    @fsm.transition(
        field=state, source=[State.PLANNED, State.SUSPENDED], target=State.ACTIVE, permission=policies.may_keep,
        conditions=[policies.has_begun, policies.agreement_holds],
        custom={"label": _("Activate"), "icon": "play", "tone": "primary"},
    )  # fmt: skip
    def activate(self) -> None:
        """The portal offers it from now on, and its support level counts."""

    @fsm.transition(
        field=state, source=State.ACTIVE, target=State.SUSPENDED, permission=policies.may_keep,
        custom={"label": _("Suspend"), "icon": "pause", "inputs": ("reason",)},
    )  # fmt: skip
    def suspend(self, *, reason: str) -> None:
        """Nothing more can be asked for until it is activated again; what was promised for open tickets is kept."""

    @fsm.transition(
        field=state, source=[State.ACTIVE, State.SUSPENDED], target=State.ENDED, permission=policies.may_keep,
        custom={"label": _("End"), "icon": "square", "tone": "danger", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str, today: date) -> None:
        """The organisation does not get it any more."""
        self.valid_to = max(self.valid_from, min(self.valid_to or today, today))

    @fsm.transition(
        field=state, source=State.PLANNED, target=State.CANCELLED, permission=policies.may_keep,
        custom={"label": _("Cancel"), "icon": "ban", "inputs": ("reason",)},
    )  # fmt: skip
    def cancel(self, *, reason: str) -> None:
        """It never begins."""
