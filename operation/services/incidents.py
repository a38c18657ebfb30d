"""The verbs of an incident. Each function is the whole business step, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Team, User
from itsm.lib.errors import Invalid
from itsm.tickets.models import TicketLink, Watcher
from itsm.tickets.services import reference
from itsm.tickets.states import Channel
from itsm.workflow import assignment, conversation, links, steps
from itsm.workflow.files import keep_at_opening
from itsm.workflow.moves import move
from itsm.workflow.opening import open_ticket
from operation.models import Incident
from operation.services.major import declare_major, post_update, stand_down
from operation.states import IncidentState, ResolutionCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.core.files.uploadedfile import UploadedFile

#: The kind's verbs live in this module; the major-incident ones are written next door.
__all__ = ["declare_major", "post_update", "stand_down"]


@transaction.atomic
def open(
    *,
    actor: User,
    source: str,
    requester: User,
    title: str,
    description: str = "",
    channel: str = Channel.PORTAL,
    files: Iterable[UploadedFile] = (),
    **fields: Any,
) -> Incident:
    """Register an incident: priority, routing, clocks and notifications follow by themselves."""
    incident: Incident = open_ticket(
        "incident", actor=actor, source=source, requester=requester, title=title, description=description,
        channel=channel, **fields,
    )  # fmt: skip
    keep_at_opening(incident, files, actor=actor, source=source)
    return incident


def assign(
    incident: Incident, *, actor: User, source: str, version: int | None = None,
    team: Team | None = None, assignee: User | None = None, comment: str = "",
) -> Incident:  # fmt: skip
    """Give it to a team, a person, or both; a person must belong to the team."""
    if team is None and assignee is None:
        raise Invalid({"team": _("Choose a team or a person.")})
    team = team or _team_of(incident, assignee)
    _refuse_stranger(team, assignee)
    with transaction.atomic():
        chosen = assignee or (assignment.member_for(team) if team and team.pk != incident.team_id else None)
        return move(
            incident, "assign", actor=actor, source=source, version=version, body=comment, team=team, assignee=chosen
        )


def start(incident: Incident, *, actor: User, source: str, version: int | None = None) -> Incident:
    """Take it: the actor becomes assignee, in the ticket's team where he belongs to it, else in his own."""
    team = _team_of(incident, actor)
    return move(incident, "start", actor=actor, source=source, version=version, team=team, assignee=actor)


def _team_of(incident: Incident, person: User | None) -> Team | None:
    """The ticket's team when the person is in it; otherwise the person's own first team."""
    if person is None or (incident.team_id and incident.team_id in person.team_ids):
        return incident.team
    return Team.objects.filter(pk__in=person.team_ids, is_active=True).order_by("name").first() or incident.team


def _refuse_stranger(team: Team | None, assignee: User | None) -> None:
    if team and assignee and team.pk not in assignee.team_ids:
        raise Invalid({"assignee": _("%(person)s is not in team %(team)s.") % {"person": assignee, "team": team}})


def put_on_hold(
    incident: Incident, *, actor: User, source: str, version: int | None = None,
    hold_reason: str, comment: str = "", until: datetime | None = None,
) -> Incident:  # fmt: skip
    """Wait. Waiting for the requester needs a question, which the requester gets as a public reply."""
    reason = reference.hold_reason(hold_reason)
    if reason is None:
        raise Invalid({"hold_reason": _("There is no such reason.")})
    if reason.needs_comment and not comment.strip():
        raise Invalid({"comment": _("Say what is waited for; the requester is asked this.")})
    asks = reason.party == reason.Party.REQUESTER
    with transaction.atomic():
        held = move(
            incident, "put_on_hold", actor=actor, source=source, version=version,
            body="" if asks else comment, hold_reason=hold_reason, until=until,
        )  # fmt: skip
        if asks and comment.strip():
            conversation.reply(held, comment, actor=actor, source=source)
            held.refresh_from_db()
        return held


