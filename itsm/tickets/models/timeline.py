"""What happened to a ticket: the timeline people read, and the intervals that clocks and analytics read."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.tickets.models.ticket import Ticket
from itsm.tickets.states import Phase


class TimelineEntry(models.Model):
    """One thing that happened on a ticket, in the order it happened. Never changed afterwards."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        NOTE = "note", _("work note")
        TRANSITION = "transition", _("step")
        CHANGE = "change", _("change")
        SLA = "sla", _("service level")
        APPROVAL = "approval", _("approval")
        EMAIL = "email", _("email")
        ATTACHMENT = "attachment", _("attachment")
        LINK = "link", _("link")
        COMMUNICATION = "communication", _("stakeholder update")
        SYSTEM = "system", _("system")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="timeline", db_index=False)
    at = models.DateTimeField(_("when"), default=clock.now)
    kind = models.CharField(max_length=15, choices=Kind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    author_label = models.CharField(max_length=150, blank=True)
    #: Written by the supplying side; decides whether a reply answers or asks.
    by_agent = models.BooleanField(default=False)
    public = models.BooleanField(_("visible to the requester"), default=False)
    body = models.TextField(blank=True)
    #: What the sentence of a system entry is made of: verb, from, to, changed fields.
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=10, choices=Source, default=Source.WEB)
    audit_entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="tickets_timeline"),
            # What the clocks read: public words only.
            models.Index(
                fields=["ticket", "at"], name="tickets_timeline_exchange",
                condition=models.Q(kind="reply", public=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.at:%Y-%m-%d %H:%M}"


class StateInterval(models.Model):
    """Who held a ticket, in which state, from when to when: the raw material of clocks and analytics."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="intervals", db_index=False)
    state = models.CharField(max_length=30)
    phase = models.CharField(max_length=10, choices=Phase)
    hold_reason = models.CharField(max_length=30, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["from_at", "id"]
        verbose_name = _("state interval")
        verbose_name_plural = _("state intervals")
        indexes = [
            models.Index(fields=["ticket", "from_at", "id"], name="tickets_interval"),
            # What happened on a day: the daily measurements and the running day of the dashboards.
            models.Index(fields=["from_at", "id"], name="tickets_interval_by_start"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(to_at__isnull=True), name="tickets_interval_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(to_at__isnull=True) | models.Q(to_at__gte=models.F("from_at")),
                name="tickets_interval_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.state} from {self.from_at:%Y-%m-%d %H:%M}"
