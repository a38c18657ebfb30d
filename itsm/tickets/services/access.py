"""Why somebody sees a ticket, or why not: the same rules as ``visible_to``, asked one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.translation import gettext as _

from itsm.accounts.roles import READS_ALL, Role
from itsm.tickets.models import Ticket, visibility

if TYPE_CHECKING:
    from itsm.accounts.models import User


@dataclass(slots=True)
class Explanation:
    """Whether a ticket is visible to somebody, with a sentence for each rule that says so, or for what is missing."""

    visible: bool
    #: Codes of the rules that take the ticket in.
    rules: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def explain(user: User, ticket: Ticket) -> Explanation:
    """Ask every rule about one ticket, in one query."""
    rules = list(visibility.rules(user))
    always = [rule.code for rule in rules if not rule.rows]
    asked = {f"by_{rule.code}": _holds(rule.rows) for rule in rules if rule.rows}
    answers = Ticket.objects.filter(pk=ticket.pk).annotate(**asked).values(*asked).first() if asked else {}
    met = always + [name.removeprefix("by_") for name, holds in (answers or {}).items() if holds]
    if met:
        return Explanation(True, met, [_granted(code, user, ticket) for code in met])
    return Explanation(False, [], _missing(user, ticket))


def _holds(rows: Q) -> Case:
    return Case(When(rows, then=Value(True)), default=Value(False), output_field=BooleanField())


def _granted(code: str, user: User, ticket: Ticket) -> str:
    words = {
        "system": _("The product itself sees every ticket."),
        "requester": _("%(person)s is the requester."),
        "named": _("%(person)s is named on the ticket as a watcher."),
        "role": _("The role %(roles)s sees every ticket that is not restricted."),
        "restricted_team": _("The ticket is restricted to %(restricted)s, and %(person)s is a member."),
        "team": _("The ticket is with %(team)s, and %(person)s is a member."),
        "cab": _("%(person)s is on the change advisory board, which reads every change."),
        "organisation": _("%(person)s sees the tickets of the whole organisation %(organisation)s."),
        "service_owner": _("%(person)s owns the service %(service)s."),
    }
    return words[code] % {
        "person": user,
        "roles": _roles(user),
        "restricted": ticket.restricted_to,
        "team": ticket.team,
        "organisation": ticket.organisation,
        "service": ticket.service,
    }


def _roles(user: User) -> str:
    if user.is_superuser:
        return str(Role.ADMINISTRATOR.label)
    seeing = READS_ALL | {Role.AGENT}
    return ", ".join(str(Role(role).label) for role in sorted(user.roles & seeing))


def _missing(user: User, ticket: Ticket) -> list[str]:
    if not user.is_active:
        return [_("The account of %(person)s is switched off.") % {"person": user}]
    if ticket.restricted_to_id:
        sentence = _(
            "The ticket is restricted to %(team)s. %(person)s is not a member, is not the requester, and is not named "
            "on it."
        )
        return [sentence % {"team": ticket.restricted_to, "person": user}]
    if user.is_desk:
        sentence = _(
            "No role of %(person)s sees all tickets, and the ticket is neither with one of their teams nor about a "
            "service they own."
        )
    else:
        sentence = _("%(person)s is not a member of staff, is not the requester, and is not named on the ticket.")
    reasons = [sentence % {"person": user}]
    if user.organisation_id and user.organisation_id == ticket.organisation_id and not user.sees_organisation:
        reasons.append(_("They belong to the same organisation, but do not see its tickets."))
    return reasons


def sees_inside(ticket: Ticket, user: User) -> bool:
    """Whether the person reads what the requester does not: notes, tasks, work logs.

    The desk does, except on a restricted ticket that is open to them only because it is their own.
    """
    if not user.is_desk:
        return False
    if ticket.restricted_to_id is None or ticket.restricted_to_id in user.team_ids:
        return True
    return ticket.requester_id != user.pk
