"""The ticket base: one concrete table, one level deep, under every kind of work item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.lib.states import StateField
from itsm.tickets import kinds, numbers
from itsm.tickets.models import visibility
from itsm.tickets.states import Channel, Impact, Phase, Priority, SlaState, Urgency

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Columns a list shows; it never reads the description.
LIST_FIELDS = (
    "id", "kind", "title", "state", "phase", "hold_reason", "priority", "team_id", "assignee_id", "requester_id",
    "service_id", "category_id", "is_major", "awaiting_reply", "opened_at", "updated_at", "resolved_at", "sla_state",
    "sla_metric", "due_at", "warn_at", "version", "is_vip", "reopen_count", "restricted_to_id",
)  # fmt: skip


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> TicketQuerySet:
        """The only door to tickets for a page, serializer, export, search or count; see ``visibility``."""
        rows = visibility.visible(user)
        return self.none() if rows is None else self.filter(rows)

    def open(self) -> TicketQuerySet:
        """Not yet resolved. The only way to ask: both databases use the partial indexes for it."""
        return self.filter(is_open=True)

    def of_kind(self, kind: str) -> TicketQuerySet:
        return self.filter(kind=kind)

    def unassigned(self) -> TicketQuerySet:
        return self.filter(assignee__isnull=True)

    def numbered(self, text: str) -> TicketQuerySet:
        """The ticket with this number or id; none when the text is no number or the prefix is another kind's."""
        parsed = numbers.parse(text)
        if parsed is None:
            return self.none()
        kind, pk = parsed
        found = self.filter(pk=pk)
        return found.filter(kind=kind) if kind else found


