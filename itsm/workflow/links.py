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
    """Put ``source`` into relation to ``target``; both timelines say so. Linking twice changes nothing."""
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
        _refuse_cycle(source, target, kind)
    created = TicketLink.objects.create(source_id=source.pk, target_id=target.pk, kind=kind, created_by=actor)
    for one, other, inverse in ((source, target, False), (target, source, True)):
        entry = audit.record(
            one, f"{one.kind}.link", actor=actor, source=source_of_change, changes={kind: [None, other.number]}
        )
        timeline.write(
            one, TimelineEntry.Kind.LINK, actor=actor, source=source_of_change, audit_entry=entry,
            relation=kind, other=other.number, inverse=inverse,
        )  # fmt: skip
    emit(f"{source.kind}.link", source, actor=actor, source=source_of_change, relation=kind, other=target.number)
    return created


def _refuse_cycle(source: Ticket, target: Ticket, kind: str) -> None:
    taken = TicketLink.objects.filter(source_id=source.pk, kind=kind).select_related("target").first()
    if taken:
        words = {"number": source.number, "relation": taken.get_kind_display(), "other": taken.target.number}
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
    """Take a link away again; both timelines say so."""
    for ticket in sorted((existing.source, existing.target), key=lambda ticket: ticket.pk):
        lock(ticket)
    if not actor.acts_for_desk:
        raise Denied(_("Only the desk links tickets."))
    for one, other in ((existing.source, existing.target), (existing.target, existing.source)):
        entry = audit.record(
            one,
            f"{one.kind}.unlink",
            actor=actor,
            source=source_of_change,
            changes={existing.kind: [other.number, None]},
        )
        timeline.write(
            one, TimelineEntry.Kind.LINK, actor=actor, source=source_of_change, audit_entry=entry,
            relation=existing.kind, other=other.number, removed=True, inverse=one.pk == existing.target_id,
        )  # fmt: skip
    existing.delete()
