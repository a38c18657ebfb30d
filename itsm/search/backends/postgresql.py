"""PostgreSQL: one weighted ``tsvector`` per ticket in a table of its own, with a GIN index.

Weights tell the parts apart: A title and outside number, B description, C what the requester may read, D what only
the desk may read. A public search asks for A, B and C only; the database checks the weight on every row. There is
no foreign key, because triggers delete the row and TRUNCATE must stay possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from itsm.search.query import Query, Term

#: ASCII punctuation separates words, so that "db01.example.com" is three of them, as on SQLite.
PUNCTUATION = "".join(chr(n) for n in range(33, 127) if not chr(n).isalnum())
_APART = "translate(<text>, '" + PUNCTUATION.replace("'", "''") + "', '" + " " * len(PUNCTUATION) + "')"

#: Text without case, diacritics and punctuation. Plain ASCII, most of what is written, takes the short way.
WORDS = """
CREATE OR REPLACE FUNCTION search_words(body text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $words$
  SELECT CASE WHEN octet_length(cut) = char_length(cut) THEN <ascii> ELSE <other> END
    FROM (SELECT lower(left(body, 50000)) AS cut) AS piece
$words$
""".replace("<ascii>", _APART.replace("<text>", "cut")).replace(
    "<other>",
    _APART.replace(
        "<text>",
        "regexp_replace(regexp_replace(replace(replace(replace(translate(normalize(cut, NFKD),"
        " 'øłđðı', 'olddi'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),"
        " '[\u0300-\u036f]+', '', 'g'), '[\u2000-\u206f\u3000-\u303f]+', ' ', 'g')",
    ),
)

#: A document of a ticket and its entries; an oversized one keeps what fits: title and description always do.
DOCUMENT = """
CREATE OR REPLACE FUNCTION search_document(ticket bigint) RETURNS tsvector LANGUAGE plpgsql STABLE AS $document$
DECLARE
  found tsvector;
  piece record;
BEGIN
  SELECT setweight(to_tsvector('simple', search_words(title || ' ' || external_id)), 'A')
      || setweight(to_tsvector('simple', search_words(description)), 'B')
    INTO found FROM tickets_ticket WHERE id = ticket;
  FOR piece IN SELECT body, public FROM tickets_timelineentry WHERE ticket_id = ticket AND body <> ''
               ORDER BY public DESC, at, id LOOP
    found := search_joined(found, piece.body, piece.public);
  END LOOP;
  RETURN found;
END $document$
"""
JOINED = """
CREATE OR REPLACE FUNCTION search_joined(known tsvector, body text, public boolean) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE AS $joined$
BEGIN
  RETURN known || setweight(to_tsvector('simple', search_words(body)), CASE WHEN public THEN 'C' ELSE 'D' END::"char");
EXCEPTION WHEN program_limit_exceeded THEN
  RETURN known;
END $joined$
"""
#: The column that holds the id of the ticket.
KEY = "ticket_id"

INSTALL = [
    """CREATE TABLE IF NOT EXISTS search_ticket (ticket_id bigint PRIMARY KEY, words tsvector NOT NULL)""",
    # A short pending list: a search reads it to the end, whatever it is looking for.
    """CREATE INDEX IF NOT EXISTS search_ticket_words ON search_ticket USING gin (words)
       WITH (gin_pending_list_limit = 512)""",
    WORDS,
    JOINED,
    DOCUMENT,
    """
    CREATE OR REPLACE FUNCTION search_ticket_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO search_ticket (ticket_id, words)
        SELECT id, setweight(to_tsvector('simple', search_words(title || ' ' || external_id)), 'A')
                || setweight(to_tsvector('simple', search_words(description)), 'B') FROM fresh
        ON CONFLICT (ticket_id) DO UPDATE SET words = EXCLUDED.words;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION search_ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO search_ticket (ticket_id, words) VALUES (NEW.id, search_document(NEW.id))
        ON CONFLICT (ticket_id) DO UPDATE SET words = EXCLUDED.words;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION search_ticket_removed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM search_ticket WHERE ticket_id = OLD.id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION search_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      TRUNCATE search_ticket;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION search_entry_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE search_ticket SET words = search_joined(words, NEW.body, NEW.public) WHERE ticket_id = NEW.ticket_id;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION search_entry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE search_ticket SET words = coalesce(search_document(ticket_id), words) WHERE ticket_id = OLD.ticket_id;
      IF TG_OP = 'UPDATE' AND NEW.ticket_id <> OLD.ticket_id THEN
        UPDATE search_ticket SET words = coalesce(search_document(ticket_id), words) WHERE ticket_id = NEW.ticket_id;
      END IF;
      RETURN NULL;
    END $$
    """,
    """CREATE OR REPLACE TRIGGER search_ticket_added AFTER INSERT ON tickets_ticket
       REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_ticket_added()""",
    """CREATE OR REPLACE TRIGGER search_ticket_changed AFTER UPDATE OF title, description, external_id ON tickets_ticket
       FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.description IS DISTINCT FROM NEW.description
                          OR OLD.external_id IS DISTINCT FROM NEW.external_id)
       EXECUTE FUNCTION search_ticket_changed()""",
    """CREATE OR REPLACE TRIGGER search_ticket_removed AFTER DELETE ON tickets_ticket
       FOR EACH ROW EXECUTE FUNCTION search_ticket_removed()""",
    """CREATE OR REPLACE TRIGGER search_emptied AFTER TRUNCATE ON tickets_ticket
       FOR EACH STATEMENT EXECUTE FUNCTION search_emptied()""",
    """CREATE OR REPLACE TRIGGER search_entry_added AFTER INSERT ON tickets_timelineentry
       FOR EACH ROW WHEN (NEW.body <> '') EXECUTE FUNCTION search_entry_added()""",
    """CREATE OR REPLACE TRIGGER search_entry_changed AFTER UPDATE OF body, public, ticket_id ON tickets_timelineentry
       FOR EACH ROW EXECUTE FUNCTION search_entry_changed()""",
    """CREATE OR REPLACE TRIGGER search_entry_removed AFTER DELETE ON tickets_timelineentry
       FOR EACH ROW WHEN (OLD.body <> '') EXECUTE FUNCTION search_entry_changed()""",
]
#: Of the statements above; all there means that nothing is missing.
TRIGGER_COUNT = sum("TRIGGER search_" in statement for statement in INSTALL)
UNINSTALL = [
    *(f"DROP TRIGGER IF EXISTS search_{name} ON tickets_ticket" for name in
      ("ticket_added", "ticket_changed", "ticket_removed", "emptied")),
    *(f"DROP TRIGGER IF EXISTS search_entry_{name} ON tickets_timelineentry" for name in
      ("added", "changed", "removed")),
    *(f"DROP FUNCTION IF EXISTS search_{name}()" for name in
      ("ticket_added", "ticket_changed", "ticket_removed", "emptied", "entry_added", "entry_changed")),
    "DROP FUNCTION IF EXISTS search_document(bigint)",
    "DROP FUNCTION IF EXISTS search_joined(tsvector, text, boolean)",
    "DROP FUNCTION IF EXISTS search_words(text)",
    "DROP TABLE IF EXISTS search_ticket",
]  # fmt: skip


def install(connection: BaseDatabaseWrapper) -> None:
    """Make table, index, functions and triggers; again and again does no harm."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE left(tgname, 7) = 'search_' AND NOT tgisinternal")
        if cursor.fetchone()[0] == TRIGGER_COUNT:
            return
        for statement in INSTALL:
            cursor.execute(statement)


