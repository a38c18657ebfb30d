"""Linking tickets: parents, duplicates, causes, relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.tickets.models import Ticket, TicketLink, TimelineEntry
from itsm.tickets.services import timeline
from itsm.workflow.moves import lock

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: How far up a chain of parents is looked for a cycle.
MAX_DEPTH = 50


@transaction.atomic
def link(source: Ticket, target: Ticket, kind: str, *, actor: User, source_of_change: str) -> TicketLink:
    """Put ``source`` into relation to ``target``; both timelines say so. Linking twice changes nothing.

    A restricted ticket is named nowhere but within its own team: the other end keeps quiet about the link.
    """
    if not actor.acts_for_desk:
        raise Denied(_("Only the desk links tickets."))
    if kind not in TicketLink.Kind.values:
        raise Invalid({"kind": _("There is no such relation.")})
    if source.pk == target.pk:
        raise Invalid({"target": _("A ticket cannot be linked to itself.")})
    for pk in sorted((source.pk, target.pk)):
        lock(Ticket(pk=pk, kind=source.kind if pk == source.pk else target.kind))
    existing = TicketLink.objects.filter(source_id=source.pk, target_id=target.pk, kind=kind).first()
    if existing:
        return existing
    if kind in (TicketLink.Kind.CHILD_OF, TicketLink.Kind.DUPLICATE_OF):
        _refuse_cycle(source, target, kind, actor)
    created = TicketLink.objects.create(source_id=source.pk, target_id=target.pk, kind=kind, created_by=actor)
    for one, other, inverse in _tellers(source, target):
        entry = audit.record(
            one, f"{one.kind}.link", actor=actor, source=source_of_change, changes={kind: [None, other.number]}
        )
        timeline.write(
            one, TimelineEntry.Kind.LINK, actor=actor, source=source_of_change, audit_entry=entry,
            relation=kind, other=other.number, inverse=inverse,
        )  # fmt: skip
    for one, other, _inverse in _tellers(source, target)[:1]:
        emit(f"{one.kind}.link", one, actor=actor, source=source_of_change, relation=kind, other=other.number)
    return created


def _tellers(source: Ticket, target: Ticket) -> list[tuple[Ticket, Ticket, bool]]:
    """Which end may name which other end, and whether it is the target: whoever reads it may know the other, too."""
    ends = [(source, target, False), (target, source, True)]
    return [end for end in ends if end[1].restricted_to_id in (None, end[0].restricted_to_id)]


def _refuse_cycle(source: Ticket, target: Ticket, kind: str, actor: User) -> None:
    taken = TicketLink.objects.filter(source_id=source.pk, kind=kind).select_related("target").first()
    if taken:
        seen = Ticket.objects.visible_to(actor).filter(pk=taken.target_id).exists()
        other = taken.target.number if seen else _("a ticket that you may not see")
        words = {"number": source.number, "relation": taken.get_kind_display(), "other": other}
        raise Refused(_("%(number)s is already %(relation)s %(other)s.") % words)
    current: int | None = target.pk
    for _step in range(MAX_DEPTH):
        current = TicketLink.objects.filter(source_id=current, kind=kind).values_list("target_id", flat=True).first()
        if current is None:
            return
        if current == source.pk:
            raise Refused(_("That would make a circle: %(other)s already belongs to %(number)s.") % {
                "other": target.number, "number": source.number,
            })  # fmt: skip


@transaction.atomic
def unlink(existing: TicketLink, *, actor: User, source_of_change: str) -> None:
    """Take a link away again; the timelines that told of it say so."""
    for ticket in sorted((existing.source, existing.target), key=lambda ticket: ticket.pk):
        lock(ticket)
    if not actor.acts_for_desk:
        raise Denied(_("Only the desk links tickets."))
    for one, other, inverse in _tellers(existing.source, existing.target):
        entry = audit.record(
            one,
            f"{one.kind}.unlink",
            actor=actor,
            source=source_of_change,
            changes={existing.kind: [other.number, None]},
        )
        timeline.write(
            one, TimelineEntry.Kind.LINK, actor=actor, source=source_of_change, audit_entry=entry,
            relation=existing.kind, other=other.number, removed=True, inverse=inverse,
        )  # fmt: skip
    existing.delete()
