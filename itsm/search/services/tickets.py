"""Finding tickets by number and by words.

A number comes first. Then the newest matches are taken, at most ``CANDIDATES``: ranking every match of a common word
would take seconds. Only what the person may see is ranked and returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.functions import Substr

from itsm.search import backends
from itsm.search.highlight import cut, score
from itsm.search.query import Query, Term, parse
from itsm.search.registry import Hit
from itsm.tickets import kinds as ticket_kinds
from itsm.tickets import numbers
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.states import Phase

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models.ticket import TicketQuerySet

#: How many of the newest matches are ranked.
CANDIDATES = 500
#: Whoever sees no more tickets than this has them all searched; whoever sees more gets the newest matches.
OWN = 1000
#: How many of the newest matches are looked at when only some kinds, or open ones, are wanted.
NARROWED = 3000
#: Words shorter than this say nothing about a sentence.
TELLING = 4
#: Of a description, this much is read to cut a passage out of.
READ = 4000


def search(
    user: User,
    text: str,
    *,
    kinds: Iterable[str] | None = None,
    open_only: bool = False,
    limit: int = 20,
    public_only: bool = False,
    snippets: bool = False,
) -> list[Hit]:
    """Tickets that ``user`` may see and that contain every word of ``text``, best first.

    A number (``INC-1042``, ``1042``) finds its ticket first. ``kinds``: only these kinds. ``public_only`` leaves work
    notes out, which happens by itself for people of the portal. ``snippets`` adds the passage that was found.
    """
    public_only = public_only or not user.is_desk
    chosen = list(kinds) if kinds is not None else None
    query = parse(text)
    exact = _by_number(user, query.text, chosen, open_only=open_only)
    found = _ids(user, query, kinds=chosen, open_only=open_only, limit=CANDIDATES, public_only=public_only)
    ranked = [pk for pk in _rank(user, query, found) if pk not in exact]
    chosen_ids = [*exact, *ranked][:limit]
    passages = _passages(chosen_ids, query, public_only=public_only) if snippets else {}
    return _hits(user, chosen_ids, exact=set(exact), passages=passages)


def similar(
    user: User, text: str, *, kinds: Iterable[str] | None = None, open_only: bool = False, limit: int = 5,
    public_only: bool = False, exclude: int | None = None,
) -> list[Hit]:  # fmt: skip
    """Tickets about the same as a sentence somebody is typing: any telling word counts, more words count more."""
    public_only = public_only or not user.is_desk
    asked = parse(text)
    telling = [Term((word,)) for word in asked.words if len(word) >= TELLING]
    query = Query(asked.text, tuple(telling))
    found = _ids(
        user, query, kinds=list(kinds) if kinds is not None else None, open_only=open_only, limit=CANDIDATES,
        public_only=public_only, any_word=True,
    )  # fmt: skip
    # One shared word is chance, unless there is only one.
    needed = 2 * min(2, len(telling))
    best = _rank(user, query, [pk for pk in found if pk != exclude], least=needed)
    return _hits(user, best[:limit])


def candidates(user: User, text: str, *, limit: int = 2000) -> list[int]:
    """Ids of the newest tickets that contain the words, for a list that goes on filtering.

    Not yet limited to what ``user`` may see: the list starts with ``visible_to`` itself. A number is among them.
    """
    query = parse(text)
    parsed = numbers.parse(query.text)
    found = [parsed[1]] if parsed else []
    if query:
        found += _newest(query, limit, public_only=not user.is_desk)
    return list(dict.fromkeys(found))


def _backend() -> Any:
    return backends.of(connection.alias)


def _fetch(sql: str, params: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [pk for (pk,) in cursor.fetchall()]


def _newest(query: Query, limit: int, *, public_only: bool, any_word: bool = False) -> list[int]:
    found: list[int] = []
    for sql, params in _backend().newest(query, limit, public_only=public_only, any_word=any_word):
        found = _fetch(sql, params)
        if len(found) == limit:
            break
    return found


def _by_number(user: User, text: str, kinds: list[str] | None, *, open_only: bool) -> list[int]:
    if numbers.parse(text) is None:
        return []
    rows = _narrowed(Ticket.objects.visible_to(user).numbered(text), kinds, open_only=open_only)
    return list(rows.values_list("pk", flat=True)[:1])


def _narrowed(rows: TicketQuerySet, kinds: list[str] | None, *, open_only: bool) -> TicketQuerySet:
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return rows.open() if open_only else rows


def _ids(
    user: User, query: Query, *, kinds: list[str] | None, open_only: bool, limit: int, public_only: bool,
    any_word: bool = False,
) -> list[int]:  # fmt: skip
    """Ids of the newest matches, newest first; visibility may still be to check."""
    if not query:
        return []
    reads_all = user.is_agent or user.reads_all
    narrowed = kinds is not None or open_only
    if reads_all and not narrowed:
        return _newest(query, limit, public_only=public_only, any_word=any_word)
    mine = _narrowed(Ticket.objects.visible_to(user), kinds, open_only=open_only)
    if not reads_all:
        own = list(mine.values_list("pk", flat=True)[: OWN + 1])
        if len(own) <= OWN:
            sql, params = _backend().among(query, own, public_only=public_only, any_word=any_word)
            return _fetch(sql, params)[:limit] if own else []
    known = _newest(query, NARROWED, public_only=public_only, any_word=any_word)
    # Sorted here: asked for an order, the planner would walk all tickets in it.
    seen = set(mine.filter(pk__in=known).order_by().values_list("pk", flat=True))
    return [pk for pk in known if pk in seen][:limit]


def _rank(user: User, query: Query, ids: list[int], *, least: float = 0) -> list[int]:
    """The visible ones, best first: by title, open before done, newer before older."""
    if not ids:
        return []
    rows = Ticket.objects.visible_to(user).filter(pk__in=ids).order_by().values_list("pk", "title", "phase")
    scored = [
        (points + (1 if phase in Phase.OPEN else 0), pk)
        for pk, title, phase in rows
        if (points := score(title, query)) >= least
    ]
    return [pk for _points, pk in sorted(scored, reverse=True)]


def _hits(
    user: User, ids: list[int], *, exact: set[int] | None = None, passages: dict[int, str] | None = None
) -> list[Hit]:
    if not ids:
        return []
    rows = {
        row["id"]: row for row in Ticket.objects.visible_to(user).filter(pk__in=ids).order_by().values(*LIST_FIELDS)
    }
    hits = []
    for pk in ids:
        row = rows.get(pk)
        if row is None:
            continue
        kind = ticket_kinds.get(row["kind"])
        number = numbers.number(row["kind"], pk)
        hits.append(
            Hit(
                url=f"/tickets/{number}/",
                title=row["title"],
                number=number,
                hint=str(kind.label),
                icon=kind.icon,
                snippet=(passages or {}).get(pk, ""),
                index="tickets",
                exact=pk in (exact or ()),
                row=row,
            )
        )
    return hits


def _passages(ids: list[int], query: Query, *, public_only: bool) -> dict[int, str]:
    """Where the words stand: in the description, else in one of the newest things said."""
    if not ids or not query:
        return {}
    found: dict[int, str] = {}
    texts = Ticket.objects.filter(pk__in=ids).values_list("pk", Substr("description", 1, READ))
    for pk, text in texts:
        found[pk] = cut(text, query)
    silent = [pk for pk, text in found.items() if not text]
    said = TimelineEntry.objects.filter(ticket_id__in=silent).exclude(body="")
    if public_only:
        said = said.filter(public=True)
    for pk, text in said.order_by("-id").values_list("ticket_id", Substr("body", 1, 1000))[:200]:
        if not found[pk]:
            found[pk] = cut(text, query)
    return found
