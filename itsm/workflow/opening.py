"""Opening a ticket of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.notifications.services.events import emit
from itsm.sla.services import clocks
from itsm.tickets import kinds
from itsm.tickets.events import ticket_changed
from itsm.tickets.models import TimelineEntry
from itsm.tickets.services import reference, timeline
from itsm.tickets.states import Channel
from itsm.workflow import assignment, custom
from itsm.workflow.moves import is_supplier
from itsm.workflow.words import readable

if TYPE_CHECKING:
    from itsm.accounts.models import User


@transaction.atomic
def open_ticket(
    kind: str,
    *,
    actor: User,
    source: str,
    requester: User,
    title: str,
    description: str = "",
    channel: str = Channel.PORTAL,
    team: Any = None,
    assignee: Any = None,
    answers: dict[str, Any] | None = None,
    state: str | None = None,
    **fields: Any,
) -> Any:
    """Open a ticket: priority from the matrix, team from routing, clocks started, everybody told.

    ``fields`` are fields of the kind's model; ``answers`` are values of custom fields. ``Invalid`` names
    the field of whatever does not fit.
    """
    info = kinds.get(kind)
    now = clock.now()
    ticket = info.model(
        kind=kind,
        title=" ".join(title.split()),
        description=description.strip(),
        requester=requester,
        opened_by=actor,
        organisation=requester.organisation,
        is_vip=requester.is_vip,
        channel=channel,
        opened_at=now,
        updated_at=now,
        custom=custom.clean(kind, answers or {}, on_portal=not actor.is_desk),
        **fields,
    )
    if ticket.offering and not ticket.service_id:
        ticket.service = ticket.offering.service
    if ticket.category and not ticket.service and ticket.category.service:
        ticket.service = ticket.category.service
    if "priority" not in fields:
        ticket.priority = reference.priority_for(ticket.impact, ticket.urgency)
    ticket.state = state or next(iter(info.phases))
    ticket.phase = info.phases[ticket.state]
    team = team or assignment.team_for(ticket)
    assignment.hand_to(ticket, team, assignee or (assignment.member_for(team) if team else None))
    validate(ticket)
    ticket.save()
    timeline.sync_interval(ticket)
    clocks.sync(ticket)
    ticket.save(update_fields=["sla_state", "sla_metric", "due_at", "warn_at", "due_sort"])
    entry = audit.record(ticket, f"{kind}.open", actor=actor, source=source, changes={"title": [None, ticket.title]})
    told = timeline.write(
        ticket, TimelineEntry.Kind.TRANSITION, actor=actor, source=source, public=True,
        by_agent=is_supplier(ticket, actor), audit_entry=entry, verb="open", state=[None, ticket.state],
        channel=channel, team=[None, ticket.team_id],
        words=readable(ticket, {"team_id": [None, ticket.team_id], "assignee_id": [None, ticket.assignee_id]}),
    )  # fmt: skip
    emit(
        f"{kind}.open", ticket, actor=actor, source=source, entry=told, state=[None, ticket.state],
        assignee=[None, ticket.assignee_id],
    )  # fmt: skip
    transaction.on_commit(
        lambda: ticket_changed.send_robust(sender=type(ticket), ticket=ticket, verb="open", actor=actor)
    )
    return ticket


def validate(ticket: Any) -> None:
    """The model's own field rules as ``Invalid``."""
    try:
        # Relations are objects already, loaded and checked by whoever parsed the input.
        ticket.clean_fields(exclude=[f.name for f in ticket._meta.fields if f.is_relation or f.generated])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
    if not ticket.title:
        raise Invalid({"title": _("Say in a few words what it is about.")})
