"""One question to every index, answered group by group."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from itsm.search import registry
from itsm.search.query import clean
from itsm.ui.keyset import count_all

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Group:
    """What one index found. ``more``: there is more than was asked for."""

    name: str
    label: str
    icon: str
    hits: list[registry.Hit]
    more: bool = False


def everywhere(
    user: User, text: str, *, names: Iterable[str] | None = None, limit: int = 5, public_only: bool = False
) -> list[Group]:
    """Ask every index this person may use, or those in ``names``; groups without hits are left out.

    An index that fails is logged and left out: the others still answer.
    """
    asked = clean(text)
    if not asked:
        return []
    wanted = set(names) if names is not None else None
    indexes = registry.indexes(user, public_only=public_only)
    groups: list[Group] = []
    for index in _promising([one for one in indexes if wanted is None or one.name in wanted], user, asked):
        hits = _ask(index, user, asked, limit + 1)
        if hits:
            groups.append(Group(index.name, str(index.label), index.icon, hits[:limit], len(hits) > limit))
    # Whoever types a number wants that ticket, whatever else has the digits in its name.
    return sorted(groups, key=lambda group: not any(hit.exact for hit in group.hits))


def _promising(indexes: list[registry.Index], user: User, text: str) -> list[registry.Index]:
    """Without those that have nothing: one statement looks into all that can say so."""
    try:
        asked = {index.name: index.rows(user, text) for index in indexes if index.rows is not None}
        with _savepoint():
            found = count_all({name: rows for name, rows in asked.items() if rows is not None}, cap=0)
    except Exception:
        log.exception("the indexes could not be asked together")
        return indexes
    return [one for one in indexes if one.name not in asked or (one.name in found and found[one.name].capped)]


def _ask(index: registry.Index, user: User, text: str, limit: int) -> list[Any]:
    try:
        with _savepoint():
            return list(index.find(user, text, limit))
    except Exception:
        log.exception("an index failed", extra={"index": index.name})
        return []


def _savepoint() -> AbstractContextManager[Any]:
    """A failed statement would spoil a transaction that runs around for everybody after."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
