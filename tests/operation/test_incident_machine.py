"""Every step of an incident, from every state, by everybody: one table, through the public functions."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from itsm.accounts.models import User
from itsm.lib.errors import Denied, Refused
from itsm.tickets.models import Watcher
from itsm.workflow import steps
from itsm.workflow.verbs import perform
from operation.models import Incident
from operation.services import incidents
from operation.states import IncidentState
from tests import factories

WORKABLE = ("new", "assigned", "in_progress", "on_hold")
WORKERS = ("agent", "engineer", "incident_manager", "administrator", "system")
LEADERS = ("incident_manager", "administrator", "system")
REQUESTER = ("requester",)
PEOPLE = (*WORKERS, "requester", "watcher", "colleague", "auditor")


@dataclass(frozen=True)
class Row:
    """A verb as docs/concepts.md tells it: from where, to where, by whom."""

    sources: tuple[str, ...]
    target: str
    people: tuple[str, ...]
    data: dict


TABLE = {
    "assign": Row(WORKABLE, "assigned", WORKERS, {"team": "Engineers"}),
    "start": Row(("new", "assigned"), "in_progress", WORKERS, {}),
    "put_on_hold": Row(
        ("assigned", "in_progress"), "on_hold", WORKERS, {"hold_reason": "requester", "comment": "Which one?"}
    ),
    "resume": Row(("on_hold",), "in_progress", WORKERS, {}),
    "escalate": Row(WORKABLE, "assigned", WORKERS, {"reason": "Beyond us", "team": "Engineers"}),
    "resolve": Row(WORKABLE, "resolved", WORKERS, {"code": "fixed", "note": "Replaced the cable"}),
    "confirm": Row(("resolved",), "closed", WORKERS + REQUESTER, {}),
    "close": Row(("resolved",), "closed", WORKERS, {}),
    "reopen": Row(("resolved",), "in_progress", (*WORKERS, *REQUESTER, "watcher"), {"reason": "It is back"}),
    # The requester cancels only what nobody has started, see below.
    "cancel": Row(WORKABLE, "cancelled", WORKERS + REQUESTER, {"reason": "Opened by mistake"}),
    "declare_major": Row(WORKABLE, "", LEADERS, {"summary": "Everybody is cut off"}),
    "post_update": Row(WORKABLE, "", WORKERS, {"summary": "Still looking"}),
    "stand_down": Row(WORKABLE, "", LEADERS, {"reason": "Half of them work again"}),
    # What time does, and nobody else.
    "reminder": Row(("on_hold",), "", ("system",), {}),
    "update_overdue": Row(WORKABLE, "", ("system",), {}),
}
#: Verbs that a major incident has and others have not, and the other way round.
ONLY_MAJOR = {"post_update", "stand_down", "update_overdue"}
NEVER_MAJOR = {"declare_major"}


def expected(state: str, verb: str, person: str, *, major: bool = False) -> str:
    row = TABLE[verb]
    if state not in row.sources:
        return "refused"
    if person not in row.people:
        return "denied"
    if verb == "cancel" and person == "requester" and state not in ("new", "assigned"):
        return "denied"
    if verb in (NEVER_MAJOR if major else ONLY_MAJOR) or verb == "update_overdue":
        return "refused"  # an update was promised in an hour
    return row.target or state


@pytest.fixture
def people(requester, colleague, agent, engineer, incident_manager, administrator, auditor, organisation):
    return {
        "requester": requester,
        "colleague": colleague,
        "agent": agent,
        "engineer": engineer,
        "incident_manager": incident_manager,
        "administrator": administrator,
        "auditor": auditor,
        "watcher": factories.person("Wim Watcher", organisation=organisation),
        "system": User.objects.system(),
    }


def bring_to(incident: Incident, state: str, agent: User) -> Incident:
    """Lead an incident to a state by the steps that lead there."""
    path = {
        "new": [],
        "assigned": ["assign"],
        "in_progress": ["start"],
        "on_hold": ["start", "put_on_hold"],
        "resolved": ["start", "resolve"],
        "closed": ["start", "resolve", "close"],
        "cancelled": ["cancel"],
    }[state]
    for verb in path:
        data = {"team": "Service desk"} if verb == "assign" else TABLE[verb].data
        incident = perform(incident, verb, actor=agent, source="web", data=data)
    assert incident.state == state
    return incident


def attempt(incident: Incident, verb: str, actor: User) -> str:
    """What comes of a step; the database is as before afterwards."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                outcome = perform(
                    Incident.objects.get(pk=incident.pk), verb, actor=actor, source="web", data=TABLE[verb].data
                ).state
        except (Denied, Refused) as error:
            outcome = "denied" if isinstance(error, Denied) else "refused"
            outcome += "" if error.message else " without a word"
        transaction.set_rollback(True)
    return outcome


def test_the_table_names_every_step_and_every_state():
    assert list(TABLE) == steps.verbs(Incident)
    assert {state for row in TABLE.values() for state in row.sources} == set(IncidentState.values) - {
        "closed",
        "cancelled",
    }


@pytest.mark.parametrize("state", IncidentState.values)
@pytest.mark.parametrize("major", [False, True], ids=["normal", "major"])
def test_every_step_by_everybody(people, incident, state, major):
    if major:
        incident = incidents.declare_major(
            incident, actor=people["incident_manager"], source="web", summary="Everybody is cut off"
        )
    incident = bring_to(incident, state, people["agent"])
    Watcher.objects.create(ticket=incident, user=people["watcher"])
    before = incident.timeline.count()
    happened = {(verb, who): attempt(incident, verb, people[who]) for verb in TABLE for who in PEOPLE}
    wanted = {(verb, who): expected(state, verb, who, major=major) for verb in TABLE for who in PEOPLE}
    assert {key: (happened[key], wanted[key]) for key in wanted if happened[key] != wanted[key]} == {}
    incident.refresh_from_db()
    assert (incident.state, incident.timeline.count()) == (state, before)


@pytest.mark.parametrize("state", IncidentState.values)
def test_buttons_tell_the_same_as_the_door(people, incident, state):
    """What is offered is allowed, and what is not offered is not: the button and the refusal are one function."""
    incident = bring_to(incident, state, people["agent"])
    Watcher.objects.create(ticket=incident, user=people["watcher"])
    for who in PEOPLE:
        fresh = Incident.objects.get(pk=incident.pk)
        offered = {step.verb for step, verdict in steps.offers(fresh, people[who]) if verdict.allowed}
        allowed = {verb for verb in TABLE if expected(state, verb, who) not in ("denied", "refused")}
        unoffered = {verb for verb in allowed if not steps.describe(Incident, verb).offered}
        assert offered == allowed - unoffered, who
