"""Services, their categories and what they depend on."""

from __future__ import annotations

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue import policies
from itsm.catalogue.states import ServiceStatus
from itsm.lib import clock
from itsm.lib.states import StateField


class ServiceCategory(models.Model):
    """A shelf of the catalogue; categories form a tree."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    icon = models.CharField(_("icon"), max_length=40, default="layers")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("service category")
        verbose_name_plural = _("service categories")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="catalogue_servicecategory_name"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="catalogue_servicecategory_not_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    def live(self) -> ServiceQuerySet:
        """Services people can use and report about."""
        return self.filter(status__in=ServiceStatus.CATALOGUE)

    def offered_to(self, user) -> ServiceQuerySet:
        """Live services that this person's portal shows: offered to everybody, or to the person's organisation.

        A service without active offerings is offered to everybody: a problem with it can be reported.
        """
        offerings = Service._meta.get_field("offerings").related_model
        active = offerings._default_manager.filter(service=models.OuterRef("pk"), is_active=True)
        mine = active.filter(
            models.Q(subscribers_only=False, entitled__isnull=True) | models.Q(entitled=user.organisation_id)
        )
        return self.live().filter(~models.Exists(active) | models.Exists(mine))

    def visible_to(self, user) -> ServiceQuerySet:
        """Staff see every service in every state; everybody else what their portal offers."""
        if user.is_system or (user.is_authenticated and user.is_active and user.is_desk):
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.offered_to(user)

    def for_customers(self) -> ServiceQuerySet:
        """What people know by name: technical services stand behind these."""
        return self.exclude(kind=Service.Kind.TECHNICAL)

    def owned_by(self, user: object) -> ServiceQuerySet:
        return self.filter(owner=user)


class Service(models.Model):
    """A means of delivering value to customers: what every ticket, agreement and cost is about."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("Business service")
        TECHNICAL = "technical", _("Technical service")
        ENABLING = "enabling", _("Enabling service")

    class Criticality(models.IntegerChoices):
        CRITICAL = 1, _("Critical")
        HIGH = 2, _("High")
        MEDIUM = 3, _("Medium")
        LOW = 4, _("Low")

    Status = ServiceStatus

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("short name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(
        ServiceCategory, models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("category")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.BUSINESS)
    criticality = models.PositiveSmallIntegerField(_("criticality"), choices=Criticality, default=Criticality.MEDIUM)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="owned_services", verbose_name=_("service owner"),
    )  # fmt: skip
    support_team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("support team")
    )
    status = StateField(
        _("status"), max_length=20, choices=ServiceStatus.choices, default=ServiceStatus.PROPOSED, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    dependencies = models.ManyToManyField(
        "self",
        through="catalogue.ServiceDependency",
        through_fields=("service", "depends_on"),
        symmetrical=False,
        related_name="dependents",
    )

    objects = ServiceQuerySet.as_manager()

    kind_code = "service"
    state_field = "status"

    class Meta:
        ordering = ["name"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        indexes = [models.Index(fields=["status", "name"], name="catalogue_service_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ServiceStatus.values), name="catalogue_service_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(criticality__range=(1, 4)), name="catalogue_service_criticality_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("desk:service", args=[self.slug])

    @fsm.transition(
        field=status, source=ServiceStatus.PROPOSED, target=ServiceStatus.CHARTERED,
        permission=policies.may_decide_portfolio, conditions=[policies.meets("charter")],
        custom={"label": _("Charter"), "icon": "stamp"},
    )  # fmt: skip
    def charter(self) -> None:
        """Strategy commits resources to building the service."""

    @fsm.transition(
        field=status, source=ServiceStatus.CHARTERED, target=ServiceStatus.IN_DESIGN,
        permission=policies.may_lead, conditions=[policies.has_owner, policies.meets("start_design")],
        custom={"label": _("Start design"), "icon": "pencil-ruler"},
    )  # fmt: skip
    def start_design(self) -> None:
        """Design begins under a named owner."""

    @fsm.transition(
        field=status, source=ServiceStatus.IN_DESIGN, target=ServiceStatus.IN_TRANSITION,
        permission=policies.may_lead, conditions=[policies.meets("accept_design")],
        custom={"label": _("Accept design"), "icon": "clipboard-check"},
    )  # fmt: skip
    def accept_design(self) -> None:
        """The design package is approved; transition may build it."""

    @fsm.transition(
        field=status, source=ServiceStatus.IN_TRANSITION, target=ServiceStatus.LIVE,
        permission=policies.may_lead, conditions=[policies.has_owner, policies.meets("go_live")],
        custom={"label": _("Go live"), "icon": "rocket"},
    )  # fmt: skip
    def go_live(self) -> None:
        """The service is delivered and supported from now on."""

    @fsm.transition(
        field=status, source=ServiceStatus.LIVE, target=ServiceStatus.IN_TRANSITION,
        permission=policies.may_lead, conditions=[policies.meets("rework")],
        custom={"label": _("Rework"), "icon": "hammer"},
    )  # fmt: skip
    def rework(self) -> None:
        """A major release takes the service back into transition."""

    @fsm.transition(
        field=status, source=ServiceStatus.LIVE, target=ServiceStatus.RETIRING,
        permission=policies.may_decide_portfolio, conditions=[policies.meets("retire")],
        custom={"label": _("Retire"), "icon": "sunset"},
    )  # fmt: skip
    def retire(self) -> None:
        """The portfolio decides to end the service."""

    @fsm.transition(
        field=status, source=ServiceStatus.RETIRING, target=ServiceStatus.RETIRED,
        permission=policies.may_lead, conditions=[policies.meets("decommission")],
        custom={"label": _("Decommission"), "icon": "power-off"},
    )  # fmt: skip
    def decommission(self) -> None:
        """Nothing uses the service any more."""

    @fsm.transition(
        field=status, source=list(ServiceStatus.PIPELINE), target=ServiceStatus.REJECTED,
        permission=policies.may_decide_portfolio,
        custom={"label": _("Reject"), "icon": "ban", "inputs": ["reason"]},
    )  # fmt: skip
    def reject(self, *, reason: str) -> None:
        """The idea is not pursued; the reason is kept in the audit log."""


class ServiceDependency(models.Model):
    """One service needs another to work."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="needs", verbose_name=_("service"))
    depends_on = models.ForeignKey(Service, models.PROTECT, related_name="needed_by", verbose_name=_("depends on"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("service dependency")
        verbose_name_plural = _("service dependencies")
        constraints = [
            models.UniqueConstraint(fields=["service", "depends_on"], name="catalogue_servicedependency_once"),
            models.CheckConstraint(
                condition=~models.Q(service=models.F("depends_on")), name="catalogue_servicedependency_not_self"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} → {self.depends_on}"
