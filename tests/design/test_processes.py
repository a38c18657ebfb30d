"""Process definitions: steps with duties, the flow, publication and versions; pages and API."""

from __future__ import annotations

import pytest

from design.models import ProcessDefinition, ProcessStep, StepDuty, SystemRequirement
from design.reports import processes as reports
from itsm.lib.errors import Denied, Refused
from itsm.workflow import records

#: Number, type, name, from, to, next.
FLOW = [
    (1, "start", "Report", "", "new", []),
    (2, "task", "Assign", "new", "assigned", []),
    (3, "decision", "Solved?", "", "", [(4, "yes"), (2, "no")]),
    (4, "end", "Close", "resolved", "closed", []),
]
WHO = {"responsible": [("agent", None)], "accountable": [("incident_manager", None)]}


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def process(manager, by):
    def make(name="Incidents", kind="incident", flow=FLOW, **duties):
        made = records.create(ProcessDefinition, name=name, kind=kind, owner=manager, **by)
        for number, type_, title, before, after, ways in flow:
            values = {
                "position": number, "type": type_, "name": title, "from_state": before, "to_state": after,
                "next_steps": [{"step": step, "label": label} for step, label in ways], **WHO, **duties,
            }  # fmt: skip
            records.put_part(made, ProcessStep(definition=made), values, name="step", **by)
        return made

    return make


def step(record, verb, actor, **data):
    return records.perform(record, verb, actor=actor, source="web", data=data)


def published(record, actor):
    return step(step(record, "submit", actor), "publish", actor)


def test_life_of_a_process_in_the_browser(browse, manager, incident):
    client = browse(manager)
    client.post("/design/processes/new/", {"name": "Incidents", "kind": "incident", "owner": manager.email})
    made = ProcessDefinition.objects.get()
    url = f"/design/processes/{made.number}/"
    assert "There are no steps yet." in text_of(client.get(url))
    assert client.post(f"{url}submit/", {}).status_code == 409
    first = {"position": "1", "name": "Report", "type": "start", "responsible": ["role:requester"], "to_state": "new"}
    last = {"position": "2", "name": "Close", "type": "end", "responsible": ["role:agent"]}
    for sent in (first, last):
        assert client.post(f"{url}steps/new/", sent)["Location"] == url
    refused = text_of(client.post(f"{url}submit/", {}))
    assert "Step 1 Report: nobody is accountable." in refused
    one, other = made.steps.all()
    for row, sent in ((one, first), (other, last)):
        client.post(f"{url}steps/{row.pk}/", {**sent, "accountable": ["role:incident_manager"]})
    assert StepDuty.objects.filter(step=one.pk).count() == 2, "who was responsible still is"
    client.post(f"{url}submit/", {"comment": "Please look"})
    client.post(f"{url}publish/", {})
    made.refresh_from_db()
    assert made.state == "published"
    shown = text_of(client.get(url))
    assert '<svg class="flow"' in shown
    assert "Incident manager" in shown
    assert client.get(f"{url}edit/").status_code == 403
    ticket = text_of(client.get(f"/tickets/{incident.number}/more/"))
    assert "In the process" in ticket
    assert made.get_absolute_url() in ticket


WRONG_STEPS = [
    {"position": "1"}, {"position": "0"}, {"name": ""}, {"name": "x" * 121}, {"type": "wish"},
    {"to_state": "paradise"}, {"next_steps": "soon"}, {"next_steps": "2"}, {"responsible": ["role:king"]},
]  # fmt: skip


def test_bad_steps_stand_at_their_fields(browse, manager, process, call):
    made = process(flow=FLOW[:1])
    client = browse(manager)
    good = {"position": "2", "name": "Close", "type": "end", "responsible": ["role:agent"]}
    for wrong in WRONG_STEPS:
        answer = client.post(f"/design/processes/{made.number}/steps/new/", {**good, **wrong})
        assert answer.status_code == 422, wrong
    api = call(manager)
    twice = {"position": 2, "name": "Close", "type": "end", "responsible": ["agent", "agent"]}
    answer = api.post(f"/api/v1/processes/{made.number}/steps/", twice, format="json")
    assert (answer.status_code, list(answer.data["errors"])) == (422, ["responsible"])
    assert made.steps.count() == 1


