"""Clocks of tickets, what fired on them, and open tickets that wait for new terms."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.lib.clock import now
from itsm.sla.models.calendars import CalendarVersion
from itsm.sla.models.promises import Metric, Target
from itsm.tickets.models import Ticket


class ClockQuerySet(models.QuerySet["Clock"]):
    def due(self, moment: datetime) -> ClockQuerySet:
        """Clocks with something to fire, oldest first."""
        return self.filter(next_event_at__lte=moment).order_by("next_event_at")


class Clock(models.Model):
    """One measured promise on one ticket.

    Everything below ``terms`` is a cache of ``engine.read(history, terms, now)``; ``rebuild_sla`` proves it.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        MET = "met", _("Met")
        BREACHED = "breached", _("Breached")
        CANCELLED = "cancelled", _("Cancelled")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks", db_index=False)
    metric = models.CharField(_("metric"), max_length=20, choices=Metric)
    #: The how-manieth reply is due, or the how-manieth team segment; 0 for the others.
    cycle = models.PositiveIntegerField(default=0)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # Terms: copied when the clock starts or when the ticket's terms change.
    target = models.ForeignKey(Target, models.PROTECT, related_name="clocks", db_index=False)
    calendar_version = models.ForeignKey(
        CalendarVersion, models.PROTECT, null=True, blank=True, related_name="clocks", db_index=False
    )
    label = models.CharField(max_length=80)
    target_seconds = models.PositiveIntegerField()
    warn_percent = models.PositiveSmallIntegerField()
    pause_reasons = models.JSONField(default=list)
    #: Escalation steps as [percent, EscalationStep id], in order.
    steps = models.JSONField(default=list)
    # The reading.
    state = models.CharField(_("state"), max_length=10, choices=State)
    started_at = models.DateTimeField(_("started"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    elapsed_seconds = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(_("breached"), null=True, blank=True)
    #: Moments still to fire, as [name, ISO moment] in order; the first is ``next_event``.
    plan = models.JSONField(default=list)
    next_event = models.CharField(max_length=20, blank=True)
    next_event_at = models.DateTimeField(null=True, blank=True)
    #: Rises when changed terms undo an event that has fired, so that it fires again when it happens again.
    generation = models.PositiveSmallIntegerField(default=1)
    #: Names of events of former generations that still hold: they happened and do not fire again.
    carried = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))
    #: The moment of the reading. A later one that would only show more time elapsed is not stored.
    read_at = models.DateTimeField(default=now)
    #: Set when the promise stopped applying to the ticket; the row stays for its events.
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        ordering = ["ticket_id", "metric", "cycle"]
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "metric", "cycle"], name="sla_clock_once"),
            models.CheckConstraint(
                condition=Q(next_event_at__isnull=True) | ~Q(next_event=""), name="sla_clock_event_named"
            ),
        ]
        indexes = [
            models.Index(fields=["next_event_at"], name="sla_clock_due", condition=Q(next_event_at__isnull=False)),
            models.Index(fields=["stopped_at"], name="sla_clock_stopped", condition=Q(stopped_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.metric} {self.state}"


class ClockEventQuerySet(models.QuerySet["ClockEvent"]):
    def to_do(self, moment: datetime) -> ClockEventQuerySet:
        """Events whose effects are still owed, in the order they fired; not those that failed a moment ago."""
        ready = Q(next_try_at__isnull=True) | Q(next_try_at__lte=moment)
        return self.filter(ready, handled_at__isnull=True).order_by("id")


class ClockEvent(models.Model):
    """Proof that something fired, once: a warning, an escalation step, a breach. Its effects come after."""

    class Outcome(models.TextChoices):
        DONE = "done", _("taken care of")
        VOID = "void", _("overtaken by other terms")
        FAILED = "failed", _("given up after errors")

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="events", db_index=False)
    generation = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(default=now)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=6, choices=Outcome, blank=True, db_default="")
    #: How often handling it ended in an error, and when it is tried again.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    objects = ClockEventQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("clock event")
        verbose_name_plural = _("clock events")
        constraints = [models.UniqueConstraint(fields=["clock", "generation", "name"], name="sla_clockevent_once")]
        indexes = [models.Index(fields=["id"], name="sla_clockevent_to_do", condition=Q(handled_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.name}"


class RecalculationQuerySet(models.QuerySet["Recalculation"]):
    def unfinished(self) -> RecalculationQuerySet:
        """Still to be worked off, oldest first."""
        return self.filter(finished_at__isnull=True).order_by("id")


class Recalculation(models.Model):
    """Open tickets whose clocks follow terms that changed, worked off in batches by a job."""

    #: Whose tickets: ``{"levels": [id], "teams": [id], "coverage": [[service, offering, organisation]]}``.
    scope = models.JSONField(default=dict)
    reason = models.CharField(_("because of"), max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"), default=now)
    total = models.PositiveIntegerField(_("tickets"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    #: Tickets up to this one are done.
    last_ticket_id = models.BigIntegerField(default=0)
    #: A worker has it until then; one that dies leaves it to the next.
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = RecalculationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("recalculation")
        verbose_name_plural = _("recalculations")
        indexes = [models.Index(fields=["id"], name="sla_recalculation_to_do", condition=Q(finished_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.reason}: {self.done}/{self.total}"
