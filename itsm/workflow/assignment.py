"""Who gets a ticket: the team by category, service or default; the person by the team's way of sharing work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from itsm.accounts.models import Membership, Team
from itsm.lib import clock
from itsm.tickets.services import reference

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket


def team_for(ticket: Ticket) -> Team | None:
    """The category's team, else the service's support team, else the default of the kind."""
    category = ticket.category
    while category is not None:
        if category.team_id:
            return category.team
        category = category.parent
    if ticket.service and ticket.service.support_team_id:
        return ticket.service.support_team
    return reference.settings_for(ticket.kind).default_team


def member_for(team: Team) -> User | None:
    """The member whose turn it is; ``None`` when the team takes tickets by hand or nobody is there.

    Call it inside the transaction that assigns: choosing locks the team's memberships, so two tickets
    never go to the same turn.
    """
    if team.distribution == Team.Distribution.MANUAL:
        return None
    now = clock.now()
    locked = list(
        Membership.objects.select_for_update()
        .filter(team=team, takes_work=True, user__is_active=True)
        .exclude(Q(user__away_from__lte=now) & (Q(user__away_until__isnull=True) | Q(user__away_until__gt=now)))
        .order_by(F("last_given_at").asc(nulls_first=True), "id")
    )
    if not locked:
        return None
    chosen = locked[0]
    if team.distribution == Team.Distribution.LEAST_LOADED:
        load = dict(
            Membership.objects.filter(pk__in=[m.pk for m in locked])
            .annotate(load=Count("user__assigned_tickets", filter=Q(user__assigned_tickets__is_open=True)))
            .values_list("pk", "load")
        )
        chosen = min(locked, key=lambda m: load[m.pk])
    Membership.objects.filter(pk=chosen.pk).update(last_given_at=now)
    return chosen.user


def hand_to(ticket: Ticket, team: Team | None, assignee: User | None) -> None:
    """Set holder fields on the row: counts transfers, and restricts what a restricted team holds."""
    if ticket.team_id and team and team.pk != ticket.team_id:
        ticket.transfer_count += 1
    ticket.team = team
    ticket.assignee = assignee
    if team and team.is_restricted:
        ticket.restricted_to = team
