"""Every step of requests and rights, from every state, by everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.workflow import steps
from itsm.workflow.verbs import perform
from operation.models import AccessRequest, ServiceRequest
from operation.order_states import AccessState, RequestState
from operation.services import access, ordering, requests
from tests import factories
from tests.operation.kinds_machine import Row, mismatches

WORKERS = ("agent", "engineer", "system")
MINE = (*WORKERS, "requester")
DESK = {"note": "Here it is"}
WHY = {"reason": "Changed my mind"}

REQUEST = {
    "assign": Row(RequestState.WORKABLE, "", WORKERS, {"team": "Engineers"}),
    "ask_approval": Row(RequestState.UNDECIDED, "awaiting_approval", WORKERS),
    "approve": Row(RequestState.UNDECIDED, "approved", ("system",)),
    "lapse": Row(("awaiting_approval",), "submitted", ("system",)),
    "reject": Row((*RequestState.UNDECIDED, "approved"), "rejected", WORKERS, WHY),
    # Asking again asks those who decide at once.
    "resubmit": Row(("rejected",), "awaiting_approval", MINE, WHY),
    "start": Row(("approved",), "fulfilling", WORKERS),
    "put_on_hold": Row(("approved", "fulfilling"), "on_hold", WORKERS, {"hold_reason": "supplier"}),
    "resume": Row(("on_hold",), "fulfilling", WORKERS),
    "fulfil": Row(RequestState.DOABLE, "fulfilled", WORKERS, DESK),
    "confirm": Row(("fulfilled",), "closed", MINE),
    "close": Row(("fulfilled",), "closed", WORKERS),
    "reopen": Row(("fulfilled",), "fulfilling", MINE, WHY),
    "cancel": Row(RequestState.WORKABLE, "cancelled", WORKERS, WHY),
    "reminder": Row(("on_hold",), "", ("system",)),
}
TOMORROW = (clock.now() + timedelta(days=30)).date().isoformat()
ACCESS = {
    "assign": Row(AccessState.WORKABLE, "", WORKERS, {"team": "Engineers"}),
    "ask_approval": Row(AccessState.UNDECIDED, "awaiting_approval", WORKERS),
    "approve": Row(AccessState.UNDECIDED, "approved", ("system",)),
    "lapse": Row(("awaiting_approval",), "requested", ("system",)),
    "reject": Row((*AccessState.UNDECIDED, "approved"), "rejected", WORKERS, WHY),
    "resubmit": Row(("rejected",), "awaiting_approval", MINE, WHY),
    "grant": Row(("approved",), "granted", WORKERS, DESK),
    # Four eyes: not by the agent who granted it.
    "verify": Row(("granted",), "verified", ("engineer", "requester", "system")),
    "reopen": Row(("granted",), "approved", MINE, WHY),
    "end": Row(("granted", "verified"), "ending", ("system",)),
    "revoke": Row(AccessState.HELD, "revoked", WORKERS, WHY),
    "extend": Row(("verified", "ending"), "verified", WORKERS, {"until_day": TOMORROW, "reason": "Longer"}),
    "cancel": Row(AccessState.WORKABLE, "cancelled", WORKERS, WHY),
}


@pytest.fixture
def people(requester, colleague, agent, engineer, auditor):
    return {
        "requester": requester, "colleague": colleague, "agent": agent, "engineer": engineer, "auditor": auditor,
        "system": User.objects.system(),
    }  # fmt: skip


@pytest.fixture
def offering(service, boss):
    return factories.OfferingFactory(
        service=service, approval_policy={"approvers": [{"who": "requester_manager"}]}, name="Thing", slug="thing"
    )


def lead(ticket, path, agent, table):
    system = User.objects.system()
    for verb in path:
        if verb == "approve":
            ticket = ordering.approved(ticket)
        elif verb in ("lapse", "end"):
            ticket = perform(ticket, verb, actor=system, source="system")
        else:
            ticket = perform(ticket, verb, actor=agent, source="web", data=table[verb].data)
    return ticket


def wanted_of(table, state, people, early):
    """The requester cancels until somebody has begun."""
    row = table["cancel"]
    return {**table, "cancel": Row(row.sources, row.target, MINE if state in early else WORKERS, row.data)}


REQUEST_PATHS = {
    "submitted": ["lapse"], "awaiting_approval": [], "approved": ["approve"], "fulfilling": ["approve", "start"],
    "on_hold": ["approve", "start", "put_on_hold"], "fulfilled": ["approve", "fulfil"],
    "closed": ["approve", "fulfil", "close"], "rejected": ["reject"], "cancelled": ["cancel"],
}  # fmt: skip


@pytest.mark.parametrize("state", RequestState.values)
def test_requests(people, offering, requester, agent, state):
    made = requests.open(actor=requester, source="web", requester=requester, offering=offering)
    made = lead(made, REQUEST_PATHS[state], agent, REQUEST)
    assert made.state == state
    table = wanted_of(REQUEST, state, people, ("submitted", "awaiting_approval", "approved"))
    assert mismatches(table, ServiceRequest, made.pk, state, people) == {}
    assert list(REQUEST) == sorted(REQUEST, key=list(REQUEST).index)
    assert set(REQUEST) == set(steps.verbs(ServiceRequest))


ACCESS_PATHS = {
    "requested": ["lapse"], "awaiting_approval": [], "approved": ["approve"], "granted": ["approve", "grant"],
    "verified": ["approve", "grant", "-verify"], "ending": ["approve", "grant", "-verify", "end"],
    "revoked": ["approve", "grant", "revoke"], "rejected": ["reject"], "cancelled": ["cancel"],
}  # fmt: skip


@pytest.mark.parametrize("state", AccessState.values)
def test_access(people, offering, requester, agent, state):
    offering.kind = "access"
    offering.save()
    made = access.open(actor=requester, source="web", requester=requester, offering=offering)
    for verb in ACCESS_PATHS[state]:
        if verb == "-verify":
            made = access.verify(made, actor=requester, source="web")
        else:
            made = lead(made, [verb], agent, ACCESS)
    assert made.state == state
    table = wanted_of(ACCESS, state, people, AccessState.WORKABLE)
    assert mismatches(table, AccessRequest, made.pk, state, people) == {}
    assert set(ACCESS) == set(steps.verbs(AccessRequest))