class Ticket(models.Model):
    """A unit of work: an incident, request, problem or change, with its common life."""

    kind = models.CharField(_("kind"), max_length=20, editable=False)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="requested_tickets", db_index=False,
        verbose_name=_("requester"),
    )  # fmt: skip
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False,
        verbose_name=_("organisation"),
    )  # fmt: skip
    #: Copied from the requester: the queue shows it without a join.
    is_vip = models.BooleanField(_("VIP"), default=False, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.PORTAL)
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False,
        verbose_name=_("service"),
    )  # fmt: skip
    offering = models.ForeignKey(
        ServiceOffering, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("offering")
    )
    category = models.ForeignKey(
        "tickets.TicketCategory", models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False,
        verbose_name=_("category"),
    )  # fmt: skip
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, default=Impact.LOW)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.MEDIUM)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.P4)
    #: Why the priority is not the one of the matrix; empty when it is.
    priority_reason = models.CharField(_("reason for the priority"), max_length=200, blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False, verbose_name=_("team")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="assigned_tickets",
        db_index=False, verbose_name=_("assignee"),
    )  # fmt: skip
    restricted_to = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("restricted to")
    )
    state = StateField(_("state"), max_length=30, editable=False)
    phase = models.CharField(_("phase"), max_length=10, choices=Phase, editable=False)
    is_open = models.GeneratedField(
        expression=models.Q(phase__in=list(Phase.OPEN)),  # type: ignore[arg-type]  # the stubs forget Q
        output_field=models.BooleanField(),
        db_persist=True,
    )
    hold_reason = models.CharField(_("waiting for"), max_length=30, blank=True)
    hold_until = models.DateTimeField(_("on hold until"), null=True, blank=True)
    is_major = models.BooleanField(_("major"), default=False)
    #: The newest public word is the requester's: somebody owes an answer.
    awaiting_reply = models.BooleanField(_("awaiting reply"), default=False)
    custom = models.JSONField(_("further details"), default=dict, blank=True)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    updated_at = models.DateTimeField(_("updated"), default=clock.now)
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reopen_count = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    #: How often the ticket went from one team to another.
    transfer_count = models.PositiveSmallIntegerField(_("transfers"), default=0)
    #: The short form of the clocks, written by ``itsm.sla`` whenever it syncs.
    sla_state = models.CharField(max_length=10, choices=SlaState, default=SlaState.NONE, editable=False)
    sla_metric = models.CharField(max_length=20, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True, editable=False)
    warn_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: ``due_at`` or the far future: keysets need a column without NULL.
    due_sort = models.DateTimeField(default=clock.FAR_FUTURE, editable=False)
    #: Identity in the system a ticket was imported from.
    external_id = models.CharField(_("external number"), max_length=80, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TicketQuerySet.as_manager()

    state_field = "state"
    audit_type = "ticket"

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.CheckConstraint(condition=models.Q(phase__in=Phase.values), name="tickets_ticket_phase_known"),
            models.CheckConstraint(condition=models.Q(priority__range=(1, 5)), name="tickets_ticket_priority_range"),
            models.CheckConstraint(
                condition=models.Q(impact__range=(1, 3)) & models.Q(urgency__range=(1, 3)),
                name="tickets_ticket_impact_urgency_range",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True) | models.Q(resolved_at__gte=models.F("opened_at")),
                name="tickets_ticket_resolved_after_opened",
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=~models.Q(external_id=""), name="tickets_ticket_external_once"
            ),
        ]
        indexes = [
            # One per default list of the queue; see docs/architecture.md, "Reading fast".
            models.Index(fields=["priority", "due_sort", "id"], name="tickets_open", condition=models.Q(is_open=True)),
            models.Index(
                fields=["team", "priority", "due_sort", "id"], name="tickets_open_of_team",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["assignee", "priority", "due_sort", "id"], name="tickets_open_of_person",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["team", "opened_at", "id"], name="tickets_unassigned_of_team",
                condition=models.Q(is_open=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["kind", "priority", "due_sort", "id"], name="tickets_open_of_kind",
                condition=models.Q(is_open=True),
            ),
            models.Index(fields=["due_sort", "id"], name="tickets_open_by_due", condition=models.Q(is_open=True)),
            models.Index(fields=["opened_at", "id"], name="tickets_open_by_opened", condition=models.Q(is_open=True)),
            models.Index(fields=["hold_reason", "id"], name="tickets_on_hold", condition=models.Q(phase="waiting")),
            models.Index(fields=["hold_until"], name="tickets_hold_ends", condition=models.Q(hold_until__isnull=False)),
            models.Index(fields=["resolved_at", "id"], name="tickets_to_close", condition=models.Q(phase="resolved")),
            # Few tickets come back; the reopen rate asks for these alone.
            models.Index(fields=["id"], name="tickets_reopened", condition=models.Q(reopen_count__gt=0)),
            models.Index(fields=["id"], name="tickets_major", condition=models.Q(is_major=True, is_open=True)),
            models.Index(
                fields=["restricted_to", "opened_at", "id"], name="tickets_restricted",
                condition=models.Q(restricted_to__isnull=False),
            ),
            models.Index(fields=["kind", "opened_at", "id"], name="tickets_by_kind"),
            models.Index(fields=["opened_at", "id"], name="tickets_by_opened"),
            models.Index(fields=["team", "opened_at", "id"], name="tickets_by_team"),
            models.Index(fields=["assignee", "opened_at", "id"], name="tickets_by_assignee"),
            models.Index(fields=["requester", "opened_at", "id"], name="tickets_by_requester"),
            models.Index(fields=["organisation", "opened_at", "id"], name="tickets_by_organisation"),
            models.Index(fields=["service", "opened_at", "id"], name="tickets_by_service"),
            models.Index(
                fields=["resolved_at", "id"], name="tickets_by_resolved",
                condition=models.Q(resolved_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("desk:ticket", args=[self.number])

    @property
    def number(self) -> str:
        """The public name, such as INC-1042."""
        return numbers.number(self.kind, self.pk)

    @property
    def audit_label(self) -> str:
        return self.number

    @property
    def kind_info(self) -> kinds.Kind:
        return kinds.get(self.kind)

    @property
    def state_label(self) -> str:
        return self.kind_info.state_label(self.state)

    @property
    def phase_open(self) -> bool:
        """Open by the state in memory; ``is_open`` is what the database last stored."""
        return self.phase in Phase.OPEN

    def specific(self) -> Any:
        """This ticket as its own kind's model."""
        model = self.kind_info.model
        return self if isinstance(self, model) else model._default_manager.get(pk=self.pk)
