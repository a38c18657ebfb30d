"""Tasks, time, links, watchers, approvals, insight, and opening on somebody's behalf."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.accounts.models import User
from itsm.approvals.models import Round
from itsm.audit.models import Entry
from itsm.tickets.models import CustomField, Ticket, TicketLink, TicketTask, Watcher, WorkLog
from itsm.workflow.models import TransitionPolicy
from operation.services import incidents
from tests import factories

from .conftest import HTMX, url
from .test_page import text_of


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_life_of_a_task(at_desk, agent, incident, engineers, headers):
    data = {"title": "Order the disk", "team": engineers.pk, "due_at": "2026-12-01T10:00"}
    at_desk.post(url(incident, "tasks"), data, headers=headers)
    task = TicketTask.objects.get()
    assert (task.title, task.team, task.state) == ("Order the disk", engineers, "open")
    changed = {**data, "title": "Order two disks", "team": ""}
    at_desk.post(url(incident, "tasks", task.pk), changed, headers=headers)
    assert "Order two disks" in text_of(at_desk.get(url(incident)))
    for verb, state in (("done", "done"), ("reopen", "open"), ("skip", "skipped")):
        at_desk.post(url(incident, "tasks", task.pk, verb), headers=headers)
        task.refresh_from_db()
        assert task.state == state
    refused = at_desk.post(url(incident, "tasks", task.pk, "done"), headers=headers)
    assert refused.status_code == 409
    news = [e.data["news"] for e in incident.timeline.filter(kind="system")]
    assert news == ["task_added", "task_changed", "task_done", "task_reopened", "task_skipped"]
    assert Entry.objects.filter(action="incident.task", object_id=incident.pk).count() == 5


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"title": ""}, "This field is required"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"title": "x", "team": "999"}, "Select a valid choice"),
        ({"title": "x", "due_at": "soon"}, "Enter a valid date/time"),
    ],
)
def test_bad_tasks(at_desk, incident, data, message):
    answer = at_desk.post(url(incident, "tasks"), data)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert not TicketTask.objects.exists()


def test_task_for_a_stranger_to_the_team_is_refused(at_desk, agent, incident, engineers):
    data = {"title": "x", "team": engineers.pk, "assignee": agent.pk}
    answer = at_desk.post(url(incident, "tasks"), data)
    assert (answer.status_code, "is not in team Engineers" in text_of(answer)) == (422, True)


def test_tasks_of_another_ticket_are_not_found(at_desk, requester, incident):
    other = factories.incident(requester)
    task = TicketTask.objects.create(ticket_id=other.pk, title="x")
    assert at_desk.post(url(incident, "tasks", task.pk, "done")).status_code == 404
    assert at_desk.post(url(other, "tasks", task.pk, "explode")).status_code == 404


def test_no_tasks_after_resolution(at_desk, agent, incident):
    incidents.resolve(incident, actor=agent, source="web", code="fixed", note="x")
    assert at_desk.post(url(incident, "tasks"), {"title": "x"}).status_code == 409


def test_time_is_logged_and_summed_to_the_cent(at_desk, agent, incident):
    User.objects.filter(pk=agent.pk).update(hourly_rate=Decimal("50.50"))
    for minutes in ("20", "25"):
        assert at_desk.post(url(incident, "work"), {"minutes": minutes, "note": "Looked"}).status_code == 302
    User.objects.filter(pk=agent.pk).update(hourly_rate=Decimal("99.00"))
    shown = text_of(at_desk.get(url(incident, "more"), headers=HTMX))
    assert "45 minutes" in shown
    # 20 min = 16.83, 25 min = 21.04
    assert "37.87" in shown
    assert "37.87" in text_of(at_desk.get(url(incident, "work")))
    assert "45 minutes" in text_of(at_desk.get(url(incident, "more")))


@pytest.mark.parametrize("data", [{"minutes": "0"}, {"minutes": "1441"}, {"minutes": "x"}, {"minutes": ""},
                                  {"minutes": "5", "spent_on": "2999-01-01"},
                                  {"minutes": "5", "note": "x" * 201}])  # fmt: skip
def test_impossible_time_is_refused(at_desk, incident, data):
    assert at_desk.post(url(incident, "work"), data).status_code == 422
    assert not WorkLog.objects.exists()


@pytest.mark.parametrize(
    "relation", ["child_of", "child_of:inverse", "caused_by", "related_to", "duplicate_of:inverse"]
)
def test_links_in_both_directions(at_desk, requester, incident, relation):
    other = factories.incident(requester, title="The other one")
    assert (
        at_desk.post(url(incident, "links"), {"relation": relation, "other": other.number.lower()}).status_code == 302
    )
    link = TicketLink.objects.get()
    assert (link.source_id == incident.pk) == ("inverse" not in relation)
    for one, title in ((incident, "The other one"), (other, "Mail is down")):
        assert title in text_of(at_desk.get(url(one)))
    assert at_desk.post(url(incident, "links", link.pk, "remove"), headers=HTMX).status_code == 200
    assert not TicketLink.objects.exists()
    assert at_desk.post(url(incident, "links", link.pk, "remove")).status_code == 404


def test_links_that_make_no_sense(at_desk, requester, incident):
    other = factories.incident(requester)
    for data, code in (
        ({"relation": "related_to", "other": incident.number}, 422),
        ({"relation": "related_to", "other": "INC-99999"}, 422),
        ({"relation": "nonsense", "other": other.number}, 422),
        ({"relation": "related_to", "other": ""}, 422),
    ):
        assert at_desk.post(url(incident, "links"), data).status_code == code
    at_desk.post(url(incident, "links"), {"relation": "child_of", "other": other.number})
    circle = at_desk.post(url(other, "links"), {"relation": "child_of", "other": incident.number})
    assert circle.status_code == 409
    assert TicketLink.objects.count() == 1


def test_children_are_listed_and_resolved_with_it(at_desk, agent, requester, incident):
    child = factories.incident(requester, title="Same here")
    at_desk.post(url(child, "links"), {"relation": "child_of", "other": incident.number})
    assert "Same here" in text_of(at_desk.get(url(incident))).split('id="children"')[1].split("</section>")[0]
    at_desk.post(url(incident, "resolve"), {"code": "fixed", "note": "x"})
    assert Ticket.objects.get(pk=child.pk).state == "resolved"


def test_duplicate(at_desk, requester, outsider, incident):
    twin = factories.incident(outsider, title="No mail")
    shown = at_desk.post(url(twin, "duplicate"), {"of": twin.number})
    assert (shown.status_code, "no duplicate of itself" in text_of(shown)) == (422, True)
    assert at_desk.post(url(twin, "duplicate"), {"of": incident.number}).status_code == 302
    assert Ticket.objects.get(pk=twin.pk).state == "resolved"
    assert Watcher.objects.filter(ticket=incident.pk, user=outsider).exists()


def test_follow_up_of_a_closed_ticket(at_desk, agent, incident):
    assert at_desk.get(url(incident, "follow-up")).status_code == 404
    incidents.cancel(incident, actor=agent, source="web", reason="x")
    assert at_desk.post(url(incident, "follow-up"), {"description": ""}).status_code == 422
    answer = at_desk.post(url(incident, "follow-up"), {"description": "It is back"})
    opened = Ticket.objects.latest("id")
    assert answer["Location"] == url(opened)
    assert TicketLink.objects.get().kind == "follows"


def test_watchers(at_desk, agent, engineer, colleague, outsider, requester, incident):
    for person in (engineer.email, "Carl Colleague"):
        assert at_desk.post(url(incident, "watchers"), {"person": person}).status_code == 302
    refused = at_desk.post(url(incident, "watchers"), {"person": outsider.email})
    assert refused.status_code == 422
    assert "people of the requester’s organisation" in text_of(refused)
    assert {w.user.name for w in incident.watchers.all()} == {"Emil Engineer", "Carl Colleague"}
    assert "to Rita Requester, Emil Engineer, Carl Colleague" in text_of(at_desk.get(url(incident)))
    at_desk.post(url(incident, "watchers", colleague.pk, "remove"))
    at_desk.post(url(incident, "watch"))
    assert {w.user.name for w in incident.watchers.all()} == {"Emil Engineer", "Anna Agent"}
    at_desk.post(url(incident, "watch"))
    assert {w.user.name for w in incident.watchers.all()} == {"Emil Engineer"}


@pytest.fixture
def four_eyes(incident_manager):
    return TransitionPolicy.objects.create(
        name="Four eyes", kind="incident", verb="resolve",
        approval={"approvers": [{"user": incident_manager.pk}], "rule": "any"},
    )  # fmt: skip


def test_approval_is_asked_voted_and_opens_the_step(browse, at_desk, agent, incident_manager, incident, four_eyes):
    incidents.start(incident, actor=agent, source="web")
    held = at_desk.get(url(incident, "resolve"))
    assert held.status_code == 409
    assert "Ask for approval" in text_of(held)
    assert at_desk.post(url(incident, "ask", "resolve")).status_code == 302
    assert at_desk.post(url(incident, "ask", "resolve")).status_code == 409
    assert at_desk.post(url(incident, "ask", "start")).status_code == 409
    manager = browse(incident_manager)
    inbox = text_of(manager.get("/approvals/"))
    assert f"{incident.number} Mail is down" in inbox
    assert "Four eyes" in inbox
    assert 'name="vote" value="approve"' in text_of(manager.get(url(incident)))
    assert 'name="vote"' not in text_of(at_desk.get(url(incident)))
    round_ = Round.objects.get()
    assert at_desk.post(f"/approvals/{round_.pk}/vote/", {"vote": "approve"}).status_code == 404
    silent = manager.post(f"/approvals/{round_.pk}/vote/", {"vote": "reject", "comment": ""})
    assert silent.status_code == 422
    assert "Say why you reject it" in text_of(silent)
    assert manager.post(f"/approvals/{round_.pk}/vote/", {"vote": "maybe"}).status_code == 422
    assert manager.post(f"/approvals/{round_.pk}/vote/", {"vote": "approve", "comment": "Fine"}).status_code == 302
    assert manager.post(f"/approvals/{round_.pk}/vote/", {"vote": "approve"}).status_code == 409
    assert "Decided by you" in text_of(manager.get("/approvals/"))
    shown = text_of(at_desk.get(url(incident)))
    assert "it is approved" in shown
    assert at_desk.post(url(incident, "resolve"), {"code": "fixed", "note": "x"}).status_code == 302


def test_ticket_page_with_approvals_and_checklists_stays_in_its_budget(
    at_desk, agent, incident, four_eyes, django_assert_max_num_queries
):
    four_eyes.checklist = ["Backup checked"]
    four_eyes.save()
    incidents.start(incident, actor=agent, source="web")
    at_desk.post(url(incident, "ask", "resolve"))
    at_desk.get(url(incident))
    with django_assert_max_num_queries(15):
        assert "Mia Manager" in text_of(at_desk.get(url(incident)))


def test_people_of_the_portal_vote_there(browse, requester):
    assert browse(requester).get("/approvals/")["Location"] == "/portal/approvals/"


def test_ledger_explains_every_minute(at_desk, agent, incident, service):
    assert "No clock runs here" in text_of(at_desk.get(url(incident, "sla")))
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    covered = factories.incident(incident.requester, service=service)
    incidents.start(covered, actor=agent, source="web")
    shown = text_of(at_desk.get(url(covered, "sla")))
    assert "First response" in shown
    assert "Resolution" in shown
    assert "promises 480 minutes" in shown
    clock = covered.clocks.get(metric="resolution")
    part = text_of(at_desk.get(url(covered, "sla"), {"clock": clock.pk}, headers=HTMX))
    assert "<table" in part
    assert "<html" not in part
    assert at_desk.get(url(covered, "sla"), {"clock": "x"}, headers=HTMX).status_code == 200
    panel = text_of(at_desk.get(url(covered)))
    assert "left" in panel.split('id="s-clocks"')[1].split("</section>")[0]


def test_access_is_explained_for_anybody(at_desk, agent, outsider, incident):
    assert "The role Agent sees every ticket" in text_of(at_desk.get(url(incident, "access")))
    shown = text_of(at_desk.get(url(incident, "access"), {"person": outsider.email}, headers=HTMX))
    assert "Otto Outsider does not see this ticket" in shown
    assert "Nobody has the address" in text_of(at_desk.get(url(incident, "access"), {"person": "x@y.z"}))


def test_audit_names_fields_and_people(at_desk, agent, engineers, incident, django_assert_max_num_queries):
    incidents.assign(incident, actor=agent, source="web", team=engineers)
    at_desk.post(url(incident, "edit", "title"), {"title": "Mail is lost"})
    with django_assert_max_num_queries(20):
        shown = text_of(at_desk.get(url(incident, "audit")))
    assert "Service desk" in shown
    assert "Engineers" in shown
    assert "Mail is lost" in shown
    assert "Anna Agent" in shown
    assert at_desk.get(url(incident, "audit"), {"cursor": "rubbish"}).status_code == 200


NEW = {
    "channel": "phone", "title": "Printer jams", "description": "Third floor", "service": "", "category": "",
    "impact": "2",
    "urgency": "2", "team": "",
}  # fmt: skip


def test_agent_opens_on_behalf(at_desk, agent, requester, service):
    CustomField.objects.create(kind="incident", code="site", label="Site", required=True)
    assert at_desk.get("/tickets/new/incident/").status_code == 200
    missing = at_desk.post("/tickets/new/incident/", {**NEW, "requester": requester.email})
    assert missing.status_code == 422
    file = SimpleUploadedFile("photo.txt", b"x")
    data = {**NEW, "requester": "Rita Requester", "service": service.pk, "custom.site": "Leeds", "files": [file]}
    answer = at_desk.post("/tickets/new/incident/", data)
    opened = Ticket.objects.latest("id")
    assert answer["Location"] == url(opened)
    assert (opened.requester, opened.opened_by, opened.channel, opened.custom) == (
        requester, agent, "phone", {"site": "Leeds"},
    )  # fmt: skip
    assert opened.team == service.support_team
    assert "photo.txt" in text_of(at_desk.get(url(opened)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"title": "x" * 10_000}, "at most 200 characters"),
        ({"title": "   "}, "This field is required"),
        ({"requester": "nobody"}, "Nobody has this name or address"),
        ({"channel": "pigeon"}, "Select a valid choice"),
        ({"impact": "7"}, "Select a valid choice"),
        ({"files": [SimpleUploadedFile("x.exe", b"MZ")]}, "programs are not accepted"),
    ],
)
def test_bad_reports_open_nothing(at_desk, requester, data, message):
    answer = at_desk.post("/tickets/new/incident/", {**NEW, "requester": requester.email, **data})
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert not Ticket.objects.exists()


def test_child_of_a_ticket_is_opened(at_desk, incident):
    form = text_of(at_desk.get("/tickets/new/incident/", {"parent": incident.number}))
    assert incident.requester.email in form
    at_desk.post(f"/tickets/new/incident/?parent={incident.number}", {**NEW, "requester": incident.requester.email})
    link = TicketLink.objects.get()
    assert (link.target_id, link.kind) == (incident.pk, "child_of")


def test_similar_tickets_are_shown_while_typing(at_desk, requester):
    factories.incident(requester, title="Printer jams on the third floor")
    shown = text_of(at_desk.get("/tickets/new/incident/similar/", {"title": "printer jams again"}))
    assert "Printer jams on the third floor" in shown


@pytest.mark.parametrize("who", ["requester", "auditor"])
def test_who_may_not_open_here(db, browse, request, who):
    client = browse(request.getfixturevalue(who))
    assert client.get("/tickets/new/incident/").status_code == (404 if who == "requester" else 403)
    assert client.get("/tickets/new/nonsense/").status_code == 404
