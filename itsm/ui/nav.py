"""Navigation: packages register their pages in ``apps.ready()``, a person sees what their roles need.

By job, not by lifecycle stage; at most four groups and sixteen entries. The rest stays one Ctrl K away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qsl

from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from itsm.ui import keyset

log = logging.getLogger(__name__)

MOST_GROUPS, MOST_ENTRIES = 4, 16
COUNT_SECONDS = 20

#: Key, heading. "top" and "bottom" are always shown; "portal" and "user" are menus of their own.
GROUPS: dict[str, Any] = {
    "top": "",
    "desk": _("Service desk"),
    "operations": _("Operations"),
    "change": _("Change"),
    "services": _("Services"),
    "assets": _("Assets"),
    "plan": _("Plan"),
    "improve": _("Improve"),
    "govern": _("Govern"),
    "bottom": "",
    "user": "",
    "portal": "",
}

#: The groups a role works in, most used first. A role not named here sees the service desk.
ROLE_GROUPS: dict[str, tuple[str, ...]] = {
    "agent": ("desk", "operations", "change"),
    "incident_manager": ("desk", "operations", "change", "improve"),
    "problem_manager": ("desk", "operations", "change", "improve"),
    "change_manager": ("change", "services", "desk", "improve"),
    "cab_member": ("change", "services", "desk", "improve"),
    "service_level_manager": ("services", "improve", "desk", "plan"),
    "service_owner": ("services", "desk", "change", "improve"),
    "portfolio_manager": ("services", "plan", "improve"),
    "configuration_manager": ("assets", "change", "operations"),
    "knowledge_manager": ("desk", "improve"),
    "finance_manager": ("plan", "services", "assets", "improve"),
    "improvement_manager": ("improve", "services", "desk"),
    "security_officer": ("govern", "desk", "operations", "assets"),
    "auditor": ("govern", "services", "improve", "change"),
    "administrator": ("desk", "operations", "change", "services"),
}

#: A number, a ``keyset.Count`` that may stop at a cap, None, or rows: all rows are counted in one statement.
Count = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the navigation."""

    group: str
    label: Any
    url_name: str
    icon: str
    roles: frozenset[str] = frozenset()
    order: int = 100
    count: Count | None = None
    tone: str = ""
    tip: Any = ""
    go: str = ""
    tab: Any = ""
    hint: Any = ""
    #: The part after "?", for several entries that are lists of one page.
    query: str = ""
    #: Beyond roles: whether this person may know of the page at all.
    allowed: Callable[[Any], bool] | None = None

    @property
    def key(self) -> str:
        """What tells it from the other entries of its group."""
        return f"{self.url_name}?{self.query}" if self.query else self.url_name

    @property
    def url(self) -> str:
        """The address, or "" while the package that owns the page is not installed."""
        try:
            return reverse(self.url_name) + (f"?{self.query}" if self.query else "")
        except NoReverseMatch:
            return ""

    def shown_to(self, user: Any) -> bool:
        if self.roles and not user.holds(*self.roles):
            return False
        return (self.allowed is None or self.allowed(user)) and bool(self.url)


@dataclass(slots=True)
class Item:
    """An entry as one person sees it on one page."""

    entry: Entry
    url: str
    current: bool = False
    count: Any = None

    @property
    def counts(self) -> bool:
        """Whether there is a number to show now or later. (A template would call the function itself.)"""
        return self.entry.count is not None

    @property
    def tone(self) -> str:
        """A count takes colour only when it waits for this person, and zero waits for nobody."""
        return self.entry.tone if self.count else ""


@dataclass(slots=True)
class Group:
    key: str
    label: Any
    items: list[Item] = field(default_factory=list)


_entries: dict[tuple[str, str], Entry] = {}


def register(
    group: str,
    label: Any,
    url_name: str,
    icon: str,
    *,
    roles: Iterable[str] = (),
    order: int = 100,
    count: Count | None = None,
    tone: str = "",
    tip: Any = "",
    go: str = "",
    tab: Any = "",
    hint: Any = "",
    query: str = "",
    allowed: Callable[[Any], bool] | None = None,
) -> None:
    """Add a page. Registering the same page again in a group replaces it.

    ``roles``: who sees it (nobody named: everybody of that shell). ``count(user)``: a number or None,
    cached for seconds; ``tone`` colours it when it waits for this person, ``tip`` says what it counts
    ("unread"). ``go``: the key after G. ``tab``: short label on the phone's bar. ``hint``: one line in menus.
    ``query``: parameters that make another list of the same page, such as ``kind=incident``.
    ``allowed(user)``: for what depends on more than roles; it is asked on every page and must cost no query.
    """
    if group not in GROUPS:
        raise ValueError(f"Unknown navigation group {group!r}; one of {', '.join(GROUPS)}.")
    entry = Entry(
        group, label, url_name, icon, frozenset(map(str, roles)), order, count, tone, tip, go, tab, hint, query, allowed
    )
    _entries[(group, entry.key)] = entry


