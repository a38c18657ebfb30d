"""Organisations: who a person belongs to, and who a service is delivered to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A company, department or site; organisations form a tree."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    cost_centre_code = models.CharField(_("cost centre"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

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
