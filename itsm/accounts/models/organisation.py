"""Organisations: who a person belongs to, and who a service is delivered to."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

#: Both databases walk a tree in one statement. ``UNION`` and not ``UNION ALL``: a circle comes to an end.
_UP = """
WITH RECURSIVE walk(id, parent_id) AS (
    SELECT id, parent_id FROM accounts_organisation WHERE id IN ({ids})
    UNION SELECT one.id, one.parent_id FROM accounts_organisation one JOIN walk ON one.id = walk.parent_id
) SELECT id FROM walk
"""
_DOWN = """
WITH RECURSIVE walk(id) AS (
    SELECT id FROM accounts_organisation WHERE id IN ({ids})
    UNION SELECT one.id FROM accounts_organisation one JOIN walk ON one.parent_id = walk.id
) SELECT id FROM walk
"""


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def and_above(self, ids: Collection[int]) -> OrganisationQuerySet:
        """These and everything they are part of."""
        return self.filter(pk__in=walk(_UP, ids)) if ids else self.none()

    def and_below(self, ids: Collection[int]) -> OrganisationQuerySet:
        """These and everything that is part of them."""
        return self.filter(pk__in=walk(_DOWN, ids)) if ids else self.none()


def walk(statement: str, ids: Collection[int]) -> RawSQL:
    """A walk through the tree, as the right side of ``IN``."""
    marks = ", ".join(["%s"] * len(ids))
    return RawSQL(statement.format(ids=marks), tuple(sorted(ids)))  # noqa: S611 - only marks are put in


class Organisation(models.Model):
    """A company, department or site; organisations form a tree."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    cost_centre_code = models.CharField(_("cost centre"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="accounts_organisation_not_own_parent",
            )
        ]

    def __str__(self) -> str:
        return self.name
