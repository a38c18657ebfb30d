"""What the nightly rules found: their runs, and violations opened and closed by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from strategy import rules

if TYPE_CHECKING:
    from itsm.accounts.models import User


class RuleRun(models.Model):
    """The latest run of each rule."""

    rule = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField(default=clock.now)
    in_scope = models.PositiveIntegerField(_("looked at"), default=0)
    found = models.PositiveIntegerField(_("violations"), default=0)
    #: Why it could not be run; then everything else is from the last run that could.
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["rule"]
        verbose_name = _("run of a rule")
        verbose_name_plural = _("runs of rules")

    def __str__(self) -> str:
        return self.rule


class ViolationQuerySet(models.QuerySet["Violation"]):
    def visible_to(self, user: User) -> Self:
        """The desk, and of each kind of record only what the person may see anyway."""
        if user.is_system:
            return self
        if not user.is_authenticated or not user.is_active or not user.is_desk:
            return self.none()
        allowed = models.Q(pk__in=[])
        for model in rules.models_about():
            # Asked about the few records that break a rule, not about every ticket there is.
            about = Violation.objects.filter(subject_type=model._meta.label_lower).values("subject_id")
            rows = model._default_manager.visible_to(user)  # type: ignore[attr-defined]
            visible = rows.filter(pk__in=about).order_by().values("pk")
            allowed |= models.Q(subject_type=model._meta.label_lower, subject_id__in=visible)
        return self.filter(allowed)

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)


class Violation(models.Model):
    """A record that breaks a rule: opened by the night that found it, closed by the night that did not any more."""

    rule = models.CharField(_("rule"), max_length=60)
    subject_type = models.CharField(max_length=100)
    subject_id = models.PositiveBigIntegerField()
    label = models.CharField(_("record"), max_length=250)
    url = models.CharField(max_length=500)
    detail = models.CharField(_("what is wrong"), max_length=500, blank=True)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", verbose_name=_("service"))
    opened_at = models.DateTimeField(_("since"), default=clock.now)
    closed_at = models.DateTimeField(_("closed"), null=True)

    objects = ViolationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("violation")
        verbose_name_plural = _("violations")
        indexes = [
            models.Index(fields=["rule", "id"], name="strategy_violation_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["service"], name="strategy_violation_of", condition=models.Q(closed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_type", "subject_id"], condition=models.Q(closed_at=None),
                name="strategy_violation_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.rule}: {self.label}"[:250]

    def get_absolute_url(self) -> str:
        return self.url

    @property
    def title(self) -> str:
        """The rule in words; its code for one that is gone."""
        rule = rules.find(self.rule)
        return str(rule.title) if rule else self.rule
