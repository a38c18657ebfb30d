"""Rules and what became of each of their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.notifications.models import Event
from itsm.tickets.models import Macro, Ticket, TicketCategory
from itsm.tickets.states import Channel, Priority

if TYPE_CHECKING:
    from collections.abc import Sequence


def known_priorities(value: Sequence[object]) -> None:
    if not isinstance(value, list) or any(one not in Priority.values for one in value):
        raise ValidationError(_("There is no such priority."))


def known_channels(value: Sequence[object]) -> None:
    if not isinstance(value, list) or any(one not in Channel.values for one in value):
        raise ValidationError(_("There is no such channel."))


class AutomationRule(models.Model):
    """When this happens to a ticket, if it is such a ticket, then this is done. All conditions have to hold."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind of ticket"), max_length=20)
    #: What happened, without the kind: ``open``, ``edit``, ``reply``, ``sla_breached`` or a step such as ``resolve``.
    event = models.CharField(_("when"), max_length=40)

    services = models.ManyToManyField(Service, blank=True, related_name="+", verbose_name=_("service is one of"))
    offering = models.ForeignKey(
        ServiceOffering, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("offering is")
    )
    category = models.ForeignKey(
        TicketCategory, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category is")
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("requester belongs to")
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("is with team")
    )
    priorities = models.JSONField(_("priority is one of"), default=list, blank=True, validators=[known_priorities])
    channels = models.JSONField(_("came by"), default=list, blank=True, validators=[known_channels])
    vip_only = models.BooleanField(_("only for VIPs"), default=False)
    #: Any of them, in title or description, in any case.
    words = models.JSONField(_("says one of"), default=list, blank=True)

    macro = models.ForeignKey(
        Macro, models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("run the macro")
    )
    tell = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tell the team")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Rules run from low to high."))
    is_active = models.BooleanField(_("on"), default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("automation rule")
        verbose_name_plural = _("automation rules")
        indexes = [
            models.Index(fields=["kind", "event"], name="automation_rule_of_event", condition=models.Q(is_active=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(macro__isnull=False) | models.Q(tell__isnull=False),
                name="automation_rule_does_something",
                violation_error_message=_("A rule that does nothing: choose a macro or a team to tell."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleRun(models.Model):
    """That a rule met an event, once, and what became of it."""

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    rule = models.ForeignKey(AutomationRule, models.CASCADE, related_name="runs")
    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="rule_runs")
    at = models.DateTimeField(default=clock.now)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    #: Why not, in the words of the refusal.
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("rule run")
        verbose_name_plural = _("rule runs")
        indexes = [models.Index(fields=["rule", "-id"], name="automation_run_of_rule")]
        constraints = [models.UniqueConstraint(fields=["rule", "event"], name="automation_run_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.outcome}"
