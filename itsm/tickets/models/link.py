"""Typed links between tickets of any kind."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models.ticket import Ticket


class TicketLink(models.Model):
    """``source`` stands in this relation to ``target``; the other direction has its own words."""

    class Kind(models.TextChoices):
        CHILD_OF = "child_of", _("part of")
        DUPLICATE_OF = "duplicate_of", _("duplicate of")
        CAUSED_BY = "caused_by", _("caused by")
        FIXED_BY = "fixed_by", _("fixed by")
        FOLLOWS = "follows", _("follows up")
        RELATED_TO = "related_to", _("related to")

    #: How the target reads the relation.
    INVERSE = {
        Kind.CHILD_OF: _("includes"),
        Kind.DUPLICATE_OF: _("duplicated by"),
        Kind.CAUSED_BY: _("caused"),
        Kind.FIXED_BY: _("fixes"),
        Kind.FOLLOWS: _("continued in"),
        Kind.RELATED_TO: _("related to"),
    }

    source = models.ForeignKey(Ticket, models.CASCADE, related_name="links_from")
    target = models.ForeignKey(Ticket, models.CASCADE, related_name="links_to")
    kind = models.CharField(_("relation"), max_length=15, choices=Kind)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="tickets_link_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="tickets_link_not_self"),
            # A ticket is part of, or a duplicate of, one other at most.
            models.UniqueConstraint(
                fields=["source", "kind"], condition=models.Q(kind__in=["child_of", "duplicate_of"]),
                name="tickets_link_one_parent",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"
