"""The whole life of an incident through the REST API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.audit import services as audit
from tests import factories
from tests.api import Api, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def promised(service):
    """Gold on the service: an hour to answer, eight to solve, around the clock."""
    factories.cover(factories.support_level(first_response=60, resolution=480, update=120), service)


def test_from_report_to_confirmation(requester, agent, service, engineers, promised):
    mine, desk = Api(requester), Api(agent)
    opened = mine.post("incidents/", {"title": "  Mail   is down ", "description": "Since *nine*.", "service": "email"})
    assert opened.status_code == 201, opened.content
    number = opened.json()["number"]
    assert opened["Location"].endswith(f"/api/v1/incidents/{number}/")
    assert opened["ETag"] == f'"{opened.json()["id"]}-1"'
    assert {key: opened.json()[key] for key in ("title", "state", "phase", "channel", "kind", "version")} == {
        "title": "Mail is down", "state": "new", "phase": "new", "channel": "api", "kind": "incident", "version": 1,
    }  # fmt: skip
    assert opened.json()["service"] == {"id": service.pk, "name": "Email", "slug": "email"}
    assert opened.json()["sla"]["state"] == "running"
    path = f"incidents/{number}/"

    steps = {step["name"]: step for step in desk.get(f"{path}transitions/").json()["results"]}
    assert steps["start"]["allowed"] is True
    assert steps["confirm"] == {
        "name": "confirm", "label": steps["confirm"]["label"], "target": "closed", "allowed": False,
        "reasons": [f"“{steps['confirm']['label']}” is not possible while this is New."],
        "input": steps["confirm"]["input"], "url": f"http://testserver/api/v1/{path}transitions/confirm/",
    }  # fmt: skip
    assert steps["put_on_hold"]["input"]["required"] == ["hold_reason"]

    taken = desk.post(f"{path}transitions/start/", If_Match=opened["ETag"])
    assert (taken.json()["state"], taken.json()["assignee"]["id"]) == ("in_progress", agent.pk)
    reply = desk.post(f"{path}timeline/", {"kind": "reply", "body": "We look into it."})
    assert (reply.status_code, reply.json()["public"], reply.json()["by_agent"]) == (201, True, True)
    note = desk.post(f"{path}timeline/", {"body": "Queue on mx-2 is full."})
    assert (note.json()["kind"], note.json()["public"]) == ("note", False)

    held = desk.post(f"{path}transitions/put_on_hold/", {"hold_reason": "requester", "comment": "Which mailbox?"})
    assert (held.json()["state"], held.json()["sla"]["state"]) == ("on_hold", "paused")
    answer = mine.post(f"{path}timeline/", {"body": "The shared one."})
    assert answer.json()["kind"] == "reply"
    assert mine.get(path).json()["state"] == "in_progress"

    raised = desk.patch(path, {"impact": 1, "urgency": 1, "title": "Mail is down for all"})
    assert (raised.json()["priority"], raised.json()["title"]) == (1, "Mail is down for all")

    files = desk.post(
        f"{path}attachments/", {"files": [SimpleUploadedFile("log.txt", b"disk full\n")]}, format="multipart"
    )
    assert files.status_code == 201, files.content
    (file,) = files.json()["results"]
    download = mine.get(file["url"])
    assert b"".join(download.streaming_content) == b"disk full\n"
    assert download["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert (download["X-Content-Type-Options"], download["Content-Type"]) == ("nosniff", "text/plain")
    assert download["Content-Security-Policy"] == "default-src 'none'; sandbox"

    log = desk.post(f"{path}worklogs/", {"minutes": 30, "note": "Queue emptied"})
    assert (log.status_code, log.json()["minutes"], log.json()["user"]["id"]) == (201, 30, agent.pk)
    assert desk.get(f"{path}worklogs/").json()["total_minutes"] == 30

    task = desk.post(f"{path}tasks/", {"title": "Order a disk", "team": "Engineers"}).json()
    assert (task["state"], task["team"]["id"]) == ("open", engineers.pk)
    assert desk.patch(f"{path}tasks/{task['id']}/", {"state": "done"}).json()["done_by"]["id"] == agent.pk

    other = mine.post("incidents/", {"title": "No mail for me"}).json()["number"]
    link = desk.post(f"incidents/{other}/links/", {"kind": "child_of", "target": number})
    assert (link.status_code, link.json()["ticket"]["number"]) == (201, number)
    assert [one["direction"] for one in desk.get(f"{path}links/").json()["results"]] == ["inward"]

    watcher = desk.post(f"{path}watchers/", {"user": "me"})
    assert watcher.json()["user"]["id"] == agent.pk
    assert desk.delete(f"{path}watchers/{agent.pk}/").status_code == 204

    solved = desk.post(f"{path}transitions/resolve/", {"code": "fixed", "note": "Quota raised."})
    assert (solved.json()["state"], solved.json()["resolution_code"]) == ("resolved", "fixed")
    refused = problem(mine.post(f"{path}transitions/resolve/", {"code": "fixed", "note": "x"}), 409, "no_transition")
    assert refused["reasons"] == ["“Resolve” is not possible while this is Resolved."]
    done = mine.post(f"{path}transitions/confirm/")
    assert (done.json()["state"], done.json()["sla"]["state"]) == ("closed", "met")

    clocks = {clock["metric"]: clock for clock in mine.get(f"{path}sla/").json()["results"]}
    assert set(clocks) == {"first_response", "resolution", "update"}
    assert clocks["resolution"]["state"] == "met"
    assert clocks["resolution"]["elapsed_seconds"] == sum(
        part["seconds"] for part in clocks["resolution"]["ledger"] if part["counted"]
    )
    verbs = [entry["data"].get("verb", entry["kind"]) for entry in desk.get(f"{path}timeline/").json()["results"]]
    assert verbs == [
        "open", "start", "reply", "note", "put_on_hold", "reply", "reply", "resume", "change", "attachment", "system",
        "system", "link",
        "resolve", "confirm",
    ]  # fmt: skip
    heard = [entry["data"].get("verb", entry["kind"]) for entry in mine.get(f"{path}timeline/").json()["results"]]
    assert heard == ["open", "reply", "reply", "reply", "attachment", "resolve", "confirm"]
    actions = [entry["action"] for entry in desk.get(f"{path}audit/").json()["results"]]
    assert actions[:3] == ["incident.open", "incident.start", "incident.reply"]
    assert {"incident.attach", "incident.worklog", "incident.task", "incident.link", "incident.watch"} <= set(actions)
    assert list(audit.verify()) == []


def test_agents_open_for_others_and_assign_at_once(agent, requester, desk):
    made = Api(agent).post(
        "incidents/",
        {"title": "Phone is dead", "requester": requester.email.upper(), "assignee": "me", "channel": "phone"},
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["state"], body["requester"]["id"], body["opened_by"]["id"]) == ("assigned", requester.pk, agent.pk)
    assert (body["team"]["id"], body["assignee"]["email"], body["channel"]) == (desk.pk, agent.email, "phone")


def test_requesters_open_only_for_themselves_and_set_nothing_agents_set(requester, colleague):
    mine = Api(requester)
    response = mine.post("incidents/", {"title": "x", "requester": colleague.email})
    body = problem(response, 422)
    assert set(body["errors"]) == {"requester"}
    unknown = mine.post("incidents/", {"title": "x", "requester": "nobody@example.com"})
    assert problem(unknown, 422)["errors"]["requester"] == [
        body["errors"]["requester"][0].replace(colleague.email, "nobody@example.com")
    ]
    asked = problem(mine.post("incidents/", {"title": "x", "priority": 1, "channel": "phone"}), 422)
    assert set(asked["errors"]) == {"priority", "channel"}
    assert requester.requested_tickets.count() == colleague.requested_tickets.count() == 0


def test_a_priority_of_ones_own_needs_a_reason(agent):
    api = Api(agent)
    assert set(problem(api.post("incidents/", {"title": "x", "priority": 1}), 422)["errors"]) == {"priority_reason"}
    made = api.post("incidents/", {"title": "x", "priority": 1, "priority_reason": "The board meets"}).json()
    assert (made["priority"], made["priority_reason"]) == (1, "The board meets")
    kept = api.post("incidents/", {"title": "x", "impact": 1, "urgency": 1, "priority": 1}).json()
    assert (kept["priority"], kept["priority_reason"]) == (1, "")


def test_custom_fields_are_checked_and_shown(agent, requester):
    from itsm.tickets.models import CustomField

    CustomField.objects.create(code="room", label="Room", on_portal=True, required=True)
    CustomField.objects.create(code="asset", label="Asset")
    mine = Api(requester)
    problem_ = problem(mine.post("incidents/", {"title": "x", "custom": {"floor": 1}}), 422)
    assert set(problem_["errors"]) == {"custom.floor", "custom.room"}
    number = mine.post("incidents/", {"title": "x", "custom": {"room": "4.11"}}).json()["number"]
    changed = Api(agent).patch(f"incidents/{number}/", {"custom": {"asset": "A-7"}})
    assert changed.json()["custom"] == {"room": "4.11", "asset": "A-7"}
    assert mine.get(f"incidents/{number}/").json()["custom"] == {"room": "4.11"}
