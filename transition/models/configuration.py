"""Assets and configuration: types, items, what tells one item from another, and how items hang together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.fields import FormSchemaField, names_in_order
from itsm.catalogue.models import Service
from itsm.catalogue.validators import validate_form_schema
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.lib.states import StateField
from itsm.tickets.models import Ticket
from itsm.workflow.record import Record
from transition import ci_policies as policies
from transition.ci_states import REVERSED, CIState, RelationKind
from transition.models.supply import Supplier

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Columns of an item that can be an identity key, besides attributes of its type.
IDENTITY_COLUMNS = ("serial", "name")
#: No type lies deeper.
MOST_LEVELS = 20


class CIType(models.Model):
    """What an item is: its place in the tree decides which attributes it has and what tells it from others."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("a kind of")
    )
    icon = models.CharField(_("icon"), max_length=40, default="box")
    is_asset = models.BooleanField(
        _("asset"), default=False, help_text=_("Bought, owned and written off, such as a laptop.")
    )
    attributes = FormSchemaField(
        _("attributes"), default=dict, blank=True, validators=[validate_form_schema],
        help_text=_("JSON Schema of what is asked of each item, besides what the types above ask."),
    )  # fmt: skip
    identity_keys = models.JSONField(
        _("identity keys"), default=list, blank=True,
        help_text=_("What tells one item from another, such as serial, hostname or mac; added to those above."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("type of item")
        verbose_name_plural = _("types of items")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="transition_citype_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        seen, parent = {self.pk}, self.parent
        while parent is not None:
            if self.pk and parent.pk in seen:
                raise ValidationError({"parent": _("That would make a circle.")})
            seen.add(parent.pk)
            parent = parent.parent
        if not isinstance(self.identity_keys, list) or not all(isinstance(key, str) for key in self.identity_keys):
            raise ValidationError({"identity_keys": _("A list of names.")})
        known = {*IDENTITY_COLUMNS, *self.schema().get("properties", {})}
        unknown = [key for key in self.identity_keys if key not in known]
        if unknown:
            raise ValidationError(
                {"identity_keys": _("Not an attribute of this type: %(names)s.") % {"names": ", ".join(unknown)}}
            )

    def lineage(self) -> list[CIType]:
        """The type and those above it, the topmost first."""
        found: list[CIType] = []
        current: CIType | None = self
        while current is not None and current not in found and len(found) < MOST_LEVELS:
            found.append(current)
            current = current.parent
        return found[::-1]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the attributes with those of the types above; empty where nothing is asked."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        for one in self.lineage():
            own = one.attributes if isinstance(one.attributes, dict) else {}
            asked = own.get("properties", {})
            properties |= {name: asked[name] for name in names_in_order(own)}
            required += own.get("required", ())
        if not properties:
            return {}
        return {
            "type": "object",
            "properties": properties,
            "required": list(dict.fromkeys(required)),
            "x-order": list(properties),
        }

    def keys(self) -> list[str]:
        """Identity keys with those of the types above."""
        return list(dict.fromkeys(key for one in self.lineage() for key in one.identity_keys))

    def with_below(self) -> list[int]:
        """Ids of the type and all types below it."""
        below: dict[int | None, list[int]] = {}
        for pk, parent in CIType.objects.values_list("pk", "parent_id"):
            below.setdefault(parent, []).append(pk)
        found, todo = [], [self.pk]
        while todo:
            pk = todo.pop()
            if pk not in found:
                found.append(pk)
                todo += below.get(pk, ())
        return found


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
        _("currency"), max_length=3, default="EUR",
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
        needing = CIRelation.objects.filter(needed=self.pk).values("needing")
        return ConfigurationItem.objects.in_use().filter(pk__in=needing)

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
            When(kind__in=RelationKind.NEEDS, then=F("source_id")), When(kind__in=RelationKind.CARRIES, then=F("target_id")),
            default=None,
        ),
        output_field=models.BigIntegerField(null=True), db_persist=True,
    )  # fmt: skip
    needed = models.GeneratedField(
        expression=Case(
            When(kind__in=RelationKind.NEEDS, then=F("target_id")), When(kind__in=RelationKind.CARRIES, then=F("source_id")),
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
