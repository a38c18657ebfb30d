"""What an organisation adds to a step without code."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.tickets.models import Ticket, TicketCategory


class TransitionPolicy(models.Model):
    """Conditions of a step, on top of those in code: fields, roles, a checklist, an approval.

    All policies that match a ticket apply together.
    """

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind of ticket"), max_length=20)
    verb = models.CharField(_("step"), max_length=40)
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for service")
    )
    offering = models.ForeignKey(
        ServiceOffering, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for offering")
    )
    category = models.ForeignKey(
        TicketCategory, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for category")
    )
    #: Names of ticket fields, or ``custom.<code>``.
    required_fields = models.JSONField(_("fields that must be filled in"), default=list, blank=True)
    #: Any one of these roles; empty: whoever the code allows.
    roles = models.JSONField(_("roles that may do it"), default=list, blank=True)
    checklist = models.JSONField(_("checklist"), default=list, blank=True)
    #: ``{"approvers": [spec, …], "rule": "any", "quorum": 1, "days": 3}``; empty: no approval.
    approval = models.JSONField(_("approval"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["kind", "verb", "name"]
        verbose_name = _("transition policy")
        verbose_name_plural = _("transition policies")
        indexes = [models.Index(fields=["kind", "verb"], name="workflow_policy_of_step")]

    def __str__(self) -> str:
        return self.name


class ChecklistTick(models.Model):
    """One item of a policy's checklist, ticked off on a ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="ticks")
    policy = models.ForeignKey(TransitionPolicy, models.CASCADE, related_name="ticks")
    item = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "policy", "item"], name="workflow_checklisttick_once")]

    def __str__(self) -> str:
        return self.item