def resume(incident: Incident, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Incident:
    """Work goes on."""
    return move(incident, "resume", actor=actor, source=source, version=version, body=comment)


def escalate(
    incident: Incident, *, actor: User, source: str, version: int | None = None,
    reason: str, team: Team | None = None,
) -> Incident:  # fmt: skip
    """Hand over to the chosen team, or to the one this team escalates to."""
    target = team or (incident.team.escalates_to if incident.team else None)
    if target is None:
        raise Invalid({"team": _("This team has no next line. Choose a team.")})
    if target.pk == incident.team_id:
        raise Invalid({"team": _("It is with this team already.")})
    with transaction.atomic():
        return move(
            incident, "escalate", actor=actor, source=source, version=version, body=reason,
            team=target, assignee=assignment.member_for(target),
        )  # fmt: skip


@transaction.atomic
def resolve(
    incident: Incident, *, actor: User, source: str, version: int | None = None, code: str, note: str
) -> Incident:
    """Restore service: stop the clocks, ask the requester to confirm, resolve open children alike."""
    resolved = move(
        incident, "resolve", actor=actor, source=source, version=version, body=note, public=True, code=code, note=note
    )
    for child in children(resolved).open():
        own = child.specific()
        if steps.find(own, "resolve"):
            move(
                own, "resolve", actor=User.objects.system(), source="system", public=True, note=note,
                body=_("Solved together with %(number)s: %(note)s") % {"number": resolved.number, "note": note},
                code=ResolutionCode.WITH_PARENT,
            )  # fmt: skip
    return resolved


def children(incident: Incident) -> Any:
    """Incidents that are part of this one, or duplicates of it."""
    return Incident.objects.filter(
        links_from__target=incident.pk, links_from__kind__in=[TicketLink.Kind.CHILD_OF, TicketLink.Kind.DUPLICATE_OF]
    ).order_by("pk")


def confirm(incident: Incident, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Incident:
    """The requester says it works; the ticket is closed."""
    return move(incident, "confirm", actor=actor, source=source, version=version, body=comment, public=True)


def reopen(incident: Incident, *, actor: User, source: str, version: int | None = None, reason: str) -> Incident:
    """Not solved: back to work, with what the requester says on the timeline."""
    return move(incident, "reopen", actor=actor, source=source, version=version, body=reason, public=True)


def cancel(incident: Incident, *, actor: User, source: str, version: int | None = None, reason: str) -> Incident:
    """End it without a solution."""
    return move(
        incident, "cancel", actor=actor, source=source, version=version, body=reason, public=True, reason=reason
    )


@transaction.atomic
def mark_duplicate(incident: Incident, of: Incident, *, actor: User, source: str) -> Incident:
    """Resolve as a duplicate: linked to the original, whose news its requester gets from now on."""
    if of.state in (IncidentState.CLOSED, IncidentState.CANCELLED):
        raise Invalid({"of": _("%(number)s is closed already.") % {"number": of.number}})
    links.link(incident, of, TicketLink.Kind.DUPLICATE_OF, actor=actor, source_of_change=source)
    Watcher.objects.get_or_create(ticket_id=of.pk, user=incident.requester)
    note = _("We handle this together with %(number)s: %(title)s. You will hear from us there.") % {
        "number": of.number, "title": of.title,
    }  # fmt: skip
    return move(
        incident, "resolve", actor=actor, source=source, body=note, public=True,
        code=ResolutionCode.DUPLICATE, note=note,
    )  # fmt: skip


@transaction.atomic
def follow_up(incident: Incident, *, actor: User, source: str, description: str) -> Incident:
    """A new incident that continues a closed one, with its service, category and people."""
    opened = open(
        actor=actor, source=source, requester=incident.requester, title=incident.title, description=description,
        channel=Channel.PORTAL if not actor.is_desk else Channel.PHONE, service=incident.service,
        category=incident.category, impact=incident.impact, urgency=incident.urgency,
    )  # fmt: skip
    links.link(opened, incident, TicketLink.Kind.FOLLOWS, actor=User.objects.system(), source_of_change=source)
    return opened
