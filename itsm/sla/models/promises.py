"""What is promised to whom: support levels, targets, coverage, and what is done when a promise is in danger."""

from __future__ import annotations

from enum import nonmember

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib.clock import now
from itsm.sla.models.calendars import WorkCalendar
from itsm.tickets.states import Priority


class EscalationPolicy(models.Model):
    """What happens while a clock runs towards its target and past it."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("escalation policy")
        verbose_name_plural = _("escalation policies")

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """One step of an escalation policy, taken when a clock has used this much of its target."""

    class Action(models.TextChoices):
        NOTIFY_ASSIGNEE = "notify_assignee", _("tell the assignee")
        NOTIFY_TEAM = "notify_team", _("tell the team")
        NOTIFY_LEADS = "notify_leads", _("tell the team's leads")
        NOTIFY_OWNER = "notify_owner", _("tell the service owner")
        NOTIFY_ROLE = "notify_role", _("tell everybody with a role")
        PAGE_ON_CALL = "page_on_call", _("page who is on call")
        ESCALATE = "escalate", _("hand over to the next line")
        RAISE_PRIORITY = "raise_priority", _("raise the priority by one")

    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps")
    metric = models.CharField(_("clock"), max_length=20, blank=True)
    percent = models.PositiveSmallIntegerField(
        _("at % of the target"), validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    action = models.CharField(_("action"), max_length=20, choices=Action)
    role = models.CharField(_("role"), max_length=40, blank=True)

    class Meta:
        ordering = ["percent", "id"]
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")

    def __str__(self) -> str:
        return f"{self.percent} %: {self.get_action_display()}"


class SupportLevel(models.Model):
    """A package of promises, such as Gold: hours of cover, what pauses the clock, and targets."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=10, help_text=_("1 is the best."))
    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, null=True, blank=True, related_name="support_levels",
        verbose_name=_("calendar"), help_text=_("Empty: around the clock."),
    )  # fmt: skip
    #: Codes of the hold reasons that stop the clocks.
    pause_reasons = models.JSONField(_("waiting that pauses the clocks"), default=list, blank=True)
    escalation_policy = models.ForeignKey(
        EscalationPolicy, models.SET_NULL, null=True, blank=True, related_name="support_levels",
        verbose_name=_("escalation policy"),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    #: Number of the agreement that made it; such a level changes only with its agreement.
    published_by = models.CharField(max_length=20, blank=True, db_default="", editable=False)

    class Meta:
        ordering = ["rank", "name"]
        verbose_name = _("support level")
        verbose_name_plural = _("support levels")

    def __str__(self) -> str:
        return self.name


class Metric(models.TextChoices):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response", _("First response")
    RESOLUTION = "resolution", _("Resolution")
    UPDATE = "update", _("Next reply")
    OLA = "ola", _("Team time")
    UC = "uc", _("Waiting for the supplier")
    FULFILMENT = "fulfilment", _("Fulfilment")

    #: What stands behind a promise; nobody outside was promised these.
    INSIDE = nonmember(("ola", "uc"))


class TargetQuerySet(models.QuerySet["Target"]):
    def current(self) -> TargetQuerySet:
        return self.filter(superseded_at__isnull=True)


class Target(models.Model):
    """So many working minutes for one metric and priority; of a support level, of a team (OLA) or of a supplier (UC).

    Immutable: changing a target supersedes the row, because clocks that ran by it must stay provable.
    """

    support_level = models.ForeignKey(
        SupportLevel, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("support level")
    )
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("team")
    )
    #: What stands behind a promise may be about one service: of a team, empty is every service; a supplier names it.
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="inside_targets", verbose_name=_("service"),
        db_index=False,
    )  # fmt: skip
    #: The hours a team works; for a target of a support level, hours of its own instead of those of the level.
    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("calendar")
    )
    kind = models.CharField(_("kind of ticket"), max_length=20, default="incident")
    metric = models.CharField(_("metric"), max_length=20, choices=Metric)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, null=True, blank=True, help_text=_("Empty: every priority.")
    )
    minutes = models.PositiveIntegerField(_("minutes"), validators=[MinValueValidator(1)])
    warn_percent = models.PositiveSmallIntegerField(
        _("warn at %"), default=75, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    #: Codes of the hold reasons that stop the clock; none given: those of the support level.
    pause_reasons = models.JSONField(_("waiting that pauses the clock"), null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["support_level", "kind", "metric", "priority"]
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                condition=(Q(metric="ola") & Q(team__isnull=False) & Q(support_level__isnull=True))
                | (~Q(metric="ola") & Q(team__isnull=True) & Q(support_level__isnull=False)),
                name="sla_target_of_level_or_team",
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="sla_target_minutes_positive"),
            models.CheckConstraint(
                condition=(Q(metric="uc") & Q(service__isnull=False))
                | Q(metric="ola")
                | (~Q(metric__in=["uc", "ola"]) & Q(service__isnull=True)),
                name="sla_target_service_inside",
            ),
            models.UniqueConstraint(
                fields=["support_level", "kind", "metric", "priority"],
                condition=Q(
                    superseded_at__isnull=True,
                    support_level__isnull=False,
                    priority__isnull=False,
                    service__isnull=True,
                ),
                name="sla_target_of_level_once",
            ),
            models.UniqueConstraint(
                fields=["support_level", "kind", "metric"],
                condition=Q(
                    superseded_at__isnull=True,
                    support_level__isnull=False,
                    priority__isnull=True,
                    service__isnull=True,
                ),
                name="sla_target_of_level_any_once",
            ),
            models.UniqueConstraint(
                fields=["support_level", "service", "kind", "priority"],
                condition=Q(
                    superseded_at__isnull=True,
                    support_level__isnull=False,
                    priority__isnull=False,
                    service__isnull=False,
                ),
                name="sla_target_of_supplier_once",
            ),
            models.UniqueConstraint(
                fields=["support_level", "service", "kind"],
                condition=Q(
                    superseded_at__isnull=True,
                    support_level__isnull=False,
                    priority__isnull=True,
                    service__isnull=False,
                ),
                name="sla_target_of_supplier_any_once",
            ),
            models.UniqueConstraint(
                fields=["team", "kind", "priority"],
                condition=Q(
                    superseded_at__isnull=True, team__isnull=False, priority__isnull=False, service__isnull=True
                ),
                name="sla_target_of_team_once",
            ),
            models.UniqueConstraint(
                fields=["team", "kind"],
                condition=Q(
                    superseded_at__isnull=True, team__isnull=False, priority__isnull=True, service__isnull=True
                ),
                name="sla_target_of_team_any_once",
            ),
            models.UniqueConstraint(
                fields=["team", "service", "kind", "priority"],
                condition=Q(
                    superseded_at__isnull=True, team__isnull=False, priority__isnull=False, service__isnull=False
                ),
                name="sla_target_of_team_service_once",
            ),
            models.UniqueConstraint(
                fields=["team", "service", "kind"],
                condition=Q(
                    superseded_at__isnull=True, team__isnull=False, priority__isnull=True, service__isnull=False
                ),
                name="sla_target_of_team_service_any_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.support_level or self.team}: {self.get_metric_display()} {self.minutes} min"


class Coverage(models.Model):
    """Which support level applies: the most specific row wins (offering, then service; organisation first)."""

    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="coverage", verbose_name=_("service")
    )
    offering = models.ForeignKey(
        ServiceOffering, models.CASCADE, null=True, blank=True, related_name="coverage", verbose_name=_("offering")
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="coverage", verbose_name=_("organisation")
    )
    #: Null means "no service level", said on purpose.
    support_level = models.ForeignKey(
        SupportLevel, models.PROTECT, null=True, blank=True, related_name="coverage", verbose_name=_("support level"),
        help_text=_("Empty: no service level on purpose."),
    )  # fmt: skip
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_to = models.DateField(_("to"), null=True, blank=True)

    class Meta:
        ordering = ["service", "offering", "organisation"]
        verbose_name = _("coverage")
        verbose_name_plural = _("coverage")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
                name="sla_coverage_forward",
            )
        ]

    def __str__(self) -> str:
        about = self.offering or self.service or _("everything")
        return f"{about}: {self.support_level or _('no service level')}"