@pytest.mark.parametrize(
    ("flow", "duties", "missing"),
    [
        (FLOW[1:], {}, "There are 0 starts"),
        (FLOW[:2], {}, "There is no end."),
        ([*FLOW, (9, "task", "Lost", "", "", [(4, "")])], {}, "No way leads to step 9 Lost."),
        ([FLOW[0], (2, "task", "Back", "closed", "new", []), (3, "end", "End", "", "", [])], {}, "cannot go from"),
        (FLOW, {"accountable": [("agent", None), ("auditor", None)]}, "2 are accountable, exactly one must be."),
        (FLOW, {"responsible": []}, "nobody is responsible"),
    ],
)
def test_what_does_not_fit_is_not_published(process, manager, flow, duties, missing):
    made = process(flow=flow, **duties)
    with pytest.raises(Refused) as error:
        step(made, "submit", manager)
    assert missing in " ".join(error.value.reasons)


def test_versions_follow_each_other_and_one_governs(process, manager, agent, owner):
    first = published(process(), manager)
    rival = process("Other way")
    with pytest.raises(Refused, match=first.number):
        published(rival, manager)
    second = step(first, "new_version", owner)
    assert (second.edition, second.first_id, second.steps.count()) == (2, first.pk, len(FLOW))
    assert second.steps.all()[0].parties("A") == [("incident_manager", None)]
    with pytest.raises(Refused, match="written already"):
        step(first, "new_version", manager)
    with pytest.raises(Denied):
        step(second, "submit", agent)
    step(second, "submit", owner)
    assert step(second, "send_back", owner, reason="A word is missing").state == "draft"
    published(second, manager)
    first.refresh_from_db()
    assert first.state == "superseded"
    assert reports.in_force("incident") == second
    assert reports.expected_flow("incident") == {("new", "assigned"), ("resolved", "closed")}
    retired = step(second, "retire", manager, reason="Nobody works by it")
    assert (retired.state, reports.in_force("incident")) == ("retired", None)


def test_processes_in_the_api(call, manager, requester, agent, desk):
    client = call(manager)
    made = client.post("/api/v1/processes/", {"name": "Changes", "owner": "me"}, format="json")
    assert made.status_code == 201, made.data
    url = f"/api/v1/processes/{made.data['number']}/"
    sent = {"position": 1, "name": "Begin", "type": "start", "responsible": [desk.name], "accountable": ["agent"]}
    added = client.post(f"{url}steps/", sent, format="json")
    assert added.data["responsible"] == [{"team": desk.pk, "name": desk.name}]
    changed = client.patch(f"{url}steps/{added.data['id']}/", {"name": "Start"}, format="json")
    assert (changed.data["name"], changed.data["responsible"]) == ("Start", added.data["responsible"])
    need = {"system": "Monitoring", "status": "met"}
    assert "evidence" in client.post(f"{url}systems/", need, format="json").data["errors"]
    need["evidence"] = "A test alert opened a ticket."
    assert client.post(f"{url}systems/", need, format="json").status_code == 201
    assert client.delete(f"{url}steps/{added.data['id']}/").status_code == 204
    assert client.get(url).data["steps"] == []
    assert client.post("/api/v1/processes/", {"name": "X", "owner": "me", "kind": "wish"}, format="json").data[
        "errors"
    ].keys() == {"kind"}
    assert call(requester).get("/api/v1/processes/").status_code == 404
    assert call(agent).post("/api/v1/processes/", {"name": "X", "owner": "me"}, format="json").status_code == 403


def test_pages_cost_the_same_for_one_step_and_many(browse, manager, process, django_assert_max_num_queries):
    client = browse(manager)
    small = process("Small", "", [(1, "start", "Report", "", "", [])], responsible=[])
    large = process("Large", "incident")
    SystemRequirement.objects.create(definition=large, system="Paper", status="not_met")
    client.get(small.get_absolute_url())
    with django_assert_max_num_queries(40) as few:
        client.get(small.get_absolute_url())
    with django_assert_max_num_queries(len(few) + 3):
        client.get(large.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get("/design/processes/")
    assert "Paper" in text_of(client.get("/design/"))
