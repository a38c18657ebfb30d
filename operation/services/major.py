"""Major incidents: declare, keep everybody informed, stand down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from itsm.tickets.models import TimelineEntry
from itsm.tickets.services import timeline
from itsm.workflow.moves import move
from operation.models import Incident

if TYPE_CHECKING:
    from itsm.accounts.models import User


@transaction.atomic
def declare_major(
    incident: Incident, *, actor: User, source: str, version: int | None = None, summary: str,
    affected: int | None = None,
) -> Incident:  # fmt: skip
    """Raise to the highest priority, publish the first stakeholder update, start the update rhythm."""
    major = move(incident, "declare_major", actor=actor, source=source, version=version, affected=affected)
    _communicate(major, summary, actor=actor, source=source)
    return major


@transaction.atomic
def post_update(
    incident: Incident, *, actor: User, source: str, version: int | None = None, summary: str,
    affected: int | None = None,
) -> Incident:  # fmt: skip
    """Tell the stakeholders how it stands; the next update is due one rhythm later."""
    major = move(incident, "post_update", actor=actor, source=source, version=version, affected=affected)
    _communicate(major, summary, actor=actor, source=source)
    return major


def stand_down(incident: Incident, *, actor: User, source: str, version: int | None = None, reason: str) -> Incident:
    """Back to normal handling."""
    return move(incident, "stand_down", actor=actor, source=source, version=version, body=reason)


def _communicate(incident: Incident, summary: str, *, actor: User, source: str) -> None:
    timeline.write(
        incident, TimelineEntry.Kind.COMMUNICATION, actor=actor, source=source, body=summary, public=True,
        by_agent=True, affected=incident.affected_people,
    )  # fmt: skip
