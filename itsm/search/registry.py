"""What can be found besides tickets: packages register a function, the search page and the palette ask them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from itsm.accounts.models import User


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. ``title``, ``snippet`` and ``hint`` are plain text: whoever draws them escapes."""

    url: str
    title: str
    number: str = ""
    hint: str = ""
    icon: str = "file-text"
    snippet: str = ""
    #: The name of its index, such as "tickets" or "services".
    index: str = ""
    #: Found by its very number.
    exact: bool = False
    #: Columns of the row, for whoever wants to show more (tickets: those of a list).
    row: dict[str, Any] = field(default_factory=dict)


#: Takes the person who asks, the text as typed, and how many to return; returns what this person may see.
Finder = Callable[["User", str, int], Iterable[Hit]]
#: Takes the person and the text; returns what the finder would look at, or None where nothing can be found.
Rows = Callable[["User", str], "QuerySet[Any] | None"]


@dataclass(frozen=True, slots=True)
class Index:
    """Something that can be searched. ``desk``: not for people of the portal."""

    name: str
    label: Any
    find: Finder
    icon: str = "file-text"
    desk: bool = False
    order: int = 100
    #: Makes the package's own index anew and says how many it holds; for ``rebuild_search``.
    rebuild: Callable[[], int] | None = None
    #: Lets all such indexes be asked in one statement whether they have anything, before each answers for itself.
    rows: Rows | None = None

    def shown_to(self, user: User, *, public_only: bool) -> bool:
        return not self.desk or (user.is_desk and not public_only)


_indexes: dict[str, Index] = {}


def register(
    name: str, label: Any, find: Finder, *, icon: str = "file-text", desk: bool = False, order: int = 100,
    rebuild: Callable[[], int] | None = None, rows: Rows | None = None,
) -> None:  # fmt: skip
    """Add something that can be searched; called from ``AppConfig.ready``. The same name again replaces it.

    ``find(user, text, limit)`` returns hits that ``user`` may see; ``desk`` keeps it out of the portal;
    ``rebuild`` is called by ``rebuild_search`` where the package keeps an index of its own. An index with ``rows`` is
    asked for hits only when they hold something: of many small tables few have what is looked for.
    """
    _indexes[name] = Index(name, label, find, icon, desk, order, rebuild, rows)


def indexes(user: User, *, public_only: bool = False) -> list[Index]:
    """What this person may search, in order."""
    found = [index for index in _indexes.values() if index.shown_to(user, public_only=public_only)]
    return sorted(found, key=lambda index: (index.order, index.name))


def rebuilders() -> list[Index]:
    """Those with an index of their own."""
    return [index for index in _indexes.values() if index.rebuild is not None]
