"""Full text over published articles: FTS5 on SQLite, tsvector on PostgreSQL. The only place where the two differ.

The table is made by the migration ``0002_search_index``. It holds one row per article, written by the services when
a text is published or retired; ``rebuild`` makes it anew from the rows. Who may see what it finds is asked of the
article queryset, never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from transition.models import ArticleVersion

TABLE = "transition_article_search"
#: Articles are few; what ranks below this is no answer.
MOST = 300
_WORD = re.compile(r"[^\W_]+")
#: Words that say nothing about what somebody needs.
STOP = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "cannot", "could", "did", "do", "does",
        "doesn", "for", "from", "get", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my",
        "no", "not", "of", "on", "or", "our", "since", "so", "that", "the", "their", "then", "there", "they",
        "this", "to", "up", "us", "was", "we", "when", "where", "which", "while", "who", "why", "will", "with",
        "won", "would", "you", "your", "please", "help", "hello", "thanks", "problem",
    }
)  # fmt: skip


def words_of(text: str, *, most: int = 12) -> list[str]:
    """The words worth looking for, each once, in order."""
    found = [word.lower() for word in _WORD.findall(text[:2000])]
    return list(dict.fromkeys(word for word in found if len(word) > 1 and word not in STOP))[:most]


def put(version: ArticleVersion) -> None:
    """Make the published text findable, instead of the one before."""
    remove(version.article_id)
    values: list[int | str] = [version.article_id, version.title, version.keywords, version.summary, version.body]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO {TABLE} (rowid, title, keywords, summary, body)"  # noqa: S608 - a constant
                " VALUES (%s, %s, %s, %s, %s)",
                values,
            )
        else:
            cursor.execute(
                f"INSERT INTO {TABLE} (article_id, vector) VALUES (%s, setweight(to_tsvector('english', %s), 'A')"  # noqa: S608
                " || setweight(to_tsvector('english', %s), 'B') || setweight(to_tsvector('english', %s), 'C')"
                " || setweight(to_tsvector('english', left(%s, 200000)), 'D'))",
                values,
            )


def remove(article_id: int) -> None:
    key = "rowid" if connection.vendor == "sqlite" else "article_id"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE {key} = %s", [article_id])  # noqa: S608 - constants


def rebuild(versions: Iterable[ArticleVersion]) -> int:
    """Index these texts and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608 - a constant
    count = 0
    for version in versions:
        put(version)
        count += 1
    return count


def find(words: list[str], *, every: bool, body: bool) -> list[int]:
    """Ids of articles by relevance. ``every``: all words have to occur; ``body``: the long text counts too.

    Each word also finds longer ones that begin with it.
    """
    if not words:
        return []
    if connection.vendor == "sqlite":
        sql = (
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608 - a constant
            f" ORDER BY bm25({TABLE}, 8.0, 5.0, 3.0, 1.0), rowid LIMIT {MOST}"
        )
        # Quoted, so that no word can be an operator.
        expression = (" AND " if every else " OR ").join(f'"{word}" *' for word in words)
        query = expression if body else f"{{title keywords summary}} : ({expression})"
        parameters = [query]
    else:
        sql = (
            f"SELECT article_id FROM {TABLE}, to_tsquery('english', %s) query WHERE vector @@ query"  # noqa: S608
            f" ORDER BY ts_rank('{{0.1, 0.3, 0.5, 1.0}}', vector, query) DESC, article_id LIMIT {MOST}"
        )
        ending = ":*" if body else ":*ABC"
        parameters = [(" & " if every else " | ").join(f"'{word}'{ending}" for word in words)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]
