"""Who sells and maintains what we use."""

from __future__ import annotations

from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Supplier(models.Model):
    """A company that sells, rents or maintains something for us."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    website = models.URLField(_("website"), blank=True)
    email = models.EmailField(_("email of their support"), blank=True)
    phone = models.CharField(_("phone of their support"), max_length=60, blank=True)
    customer_number = models.CharField(_("our customer number"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True, validators=[MaxLengthValidator(20_000)])
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("transition:supplier", args=[self.pk])
