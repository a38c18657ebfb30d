"""How well a service has to perform, what it delivers by itself, and what it needs only some of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import django_fsm as fsm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from design import performance_policies as policies
from design.performance_states import PerformanceState
from itsm.catalogue.models import Service
from itsm.workflow.record import LONG, DeskRecords, Record, known_state, latest, state_of

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
#: A day in milliseconds, ten years in minutes: whoever types more means something else.
MILLISECONDS = [MaxValueValidator(86_400_000)]
MINUTES = [MaxValueValidator(5_256_000)]
POSITIVE = [MinValueValidator(0)]


def _percent(label: Any, hint: Any = "") -> Any:
    return models.DecimalField(
        label, max_digits=7, decimal_places=4, null=True, blank=True, validators=PERCENT, help_text=hint
    )


def _amount(label: Any, hint: Any = "") -> Any:
    return models.DecimalField(
        label, max_digits=12, decimal_places=2, null=True, blank=True, validators=POSITIVE, help_text=hint
    )


def _whole(label: Any, validators: Any, hint: Any = "") -> Any:
    return models.PositiveIntegerField(label, null=True, blank=True, validators=validators, help_text=hint)


class PerformanceTarget(Record):
    """The performance of one service: what is promised of the whole, and what it delivers by itself."""

    State = PerformanceState
    kind_code = "performance"
    prefix = "PERF"
    #: The promises, and for each what the service itself contributes.
    PROMISED: ClassVar[tuple[str, ...]] = ("availability", "latency_ms", "throughput", "rto_minutes", "rpo_minutes")

    service = models.OneToOneField(
        Service, models.PROTECT, related_name="performance", verbose_name=_("service"),
        error_messages={"unique": _("The performance of this service is written down already.")},
    )  # fmt: skip
    availability = _percent(_("availability in %"), _("Of the whole, as users see it."))
    latency_ms = _whole(_("latency (p95) in ms"), MILLISECONDS, _("95 of 100 answers come within."))
    throughput = _amount(_("throughput per second"))
    rto_minutes = _whole(_("recovery time (RTO) in minutes"), MINUTES, _("It works again after that long at most."))
    rpo_minutes = _whole(_("recovery point (RPO) in minutes"), MINUTES, _("Data of that long is lost at most."))
    own_availability = _percent(_("own availability in %"), _("Without what it needs."))
    own_latency_ms = _whole(_("own latency (p95) in ms"), MILLISECONDS)
    capacity = models.DecimalField(
        _("own capacity per second"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(1)],
    )  # fmt: skip
    own_recovery_minutes = _whole(_("own recovery in minutes"), MINUTES, _("Once what it needs works again."))
    own_data_loss_minutes = _whole(_("own data loss in minutes"), MINUTES, _("Such as the time between two backups."))
    demand = _amount(_("demand (p95) per second"), _("What is asked of it at busy times."))
    headroom_percent = models.PositiveSmallIntegerField(
        _("headroom wanted in %"), default=20, validators=[MaxValueValidator(99)],
        help_text=_("So much of the capacity stays free at busy times."),
    )  # fmt: skip
    description = models.TextField(_("where the figures come from"), blank=True, validators=LONG)
    state = state_of(PerformanceState, PerformanceState.DRAFT)

    objects = DeskRecords.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("performance target")
        verbose_name_plural = _("performance targets")
        indexes = [latest("design_performance_latest")]
        constraints = [known_state(PerformanceState, "design_performance_state_known")]

    def __str__(self) -> str:
        return _now("Performance of %(service)s") % {"service": self.service}

    def shortfalls(self) -> list[str]:
        """What is promised and cannot be delivered, or not be proven, each in a sentence."""
        from design.models import delivered  # noqa: PLC0415 - it reads rows of this model

        return delivered.shortfalls(self)

    @fsm.transition(
        field=state, source=PerformanceState.DRAFT, target=PerformanceState.AGREED, permission=policies.may_lead,
        conditions=[policies.promises_something, policies.can_be_delivered],
        custom={"label": _("Agree"), "icon": "handshake", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def agree(self) -> None:
        """The components can deliver it; it may be promised."""

    @fsm.transition(
        field=state, source=PerformanceState.AGREED, target=PerformanceState.DRAFT, permission=policies.may_lead,
        custom={"label": _("Revise"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def revise(self, *, reason: str) -> None:
        """Figures have to change."""


class RedundancyGroup(models.Model):
    """Services of which only some have to work: two data centres, three of five nodes."""

    lists: ClassVar[tuple[str, ...]] = ("members",)

    target = models.ForeignKey(PerformanceTarget, models.CASCADE, related_name="groups")
    name = models.CharField(_("name"), max_length=80)
    required = models.PositiveSmallIntegerField(
        _("have to work"), default=1, validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text=_("So many of the members."),
    )  # fmt: skip
    members = models.ManyToManyField(Service, related_name="+", verbose_name=_("members"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("redundant group")
        verbose_name_plural = _("redundant groups")

    def __str__(self) -> str:
        return self.name

    def check_lists(self, given: Mapping[str, list[Any]]) -> dict[str, Any]:
        """Members are what the service needs, each in one group; not more have to work than there are."""
        members = set(given["members"])
        needed = set(self.target.service.dependencies.all())
        others = RedundancyGroup.objects.filter(target=self.target, members__in=members).exclude(pk=self.pk)
        if len(members) < 2:
            return {"members": _("Name at least two services that stand in for each other.")}
        if strange := sorted(str(one) for one in members - needed):
            words = {"service": self.target.service, "names": ", ".join(strange)}
            return {"members": _("%(service)s does not depend on %(names)s.") % words}
        if other := others.first():
            return {"members": _("One of them is part of “%(group)s” already.") % {"group": other}}
        if self.required > len(members):
            return {"required": _("The group has only %(n)d members.") % {"n": len(members)}}
        return {}

    def put_lists(self, given: Mapping[str, list[Any]]) -> None:
        self.members.set(given["members"])
