"""SQLite: an FTS5 table with one row per ticket; a column per part, so that a public search names three of them.

The triggers of one table never read another one of the product: SQLite rebuilds tables to alter them, and refuses to
while a trigger elsewhere reads the one that is away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from itsm.search.query import LIGATURES, Query, Term

PUBLIC = "{title description replies}"


def _folded(column: str) -> str:
    """The tokenizer takes accents away itself; letters with a stroke and ligatures it keeps."""
    sql = f"substr({column}, 1, 50000)"
    for letter, plain in LIGATURES.items():
        sql = f"replace({sql}, '{letter}', '{plain}')"
        if letter.upper() != letter and len(letter.upper()) == 1 and not letter.upper().isascii():
            sql = f"replace({sql}, '{letter.upper()}', '{plain}')"
    return sql


def _said(ticket: str, *, public: bool) -> str:
    return (
        f"coalesce((SELECT group_concat({_folded('body')}, char(10)) FROM tickets_timelineentry"
        f" WHERE ticket_id = {ticket} AND body <> '' AND {'public' if public else 'NOT public'}), '')"
    )


def _again(row: str) -> str:
    ticket = f"{row}.ticket_id"
    return (
        f"UPDATE search_ticket SET replies = {_said(ticket, public=True)}, notes = {_said(ticket, public=False)}"
        f" WHERE rowid = {ticket}"
    )


def _title(row: str) -> str:
    return f"{_folded(f'{row}.title')} || ' ' || {row}.external_id"


#: The column that holds the id of the ticket.
KEY = "rowid"

TRIGGERS = {
    "search_ticket_added": f"""AFTER INSERT ON tickets_ticket BEGIN
        INSERT OR REPLACE INTO search_ticket (rowid, title, description, replies, notes)
          VALUES (new.id, {_title("new")}, {_folded("new.description")}, '', ''); END""",
    "search_ticket_changed": f"""AFTER UPDATE OF title, description, external_id ON tickets_ticket
        WHEN old.title <> new.title OR old.description <> new.description OR old.external_id <> new.external_id BEGIN
        UPDATE search_ticket SET title = {_title("new")}, description = {_folded("new.description")}
          WHERE rowid = new.id; END""",
    "search_ticket_removed": """AFTER DELETE ON tickets_ticket BEGIN
        DELETE FROM search_ticket WHERE rowid = old.id; END""",
    "search_entry_added": f"""AFTER INSERT ON tickets_timelineentry WHEN new.body <> '' BEGIN
        UPDATE search_ticket SET
          replies = CASE WHEN new.public THEN replies || char(10) || {_folded("new.body")} ELSE replies END,
          notes = CASE WHEN new.public THEN notes ELSE notes || char(10) || {_folded("new.body")} END
          WHERE rowid = new.ticket_id; END""",
    "search_entry_changed": f"""AFTER UPDATE OF body, public, ticket_id ON tickets_timelineentry BEGIN
        {_again("old")}; {_again("new")}; END""",
    "search_entry_removed": f"""AFTER DELETE ON tickets_timelineentry WHEN old.body <> '' BEGIN
        {_again("old")}; END""",
}
TABLE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_ticket USING fts5(title, description, replies, notes, "
    "tokenize = 'unicode61 remove_diacritics 2')"
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the table and the triggers; again and again does no harm."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search_%'")
        there = {name for (name,) in cursor.fetchall()}
        for name, body in TRIGGERS.items():
            if name not in there:
                cursor.execute(f"CREATE TRIGGER {name} {body}")


def uninstall(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute("DROP TABLE IF EXISTS search_ticket")


def _term(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def expression(query: Query, *, public_only: bool, any_word: bool = False) -> str:
    """The question in the language of FTS5: every word stands in quotes, so none is an operator."""
    asked = (" OR " if any_word else " AND ").join(map(_term, query.terms))
    return f"{PUBLIC} : ({asked})" if public_only else asked


_MATCH = "SELECT rowid FROM search_ticket WHERE search_ticket MATCH %s"


def newest(query: Query, limit: int, *, public_only: bool, any_word: bool = False) -> Iterator[tuple[str, list[Any]]]:
    """SQL for the ids of the newest matches: FTS5 reads its lists from the end and stops."""
    asked = expression(query, public_only=public_only, any_word=any_word)
    yield f"{_MATCH} ORDER BY rowid DESC LIMIT %s", [asked, limit]


def among(query: Query, ids: Sequence[int], *, public_only: bool, any_word: bool = False) -> tuple[str, list[Any]]:
    """SQL for those of ``ids`` that match, newest first."""
    known = ", ".join(str(int(pk)) for pk in ids) or "NULL"
    asked = expression(query, public_only=public_only, any_word=any_word)
    return f"{_MATCH} AND rowid IN ({known}) ORDER BY rowid DESC", [asked]


REBUILD = [
    "DELETE FROM search_ticket WHERE rowid BETWEEN %s AND %s",
    f"""INSERT INTO search_ticket (rowid, title, description, replies, notes)
        SELECT id, {_title("tickets_ticket")}, {_folded("description")},
          {_said("tickets_ticket.id", public=True)}, {_said("tickets_ticket.id", public=False)}
        FROM tickets_ticket WHERE id BETWEEN %s AND %s""",
]
