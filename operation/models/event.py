"""Events: where they come from, what they say, and the monitors of our own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.lib import clock
from operation import event_policies as policies
from operation.models.incident import Incident
from operation.states import EventState, Probe, Severity, Tool
from transition.models import ConfigurationItem

if TYPE_CHECKING:
    from itsm.accounts.models import User


class EventSource(models.Model):
    """One monitoring tool that reports here, with a token of its own."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    tool = models.CharField(_("tool"), max_length=12, choices=Tool, default=Tool.ALERTMANAGER)
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("service"),
        help_text=_("What events are about when they name neither an item nor a service."),
    )  # fmt: skip
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team"),
        help_text=_("Gets the incidents. Empty: as any incident of the service."),
    )  # fmt: skip
    opens_from = models.PositiveSmallIntegerField(
        _("opens incidents from"), choices=Severity, default=Severity.MINOR,
        help_text=_("Events that are less bad are only kept."),
    )  # fmt: skip
    window_minutes = models.PositiveSmallIntegerField(
        _("belongs together within (minutes)"), default=30, validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("Events on items that depend on each other, or of one group, join one incident for so long."),
    )  # fmt: skip
    stale_hours = models.PositiveSmallIntegerField(
        _("forgotten after (hours)"), default=24, validators=[MaxValueValidator(8760)],
        help_text=_("An event that is not repeated for so long is no longer believed. 0: never."),
    )  # fmt: skip
    #: Digest of the token; nobody can read the token itself again.
    digest = models.CharField(max_length=128, blank=True, editable=False, db_index=True)
    last_heard_at = models.DateTimeField(_("last heard of"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("event source")
        verbose_name_plural = _("event sources")

    def __str__(self) -> str:
        return self.name


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> EventQuerySet:
        """The desk; an event of a restricted incident is seen by those who see the incident."""
        if not policies.reads(user):
            return self.none()
        if user.is_system:
            return self
        hidden = Incident.objects.filter(restricted_to__isnull=False).exclude(
            pk__in=Incident.objects.visible_to(user).values("pk")
        )
        return self.exclude(incident__in=hidden.values("pk"))

    def firing(self) -> EventQuerySet:
        return self.filter(state=EventState.FIRING)


class Event(models.Model):
    """Something a monitoring tool saw, from the first report to the last, however often it was repeated."""

    State = EventState

    source = models.ForeignKey(EventSource, models.CASCADE, related_name="events", verbose_name=_("source"))
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=EventState, default=EventState.FIRING)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, default=Severity.MINOR)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    group = models.CharField(max_length=200, blank=True)
    host = models.CharField(_("host"), max_length=200, blank=True)
    url = models.CharField(_("address"), max_length=500, blank=True)
    labels = models.JSONField(_("labels"), default=dict, blank=True)
    item = models.ForeignKey(
        ConfigurationItem, models.SET_NULL, null=True, blank=True, related_name="events", verbose_name=_("item")
    )
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="events", verbose_name=_("service")
    )
    incident = models.ForeignKey(
        Incident, models.SET_NULL, null=True, blank=True, related_name="events", verbose_name=_("incident")
    )
    #: Why no incident was opened.
    suppressed = models.CharField(_("suppressed"), max_length=200, blank=True)
    count = models.PositiveIntegerField(_("reports"), default=1)
    first_at = models.DateTimeField(_("first"), default=clock.now)
    last_at = models.DateTimeField(_("last"), default=clock.now)
    ended_at = models.DateTimeField(_("over since"), null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="operation_event_latest"),
            models.Index(fields=["state", "-last_at", "-id"], name="operation_event_by_state"),
            models.Index(fields=["service", "state"], name="operation_event_of_service"),
            models.Index(fields=["item", "state"], name="operation_event_of_item"),
            models.Index(
                fields=["source", "last_at"], name="operation_event_stale", condition=models.Q(state="firing")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "fingerprint"], condition=models.Q(state="firing"), name="operation_event_fires_once"
            ),
            models.CheckConstraint(condition=models.Q(state__in=EventState.values), name="operation_event_state_known"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("operation:event", args=[self.pk])

    @property
    def phase(self) -> str:
        return str(EventState.PHASES[self.state])


class MonitorQuerySet(models.QuerySet["Monitor"]):
    def due(self, now: datetime) -> MonitorQuerySet:
        """To be tried now, the longest overdue first."""
        return self.filter(is_active=True, next_at__lte=now).order_by("next_at")


class Monitor(models.Model):
    """An address the product tries itself; what fails several times in a row becomes an event."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    probe = models.CharField(_("tries"), max_length=5, choices=Probe, default=Probe.HTTP)
    target = models.CharField(
        _("target"), max_length=300, help_text=_("https://shop.example.com/health, or host:port for a port.")
    )
    expect_status = models.PositiveSmallIntegerField(
        _("expected answer"), default=200, validators=[MinValueValidator(100), MaxValueValidator(599)]
    )
    every_seconds = models.PositiveIntegerField(
        _("every (seconds)"), default=60, validators=[MinValueValidator(30), MaxValueValidator(86_400)]
    )
    timeout_seconds = models.PositiveSmallIntegerField(
        _("gives up after (seconds)"), default=10, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    fails_after = models.PositiveSmallIntegerField(
        _("failures in a row that count"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, default=Severity.MAJOR)
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    is_active = models.BooleanField(_("active"), default=True)
    next_at = models.DateTimeField(default=clock.now, editable=False)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True, editable=False)
    took_ms = models.PositiveIntegerField(_("took (ms)"), null=True, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    message = models.CharField(_("last result"), max_length=200, blank=True, editable=False)

    objects = MonitorQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("monitor")
        verbose_name_plural = _("monitors")
        indexes = [
            models.Index(fields=["next_at"], name="operation_monitor_due", condition=models.Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_down(self) -> bool:
        return self.failures >= self.fails_after
