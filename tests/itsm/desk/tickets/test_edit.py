"""Editing properties in their place and on the page: saved, wrong, stale, undone."""

from __future__ import annotations

import pytest

from itsm.accounts.models import User
from itsm.tickets.models import CustomField, Ticket, TimelineEntry
from itsm.workflow import edits
from operation.services import incidents
from tests import factories

from .conftest import HTMX, url
from .test_page import text_of


def stored(incident):
    return Ticket.objects.get(pk=incident.pk)


def seen_in(html):
    import re

    return dict(re.findall(r'<input type="hidden" name="(seen_[^"]+)" value="([^"]*)"', html))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_each_property_is_saved(at_desk, agent, incident, engineers, colleague, headers):
    CustomField.objects.create(kind="incident", code="site", label="Site")
    CustomField.objects.create(kind="incident", code="urgent", label="Urgent", type="yes_no")
    CustomField.objects.create(kind="incident", code="since", label="Since", type="date")
    CustomField.objects.create(kind="incident", code="floors", label="Floors", type="number")
    category = factories.CategoryFactory(name="Mail")
    service = factories.ServiceFactory(name="Intranet")
    for name, data in {
        "title": {"title": "Mail is slow"},
        "description": {"description": "Since Monday\r\nall day"},
        "service": {"service": service.pk},
        "category": {"category": category.pk},
        "assignee": {"assignee": agent.pk},
        "team": {"team": engineers.pk},
        "requester": {"requester": "carl colleague"},
        "channel": {"channel": "phone"},
        "priority": {"impact": 1, "urgency": 1, "priority": "", "priority_reason": ""},
        "affected_people": {"affected_people": "12"},
        "custom.site": {"custom.site": "Leeds"},
        "custom.urgent": {"custom.urgent": "yes"},
        "custom.since": {"custom.since": "2026-11-02"},
        "custom.floors": {"custom.floors": "3"},
    }.items():
        form = at_desk.get(url(incident, "edit", name), headers=headers)
        assert form.status_code == 200, name
        answer = at_desk.post(url(incident, "edit", name), {**seen_in(text_of(form)), **data}, headers=headers)
        assert answer.status_code == (200 if headers else 302), (name, text_of(answer)[:2000])
    now = stored(incident).specific()
    assert (now.title, now.description, now.service, now.category) == (
        "Mail is slow", "Since Monday\nall day", service, category,
    )  # fmt: skip
    assert (now.team, now.assignee, now.requester, now.channel) == (engineers, None, colleague, "phone")
    assert (now.impact, now.urgency, now.priority, now.affected_people) == (1, 1, 1, 12)
    assert now.custom == {"site": "Leeds", "urgent": True, "since": "2026-11-02", "floors": "3"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("title", {"title": ""}, "This field is required"),
        ("title", {"title": "x" * 10_000}, "at most 200 characters"),
        ("requester", {"requester": "nobody@example.com"}, "Nobody has this name or address"),
        ("service", {"service": "999"}, "Select a valid choice"),
        ("assignee", {"assignee": "999"}, "Select a valid choice"),
        ("priority", {"impact": "9", "urgency": "1", "priority": "", "priority_reason": ""}, "Select a valid choice"),
        ("priority", {"impact": "3", "urgency": "2", "priority": "1", "priority_reason": ""}, "Say why the priority"),
        ("affected_people", {"affected_people": "-1"}, "greater than or equal to 0"),
        ("custom.floors", {"custom.floors": "many"}, "Enter a number"),
    ],
)
def test_wrong_values_are_said_at_the_field(at_desk, incident, name, data, message):
    CustomField.objects.create(kind="incident", code="floors", label="Floors", type="number")
    for headers in ({}, HTMX):
        answer = at_desk.post(url(incident, "edit", name), data, headers=headers)
        assert answer.status_code == 422
        assert message in text_of(answer)
    assert stored(incident).version == 1


def test_priority_may_differ_with_a_reason(at_desk, incident):
    data = {"impact": 3, "urgency": 2, "priority": "1", "priority_reason": "The director waits"}
    at_desk.post(url(incident, "edit", "priority"), data)
    assert (stored(incident).priority, stored(incident).priority_reason) == (1, "The director waits")
    page = at_desk.get(url(incident, "edit", "priority"))
    at_desk.post(url(incident, "edit", "priority"), {**seen_in(text_of(page)), **data, "priority": ""})
    assert stored(incident).priority_reason == ""
    assert stored(incident).priority != 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_same_field_changed_meanwhile_shows_both_and_keeps_the_text(at_desk, engineer, incident, headers):
    form = text_of(at_desk.get(url(incident, "edit", "title")))
    edits.edit(incident, actor=engineer, source="web", title="Mail is slow")
    sent = {**seen_in(form), "title": "Mail is lost"}
    answer = at_desk.post(url(incident, "edit", "title"), sent, headers=headers)
    shown = text_of(answer)
    assert answer.status_code == 409
    assert "Emil Engineer changed this meanwhile" in shown
    assert "now <b>Mail is slow</b>, you chose <b>Mail is lost</b>" in shown
    assert 'value="Mail is lost"' in shown
    assert stored(incident).title == "Mail is slow"
    again = at_desk.post(url(incident, "edit", "title"), {**seen_in(shown), "title": "Mail is lost"}, headers=headers)
    assert again.status_code == (200 if headers else 302)
    assert stored(incident).title == "Mail is lost"


