"""What suppliers and we agreed: contracts, and licences with who uses them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from itsm.catalogue.models import Service
from itsm.lib import house
from itsm.lib.states import StateField
from itsm.workflow.record import Record
from transition.models.configuration import ConfigurationItem
from transition.models.supply import Supplier
from transition.policies import configuration as policies
from transition.states.configuration import ContractState, LicenceMetric, LicenceState, Period

if TYPE_CHECKING:
    from itsm.accounts.models import User

LONG = [MaxLengthValidator(20_000)]
CURRENCY = [RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR."))]
NOT_NEGATIVE = [MinValueValidator(Decimal(0))]
#: A contract is said to expire so long before, and its notice to be due so long before.
SOON, NOTICE_SOON = timedelta(days=90), timedelta(days=30)


class ContractQuerySet(models.QuerySet["Contract"]):
    def visible_to(self, user: User) -> ContractQuerySet:
        if policies.reads_money(user):
            return self
        return self.filter(owner=user) if policies.reads(user) else self.none()

    def active(self) -> ContractQuerySet:
        return self.filter(state=ContractState.ACTIVE)

    def expiring(self, today: date) -> ContractQuerySet:
        """In force, and its end or its day of notice is near or past."""
        near = Q(ends_on__lte=today + SOON) | Q(notice_on__lte=today + NOTICE_SOON, notice_on__gte=today)
        return self.active().filter(near)


class Contract(Record):
    """What a supplier delivers, from when to when, for how much; it covers items and services."""

    State = ContractState
    kind_code = "contract"
    prefix = "CTR"

    title = models.CharField(_("title"), max_length=160)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="contracts", verbose_name=_("supplier"))
    reference = models.CharField(_("their number"), max_length=80, blank=True)
    description = models.TextField(_("what is agreed"), blank=True, validators=LONG)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True, help_text=_("Empty: until one of you gives notice."))
    notice_on = models.DateField(
        _("give notice by"), null=True, blank=True, help_text=_("The last day on which it can be ended.")
    )
    #: The day that people were last reminded of.
    reminded_of = models.DateField(null=True, editable=False)
    cost = models.DecimalField(
        _("cost"), max_digits=14, decimal_places=2, null=True, blank=True, validators=NOT_NEGATIVE
    )
    currency = models.CharField(_("currency"), max_length=3, default=house.currency, validators=CURRENCY)
    period = models.CharField(_("paid"), max_length=5, choices=Period, default=Period.YEAR)
    items = models.ManyToManyField(
        ConfigurationItem, blank=True, related_name="contracts", verbose_name=_("items it covers")
    )
    services = models.ManyToManyField(Service, blank=True, related_name="+", verbose_name=_("services it covers"))
    state = StateField(
        _("state"), max_length=10, choices=ContractState.choices, default=ContractState.DRAFT, editable=False
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="transition_contract_latest"),
            models.Index(
                fields=["ends_on"], name="transition_contract_ending", condition=Q(state=ContractState.ACTIVE)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ContractState.values), name="transition_contract_state_known"
            ),
            models.UniqueConstraint(
                fields=["supplier", "reference"], condition=~Q(reference=""), name="transition_contract_once",
                violation_error_message=_("There is a contract of this supplier with this number already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def is_expiring(self, today: date) -> bool:
        if self.state != ContractState.ACTIVE:
            return False
        ends = self.ends_on is not None and self.ends_on <= today + SOON
        return ends or bool(self.notice_on and today <= self.notice_on <= today + NOTICE_SOON)

    @fsm.transition(
        field=state, source=ContractState.DRAFT, target=ContractState.ACTIVE, permission=policies.may_manage,
        custom={"label": _("Put in force"), "icon": "play", "tone": "primary", "inputs": ("comment?",)},
    )  # fmt: skip
    def activate(self) -> None:
        """Both sides have signed."""

    @fsm.transition(
        field=state, source=[ContractState.ACTIVE, ContractState.ENDED], target=ContractState.ACTIVE,
        permission=policies.may_manage,
        custom={"label": _("Renew"), "icon": "rotate-ccw", "inputs": ("renewed_until", "comment?")},
    )  # fmt: skip
    def renew(self, *, renewed_until: date) -> None:
        """It goes on until another day; the day of notice is agreed anew."""
        self.ends_on, self.notice_on = renewed_until, None

    @fsm.transition(
        field=state, source=[ContractState.DRAFT, ContractState.ACTIVE], target=ContractState.ENDED,
        permission=policies.may_manage, custom={"label": _("End"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str) -> None:
        """It does not hold any more."""


class LicenceQuerySet(models.QuerySet["Licence"]):
    def visible_to(self, user: User) -> LicenceQuerySet:
        return self if policies.reads(user) else self.none()

    def with_used(self) -> LicenceQuerySet:
        """How often each is used, as ``used``."""
        return self.annotate(used=Count("assignments"))

    def over_used(self) -> LicenceQuerySet:
        return self.filter(state=LicenceState.ACTIVE).annotate(used=Count("assignments")).filter(used__gt=F("entitled"))


class Licence(Record):
    """The right to use a product so many times."""

    State = LicenceState
    kind_code = "licence"
    prefix = "LIC"

    product = models.CharField(_("product"), max_length=160)
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="licences", verbose_name=_("supplier")
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="licences", verbose_name=_("contract")
    )
    metric = models.CharField(_("counts"), max_length=4, choices=LicenceMetric, default=LicenceMetric.USER)
    entitled = models.PositiveIntegerField(_("entitled"), help_text=_("How often it may be used."))
    cost = models.DecimalField(
        _("cost of one"), max_digits=14, decimal_places=2, null=True, blank=True, validators=NOT_NEGATIVE
    )
    currency = models.CharField(_("currency"), max_length=3, default=house.currency, validators=CURRENCY)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    description = models.TextField(_("note"), blank=True, validators=LONG)
    state = StateField(
        _("state"), max_length=10, choices=LicenceState.choices, default=LicenceState.ACTIVE, editable=False
    )

    objects = LicenceQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        indexes = [models.Index(fields=["-updated_at", "-id"], name="transition_licence_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LicenceState.values), name="transition_licence_state_known"),
            models.CheckConstraint(
                condition=Q(metric__in=LicenceMetric.values), name="transition_licence_metric_known"
            ),
        ]

    def __str__(self) -> str:
        return self.product

    @fsm.transition(
        field=state, source=LicenceState.ACTIVE, target=LicenceState.ENDED, permission=policies.may_manage,
        custom={"label": _("End"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def end(self, *, reason: str) -> None:
        """The product is not used any more."""

    @fsm.transition(
        field=state, source=LicenceState.ENDED, target=LicenceState.ACTIVE, permission=policies.may_manage,
        custom={"label": _("Take into use again"), "icon": "rotate-ccw", "inputs": ("reason",)},
    )  # fmt: skip
    def reinstate(self, *, reason: str) -> None:
        """It was ended too early."""


class LicenceAssignment(models.Model):
    """One use of a licence: by a person or on an item, as the licence counts."""

    licence = models.ForeignKey(Licence, models.CASCADE, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="licence_assignments",
        verbose_name=_("person"),
    )  # fmt: skip
    item = models.ForeignKey(
        ConfigurationItem, models.PROTECT, null=True, blank=True, related_name="licence_assignments",
        verbose_name=_("item"),
    )  # fmt: skip

    class Meta:
        ordering = ["id"]
        verbose_name = _("use of a licence")
        verbose_name_plural = _("uses of licences")
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "user"], condition=Q(user__isnull=False), name="transition_licence_user_once",
                violation_error_message=_("This person uses the licence already."),
            ),
            models.UniqueConstraint(
                fields=["licence", "item"], condition=Q(item__isnull=False), name="transition_licence_item_once",
                violation_error_message=_("This item uses the licence already."),
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True, item__isnull=False) | Q(user__isnull=False, item__isnull=True),
                name="transition_licence_one_holder", violation_error_message=_("Name a person or an item."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.user or self.item)

    def clean(self) -> None:
        if self.licence.metric == LicenceMetric.USER and self.user_id is None:
            raise ValidationError({"user": _("This licence counts people: name one.")})
        if self.licence.metric == LicenceMetric.ITEM and self.item_id is None:
            raise ValidationError({"item": _("This licence counts items: name one.")})
