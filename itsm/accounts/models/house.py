"""How the organisation that runs the installation presents itself: one row, none until somebody says something."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import DatabaseError, models
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from itsm.lib import house

THE_ONE = 1


class HouseQuerySet(models.QuerySet["House"]):
    def the_one(self) -> HouseQuerySet:
        return self.filter(pk=THE_ONE)


class House(models.Model):
    """Name, colour, words and currency of the installation; ``version`` rises with every change."""

    version = models.PositiveIntegerField(default=0, editable=False)
    product_name = models.CharField(_("product name"), max_length=60, blank=True)
    accent = models.CharField(
        _("accent colour"), max_length=7, blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}\Z", _("A colour as # and six digits, such as #3353c9."))],
    )  # fmt: skip
    logo = models.CharField(_("logo"), max_length=64, blank=True, editable=False)
    logo_type = models.CharField(max_length=20, blank=True, editable=False)
    greeting = models.CharField(_("greeting of the portal"), max_length=200, blank=True)
    sender_name = models.CharField(_("sender of mails"), max_length=80, blank=True)
    mail_footer = models.TextField(_("footer of mails"), max_length=1000, blank=True)
    help_url = models.URLField(_("help"), max_length=300, blank=True)
    privacy_url = models.URLField(_("privacy notice"), max_length=300, blank=True)
    currency = models.CharField(
        _("currency of the house"), max_length=3, default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR."))],
    )  # fmt: skip
    terms = models.JSONField(_("terms"), default=dict, blank=True)

    objects = HouseQuerySet.as_manager()

    class Meta:
        verbose_name = _("branding and terms")
        verbose_name_plural = _("branding and terms")
        constraints = [models.CheckConstraint(condition=models.Q(pk=THE_ONE), name="accounts_house_only_one")]

    def __str__(self) -> str:
        return _gettext("Branding and terms")


class Logo(models.Model):
    """The picture itself, which only its own address reads."""

    digest = models.CharField(max_length=64, unique=True)
    content_type = models.CharField(max_length=20)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    def __str__(self) -> str:
        return self.digest


def as_words(row: House | None) -> house.House:
    """The stored row as everybody reads it."""
    if row is None:
        return house.House()
    found: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("version", "product_name", "accent", "greeting", "sender_name", "mail_footer", "help_url",
                     "privacy_url", "logo", "logo_type", "currency")
    }  # fmt: skip
    terms = {code: (pair[0], pair[1]) for code, pair in row.terms.items()}
    return house.House(**found, terms=terms)


def load() -> house.House | None:
    """What is stored now; ``None`` while the table is not there yet."""
    try:
        return as_words(House.objects.the_one().first())
    except DatabaseError:
        return None
