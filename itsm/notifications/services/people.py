"""Many people at once: their rights in three queries, and which of them see a ticket in one per fifty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group
from django.db.models import IntegerField, Value

from itsm.accounts.models import Membership, User
from itsm.accounts.roles import Role
from itsm.tickets.models import Ticket

#: People per question; SQLite takes at most 500 parts in one.
TOGETHER = 50


def load(ids: Collection[int]) -> dict[int, User]:
    """Active people by id, with delegate, roles and teams already known, so that asking for rights costs nothing."""
    if not ids:
        return {}
    found = {user.pk: user for user in User.objects.people().filter(pk__in=ids).select_related("delegate")}
    _know(found)
    delegates = {u.delegate_id: u.delegate for u in found.values() if u.delegate_id and u.is_away() and u.delegate}
    _know({pk: user for pk, user in delegates.items() if pk is not None})
    return found


def _know(people: dict[int, User]) -> None:
    if not people:
        return
    roles: dict[int, set[str]] = defaultdict(set)
    for user_id, name in Group.objects.filter(user__in=people).values_list("user", "name"):
        roles[user_id].add(name)
    teams: dict[int, set[int]] = defaultdict(set)
    for user_id, team_id in Membership.objects.filter(user__in=people).values_list("user_id", "team_id"):
        teams[user_id].add(team_id)
    for pk, user in people.items():
        # What the cached properties would ask the database for, person by person.
        user.__dict__["roles"] = frozenset(Role.values) if user.is_superuser else frozenset(roles[pk])
        user.__dict__["team_ids"] = frozenset(teams[pk])


def who_see(ticket_id: int, people: Iterable[User]) -> set[int]:
    """Which of these people see the ticket: the very rule of ``visible_to``, asked for many at once."""
    return {user_id for _ticket, user_id in who_see_each([(ticket_id, user) for user in people])}


def who_see_each(pairs: Iterable[tuple[int, User]]) -> set[tuple[int, int]]:
    """Of pairs of ticket and person, those where the person sees the ticket."""
    wanted = list(dict.fromkeys(pairs))
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(wanted), TOGETHER):
        parts = [
            Ticket.objects.filter(pk=ticket_id)
            .visible_to(user)
            .annotate(viewer=Value(user.pk, IntegerField()))
            .order_by()
            .values_list("pk", "viewer")
            for ticket_id, user in wanted[start : start + TOGETHER]
        ]
        first, *others = parts
        seen.update(first.union(*others, all=True) if others else first)
    return seen
