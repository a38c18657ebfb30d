"""What proves a ticket's numbers: the ledger of its clocks, and its audit log."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.models import User
from itsm.api.fields import Moment
from itsm.audit import actions
from itsm.audit.models import Entry
from itsm.integrations.api.shapes import Named, many, results, shape
from itsm.integrations.api.tickets import access
from itsm.lib.errors import Denied
from itsm.sla.models import Clock, Metric
from itsm.sla.services import ledger
from itsm.tickets.models import Ticket

SEGMENT = shape(
    "LedgerSegment",
    {
        "start": Moment(),
        "end": Moment(),
        "counted": serializers.BooleanField(),
        "seconds": serializers.IntegerField(),
        "rule": serializers.CharField(
            help_text="`working`, `outside_hours`, `on_hold:<reason>`, `resolved` or `closed`."
        ),
        "why": serializers.CharField(help_text="The rule in words."),
    },
)
MOMENT = shape(
    "ClockMoment",
    {
        "name": serializers.CharField(help_text="`warn`, `step:<percent>` or `breach`."),
        "label": serializers.CharField(),
        "due_at": Moment(),
        "fired_at": Moment(allow_null=True),
    },
)
CLOCK = shape(
    "ClockWithLedger",
    {
        "id": serializers.IntegerField(),
        "metric": serializers.ChoiceField(Metric.choices),
        "cycle": serializers.IntegerField(help_text="The how-manieth reply, team or wait; 0 for the others."),
        "label": serializers.CharField(help_text="Whose promise it is: support level, team or contract."),
        "calendar": serializers.CharField(allow_null=True, help_text="Hours of cover; null for around the clock."),
        "state": serializers.ChoiceField(Clock.State.choices),
        "running": serializers.BooleanField(),
        "target_seconds": serializers.IntegerField(),
        "elapsed_seconds": serializers.IntegerField(help_text="The sum of the counted segments."),
        "remaining_seconds": serializers.IntegerField(),
        "overrun_seconds": serializers.IntegerField(),
        "started_at": Moment(),
        "stopped_at": Moment(allow_null=True),
        "due_at": Moment(allow_null=True),
        "breached_at": Moment(allow_null=True),
        "pause_reasons": serializers.ListField(child=serializers.CharField()),
        "terms": serializers.ListField(child=serializers.CharField(), help_text="What it runs by, in words."),
        "read_at": Moment(),
        "moments": MOMENT(many=True),
        "ledger": SEGMENT(many=True),
    },
)
AUDIT = shape(
    "AuditEntry",
    {
        "id": serializers.IntegerField(),
        "at": Moment(),
        "actor": Named(allow_null=True),
        "source": serializers.CharField(),
        "action": serializers.CharField(),
        "label": serializers.CharField(),
        "changes": serializers.DictField(help_text="Field: [old, new]."),
        "request_id": serializers.CharField(),
        "hash": serializers.CharField(),
        "previous_hash": serializers.CharField(),
    },
)


def clocks_read(ticket: Ticket, *, inside: bool) -> list[dict[str, Any]]:
    """Each clock of a ticket, read now by the engine, with its ledger."""
    metrics = [metric for metric in Metric.values if inside or metric not in Metric.INSIDE]
    return [_clock(explained) for explained in ledger.of_ticket(ticket, metrics=metrics)]


def _clock(explained: ledger.Ledger) -> dict[str, Any]:
    row, reading = explained.clock, explained.reading
    return {
        "id": row.pk,
        "metric": row.metric,
        "cycle": row.cycle,
        "label": row.label,
        "calendar": row.calendar_version.calendar.name if row.calendar_version else None,
        "terms": explained.terms,
        "state": reading.state,
        "running": reading.running,
        "target_seconds": reading.target_seconds,
        "elapsed_seconds": reading.elapsed_seconds,
        "remaining_seconds": reading.remaining_seconds,
        "overrun_seconds": reading.overrun_seconds,
        "started_at": reading.started_at,
        "stopped_at": reading.stopped_at,
        "due_at": reading.due_at,
        "breached_at": reading.breached_at,
        "read_at": explained.read_at,
        "pause_reasons": row.pause_reasons,
        "moments": [
            {"name": one.name, "label": one.label, "due_at": one.due_at, "fired_at": one.fired_at}
            for one in explained.moments
        ],
        "ledger": [
            {
                "start": part.start, "end": part.end, "counted": part.counted, "seconds": part.seconds,
                "rule": part.rule, "why": part.why,
            }
            for part in explained.rows
        ],
    }  # fmt: skip


def may_read_audit(user: User) -> bool:
    return user.is_agent or user.reads_all


class ProofMixin:
    """``GET …/sla/`` and ``GET …/audit/``."""

    @extend_schema(
        summary="Read the clocks", description="Each clock with the ledger: every interval, counted or not, and why.",
        responses=results("TicketClocks", CLOCK),
    )  # fmt: skip
    @action(detail=True, url_path="sla")
    def sla(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        return Response({"results": clocks_read(ticket, inside=access.sees_inside(ticket, request.user))})

    @extend_schema(
        summary="Read the audit log", responses=many(AUDIT), description="For agents, managers and auditors."
    )
    @action(detail=True, url_path="audit", orderings={"id": ("id",)}, default_ordering="id", filterset_class=None)
    def audit(self: Any, request: Request, number: str) -> Response:
        ticket = self.get_ticket()
        access.require_inside(ticket, request.user)
        if not may_read_audit(request.user):
            raise Denied(_("Only agents, managers and auditors read the audit log."))
        entries = Entry.objects.filter(object_type=ticket.audit_type, object_id=ticket.pk)
        if words := request.query_params.get("q", ""):
            entries = entries.filter(action__icontains=words)
        shown = [
            {
                "id": entry.pk, "at": entry.at, "source": entry.source, "action": entry.action,
                "actor": {"id": entry.actor_id, "name": entry.actor_label} if entry.actor_id else None,
                "label": actions.label(entry.action), "changes": entry.changes, "request_id": entry.request_id,
                "hash": entry.hash, "previous_hash": entry.previous_hash,
            }
            for entry in self.paginate_queryset(entries)
        ]  # fmt: skip
        return self.answer_page(shown)
