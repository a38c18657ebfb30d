"""Every step through its page: with and without script, allowed, refused, wrong and stale."""

from __future__ import annotations

import pytest

from itsm.tickets.models import Ticket, TicketTask
from itsm.workflow import conversation
from itsm.workflow.models import TransitionPolicy
from operation.services import incidents
from tests import factories

from .conftest import HTMX, url
from .test_page import text_of

#: Verb, the state it starts from, what is sent, the state it leads to.
STEPS = [
    ("assign", "new", {"team": "Engineers"}, "assigned"),
    ("start", "new", {}, "in_progress"),
    ("put_on_hold", "in_progress", {"hold_reason": "supplier"}, "on_hold"),
    ("resume", "on_hold", {}, "in_progress"),
    ("escalate", "in_progress", {"reason": "Too deep"}, "assigned"),
    ("resolve", "in_progress", {"code": "fixed", "note": "Restarted"}, "resolved"),
    ("close", "resolved", {}, "closed"),
    ("confirm", "resolved", {}, "closed"),
    ("reopen", "resolved", {"reason": "It is back"}, "in_progress"),
    ("cancel", "new", {"reason": "By mistake"}, "cancelled"),
]


def bring(incident, state, agent):
    say = {"actor": agent, "source": "web"}
    if state == "new":
        return incident
    incident = incidents.start(incident, **say)
    if state == "on_hold":
        return incidents.put_on_hold(incident, hold_reason="supplier", **say)
    if state == "resolved":
        return incidents.resolve(incident, code="fixed", note="Done", **say)
    return incident


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("verb", "start", "data", "end"), STEPS)
def test_agent_takes_every_step(at_desk, agent, incident, engineers, verb, start, data, end, headers):
    incident = bring(incident, start, agent)
    form = at_desk.get(url(incident, verb), headers=headers)
    assert form.status_code == 200
    answer = at_desk.post(url(incident, verb), data, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    if headers:
        assert 'id="s-properties" hx-swap-oob="true"' in text_of(answer)
        assert "close-dialog" in answer["HX-Trigger"]
    else:
        assert answer["Location"] == url(incident)
    assert Ticket.objects.get(pk=incident.pk).state == end


@pytest.mark.parametrize(("verb", "start", "data", "_end"), STEPS)
def test_step_from_the_wrong_state_is_refused(at_desk, agent, incident, verb, start, data, _end):
    closed = incidents.cancel(incident, actor=agent, source="web", reason="x")
    for headers in ({}, HTMX):
        assert at_desk.get(url(closed, verb), headers=headers).status_code == 409
        answer = at_desk.post(url(closed, verb), {"team": "", **data}, headers=headers)
        assert answer.status_code == 409
        assert "not possible while this is Cancelled" in text_of(answer)
    assert Ticket.objects.get(pk=closed.pk).version == closed.version


@pytest.mark.parametrize(
    ("verb", "data", "message"),
    [
        ("resolve", {"code": "", "note": ""}, "This field is required"),
        ("resolve", {"code": "nonsense", "note": "x"}, "not one of the available choices"),
        ("put_on_hold", {"hold_reason": "requester"}, "Say what is waited for"),
        ("assign", {}, "Choose a team or a person"),
        ("assign", {"team": "999999"}, "Select a valid choice"),
        ("escalate", {"reason": ""}, "This field is required"),
        ("put_on_hold", {"hold_reason": "supplier", "until": "not a date"}, "Enter a valid date/time"),
    ],
)
def test_wrong_input_is_said_at_the_field_and_changes_nothing(at_desk, agent, incident, verb, data, message):
    working = incidents.start(incident, actor=agent, source="web")
    for headers in ({}, HTMX):
        answer = at_desk.post(url(working, verb), data, headers=headers)
        assert answer.status_code == 422
        assert message in text_of(answer)
        assert 'aria-invalid="true"' in text_of(answer)
    assert Ticket.objects.get(pk=incident.pk).version == working.version


def test_step_keeps_the_text_when_something_happened_meanwhile(at_desk, agent, requester, incident):
    working = incidents.start(incident, actor=agent, source="web")
    conversation.reply(working, "Now the phones are down too", actor=requester, source="web")
    data = {"code": "fixed", "note": "Restarted the mail server", "version": working.version}
    answer = at_desk.post(url(incident, "resolve"), data, headers=HTMX)
    shown = text_of(answer)
    assert answer.status_code == 409
    assert "Now the phones are down too" in shown
    assert "Restarted the mail server" in shown
    assert Ticket.objects.get(pk=incident.pk).state == "in_progress"
    data["version"] = Ticket.objects.get(pk=incident.pk).version
    assert at_desk.post(url(incident, "resolve"), data).status_code == 302


def test_open_task_holds_resolving_and_says_where(at_desk, agent, incident):
    incidents.start(incident, actor=agent, source="web")
    TicketTask.objects.create(ticket_id=incident.pk, title="Order the disk")
    page = text_of(at_desk.get(url(incident)))
    assert 'aria-disabled="true"' in page
    shown = at_desk.get(url(incident, "resolve"))
    assert shown.status_code == 409
    assert "Tasks are still open" in text_of(shown)
    assert f"/tickets/{incident.number}/#tasks" in text_of(shown)
    answer = at_desk.post(url(incident, "resolve"), {"code": "fixed", "note": "x"})
    assert answer.status_code == 409


def test_checklist_of_a_policy_holds_and_is_worked_through(at_desk, agent, incident):
    policy = TransitionPolicy.objects.create(
        name="Care", kind="incident", verb="resolve", checklist=["Backup checked", "User called"]
    )
    incidents.start(incident, actor=agent, source="web")
    assert "Backup checked" in text_of(at_desk.get(url(incident)))
    assert at_desk.get(url(incident, "resolve")).status_code == 409
    for item in policy.checklist:
        at_desk.post(url(incident, "checklist"), {"policy": policy.pk, "item": item, "done": "1"})
    assert at_desk.get(url(incident, "resolve")).status_code == 200
    wrong = at_desk.post(
        url(incident, "checklist"), {"policy": policy.pk, "item": "Nonsense", "done": "1"}, headers=HTMX
    )
    assert wrong.status_code == 422
    assert at_desk.post(url(incident, "checklist"), {"policy": "0", "item": "x"}).status_code == 404


def test_denied_step_is_not_offered(at_desk, incident):
    assert "Declare major" not in text_of(at_desk.get(url(incident)))
    answer = at_desk.post(url(incident, "declare_major"), {"summary": "All is down"})
    assert answer.status_code == 403
    assert not Ticket.objects.get(pk=incident.pk).is_major


def test_unknown_step_is_not_found(at_desk, incident):
    assert at_desk.get(url(incident, "explode")).status_code == 404
    assert at_desk.post(url(incident, "explode")).status_code == 404


def test_major_incident_from_declaration_to_the_end(browse, at_desk, agent, incident_manager, requester, incident):
    other = factories.incident(requester, title="Something else")
    manager = browse(incident_manager)
    manager.post(url(incident, "declare_major"), {"summary": "Nobody gets mail", "affected": "120"})
    shown = text_of(at_desk.get(url(other)))
    assert "Major incident" in shown
    assert f'href="/tickets/{incident.number}/"' in shown
    own = text_of(at_desk.get(url(incident)))
    assert "Next stakeholder update due" in own
    assert "Nobody gets mail" in own
    assert "120 affected" in own
    assert "Stakeholders" in own
    form = text_of(at_desk.get(url(incident, "post_update")))
    assert "to Rita Requester" in form
    at_desk.post(url(incident, "post_update"), {"summary": "We found the disk"})
    assert "We found the disk" in text_of(at_desk.get(url(incident)))
    manager.post(url(incident, "stand_down"), {"reason": "Works for most"})


def test_restricted_major_is_not_told_to_all(at_desk, requester, administrator, agent):
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    member = factories.person("Sue", roles=("incident_manager",), teams=(secret,))
    hidden = factories.incident(requester, team=secret, title="Intruder in the vault")
    incidents.declare_major(hidden, actor=member, source="web", summary="x")
    other = factories.incident(requester)
    assert "Intruder" not in text_of(at_desk.get(url(other)))


def test_handing_to_a_restricted_team_leads_back(at_desk, agent, incident):
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    answer = at_desk.post(url(incident, "assign"), {"team": secret.pk})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert at_desk.get(url(incident)).status_code == 404
