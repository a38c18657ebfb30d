"""Tasks, work logs, watchers and visits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.lib import clock
from itsm.tickets.models.ticket import Ticket

if TYPE_CHECKING:
    from itsm.accounts.models import User


class TaskQuerySet(models.QuerySet["TicketTask"]):
    def left(self) -> TaskQuerySet:
        """What is still to be done."""
        return self.filter(state__in=TicketTask.LEFT)

    def of(self, user: User) -> TaskQuerySet:
        """What somebody may take up: their own, and what their teams have and nobody in particular."""
        free = models.Q(team__in=user.team_ids, assignee__isnull=True)
        return self.filter(models.Q(assignee=user.pk) | free)

    def visible_to(self, user: User) -> TaskQuerySet:
        """Tasks of tickets whose inside the person reads; a task of the own team too, as far as it is no secret."""
        if not user.is_desk and not user.is_system:
            return self.none()
        seen = self.filter(ticket__in=Ticket.objects.visible_to(user).order_by().values("pk"))
        # Somebody's own restricted ticket is open to them, but not its inside.
        return seen.exclude(
            models.Q(ticket__restricted_to__isnull=False, ticket__requester=user.pk)
            & ~models.Q(ticket__restricted_to__in=user.team_ids)
        )


class TicketTask(models.Model):
    """A piece of work inside a ticket that another team or person may do."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for others")
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")

    LEFT = (State.WAITING, State.OPEN)

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="tasks")
    title = models.CharField(_("title"), max_length=200)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("team"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="tasks",
        verbose_name=_("assignee"),
    )  # fmt: skip
    state = models.CharField(max_length=10, choices=State, default=State.OPEN, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    #: Of a plan: tasks of a higher step wait for those of all lower ones. 0: belongs to no plan, waits for nothing.
    step = models.PositiveSmallIntegerField(_("step"), default=0, db_default=0, editable=False)
    #: Days it may take from the moment its turn has come.
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            # The list of tasks: those of a team, or of a person, whose turn has come.
            models.Index(
                fields=["team", "due_at", "id"], name="tickets_task_of_team", condition=models.Q(state="open")
            ),
            models.Index(
                fields=["assignee", "due_at", "id"], name="tickets_task_of_person", condition=models.Q(state="open")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def is_left(self) -> bool:
        """Still to be done, now or when its turn comes."""
        return self.state in self.LEFT


class WorkLog(models.Model):
    """Minutes somebody spent on a ticket; the rate is copied, so that later raises leave history alone."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="worklogs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="worklogs", verbose_name=_("who"))
    minutes = models.PositiveIntegerField(_("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)])
    note = models.CharField(_("what was done"), max_length=200, blank=True)
    spent_on = models.DateField(_("day"))
    hourly_rate = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("work log")
        verbose_name_plural = _("work logs")
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__range=(1, 1440)), name="tickets_worklog_minutes_range")
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min"

    @property
    def cost(self) -> Decimal | None:
        """Minutes times the hourly rate, to the cent."""
        if self.hourly_rate is None:
            return None
        return (self.hourly_rate * self.minutes / 60).quantize(Decimal("0.01"))


class Watcher(models.Model):
    """Somebody named on a ticket: sees it, and is told what is public to them."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watched_tickets")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("watcher")
        verbose_name_plural = _("watchers")
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="tickets_watcher_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.ticket_id}"


class TicketVisit(models.Model):
    """When somebody last looked at a ticket: what is newer is unread."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="tickets_visit_once")]
        indexes = [models.Index(fields=["user", "-at"], name="tickets_visit_recent")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.ticket_id}"
