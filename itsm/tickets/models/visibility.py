"""Who may see a ticket, as a list of named rules: the queryset filters by them, the explanation reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from itsm.accounts.roles import Role
from itsm.catalogue.models import Service

if TYPE_CHECKING:
    from itsm.accounts.models import User


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to see a ticket. A rule that names no rows is not asked of the database."""

    code: str
    rows: Q


#: Restriction overrides every right but being in the team it is restricted to, named on the ticket, or its requester.
OPEN_TO_ALL = Q(restricted_to__isnull=True)


#: Up to so many watched tickets are written into the query one by one.
MOST_NAMED = 1000


def named(user: User, *, few: bool) -> Q:
    """Watchers are the people named on a ticket.

    ``few``: for somebody who sees few tickets the ids are written out, because beside other alternatives no database
    uses an index for a subquery: it would read every ticket. Who sees nearly everything reads an index of the list
    in order, and the subquery is asked only about what no other rule lets through.
    """
    if few:
        watched = list(user.watched_tickets.order_by("-id").values_list("ticket_id", flat=True)[: MOST_NAMED + 1])
        if len(watched) <= MOST_NAMED:
            return Q(pk__in=watched)
    return Q(pk__in=user.watched_tickets.values("ticket_id"))


def rules(user: User) -> Iterator[Rule]:
    """The ways in which this person sees tickets; a ticket is visible when any of them takes it in.

    Agents and managers see every unrestricted ticket; service owners those of their services; members those of
    their teams; the change advisory board all changes; everybody their own, those they are named on and, where
    allowed, their organisation's.
    """
    if user.is_system:
        yield Rule("system", Q())
        return
    if not user.is_authenticated or not user.is_active:
        return
    everything = user.is_agent or user.reads_all
    if everything:
        yield Rule("role", OPEN_TO_ALL)
    yield Rule("requester", Q(requester=user))
    yield Rule("named", named(user, few=not everything))
    if user.team_ids:
        yield Rule("restricted_team", Q(restricted_to__in=user.team_ids))
    if everything:
        return
    if user.team_ids:
        yield Rule("team", Q(team__in=user.team_ids) & OPEN_TO_ALL)
    if user.holds(Role.CAB_MEMBER):
        yield Rule("cab", Q(kind="change") & OPEN_TO_ALL)
    if user.sees_organisation and user.organisation_id:
        yield Rule("organisation", Q(organisation=user.organisation_id) & OPEN_TO_ALL)
    owned = list(Service.objects.owned_by(user).values_list("pk", flat=True))
    if owned:
        yield Rule("service_owner", Q(service__in=owned) & OPEN_TO_ALL)


def visible(user: User) -> Q | None:
    """All rules together; ``None`` when there is nothing this person may see."""
    found: Q | None = None
    for rule in rules(user):
        if not rule.rows:
            return Q()
        found = rule.rows if found is None else found | rule.rows
    return found
