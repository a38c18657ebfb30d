"""Numbers on tabs and in the navigation: one statement for all of them, kept for some seconds.

Every number stops at a cap, and each subquery walks the index of its own view: counting everything that is open would
read every open ticket for a number in the margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from itsm.desk.reports.filters import Filters
from itsm.desk.reports.standard_views import STANDARD
from itsm.tickets import kinds
from itsm.ui import nav
from itsm.ui.keyset import Count, count_all

if TYPE_CHECKING:
    from itsm.accounts.models import User

SECONDS = 20


def _key(user: User, kind: str) -> str:
    return f"queue:counts:{user.pk}:{kind}"


def _lists(user: User, kind: tuple[str, ...]) -> dict[str, Any]:
    """The lists whose numbers come together: the views that show what is open; for all kinds also each kind."""
    found = {}
    for view in STANDARD.values():
        if view.counts_open:
            filters = Filters.parse(view.filters)
            found[view.code] = (filters.with_("kind", kind) if kind else filters).tickets(user)
    if not kind:
        for each in kinds.all_kinds():
            found[f"kind:{each.code}"] = Filters().with_("kind", [each.code]).tickets(user)
    return found


def of_views(user: User, kind: tuple[str, ...] = ()) -> dict[str, Count]:
    """The numbers of the standard views, for one kind of ticket or for all, and how many of each kind are open.

    What a page of one kind needs and what the navigation needs are counted together.
    """
    wanted = {_key(user, ",".join(sorted(which))): which for which in {(), tuple(sorted(kind))}}
    known = cache.get_many(wanted)
    missing = {key: which for key, which in wanted.items() if key not in known}
    if missing:
        lists = {f"{key} {code}": rows for key, which in missing.items() for code, rows in _lists(user, which).items()}
        fresh: dict[str, dict[str, tuple[int, bool]]] = {key: {} for key in missing}
        for name, count in count_all(lists).items():
            key, _space, code = name.partition(" ")
            fresh[key][code] = (count.value, count.capped)
        cache.set_many(fresh, SECONDS)
        known |= fresh
    return {code: Count(*values) for code, values in known[_key(user, ",".join(sorted(kind)))].items()}


def of_saved(user: User, views: Mapping[str, Mapping[str, Any]], kind: tuple[str, ...] = ()) -> dict[str, Count]:
    """The numbers of saved views, given as code -> filters."""
    name = ",".join(sorted(kind))
    known = cache.get_many([_key(user, f"{name}:{code}") for code in views])
    missing = {}
    for code, stored in views.items():
        if _key(user, f"{name}:{code}") not in known:
            filters = Filters.parse(stored)
            # Words are looked up in another index and would cost more than the rest of the page.
            if not filters.has("q"):
                missing[code] = (filters.with_("kind", kind) if kind and not filters.has("kind") else filters).tickets(
                    user
                )
    fresh = count_all(missing)
    stored_now = {_key(user, f"{name}:{code}"): (c.value, c.capped) for code, c in fresh.items()}
    if stored_now:
        cache.set_many(stored_now, SECONDS)
    known |= stored_now
    return {code: Count(*known[key]) for code in views if (key := _key(user, f"{name}:{code}")) in known}


def open_of_kind(code: str) -> Any:
    """A function for the navigation: how many tickets of this kind are open."""
    return lambda user: of_views(user).get(f"kind:{code}")


def mine(user: User) -> Count | None:
    """For the navigation: what waits for this person."""
    return of_views(user).get("mine")


def forget(user: User) -> None:
    """Count anew on the next page: this person just changed something."""
    cache.delete_many([_key(user, ""), *(_key(user, kind.code) for kind in kinds.all_kinds())])
    nav.forget_counts(user)
