"""Finding tickets while somebody types: to link them, and to see that it was reported already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itsm.search.services import tickets
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import LIST_FIELDS

if TYPE_CHECKING:
    from itsm.accounts.models import User

MOST = 8


def similar(user: User, text: str) -> list[Ticket]:
    """Open tickets about the same as a sentence that is being typed."""
    return _rows([hit.row["id"] for hit in tickets.similar(user, text, open_only=True, limit=MOST)])


def find(user: User, text: str, *, apart_from: int = 0) -> list[Ticket]:
    """Tickets by number, or by words."""
    hits = tickets.search(user, text, limit=MOST + 1)
    return _rows([hit.row["id"] for hit in hits if hit.row["id"] != apart_from][:MOST])


def _rows(pks: list[int]) -> list[Ticket]:
    rows = {row.pk: row for row in Ticket.objects.filter(pk__in=pks).only(*LIST_FIELDS)} if pks else {}
    return [rows[pk] for pk in pks if pk in rows]
