"""Calendars, support levels, targets and clocks."""

from __future__ import annotations

from datetime import datetime
from enum import nonmember

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.accounts.models.user import validate_timezone
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib.clock import now
from itsm.sla.validators import validate_spans, validate_weekly
from itsm.tickets.models import Ticket
from itsm.tickets.states import Priority

STANDARD_WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}


class WorkCalendar(models.Model):
    """When work is done: weekly hours with breaks, in a time zone, with public holidays and exceptions."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    timezone = models.CharField(_("time zone"), max_length=60, validators=[validate_timezone], default="UTC")
    #: "0" (Monday) to "6" -> list of ["09:00", "17:30"] spans.
    weekly = models.JSONField(_("weekly hours"), default=dict, validators=[validate_weekly])
    country = models.CharField(_("public holidays of"), max_length=2, blank=True)
    subdivision = models.CharField(_("region"), max_length=6, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A day that differs from the weekly hours: a holiday (no spans) or special hours."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    spans = models.JSONField(_("hours"), default=list, blank=True, validators=[validate_spans])
    #: Copied from the public holidays of the calendar's country, and replaced when these are copied again.
    is_public_holiday = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["date"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="sla_calendarday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class CalendarVersion(models.Model):
    """What a calendar said when a clock was read by it. Never changed; a new edition is a new row."""

    calendar = models.ForeignKey(WorkCalendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    #: ``WorkSchedule.to_dict()``
    spec = models.JSONField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["calendar_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="sla_calendarversion_once")]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"


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


class MeasuredDay(models.Model):
    """A day that is over and has been counted. It is counted once; again only on purpose, and then marked."""

    day = models.DateField(primary_key=True)
    measured_at = models.DateTimeField(default=now)
    restated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["day"]
        verbose_name = _("measured day")
        verbose_name_plural = _("measured days")

    def __str__(self) -> str:
        return str(self.day)


class DailyAttainment(models.Model):
    """Clocks that ended on a day, counted: what dashboards read instead of a million clocks."""

    day = models.DateField()
    metric = models.CharField(max_length=20, choices=Metric)
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField()
    met = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    elapsed_seconds = models.PositiveBigIntegerField(default=0)
    over_seconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("daily attainment")
        verbose_name_plural = _("daily attainment")
        indexes = [models.Index(fields=["day", "metric"], name="sla_daily_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.metric}: {self.met}/{self.met + self.breached}"


class DailyBacklog(models.Model):
    """Open tickets at the end of a day, and what came and went during it.

    Over all teams: open at the end = open the day before + opened - resolved - dropped + reopened.
    """

    day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    opened = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    #: Cancelled, or resolved as a duplicate: gone, but nobody's achievement.
    dropped = models.PositiveIntegerField(default=0, db_default=0)
    reopened = models.PositiveIntegerField(default=0)
    open_at_end = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("daily backlog")
        verbose_name_plural = _("daily backlog")
        indexes = [models.Index(fields=["day"], name="sla_backlog_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.open_at_end} open"


class DailyStay(models.Model):
    """How long tickets had been open in one state, counted on the day the stay ended: what they waited for, and worked.

    Wall-clock time. Without a hold reason somebody could work on them.
    """

    day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    priority = models.PositiveSmallIntegerField()
    hold_reason = models.CharField(max_length=30, blank=True)
    stays = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("daily stay")
        verbose_name_plural = _("daily stays")
        indexes = [models.Index(fields=["day"], name="sla_stay_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.hold_reason or '-'}: {self.seconds} s"


class DailyReopening(models.Model):
    """Tickets reopened on a day, by the day they had been resolved: the numerator of the reopen rate.

    Only within the window that counts as "not solved after all"; see ``services.measure.REOPEN_WINDOW``.
    """

    day = models.DateField()
    resolved_day = models.DateField()
    kind = models.CharField(max_length=20)
    service = models.ForeignKey(Service, models.CASCADE, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_index=False)
    amount = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("daily reopening")
        verbose_name_plural = _("daily reopenings")
        indexes = [models.Index(fields=["resolved_day"], name="sla_reopening_by_resolved")]

    def __str__(self) -> str:
        return f"{self.day} of {self.resolved_day}: {self.amount}"
