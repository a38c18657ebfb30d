"""The life of an incident through its services."""

import pytest

from itsm.audit import services as audit
from itsm.lib.errors import Denied, Refused
from itsm.workflow import conversation
from operation.services import incidents


def test_whole_life_from_report_to_confirmation(incident, agent, requester):
    taken = incidents.start(incident, actor=agent, source="web")
    assert (taken.state, taken.assignee, taken.phase) == ("in_progress", agent, "active")
    held = incidents.put_on_hold(
        taken, actor=agent, source="web", hold_reason="requester", comment="Which mailbox is it?"
    )
    assert (held.state, held.hold_reason, held.phase) == ("on_hold", "requester", "waiting")
    conversation.reply(held, "The shared one", actor=requester, source="web")
    held.refresh_from_db()
    assert (held.state, held.hold_reason, held.awaiting_reply) == ("in_progress", "", True)
    solved = incidents.resolve(held, actor=agent, source="web", code="fixed", note="Quota raised")
    assert (solved.state, solved.phase) == ("resolved", "resolved")
    done = incidents.confirm(solved, actor=requester, source="web")
    assert (done.state, done.phase) == ("closed", "closed")
    assert [entry.data.get("verb", entry.kind) for entry in done.timeline.all()] == [
        "open", "start", "put_on_hold", "reply", "reply", "resume", "resolve", "confirm",
    ]  # fmt: skip
    assert [(i.state, i.to_at is None) for i in done.intervals.all()] == [
        ("new", False), ("in_progress", False), ("on_hold", False), ("in_progress", False), ("resolved", False),
        ("closed", True),
    ]  # fmt: skip
    assert list(audit.verify()) == []


def test_requester_may_not_resolve(incident, requester):
    with pytest.raises(Denied):
        incidents.resolve(incident, actor=requester, source="web", code="fixed", note="x")
    incident.refresh_from_db()
    assert incident.state == "new"
    assert incident.timeline.count() == 1


def test_confirming_an_open_incident_is_refused(incident, requester):
    with pytest.raises(Refused, match="not possible while this is New"):
        incidents.confirm(incident, actor=requester, source="web")
