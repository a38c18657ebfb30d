"""On-call rotas: who answers for a team, when."""

from __future__ import annotations

import zoneinfo
from datetime import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team, User
from itsm.lib import clock

if TYPE_CHECKING:
    from typing import Self


def known_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone “%(zone)s”."), params={"zone": value})


class RotaQuerySet(models.QuerySet["Rota"]):
    def visible_to(self, user: User) -> Self:
        """The whole desk knows who is on call."""
        return self if user.is_system or (user.is_active and user.is_desk) else self.none()

    def active(self) -> Self:
        return self.filter(is_active=True, team__is_active=True)


class Rota(models.Model):
    """People of a team who take turns: everybody for so many days, then the next, without end."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="rotas", verbose_name=_("team"))
    name = models.CharField(_("name"), max_length=80, unique=True)
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[known_zone])
    #: The first turn begins on this day, at the hour of handover, with the first person.
    starts_on = models.DateField(_("first turn begins on"))
    handover = models.TimeField(_("handover at"), default=time(9))
    days = models.PositiveSmallIntegerField(
        _("days per turn"), default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RotaQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("on-call rota")
        verbose_name_plural = _("on-call rotas")
        constraints = [
            models.CheckConstraint(condition=models.Q(days__range=(1, 90)), name="operation_rota_days_range")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("operation:rota", args=[self.pk])


class RotaMember(models.Model):
    """One person's place in the rotation."""

    rota = models.ForeignKey(Rota, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        verbose_name = _("member of a rota")
        verbose_name_plural = _("members of rotas")
        constraints = [models.UniqueConstraint(fields=["rota", "position"], name="operation_rotamember_position")]

    def __str__(self) -> str:
        return f"{self.position}: {self.user}"


class RotaOverride(models.Model):
    """Somebody else is on call for a while: a swap, an illness, a holiday."""

    rota = models.ForeignKey(Rota, models.CASCADE, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["begins_at", "id"]
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        indexes = [models.Index(fields=["rota", "ends_at"], name="operation_override_of_rota")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="operation_override_forward"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.begins_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"
