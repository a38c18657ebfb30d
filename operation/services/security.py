"""The verbs of a security incident: opened restricted, triaged by a playbook, handed on only to restricted teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Membership, Team, User
from itsm.accounts.roles import Role
from itsm.lib.errors import Invalid, Refused
from itsm.tickets.services import reference
from itsm.tickets.states import Channel, Impact, Urgency
from itsm.workflow import assignment, work
from itsm.workflow.files import keep_at_opening
from itsm.workflow.moves import move
from itsm.workflow.opening import open_ticket
from operation.models import Incident, Playbook, SecurityIncident

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

KIND = "security_incident"


def team_for() -> Team:
    """The team of the process where it is a restricted one, else that of the security officers.

    ``Refused`` when there is none: what is opened without it would be seen by everybody.
    """
    chosen = reference.settings_for(KIND).default_team
    if chosen is not None and chosen.is_active and chosen.is_restricted:
        return chosen
    officers = User.objects.people().holding(Role.SECURITY_OFFICER)
    rows = Membership.objects.filter(user__in=officers, team__is_restricted=True, team__is_active=True)
    row = rows.select_related("team").order_by("team_id").first()
    if row is None:
        raise Refused(_("There is no restricted team for security incidents. An administrator sets one up first."))
    return row.team


@transaction.atomic
def open(
    *, actor: User, source: str, requester: User, title: str, description: str = "", channel: str = Channel.PORTAL,
    files: Iterable[UploadedFile] = (), team: Team | None = None, **fields: Any,
) -> SecurityIncident:  # fmt: skip
    """Register a security incident. From the first moment only its team and whoever reported it know of it."""
    if team is not None and not team.is_restricted:
        raise Invalid({"team": _("Security incidents go to restricted teams only.")})
    made: SecurityIncident = open_ticket(
        KIND, actor=actor, source=source, requester=requester, title=title, description=description, channel=channel,
        team=team or team_for(), **fields,
    )  # fmt: skip
    keep_at_opening(made, files, actor=actor, source=source)
    return made


@transaction.atomic
def from_incident(incident: Incident, *, actor: User, source: str, reason: str) -> SecurityIncident:
    """Hand an incident's matter to security. Nothing on the incident names what it became."""
    about = _("From %(number)s: %(title)s") % {"number": incident.number, "title": incident.title}
    return open(
        actor=actor, source=source, requester=actor, title=incident.title, channel=Channel.PHONE,
        description=f"{reason}\n\n{about}\n\n{incident.description}", service=incident.service,
        impact=Impact.MEDIUM, urgency=Urgency.HIGH,
    )  # fmt: skip


def assign(
    incident: SecurityIncident, *, actor: User, source: str, version: int | None = None, team: Team | None = None,
    assignee: User | None = None, comment: str = "",
) -> SecurityIncident:  # fmt: skip
    """Give it to another restricted team, or to a member."""
    if team is None and assignee is None:
        raise Invalid({"team": _("Choose a team or a person.")})
    target = team or incident.team
    if target is None or not target.is_restricted:
        raise Invalid({"team": _("Security incidents go to restricted teams only.")})
    if assignee is not None and target.pk not in assignee.team_ids:
        words = {"person": assignee, "team": target}
        raise Invalid({"assignee": _("%(person)s is not in team %(team)s.") % words})
    with transaction.atomic():
        chosen = assignee or (assignment.member_for(target) if target.pk != incident.team_id else None)
        return move(
            incident, "assign", actor=actor, source=source, version=version, body=comment, team=target, assignee=chosen
        )


@transaction.atomic
def triage(
    incident: SecurityIncident, *, actor: User, source: str, threat: str, threat_severity: int, personal_data: bool,
    comment: str = "", version: int | None = None,
) -> SecurityIncident:  # fmt: skip
    """Say what it is; the steps of the playbook for it become tasks."""
    moved = move(
        incident, "triage", actor=actor, source=source, version=version, body=comment, threat=threat,
        severity=threat_severity, personal_data=personal_data,
    )  # fmt: skip
    playbook = Playbook.objects.filter(threat=threat, is_active=True).first()
    for line in playbook.lines() if playbook else []:
        work.add_task(moved, line, actor=actor, source=source, team=moved.team)
    moved.refresh_from_db()
    return moved


def _step(verb: str) -> Any:
    def take(
        incident: SecurityIncident, *, actor: User, source: str, comment: str, version: int | None = None
    ) -> SecurityIncident:
        return move(incident, verb, actor=actor, source=source, version=version, body=comment)

    return take


contain, eradicate, recover = _step("contain"), _step("eradicate"), _step("recover")


def report(
    incident: SecurityIncident, *, actor: User, source: str, notification: str, version: int | None = None
) -> SecurityIncident:
    """Keep what the authority was told, or why nothing is to be told."""
    return move(
        incident, "report", actor=actor, source=source, version=version, body=notification, notification=notification
    )


def close(
    incident: SecurityIncident, *, actor: User, source: str, lessons: str, version: int | None = None
) -> SecurityIncident:
    """End it with what was learned."""
    return move(incident, "close", actor=actor, source=source, version=version, body=lessons, lessons=lessons)


def reopen(
    incident: SecurityIncident, *, actor: User, source: str, reason: str, version: int | None = None
) -> SecurityIncident:
    return move(incident, "reopen", actor=actor, source=source, version=version, body=reason)


def cancel(
    incident: SecurityIncident, *, actor: User, source: str, reason: str, version: int | None = None
) -> SecurityIncident:
    return move(incident, "cancel", actor=actor, source=source, version=version, body=reason, reason=reason)
