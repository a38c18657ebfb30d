"""From the rows of one case to one life: what the ticket was, state by state."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from itsm.integrations.importer.mapping import Mapping
from itsm.integrations.importer.readers import Row
from itsm.tickets import kinds


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that was not taken, and why."""

    line: int
    case: str
    reason: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Moment:
    """The case as it was from one row on."""

    at: datetime
    state: str
    hold_reason: str
    team: str | None
    assignee: str | None
    actor: str | None
    line: int


@dataclass(slots=True)
class Case:
    """One case, ready to be written: fields as text, moments in order."""

    id: str
    fields: dict[str, Any]
    moments: list[Moment]
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    reopened: int
    fingerprint: str


def fingerprint(rows: list[Row]) -> str:
    """Tells whether a case is the same as at the last import."""
    return hashlib.sha256(json.dumps([row.values for row in rows], sort_keys=True).encode()).hexdigest()


def build(case_id: str, rows: list[Row], mapping: Mapping) -> tuple[Case | None, list[Problem]]:
    """The life that the rows tell. Bad rows are left out and named; a case without a good row is no case."""
    problems: list[Problem] = []
    moments: list[Moment] = []
    last: Row | None = None
    for row in rows:
        try:
            moments.append(_moment(row, mapping))
        except ValueError as error:
            problems.append(Problem(row.line, case_id, str(error), row.values))
        else:
            last = row
    if last is None:
        return None, problems
    # File order decides between rows of the same moment.
    moments.sort(key=lambda moment: (moment.at, moment.line))
    try:
        case = _case(case_id, last, moments, mapping)
    except ValueError as error:
        return None, [*problems, Problem(last.line, case_id, str(error), last.values)]
    case.fingerprint = fingerprint(rows)
    return case, problems


def _moment(row: Row, mapping: Mapping) -> Moment:
    event = mapping.event
    at = event["at"].read(row.values)
    if at is None:
        raise ValueError(_("The moment of the event is missing."))
    state = event["state"].read(row.values)
    if state is None:
        raise ValueError(_("The state is missing."))
    state, hold_reason = state if isinstance(state, list) else (state, "")
    if state not in kinds.get(mapping.kind).phases:
        raise ValueError(_("“%s” is not a state.") % state)
    return Moment(
        at=mapping.moment(at),
        state=state,
        hold_reason=hold_reason,
        team=event["team"].read(row.values) if "team" in event else None,
        assignee=event["assignee"].read(row.values) if "assignee" in event else None,
        actor=event["actor"].read(row.values) if "actor" in event else None,
        line=row.line,
    )


def _case(case_id: str, last: Row, moments: list[Moment], mapping: Mapping) -> Case:
    phases = kinds.get(mapping.kind).phases

    def stamp(column: str | None) -> datetime | None:
        text = last.values.get(column, "") if column else ""
        return mapping.moment(text) if text else None

    opened = min(stamp(mapping.opened_at) or moments[0].at, moments[0].at)
    fields = {name: column.read(last.values) for name, column in mapping.fields.items()}
    for name, most in (("impact", 3), ("urgency", 3), ("priority", 5)):
        if fields.get(name) is not None:
            fields[name] = _level(name, fields[name], most)
    if len(case_id) > 120:
        raise ValueError(_("The number of the case is too long."))
    resolved = closed = None
    reopened, done = 0, False
    for moment in moments:
        phase = phases[moment.state]
        if phase in ("resolved", "closed"):
            if not done:
                resolved = moment.at
            done = True
            closed = (closed or moment.at) if phase == "closed" else None
        else:
            reopened += done
            resolved = closed = None
            done = False
    if moments[-1].state == "cancelled":
        resolved = None
    return Case(case_id, fields, moments, opened, resolved, closed, reopened, "")


def _level(name: str, value: Any, most: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if not 1 <= number <= most:
        raise ValueError(_("%(name)s: “%(value)s” is not between 1 and %(most)d.") % {
            "name": name, "value": value, "most": most,
        })  # fmt: skip
    return number
