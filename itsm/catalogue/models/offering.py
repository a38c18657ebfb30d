"""What a requester can ask for or report."""

from __future__ import annotations

from enum import nonmember

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation
from itsm.catalogue.fields import FormSchemaField
from itsm.catalogue.models.service import Service
from itsm.catalogue.states import ServiceStatus
from itsm.catalogue.validators import validate_approval, validate_form_schema, validate_plan
from itsm.lib import house


def entitlement(organisation_id: int | None) -> models.Q:
    """Offerings for everybody, and those for this organisation; what is for subscribers only is for nobody else."""
    return models.Q(subscribers_only=False, entitled__isnull=True) | models.Q(entitled=organisation_id)


class OfferingQuerySet(models.QuerySet["ServiceOffering"]):
    def offered_to(self, user) -> OfferingQuerySet:
        """Active offerings of live services that this person's organisation is entitled to."""
        found = self.filter(is_active=True, service__status__in=ServiceStatus.CATALOGUE)
        return found.filter(entitlement(user.organisation_id))


class ServiceOffering(models.Model):
    """A service refined to something concrete: a form to fill in, a plan to fulfil it, a price."""

    class Kind(models.TextChoices):
        REPORT = "report", _("Report a problem")
        REQUEST = "request", _("Ask for something")
        ACCESS = "access", _("Ask for access")

        #: What is ordered: approved, then delivered.
        ORDERED = nonmember(("request", "access"))

    service = models.ForeignKey(Service, models.PROTECT, related_name="offerings", verbose_name=_("service"))
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.REQUEST)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    icon = models.CharField(_("icon"), max_length=40, default="package")
    #: JSON Schema (object with properties) of the questions asked.
    request_form = FormSchemaField(_("form"), default=dict, blank=True, validators=[validate_form_schema])
    fulfilment_plan = models.JSONField(_("fulfilment plan"), default=list, blank=True, validators=[validate_plan])
    approval_policy = models.JSONField(_("approval policy"), default=dict, blank=True, validators=[validate_approval])
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=house.currency)
    entitled = models.ManyToManyField(
        Organisation, blank=True, related_name="entitled_offerings", verbose_name=_("only for"),
        help_text=_("Empty: everybody."),
    )  # fmt: skip
    subscribers_only = models.BooleanField(
        _("for subscribers only"), default=False, db_default=False,
        help_text=_("Offered to nobody but organisations with an active subscription."),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects = OfferingQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("service offering")
        verbose_name_plural = _("service offerings")
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="catalogue_serviceoffering_name"),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=0),
                name="catalogue_serviceoffering_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ordered(self) -> bool:
        """Ordered, approved and delivered, unlike what is reported and repaired."""
        return self.kind in self.Kind.ORDERED