def uninstall(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in UNINSTALL:
            cursor.execute(statement)


def _term(term: Term, weights: str) -> str:
    label = ("*" if term.prefix else "") + weights
    # Words are letters, digits and marks only: nothing in them can end the quotes.
    return " <-> ".join(f"'{word}'{':' + label if label else ''}" for word in term.words)


def expression(query: Query, *, public_only: bool, any_word: bool = False) -> str:
    """The question in the language of ``to_tsquery``."""
    weights = "ABC" if public_only else ""
    return (" | " if any_word else " & ").join(f"({_term(term, weights)})" for term in query.terms)


#: How far back the newest documents are read one by one. A word that 500 of them contain is common, and its index
#: entry long; a word that fewer contain is rare enough to be looked up. The planner cannot tell: it guesses at the
#: beginnings of words, and takes words that occur together for independent.
WINDOW = 20_000


def newest(query: Query, limit: int, *, public_only: bool, any_word: bool = False) -> Iterator[tuple[str, list[Any]]]:
    """SQL for the ids of the newest matches: statements to try in turn, until one fills the limit."""
    asked = expression(query, public_only=public_only, any_word=any_word)
    yield (
        "SELECT ticket_id FROM (SELECT ticket_id, words FROM search_ticket"
        " ORDER BY ticket_id DESC LIMIT %s) AS recent"
        " WHERE words @@ to_tsquery('simple', %s) LIMIT %s",
        [WINDOW, asked, limit],
    )
    yield (
        "WITH found AS MATERIALIZED (SELECT ticket_id FROM search_ticket WHERE words @@ to_tsquery('simple', %s))"
        " SELECT ticket_id FROM found ORDER BY ticket_id DESC LIMIT %s",
        [asked, limit],
    )


def among(query: Query, ids: Sequence[int], *, public_only: bool, any_word: bool = False) -> tuple[str, list[Any]]:
    """SQL for those of ``ids`` that match, newest first."""
    # The planner would take the index of a common word; the row of each known ticket is nearer.
    return (
        "SELECT ticket_id FROM (SELECT ticket_id, words FROM search_ticket WHERE ticket_id = ANY(%s) OFFSET 0) AS known"
        " WHERE words @@ to_tsquery('simple', %s) ORDER BY ticket_id DESC",
        [list(ids), expression(query, public_only=public_only, any_word=any_word)],
    )


REBUILD = [
    """INSERT INTO search_ticket (ticket_id, words) SELECT id, search_document(id) FROM tickets_ticket
       WHERE id BETWEEN %s AND %s ON CONFLICT (ticket_id) DO UPDATE SET words = EXCLUDED.words""",
]
