"""Running a macro: several things in one click, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from itsm.lib.errors import Invalid
from itsm.tickets.models import CannedReply, Macro, Ticket
from itsm.workflow import conversation
from itsm.workflow.edits import edit
from itsm.workflow.verbs import perform

if TYPE_CHECKING:
    from itsm.accounts.models import User


def fill_in(text: str, ticket: Ticket, actor: User) -> str:
    """Put the ticket's words into a canned text; unknown placeholders stay as they are."""
    words = {
        "{requester}": ticket.requester.get_short_name(),
        "{number}": ticket.number,
        "{title}": ticket.title,
        "{agent}": actor.get_full_name(),
        "{service}": str(ticket.service or ""),
    }
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def canned_for(actor: User) -> Any:
    """Canned replies this person may use: everybody's, their teams' and their own."""
    return CannedReply.objects.filter(is_active=True).filter(
        (Q(team__isnull=True) & Q(owner__isnull=True)) | Q(team__in=actor.team_ids) | Q(owner=actor)
    )


@transaction.atomic
def run(macro: Macro, ticket: Ticket, *, actor: User, source: str) -> Ticket:
    """Change fields, reply, note, then take the step; refused as a whole when one part is."""
    if macro.kind != ticket.kind:
        raise Invalid({"macro": _("This macro is for another kind of ticket.")})
    if macro.changes:
        ticket = edit(ticket, actor=actor, source=source, **resolve(ticket, macro.changes))
    if macro.reply:
        conversation.reply(ticket, fill_in(macro.reply, ticket, actor), actor=actor, source=source)
    if macro.note:
        conversation.note(ticket, fill_in(macro.note, ticket, actor), actor=actor, source=source)
    if macro.verb:
        ticket = perform(ticket, macro.verb, actor=actor, source=source, data=macro.data)
    return type(ticket)._default_manager.get(pk=ticket.pk)


def resolve(ticket: Ticket, changes: dict[str, Any]) -> dict[str, Any]:
    """Stored values of relations (ids) as objects, for ``edit``; ``Invalid`` for one that is gone."""
    resolved: dict[str, Any] = {}
    for name, value in changes.items():
        field = None if name == "custom" else next((f for f in ticket._meta.fields if f.name == name), None)
        if field is None or not field.is_relation or value is None:
            resolved[name] = value
            continue
        found = field.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
        if found is None:
            raise Invalid({name: _("This does not exist any more.")})
        resolved[name] = found
    return resolved