def entries(group: str, user: Any) -> list[Entry]:
    """The pages of one group this person may open, in order."""
    found = [e for e in _entries.values() if e.group == group and e.shown_to(user)]
    return sorted(found, key=lambda e: (e.order, str(e.label)))


def everything(user: Any) -> list[Entry]:
    """Every page a person may open, for the palette; the shell's own menus are left out."""
    seen: dict[str, Entry] = {}
    for group in GROUPS:
        if group not in ("portal", "user"):
            for entry in entries(group, user):
                seen.setdefault(entry.key, entry)
    return list(seen.values())


def groups_of(user: Any) -> list[str]:
    """The up to four groups of this person's roles: what each role uses most comes before what any uses next."""
    roles = user.roles
    held = [groups for role, groups in ROLE_GROUPS.items() if role in roles]
    chosen = [group for rank in zip_longest(*held) for group in rank if group]
    return list(dict.fromkeys(chosen))[:MOST_GROUPS] or ["desk"]


def shell(user: Any, path: str = "") -> list[Group]:
    """The navigation of the staff shell: top, the person's groups, bottom; with counts and the current page."""
    found = _in_turn({key: entries(key, user) for key in groups_of(user)}, MOST_ENTRIES)
    found = {"top": entries("top", user), **found, "bottom": entries("bottom", user)}
    built = [Group(key, GROUPS[key], [Item(e, e.url) for e in shown]) for key, shown in found.items() if shown]
    _finish([item for group in built for item in group.items], user, path)
    return built


def _in_turn(groups: dict[str, list[Entry]], room: int) -> dict[str, list[Entry]]:
    """As many entries as there is room for, one of each group in turn: a long group is cut, none is lost."""
    shown = dict.fromkeys(groups, 0)
    for place in range(room):
        for key, found in groups.items():
            if place < len(found) and sum(shown.values()) < room:
                shown[key] += 1
    return {key: found[: shown[key]] for key, found in groups.items()}


def menu(group: str, user: Any, path: str = "") -> list[Item]:
    """One group on its own: the portal's bar or the user menu."""
    items = [Item(e, e.url) for e in entries(group, user)]
    _finish(items, user, path)
    return items


def _finish(items: list[Item], user: Any, path: str) -> None:
    _mark_current(items, path)
    for item, number in zip(items, _counts([i.entry for i in items], user), strict=True):
        item.count = number


def _mark_current(items: list[Item], path: str) -> None:
    """The entry with the longest address that this page lies under; ``path`` may have a query."""
    here, _mark, query = path.partition("?")
    asked = set(parse_qsl(query))

    def under(item: Item) -> bool:
        address, _mark, own = item.url.partition("?")
        if own:
            return here == address and set(parse_qsl(own)) <= asked
        return here == address or (address != "/" and here.startswith(address.rstrip("/") + "/"))

    found = [item for item in items if under(item)]
    if found:
        max(found, key=lambda item: len(item.url)).current = True


def _counts(wanted: list[Entry], user: Any) -> list[Any]:
    """Numbers from the cache in one look-up; what is missing is counted, and a failing count is left out."""
    keys = {e.key: f"nav:{user.pk}:{e.group}:{e.key}" for e in wanted if e.count}
    if not keys:
        return [None] * len(wanted)
    known = cache.get_many(keys.values())
    fresh = _count({e: keys[e.key] for e in wanted if e.key in keys and keys[e.key] not in known}, user)
    if fresh:
        cache.set_many(fresh, COUNT_SECONDS)
    known |= fresh
    return [known.get(keys[e.key]) if e.key in keys else None for e in wanted]


def _count(missing: dict[Entry, str], user: Any) -> dict[str, Any]:
    """Numbers by key; one that fails is none, because a number in the margin must never take the page down."""
    fresh: dict[str, Any] = {}
    rows: dict[str, QuerySet[Any]] = {}
    for entry, key in missing.items():
        fresh[key] = None
        try:
            found = entry.count(user) if entry.count else None
        except Exception:
            # A count belongs to another package and may fail in any way; the entry stands without a number.
            log.exception("navigation count failed", extra={"entry": entry.key})
            continue
        if isinstance(found, QuerySet):
            rows[key] = found
        else:
            fresh[key] = found
    try:
        fresh |= {key: number or None for key, number in keyset.count_all(rows).items()}
    except Exception:
        # Together in one statement they may fail as well; every page has this bar.
        log.exception("navigation counts failed")
    return fresh


def forget_counts(user: Any) -> None:
    """Count anew on this person's next page, after something they did changed a number."""
    cache.delete_many([f"nav:{user.pk}:{e.group}:{e.key}" for e in _entries.values() if e.count])
