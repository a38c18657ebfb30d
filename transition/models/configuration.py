"""Configuration items, and what tells one from another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service
from itsm.lib import clock, house
from itsm.lib.errors import Invalid
from itsm.lib.states import StateField
from itsm.workflow.record import Record
from transition.models.item_type import IDENTITY_COLUMNS, CIType
from transition.models.supply import Supplier
from transition.policies import configuration as policies
from transition.states.configuration import CIState, RelationKind

if TYPE_CHECKING:
    from itsm.accounts.models import User


def normal(key: str, value: Any) -> str:
    """An identifying value as it is compared: without case, edges and the separators of a hardware address."""
    text = " ".join(str(value).split()).casefold()
    if "mac" in key.lower():
        text = re.sub(r"[:.\- ]", "", text)
    return text[:200]


class ConfigurationItemQuerySet(models.QuerySet["ConfigurationItem"]):
    def visible_to(self, user: User) -> ConfigurationItemQuerySet:
        """The desk sees every item; everybody else the devices they use themselves."""
        if policies.reads(user):
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(user=user, type__is_asset=True).exclude(state__in=CIState.ENDED)

    def assets(self) -> ConfigurationItemQuerySet:
        return self.filter(type__is_asset=True)

    def used_by(self, user: User) -> ConfigurationItemQuerySet:
        """The devices somebody works with."""
        return self.filter(user=user, type__is_asset=True).present().select_related("type").order_by("name")

    def in_use(self) -> ConfigurationItemQuerySet:
        return self.filter(state__in=CIState.IN_USE)

    def present(self) -> ConfigurationItemQuerySet:
        """What is not retired or disposed of."""
        return self.exclude(state__in=CIState.ENDED)

    def warranty_ends(self, first: date, last: date) -> ConfigurationItemQuerySet:
        return self.present().filter(warranty_until__range=(first, last))


class ConfigurationItem(Record):
    """Anything that has to be managed to deliver a service: a laptop, a server, a database, an application."""

    State = CIState
    kind_code = "ci"
    prefix = "CI"

    name = models.CharField(_("name"), max_length=160)
    description = models.TextField(_("description"), blank=True, validators=[MaxLengthValidator(20_000)])
    type = models.ForeignKey(CIType, models.PROTECT, related_name="items", verbose_name=_("type"))
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    state = StateField(_("state"), max_length=10, choices=CIState.choices, default=CIState.ORDERED, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="owned_items",
        verbose_name=_("owner"), help_text=_("Who answers for it."),
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="used_items",
        verbose_name=_("user"), help_text=_("Who works with it."),
    )  # fmt: skip
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supported by")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )
    location = models.CharField(_("location"), max_length=120, blank=True)
    serial = models.CharField(_("serial number"), max_length=120, blank=True)
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("supplier")
    )
    purchased_on = models.DateField(_("purchased on"), null=True, blank=True)
    cost = models.DecimalField(
        _("cost"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.CharField(
        _("currency"), max_length=3, default=house.currency,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR."))],
    )  # fmt: skip
    warranty_until = models.DateField(_("warranty until"), null=True, blank=True)
    depreciation_months = models.PositiveSmallIntegerField(
        _("written off over (months)"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
    )  # fmt: skip
    services = models.ManyToManyField(
        Service, blank=True, related_name="configuration_items", verbose_name=_("services it supports")
    )

    objects = ConfigurationItemQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("configuration item")
        verbose_name_plural = _("configuration items")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="transition_ci_latest"),
            models.Index(fields=["state", "-updated_at"], name="transition_ci_by_state"),
            models.Index(fields=["type", "-updated_at"], name="transition_ci_by_type"),
            models.Index(fields=["name"], name="transition_ci_by_name"),
            models.Index(
                fields=["warranty_until"], name="transition_ci_warranty", condition=Q(warranty_until__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CIState.values), name="transition_ci_state_known"),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0), name="transition_ci_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def in_use(self) -> bool:
        return self.state in CIState.IN_USE

    def book_value(self, today: date | None = None) -> Decimal | None:
        """Cost less what is written off by now: straight line over whole months since the purchase.

        The cost itself while nothing says over how long; unknown without a cost.
        """
        if self.cost is None:
            return None
        if self.depreciation_months is None or self.purchased_on is None:
            return self.cost
        today = today or clock.now().date()
        months = (today.year - self.purchased_on.year) * 12 + today.month - self.purchased_on.month
        months -= today.day < self.purchased_on.day
        left = self.depreciation_months - min(max(months, 0), self.depreciation_months)
        return (self.cost * left / self.depreciation_months).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def needed_by_in_use(self) -> models.QuerySet[ConfigurationItem]:
        """Items in use that fail with this one."""
        standing = self.incoming.filter(kind__in=RelationKind.NEEDS).values("source")
        fed = self.outgoing.filter(kind__in=RelationKind.CARRIES).values("target")
        return ConfigurationItem.objects.in_use().filter(Q(pk__in=standing) | Q(pk__in=fed))

    def identity(self, keys: Iterable[str] | None = None) -> dict[str, str]:
        """Its identifying values by key, as they are compared; keys without a value are left out."""
        if self.state == CIState.DISPOSED:
            return {}
        found = {}
        for key in self.type.keys() if keys is None else keys:
            value = getattr(self, key) if key in IDENTITY_COLUMNS else self.attributes.get(key)
            if value not in (None, ""):
                found[key] = normal(key, value)
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._keep_identity()

    def _keep_identity(self) -> None:
        """The values by which imports find the item again follow it. What is disposed of gives them free."""
        wanted = self.identity()
        kept: dict[str, str] = {}
        for row in self.identities.all():
            if wanted.get(row.key) == row.value:
                kept[row.key] = row.value
            else:
                row.delete()
        for key in wanted.keys() - kept.keys():
            try:
                with transaction.atomic():
                    CIIdentity.objects.create(item=self, key=key, value=wanted[key])
            except IntegrityError as error:
                # Somebody was faster in the same instant; otherwise the check said so before.
                raise Invalid({key if key in IDENTITY_COLUMNS else "attributes": taken(key, wanted[key])}) from error

    @fsm.transition(
        field=state, source=CIState.ORDERED, target=CIState.IN_STOCK, permission=policies.may_manage,
        custom={"label": _("Received"), "icon": "package-open", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def receive(self) -> None:
        """It has arrived and waits to be used."""

    @fsm.transition(
        field=state, source=[CIState.ORDERED, CIState.IN_STOCK, CIState.IN_REPAIR], target=CIState.DEPLOYED,
        permission=policies.may_manage,
        custom={"label": _("Deploy"), "icon": "rocket", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def deploy(self) -> None:
        """It is in use from now on."""

    @fsm.transition(
        field=state, source=[CIState.DEPLOYED, CIState.IN_STOCK], target=CIState.IN_REPAIR,
        permission=policies.may_manage, custom={"label": _("Repair"), "icon": "wrench", "inputs": ("reason",)},
    )  # fmt: skip
    def repair(self, *, reason: str) -> None:
        """It is broken or being serviced."""

    @fsm.transition(
        field=state, source=[CIState.DEPLOYED, CIState.IN_REPAIR], target=CIState.IN_STOCK,
        permission=policies.may_manage, conditions=[policies.nothing_needs_it],
        custom={"label": _("Take back"), "icon": "undo-2", "inputs": ("comment?",)},
    )  # fmt: skip
    def take_back(self) -> None:
        """Nobody uses it any more; it can be given to somebody else."""
        self.user = None

    @fsm.transition(
        field=state, source=[CIState.ORDERED, CIState.IN_STOCK, CIState.DEPLOYED, CIState.IN_REPAIR],
        target=CIState.RETIRED, permission=policies.may_manage, conditions=[policies.nothing_needs_it],
        custom={"label": _("Retire"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def retire(self, *, reason: str) -> None:
        """It is not used again, but still there."""
        self.user = None

    @fsm.transition(
        field=state, source=CIState.RETIRED, target=CIState.IN_STOCK, permission=policies.may_manage,
        custom={"label": _("Take into use again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reinstate(self, *, reason: str) -> None:
        """It was retired too early."""

    @fsm.transition(
        field=state, source=CIState.RETIRED, target=CIState.DISPOSED, permission=policies.may_manage,
        custom={"label": _("Dispose of"), "icon": "trash-2", "inputs": ("reason",)},
    )  # fmt: skip
    def dispose(self, *, reason: str) -> None:
        """Sold, given back or destroyed; what it was stays on record."""


class CIIdentity(models.Model):
    """One identifying value of an item: the same value is never that of two."""

    item = models.ForeignKey(ConfigurationItem, models.CASCADE, related_name="identities")
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("identifying value")
        verbose_name_plural = _("identifying values")
        constraints = [
            models.UniqueConstraint(fields=["key", "value"], name="transition_ciidentity_once"),
            models.UniqueConstraint(fields=["item", "key"], name="transition_ciidentity_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.value}"


def matches(identity: dict[str, str]) -> dict[str, int]:
    """Which item has each of these identifying values: id by key."""
    if not identity:
        return {}
    condition = Q()
    for key, value in identity.items():
        condition |= Q(key=key, value=value)
    return dict(CIIdentity.objects.filter(condition).values_list("key", "item_id"))


def taken(key: str, value: str, number: str = "") -> str:
    """The message that another item has this value already."""
    words = {"number": number or _now("Another item"), "key": key, "value": value}
    return _now("%(number)s has the %(key)s “%(value)s” already.") % words
