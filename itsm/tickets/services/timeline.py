"""Writing the timeline and the state intervals. Only the workflow package calls this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itsm.lib import clock
from itsm.tickets.models import StateInterval, Ticket, TimelineEntry

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.audit.models import Entry


def write(
    ticket: Ticket,
    kind: str,
    *,
    actor: User | None,
    source: str,
    body: str = "",
    public: bool = False,
    by_agent: bool = False,
    audit_entry: Entry | None = None,
    **data: Any,
) -> TimelineEntry:
    """Append one entry to the ticket's timeline."""
    return TimelineEntry.objects.create(
        ticket_id=ticket.pk,
        at=clock.now(),
        kind=kind,
        author=actor,
        author_label=str(actor) if actor else "",
        by_agent=by_agent,
        public=public,
        body=body,
        data=data,
        source=source,
        audit_entry=audit_entry,
    )


def sync_interval(ticket: Ticket) -> None:
    """Close the open interval and open the next one when state, holder or hold reason changed."""
    held = {
        "state": ticket.state,
        "phase": ticket.phase,
        "hold_reason": ticket.hold_reason,
        "team_id": ticket.team_id,
        "assignee_id": ticket.assignee_id,
    }
    current = StateInterval.objects.filter(ticket_id=ticket.pk, to_at__isnull=True).first()
    start = clock.now()
    if current is not None:
        if all(getattr(current, name) == value for name, value in held.items()):
            return
        start = max(start, current.from_at)
        current.to_at = start
        current.save(update_fields=["to_at"])
    StateInterval.objects.create(ticket_id=ticket.pk, from_at=start, **held)
