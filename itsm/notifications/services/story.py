"""One event with everything that telling it needs, each thing looked up once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from itsm.accounts.models import Team
from itsm.approvals.models import Round
from itsm.notifications.models import Event
from itsm.tickets.models import HoldReason, Ticket, TicketLink, TimelineEntry

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Events whose words are in a communication of their own, written right after the step.
_COMMUNICATED = frozenset({"declare_major", "post_update"})


class Story:
    """An event about a ticket, read for telling it."""

    def __init__(self, event: Event, ticket: Ticket) -> None:
        self.event = event
        self.ticket = ticket
        self.data: dict[str, Any] = event.data or {}
        #: ``resolve`` of ``incident.resolve``: what happened, whatever the kind.
        self.verb = event.type.rpartition(".")[2]

    def about(self, ticket: Ticket) -> Story:
        """The same event as it reads for somebody whose own ticket is another one."""
        other = Story(self.event, ticket)
        other.entry = self.entry
        return other

    @cached_property
    def actor(self) -> User | None:
        return self.event.actor

    @property
    def actor_id(self) -> int | None:
        return self.event.actor_id

    @cached_property
    def entry(self) -> TimelineEntry | None:
        """The timeline entry whose words are told."""
        if self.verb in _COMMUNICATED:
            later = TimelineEntry.objects.filter(
                ticket_id=self.ticket.pk, kind=TimelineEntry.Kind.COMMUNICATION, id__gt=self.event.entry_id or 0
            )
            return later.order_by("id").first() or self.event.entry
        if self.verb == "reminder" and not (self.event.entry and self.event.entry.body):
            asked = TimelineEntry.objects.filter(
                ticket_id=self.ticket.pk, kind=TimelineEntry.Kind.REPLY, public=True, by_agent=True
            )
            return asked.order_by("-at", "-id").first()
        return self.event.entry

    def comment_for(self, *, desk: bool) -> str:
        """What was said: to people outside the desk only if it was said in public."""
        if self.entry is None or not (desk or self.entry.public):
            return ""
        return self.entry.body

    @property
    def is_private(self) -> bool:
        """The event is nothing but private words, so that whoever may not read them hears nothing."""
        return self.verb == "note"

    @property
    def by_agent(self) -> bool:
        return bool(self.entry.by_agent) if self.entry else bool(self.data.get("by_agent"))

    def change(self, name: str) -> tuple[int | None, int | None]:
        """Holder before and after: ``assignee`` or ``team``; the same twice when it did not change."""
        found = self.data.get(name)
        if found is None and self.event.entry is not None:
            found = self.event.entry.data.get(name)
        if isinstance(found, list) and len(found) == 2:
            return found[0], found[1]
        current = getattr(self.ticket, f"{name}_id")
        return current, current

    def changed(self, name: str) -> bool:
        before, after = self.change(name)
        return before != after

    @cached_property
    def round(self) -> Round | None:
        """The approval round an approval event is about."""
        number = self.data.get("round")
        return Round.objects.filter(pk=number).first() if isinstance(number, int) else None

    @cached_property
    def hold(self) -> HoldReason | None:
        """What the ticket waits for, if the event put it on hold."""
        entry = self.event.entry
        code = (entry.data.get("hold_reason") if entry else "") or self.ticket.hold_reason
        return HoldReason.objects.filter(code=code).first() if code else None

    @cached_property
    def affected(self) -> dict[int, Ticket]:
        """Requester -> own ticket, for what is part of this one or a duplicate: they wait for the same solution."""
        together = [TicketLink.Kind.CHILD_OF, TicketLink.Kind.DUPLICATE_OF]
        # A duplicate is resolved as soon as it is marked, and yet its requester waits on.
        waiting = Ticket.objects.filter(links_from__target=self.ticket.pk, links_from__kind__in=together)
        waiting = waiting.exclude(phase="closed").select_related("service", "team", "assignee", "requester")
        return {ticket.requester_id: ticket for ticket in waiting.order_by("-pk")}

    @cached_property
    def team(self) -> Team | None:
        """The team the ticket went to with this event, else the one that has it."""
        _before, after = self.change("team")
        if after == self.ticket.team_id:
            return self.ticket.team
        return Team.objects.filter(pk=after).first() if after else None
