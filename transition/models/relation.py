"""How items hang together, and which tickets are about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models import Ticket
from transition.models.configuration import ConfigurationItem
from transition.policies import configuration as policies
from transition.states.configuration import REVERSED, RelationKind

if TYPE_CHECKING:
    from itsm.accounts.models import User


class CIRelationQuerySet(models.QuerySet["CIRelation"]):
    def visible_to(self, user: User) -> CIRelationQuerySet:
        return self if policies.reads(user) else self.none()

    def of(self, items: Iterable[int]) -> CIRelationQuerySet:
        """Relations that begin or end at one of these items."""
        ids = list(items)
        return self.filter(Q(source__in=ids) | Q(target__in=ids))


class CIRelation(models.Model):
    """How one item stands to another, read from the source: “shop depends on database”.

    ``needing`` fails when ``needed`` fails. The database derives both from the kind, so that impact is one
    walk over one index; items that are only connected have neither.
    """

    source = models.ForeignKey(ConfigurationItem, models.CASCADE, related_name="outgoing", verbose_name=_("item"))
    kind = models.CharField(_("relation"), max_length=12, choices=RelationKind)
    target = models.ForeignKey(ConfigurationItem, models.CASCADE, related_name="incoming", verbose_name=_("other item"))
    needing = models.GeneratedField(
        expression=Case(
            When(kind__in=RelationKind.NEEDS, then=F("source_id")),
            When(kind__in=RelationKind.CARRIES, then=F("target_id")),
            default=None,
        ),
        output_field=models.BigIntegerField(null=True), db_persist=True,
    )  # fmt: skip
    needed = models.GeneratedField(
        expression=Case(
            When(kind__in=RelationKind.NEEDS, then=F("target_id")),
            When(kind__in=RelationKind.CARRIES, then=F("source_id")),
            default=None,
        ),
        output_field=models.BigIntegerField(null=True), db_persist=True,
    )  # fmt: skip

    objects = CIRelationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        indexes = [
            models.Index(fields=["needed", "needing"], name="transition_cirelation_up"),
            models.Index(fields=["needing", "needed"], name="transition_cirelation_down"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "target"], name="transition_cirelation_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transition_cirelation_not_self"),
            models.CheckConstraint(condition=Q(kind__in=RelationKind.values), name="transition_cirelation_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target.number} {self.target}"

    def from_target(self) -> str:
        """The same said from the other side."""
        return f"{REVERSED[RelationKind(self.kind)]} {self.source.number} {self.source}"


class TicketCI(models.Model):
    """A ticket is about this item."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="ticket_items")
    item = models.ForeignKey(ConfigurationItem, models.PROTECT, related_name="ticket_links")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("item of a ticket")
        verbose_name_plural = _("items of tickets")
        indexes = [models.Index(fields=["item", "-ticket"], name="transition_ticketci_of_item")]
        constraints = [models.UniqueConstraint(fields=["ticket", "item"], name="transition_ticketci_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.item_id}"
