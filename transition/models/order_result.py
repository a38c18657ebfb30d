"""What a fulfilled order leaves behind: the setting of an offering."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import ServiceOffering
from itsm.sla.models import SupportLevel
from transition.models.item_type import CIType


class OrderResult(models.Model):
    """Orders of an offering open a subscription or register an asset when they are fulfilled."""

    class Kind(models.TextChoices):
        SUBSCRIPTION = "subscription", _("opens a subscription")
        ASSET = "asset", _("registers an asset")

    offering = models.OneToOneField(
        ServiceOffering, models.CASCADE, related_name="order_result", verbose_name=_("an order of")
    )
    kind = models.CharField(_("when it is fulfilled"), max_length=15, choices=Kind, default=Kind.SUBSCRIPTION)
    subscribe_to = models.ForeignKey(
        ServiceOffering, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subscription to"),
        help_text=_("For the organisation of whoever it is for. Empty: to what was ordered."),
    )  # fmt: skip
    support_level = models.ForeignKey(
        SupportLevel, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("support level"),
        help_text=_("Empty: what is promised for the service anyway."),
    )  # fmt: skip
    item_type = models.ForeignKey(
        CIType, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("type of the asset"),
        help_text=_("Used by whoever it is for. Answers with the short name of an attribute fill it."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["offering__name"]
        verbose_name = _("result of orders")
        verbose_name_plural = _("results of orders")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="subscription", item_type__isnull=True)
                | Q(kind="asset", item_type__isnull=False, subscribe_to__isnull=True, support_level__isnull=True),
                name="transition_orderresult_fits",
            )
        ]

    def __str__(self) -> str:
        return f"{self.offering}: {self.get_kind_display()}"

    def clean(self) -> None:
        if self.kind == self.Kind.ASSET:
            if self.item_type_id is None:
                raise ValidationError({"item_type": _("Say which type of asset it registers.")})
            for name in ("subscribe_to", "support_level"):
                if getattr(self, f"{name}_id") is not None:
                    raise ValidationError({name: _("This is for subscriptions.")})
        elif self.item_type_id is not None:
            raise ValidationError({"item_type": _("This is for assets.")})

    @property
    def what(self) -> str:
        """What it opens or registers, for lists."""
        return str(self.item_type or self.subscribe_to or self.offering)
