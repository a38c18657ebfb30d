"""What happened to tickets, read from their rows as the engine takes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef

from itsm.sla import engine
from itsm.tickets.models import HoldReason, StateInterval, Ticket, TimelineEntry


def history_of(ticket: Ticket) -> engine.History:
    """What happened to a ticket. ``ValueError`` when nothing did, not even its opening."""
    parts = _Parts([ticket.pk])
    return parts.of(ticket)


def histories_of(tickets: Collection[Ticket]) -> dict[int, engine.History]:
    """The same for many tickets in two queries; tickets without any interval are left out."""
    parts = _Parts([ticket.pk for ticket in tickets])
    return {ticket.pk: parts.of(ticket) for ticket in tickets if parts.intervals[ticket.pk]}


class _Parts:
    """Intervals and exchanges by ticket. Plain tuples: a rebuild reads millions of them."""

    def __init__(self, ticket_ids: Collection[int]) -> None:
        self.intervals: dict[int, list[engine.Interval]] = defaultdict(list)
        self.exchanges: dict[int, list[engine.Exchange]] = defaultdict(list)
        # Who is waited for never changes once a ticket has waited; see ``HoldReason.clean``.
        outside = HoldReason.objects.filter(code=OuterRef("hold_reason"), party=HoldReason.Party.SUPPLIER)
        for ticket_id, start, end, *held in (
            StateInterval.objects.filter(ticket__in=ticket_ids)
            .order_by("ticket_id", "from_at", "id")
            .values_list(
                "ticket_id", "from_at", "to_at", "phase", "state", "hold_reason", "team_id", "assignee_id",
                Exists(outside),
            )
        ):  # fmt: skip
            self.intervals[ticket_id].append(engine.Interval(start, end, *held))  # type: ignore[arg-type]
        for ticket_id, at, by_agent in (
            TimelineEntry.objects.filter(ticket__in=ticket_ids, kind=TimelineEntry.Kind.REPLY, public=True)
            .order_by("ticket_id", "at", "id")
            .values_list("ticket_id", "at", "by_agent")
        ):
            self.exchanges[ticket_id].append(engine.Exchange(at, by_agent))

    def of(self, ticket: Ticket) -> engine.History:
        return engine.History(
            opened_at=ticket.opened_at,
            intervals=tuple(self.intervals[ticket.pk]),
            exchanges=tuple(self.exchanges[ticket.pk]),
        )


def team_ids(histories: Iterable[engine.History]) -> set[int]:
    """Every team that ever held one of the tickets."""
    return {interval.team_id for history in histories for interval in history.intervals if interval.team_id is not None}


def waited(histories: Iterable[engine.History]) -> bool:
    """Whether one of the tickets ever waited for a supplier."""
    return any(engine.supplier_waits(history) for history in histories)