def test_description_conflicts_in_spite_of_line_ends(at_desk, engineer, agent, requester):
    incident = factories.incident(requester, description="One\r\nTwo\r\nThree " + "x" * 100)
    form = seen_in(text_of(at_desk.get(url(incident, "edit", "description"))))
    fine = at_desk.post(url(incident, "edit", "description"), {**form, "description": "New text"})
    assert fine.status_code == 302, (form, text_of(fine)[-3000:])
    answer = at_desk.post(url(incident, "edit", "description"), {**form, "description": "Other text"})
    assert answer.status_code == 409
    assert "Other text" in text_of(answer)


def test_another_field_changed_meanwhile_does_not_matter(at_desk, engineer, incident):
    form = seen_in(text_of(at_desk.get(url(incident, "edit"))))
    edits.edit(incident, actor=engineer, source="web", impact=1, urgency=1)
    base = {
        "title": "Mail is lost", "description": "", "requester": incident.requester.email, "team": incident.team_id,
        "service": incident.service_id, "category": "", "assignee": "", "channel": "portal", "restricted_to": "",
        "impact": 3, "urgency": 2, "priority": "", "priority_reason": "", "affected_people": "",
    }  # fmt: skip
    answer = at_desk.post(url(incident, "edit"), {**form, **base})
    assert answer.status_code == 302, text_of(answer)
    now = stored(incident)
    assert (now.title, now.impact, now.urgency, now.priority) == ("Mail is lost", 1, 1, 1)


def test_change_is_taken_back(at_desk, agent, engineer, incident, browse):
    answer = at_desk.post(url(incident, "edit", "title"), {"title": "Mail is lost"}, headers=HTMX)
    entry = TimelineEntry.objects.filter(ticket_id=incident.pk, kind="change").get()
    assert f"/tickets/{incident.number}/undo/{entry.pk}/" in answer["HX-Trigger"]
    assert browse(engineer).post(url(incident, "undo", entry.pk)).status_code == 404
    assert at_desk.post(url(incident, "undo", entry.pk)).status_code == 302
    assert stored(incident).title == "Mail is down"
    edits.edit(incident, actor=engineer, source="web", title="Mail is slow")
    assert at_desk.post(url(incident, "undo", entry.pk)).status_code == 409
    assert stored(incident).title == "Mail is slow"


def test_take_it_over(browse, agent, desk, incident):
    incidents.start(incident, actor=agent, source="web")
    mate = factories.person("Mona Mate", roles=("agent",), teams=(desk,))
    client = browse(mate)
    assert 'data-key="I"' in text_of(client.get(url(incident)))
    client.post(url(incident, "take"))
    assert stored(incident).assignee == mate


@pytest.mark.parametrize("who", ["auditor", "owner"])
def test_only_agents_edit(browse, request, incident, who):
    user = factories.person("Olga", roles=("finance_manager",)) if who == "owner" else request.getfixturevalue(who)
    client = browse(user)
    assert client.get(url(incident, "edit")).status_code == 403
    assert client.post(url(incident, "edit", "title"), {"title": "x"}).status_code == 403
    assert stored(incident).title == "Mail is down"


def test_closed_ticket_is_not_edited(at_desk, agent, incident):
    incidents.cancel(incident, actor=agent, source="web", reason="x")
    assert at_desk.post(url(incident, "edit", "title"), {"title": "x"}).status_code in (403, 409)
    assert "Edit all" not in text_of(at_desk.get(url(incident)))


def test_unknown_property_is_not_found(at_desk, incident):
    for name in ("state", "version", "id", "custom.nothing", "opened_at"):
        assert at_desk.post(url(incident, "edit", name), {name: "x"}).status_code == 404


def test_people_are_suggested_to_staff_only(at_desk, browse, requester, agent):
    assert requester.email in text_of(at_desk.get("/people/suggest/", {"q": "rita"}))
    assert requester.email not in text_of(at_desk.get("/people/suggest/", {"q": "rita", "mention": "1"}))
    assert agent.email in text_of(at_desk.get("/people/suggest/", {"q": "anna", "mention": "1"}))
    assert browse(requester).get("/people/suggest/", {"q": "anna"}).status_code == 404
    assert User.objects.filter(email=requester.email).exists()
