"""The same change on many tickets: a loop over the door, a transaction each, refusals collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from itsm.lib.errors import DomainError

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket


@dataclass(slots=True)
class Row:
    """What became of one ticket; ``before`` is what undo restores."""

    ticket: Ticket
    ok: bool
    reason: str = ""
    before: dict[str, Any] = field(default_factory=dict)


def each(tickets: Iterable[Ticket], change: Callable[[Ticket], Any], *, keep: tuple[str, ...] = ()) -> list[Row]:
    """Apply ``change`` to every ticket; one refusal stops no other."""
    rows = []
    for ticket in tickets:
        before = {name: getattr(ticket, name) for name in keep}
        try:
            change(ticket)
        except DomainError as error:
            rows.append(Row(ticket, ok=False, reason=error.message))
        else:
            rows.append(Row(ticket, ok=True, before=before))
    return rows
