"""Outages: what is told to everybody who uses a service."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.states import StateField
from operation import policies
from operation.models.incident import Incident
from operation.states import OutageKind, OutageState

if TYPE_CHECKING:
    from itsm.accounts.models import User

State = OutageState


class OutageQuerySet(models.QuerySet["Outage"]):
    def visible_to(self, user: User) -> OutageQuerySet:
        """Staff see all; everybody else those of services that their portal offers."""
        if user.is_system or (user.is_authenticated and user.is_active and user.is_desk):
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.of_services(Service.objects.offered_to(user))

    def public(self) -> OutageQuerySet:
        """What may be told to somebody who has not signed in: outages of services that are offered to everybody."""
        restricted = models.Q(offerings__is_active=True) & (
            models.Q(offerings__entitled__isnull=False) | models.Q(offerings__subscribers_only=True)
        )
        return self.of_services(Service.objects.live().exclude(pk__in=Service.objects.filter(restricted).values("pk")))

    def of_services(self, services: models.QuerySet[Service]) -> OutageQuerySet:
        hit = Outage.services.through.objects.filter(service_id__in=services.values("pk"))
        return self.filter(pk__in=hit.values("outage_id"))

    def active(self) -> OutageQuerySet:
        return self.filter(state=State.ACTIVE)

    def current(self) -> OutageQuerySet:
        """Going on now, or announced."""
        return self.filter(state__in=[State.ACTIVE, State.PLANNED])

    def overlapping(self, start: datetime, end: datetime) -> OutageQuerySet:
        """Begun before ``end`` and not over before ``start``; announced ones are not counted."""
        return self.exclude(state=State.PLANNED).filter(begins_at__lt=end).filter(
            models.Q(ended_at__isnull=True) | models.Q(ended_at__gt=start)
        )  # fmt: skip


class Outage(models.Model):
    """An interruption or degradation of services, planned or not, in words for everybody who uses them."""

    State = OutageState
    Kind = OutageKind

    title = models.CharField(
        _("title"), max_length=160, help_text=_("What people notice, such as “Card payments fail in the web shop”.")
    )
    message = models.TextField(
        _("message"), blank=True, validators=[MaxLengthValidator(2000)],
        help_text=_("What is done about it, and what people can do meanwhile. Everybody who uses them sees it."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=12, choices=OutageKind, default=OutageKind.OUTAGE)
    services = models.ManyToManyField(Service, related_name="outages", verbose_name=_("services"))
    begins_at = models.DateTimeField(_("from"))
    #: What is promised; the truth is ``ended_at``.
    ends_at = models.DateTimeField(_("expected until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="outages", verbose_name=_("incident")
    )
    state = StateField(
        _("state"), max_length=10, choices=OutageState.choices, default=OutageState.ACTIVE, editable=False
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OutageQuerySet.as_manager()

    kind_code = "outage"
    state_field = "state"

    class Meta:
        ordering = ["-begins_at", "-id"]
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        indexes = [
            models.Index(fields=["begins_at"], name="operation_outage_current", condition=~models.Q(state="ended")),
            models.Index(fields=["-begins_at", "-id"], name="operation_outage_by_begin"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=OutageState.values), name="operation_outage_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("begins_at")),
                name="operation_outage_forward",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ended", ended_at__isnull=False)
                | (~models.Q(state="ended") & models.Q(ended_at__isnull=True)),
                name="operation_outage_ended_when_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("begins_at")),
                name="operation_outage_ended_after_begin",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("operation:outage", args=[self.pk])

    @property
    def phase(self) -> str:
        """For the state's glyph."""
        return OutageState.PHASES[self.state]

    @property
    def tone(self) -> str:
        return {"outage": "red", "degradation": "amber"}.get(self.kind, "blue")

    @property
    def is_overdue(self) -> bool:
        """Goes on longer than was promised: the message needs an update."""
        return self.state == State.ACTIVE and self.ends_at is not None and self.ends_at < clock.now()

    # One transition method per verb: it sets fields of its own row and nothing else.

    @fsm.transition(
        field=state, source=State.PLANNED, target=State.ACTIVE, permission=policies.may_tell,
        custom={"label": _("Begin now"), "icon": "play"},
    )  # fmt: skip
    def begin(self) -> None:
        """The planned work begins."""
        self.begins_at = min(self.begins_at, clock.now())

    @fsm.transition(
        field=state, source=State.ACTIVE, target=State.ENDED, permission=policies.may_tell,
        custom={"label": _("End outage"), "icon": "circle-check", "tone": "ok"},
    )  # fmt: skip
    def end(self) -> None:
        """The services work again; the message leaves the portal."""
        self.ended_at = max(clock.now(), self.begins_at)

    @fsm.transition(
        field=state, source=State.PLANNED, target=State.ENDED, permission=policies.may_tell,
        custom={"label": _("Call off"), "icon": "ban"},
    )  # fmt: skip
    def call_off(self) -> None:
        """It does not take place: an outage without length."""
        self.ended_at = self.begins_at
