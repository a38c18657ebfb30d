"""Many tickets at once: each outcome is named, undo puts back what nobody touched meanwhile."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from itsm.audit.models import Entry
from itsm.desk.models import BulkAction
from itsm.desk.services import bulk
from itsm.lib import clock
from itsm.tickets.models import Macro, Ticket, TicketLink, TimelineEntry
from itsm.workflow.edits import edit
from operation.models import Incident
from operation.services import incidents
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(requester, service):
    return [factories.incident(requester, service=service, title=f"Mail {n}") for n in range(3)]


def send(browser, action: str, tickets, **data):
    return browser.post("/queue/bulk/", {"action": action, "ids": [t.pk for t in tickets], **data}, headers=HTMX)


def fields(tickets, *names) -> list[tuple]:
    return list(Incident.objects.filter(pk__in=[t.pk for t in tickets]).order_by("pk").values_list(*names))


def outcome() -> list[tuple[bool, str]]:
    return [(row["ok"], row["reason"]) for row in BulkAction.objects.latest("id").rows]


# ---------- what can be done ----------


def test_assign_to_me_and_undo(as_, agent, desk, three):
    browser = as_(agent)
    answer = send(browser, "assign_me", three)
    assert answer.status_code == 200
    assert "Assign to me: 3 tickets done" in answer["HX-Trigger"]
    assert "queue-changed" in answer["HX-Trigger"]
    assert fields(three, "assignee", "team", "state") == [(agent.pk, desk.pk, "assigned")] * 3
    undo = re.search(r"/queue/bulk/\d+/undo/", answer["HX-Trigger"])[0]
    answer = browser.post(undo, headers=HTMX)
    assert answer.status_code == 204
    assert "3 tickets put back" in answer["HX-Trigger"]
    assert fields(three, "assignee", "team") == [(None, desk.pk)] * 3
    assert [e.kind for e in TimelineEntry.objects.filter(ticket=three[0]).order_by("id")][-2:] == [
        "transition",
        "change",
    ]


def test_taking_another_teams_ticket_brings_it_to_my_team(as_, agent, desk, engineers, three):
    Ticket.objects.update(team=engineers)
    send(as_(agent), "assign_me", three[:1])
    assert fields(three[:1], "assignee", "team") == [(agent.pk, desk.pk)]


def test_assign_to_a_team_or_person(as_, agent, engineer, engineers, desk, three):
    browser = as_(agent)
    form = send(browser, "assign", three)
    assert form.status_code == 200
    assert "Assign: 3 tickets" in form.content.decode()
    assert form.content.decode().count('name="ids"') == 3
    send(browser, "assign", three[:1], apply=1, team=engineers.pk)
    send(browser, "assign", three[1:2], apply=1, assignee=engineer.pk)
    assert fields(three, "team", "assignee") == [(engineers.pk, None), (engineers.pk, engineer.pk), (desk.pk, None)]
    empty = send(browser, "assign", three, apply=1)
    assert empty.status_code == 422
    assert "Choose a team or a person." in empty.content.decode()


def test_priority_by_impact_and_urgency_and_undo(as_, agent, three):
    browser = as_(agent)
    before = fields(three, "impact", "urgency", "priority")
    edit(three[0], actor=agent, source="web", priority=1, priority_reason="The board is waiting")
    before[0] = (*before[0][:2], 1)
    answer = send(browser, "priority", three, apply=1, impact=1, urgency=2)
    assert fields(three, "impact", "urgency", "priority") == [(1, 2, 2)] * 3
    browser.post(re.search(r"/queue/bulk/\d+/undo/", answer["HX-Trigger"])[0], headers=HTMX)
    assert fields(three, "impact", "urgency", "priority") == before
    assert fields(three[:1], "priority_reason") == [("The board is waiting",)]


def test_steps_with_refusals_named(as_, agent, three):
    browser = as_(agent)
    incidents.resolve(three[1], actor=agent, source="web", code="fixed", note="done")
    answer = send(browser, "resolve", three, apply=1, code="fixed", note="Restarted the gateway")
    page = answer.content.decode()
    assert "2 tickets done, 1 refused" in page
    assert three[1].number in page
    assert "is not possible while this is Resolved" in page
    assert "Undo" not in page
    assert fields(three, "state") == [("resolved",)] * 3
    assert outcome()[1] == (False, "“Resolve” is not possible while this is Resolved.")
    send(browser, "close", three)
    assert fields(three, "state") == [("closed",)] * 3


def test_hold_asks_once_and_replies_to_each(as_, agent, three):
    browser = as_(agent)
    send(browser, "assign_me", three)
    form = send(browser, "put_on_hold", three)
    assert "hold_reason" in form.content.decode()
    missing = send(browser, "put_on_hold", three, apply=1)
    assert missing.status_code == 422
    refused = send(browser, "put_on_hold", three, apply=1, hold_reason="requester")
    assert refused.content.decode().count("Say what is waited for") == 3
    send(browser, "put_on_hold", three, apply=1, hold_reason="requester", comment="Which floor?")
    assert fields(three, "state", "hold_reason") == [("on_hold", "requester")] * 3
    assert TimelineEntry.objects.filter(kind="reply", body="Which floor?", public=True).count() == 3
    send(browser, "resume", three, apply=1)
    assert fields(three, "state") == [("in_progress",)] * 3
    send(browser, "cancel", three, apply=1, reason="Test")
    assert fields(three, "state") == [("cancelled",)] * 3


def test_link_reply_note_watch_and_macro(as_, agent, requester, three):
    browser = as_(agent)
    parent = factories.incident(requester, title="The big one")
    assert (
        "There is no such ticket."
        in send(browser, "link", three, apply=1, relation="child_of", target="INC-99999").content.decode()
    )
    send(browser, "link", three, apply=1, relation="child_of", target=parent.number.lower())
    assert TicketLink.objects.filter(target=parent, kind="child_of").count() == 3
    again = send(browser, "link", [*three, parent], apply=1, relation="child_of", target=parent.number)
    assert "cannot be linked to itself" in again.content.decode()
    send(browser, "reply", three, apply=1, body="Hello {requester}, about {number}")
    assert {e.body for e in TimelineEntry.objects.filter(kind="reply")} == {
        f"Hello Rita, about {t.number}" for t in three
    }
    send(browser, "note", three, apply=1, body="same cause")
    assert TimelineEntry.objects.filter(kind="note", public=False, body="same cause").count() == 3
    send(browser, "watch", three)
    assert agent.watched_tickets.count() == 3
    macro = Macro.objects.create(name="Known", kind="incident", note="known issue", changes={"impact": 2})
    send(browser, "macro", three, apply=1, macro=macro.pk)
    assert fields(three, "impact") == [(2,)] * 3
    assert not any("before" in row for row in BulkAction.objects.latest("id").rows)


# ---------- undo ----------


def test_undo_refuses_what_changed_meanwhile(as_, agent, engineer, engineers, desk, three):
    browser = as_(agent)
    send(browser, "assign_me", three)
    done = BulkAction.objects.latest("id")
    edit(three[1], actor=engineer, source="web", team=engineers, assignee=engineer)
    edit(three[2], actor=engineer, source="web", title="Another title")
    answer = browser.post(f"/queue/bulk/{done.pk}/undo/", headers=HTMX)
    assert "2 of 3 put back" in answer["HX-Trigger"]
    assert three[1].number in answer["HX-Trigger"]
    assert fields(three, "team", "assignee") == [(desk.pk, None), (engineers.pk, engineer.pk), (desk.pk, None)]
    assert Ticket.objects.get(pk=three[2].pk).title == "Another title"


def test_undo_once_only_for_ten_minutes_and_only_by_whoever_did_it(as_, agent, engineer, three):
    browser = as_(agent)
    send(browser, "assign_me", three[:1])
    first = BulkAction.objects.latest("id")
    assert as_(engineer).post(f"/queue/bulk/{first.pk}/undo/", headers=HTMX).status_code == 404
    assert browser.post(f"/queue/bulk/{first.pk}/undo/", headers=HTMX).status_code == 204
    assert browser.post(f"/queue/bulk/{first.pk}/undo/", headers=HTMX).status_code == 409
    send(browser, "assign_me", three[1:2])
    late = BulkAction.objects.latest("id")
    BulkAction.objects.filter(pk=late.pk).update(at=clock.now() - timedelta(minutes=11))
    assert browser.post(f"/queue/bulk/{late.pk}/undo/", headers=HTMX).status_code == 409
    assert fields(three[1:2], "assignee") == [(agent.pk,)]


def test_undo_does_not_show_what_was_given_out_of_sight(as_, agent, requester, three):
    vault = factories.TeamFactory(name="Vault", is_restricted=True)
    browser = as_(agent)
    answer = send(browser, "assign", three[:1], apply=1, team=vault.pk)
    assert answer.status_code == 200
    done = BulkAction.objects.latest("id")
    assert fields(three[:1], "restricted_to") == [(vault.pk,)]
    answer = browser.post(f"/queue/bulk/{done.pk}/undo/", headers=HTMX)
    assert "You do not see this ticket any more." in answer["HX-Trigger"]
    assert fields(three[:1], "team") == [(vault.pk,)]


def test_nothing_changed_leaves_nothing_to_undo(as_, agent, three):
    browser = as_(agent)
    send(browser, "assign_me", three)
    answer = send(browser, "assign_me", three)
    assert "undo" in answer["HX-Trigger"]
    assert "/undo/" not in answer["HX-Trigger"]


def test_old_actions_are_forgotten(agent, three):
    bulk.run(bulk.ACTIONS["assign_me"], [three[0].pk], actor=agent, data={})
    BulkAction.objects.update(at=timezone.now() - timedelta(days=8))
    assert bulk.purge() == 1
    assert Entry.objects.filter(action="incident.assign").count() == 1


# ---------- bad input, strangers, limits ----------


def test_unseen_and_unknown_ids_are_as_good_as_none(as_, agent, engineers, three):
    Ticket.objects.filter(pk=three[0].pk).update(restricted_to=engineers)
    browser = as_(agent)
    answer = send(browser, "assign_me", three[:1])
    assert answer.status_code == 422
    assert "Choose at least one ticket." in answer.content.decode()
    browser.post(
        "/queue/bulk/", {"action": "assign_me", "ids": [three[0].pk, three[1].pk, "x", "-1", "9" * 30]}, headers=HTMX
    )
    assert fields(three, "assignee") == [(None,), (agent.pk,), (None,)]
    assert [row["id"] for row in BulkAction.objects.latest("id").rows] == [three[1].pk]


def test_unknown_action_and_no_selection(as_, agent, three):
    browser = as_(agent)
    assert send(browser, "explode", three).status_code == 404
    assert browser.post("/queue/bulk/", {"action": "assign_me"}, headers=HTMX).status_code == 422
    assert browser.get("/queue/bulk/").status_code == 405
    assert BulkAction.objects.count() == 0


def test_everything_in_the_view_up_to_a_limit(as_, agent, desk, make, monkeypatch):
    tickets = [make(team=desk, priority=1 + n % 2) for n in range(6)]
    for ticket in tickets:
        Incident(ticket_ptr=ticket).save_base(raw=True)
    browser = as_(agent)
    answer = browser.post(
        "/queue/bulk/", {"action": "assign_me", "all": "1", "query": "view=teams&priority=1"}, headers=HTMX
    )
    assert "3 tickets done" in answer["HX-Trigger"]
    assert Ticket.objects.filter(assignee=agent).count() == 3
    monkeypatch.setattr(bulk, "MOST", 2)
    refused = browser.post("/queue/bulk/", {"action": "watch", "all": "1", "query": "view=all"}, headers=HTMX)
    assert refused.status_code == 422
    assert "At most 2 tickets" in refused.content.decode()
    assert agent.watched_tickets.count() == 0


def test_without_script_it_is_pages(as_, agent, three):
    browser = as_(agent)
    data = {"action": "priority", "ids": [t.pk for t in three], "next": "/queue/?view=all"}
    form = browser.post("/queue/bulk/", data).content.decode()
    assert "<html" in form
    assert "Set priority" in form
    done = browser.post("/queue/bulk/", data | {"apply": "1", "impact": "1", "urgency": "1"}, follow=True)
    assert done.redirect_chain == [("/queue/?view=all", 302)]
    assert "Priority: 3 tickets done" in done.content.decode()
    refused = browser.post(
        "/queue/bulk/", {"action": "close", "ids": [three[0].pk], "next": "https://evil.example/"}
    ).content.decode()
    assert "1 refused" in refused
    assert "evil.example" not in refused


def test_bulk_costs_a_transaction_each_and_one_failure_stops_no_other(as_, agent, requester, three):
    Incident.objects.filter(pk=three[0].pk).update(phase="closed", state="closed")
    send(as_(agent), "priority", three, apply=1, impact=1, urgency=1)
    assert outcome() == [(False, "A closed ticket is not changed any more."), (True, ""), (True, "")]
    assert fields(three, "priority")[1:] == [(1,), (1,)]
