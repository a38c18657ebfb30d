"""The whole life of an incident on the pages, by people whose browsers run no scripts."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command

from itsm.audit import services as audit
from operation.models import Incident

pytestmark = pytest.mark.django_db


def ledgers(person) -> tuple[list[list[str]], list[list[str]]]:
    """The rows of the first response's and the resolution's ledger, cell by cell, in words."""
    found: dict[str, list[list[str]]] = {}
    for section in person.page.root.find("section"):
        rows = [[cell.text for cell in row.find("td")] for body in section.find("tbody") for row in body.find("tr")]
        if rows and section.find("h2"):
            found.setdefault(section.find("h2")[0].text, rows)
    return found["First response"], found["Resolution"]


def minutes(words: str) -> int:
    """``1 h 40 min`` in minutes."""
    units = {"d": 1440, "h": 60, "m": 1, "min": 1}
    found = re.findall(r"(\d+)\s*(d|h|min|m)\b", words)
    assert found or "0 s" in words or words in ("0", "–"), words
    return sum(int(number) * units[unit] for number, unit in found)


def test_from_report_to_confirmation(sit, promised, requester, agent, engineer, engineers, sla_manager, watch):
    rita, anna, emil = sit(requester), sit(agent), sit(engineer)
    with watch.after(0):
        rita.go("/").follow("Report a problem")
        rita.press("Send report", title="No mail since nine", service="email", impact="2", urgency="2")
    number = Incident.objects.get().number
    rita.sees(number)

    with watch.after(10):
        anna.go("/").sees("No mail since nine", number)
        anna.follow(number if number in [a.text for a in anna.page.root.find("a")] else "No mail since nine")
        anna.sees("Rita Requester", "First response", "Resolution")
        anna.press("Take it")
        anna.sees("In progress")
    with watch.after(10):
        anna.press("Send", within="/message/", body="We look into it, Rita.", kind="reply")
        anna.sees("We look into it, Rita.")
    with watch.after(1):
        anna.press("Send", within="/message/", body="Queue on mx-2 is full.", kind="note")
        anna.sees("Queue on mx-2 is full.")
    with watch.after(9):
        anna.follow("Put on hold").press("Put on hold", hold_reason="requester", comment="Which mailbox is it?")
        anna.sees("On hold", "Paused")

    with watch.after(120):
        rita.go(f"/portal/tickets/{number}/").sees("Which mailbox is it?").sees_not("Queue on mx-2 is full.")
        rita.press("Send", within="/reply/", body="The shared one")
    with watch.after(10):
        anna.go(f"/tickets/{number}/").sees("The shared one", "In progress").sees_not("Paused")
        anna.follow("Escalate").press("Escalate", reason="Needs the mail engineers")
        anna.sees("Engineers", "Needs the mail engineers")
    with watch.after(10):
        emil.go("/").sees(number)
        emil.go(f"/tickets/{number}/").press("Take it")
    with watch.after(30):
        emil.follow("Resolve").press("Resolve", code="fixed", note="Quota raised")
        emil.sees("Resolved")
    with watch.after(60):
        rita.go(f"/portal/tickets/{number}/").sees("Quota raised").press("Take it up again", reason="Still no mail")
    with watch.after(20):
        emil.go(f"/tickets/{number}/").sees("Still no mail")
        emil.follow("Resolve").press("Resolve", code="fixed", note="Index rebuilt")
    with watch.after(5):
        rita.go(f"/portal/tickets/{number}/").press("Yes, it works")
    done = Incident.objects.get()
    assert (done.state, done.reopen_count, done.team) == ("closed", 1, engineers)

    # Every minute of both clocks: what counted is what the clock shows, and all parts together are the time gone by.
    with watch.after(60):
        anna.go(f"/tickets/{number}/sla/")
        response, resolution = ledgers(anna)
        assert [minutes(row[3]) for row in response if "(" not in row[3]] == [20]
        counted = [minutes(row[3]) for row in resolution if "(" not in row[3]]
        paused = [minutes(row[3]) for row in resolution if "(" in row[3]]
        assert (counted, paused) == ([30, 50, 20], [120, 60])
        elapsed = {
            c.metric: c.elapsed_seconds // 60 for c in done.clocks.filter(metric__in=("first_response", "resolution"))
        }
        assert elapsed == {"first_response": 20, "resolution": sum(counted)}
        assert sum(counted) + sum(paused) == (done.resolved_at - done.opened_at).total_seconds() / 60

        # The manager sees it in the numbers, and every number leads to its tickets.
        call_command("measure_sla", stdout=io.StringIO())
        sam = sit(sla_manager).go("/").sees("In time by week", "Email", "Engineers")
        assert sam.path == "/dashboards/sla/"
        sam.go("/dashboards/sla/tickets/?number=ended").sees(number)
    call_command("rebuild_sla", "--check", stdout=io.StringIO())
    assert list(audit.verify()) == []


def test_a_step_without_its_answer_says_so_and_keeps_the_words(sit, promised, incident, agent):
    anna = sit(agent).go(f"/tickets/{incident.number}/").press("Take it")
    anna.follow("Put on hold").press("Put on hold", hold_reason="requester", comment="", status=422)
    anna.sees("Say what is waited for")
    incident.refresh_from_db()
    assert incident.state == "in_progress"


def test_two_agents_at_once_lose_nothing(sit, promised, incident, agent, incident_manager):
    """Both have the page open; the second who changes the same field is shown both values."""
    anna, mia = sit(agent), sit(incident_manager)
    anna.go(f"/tickets/{incident.number}/edit/title/")
    mia.go(f"/tickets/{incident.number}/edit/title/").press("Save", title="Mail is down in Oslo")
    anna.press("Save", title="Mail is down in Bergen", status=409)
    anna.sees("changed this meanwhile", "Mail is down in Oslo", "Mail is down in Bergen")
    incident.refresh_from_db()
    assert incident.title == "Mail is down in Oslo"
    anna.press("Use mine")
    incident.refresh_from_db()
    assert incident.title == "Mail is down in Bergen"


def test_a_major_incident_is_declared_told_and_ended(sit, promised, incident, agent, requester, incident_manager):
    anna = sit(agent).go(f"/tickets/{incident.number}/")
    assert "Declare major" not in anna.text, "not offered to whom it is denied"
    mia = sit(incident_manager).go(f"/tickets/{incident.number}/")
    mia.follow("Declare major").press("Declare major", summary="Nobody gets mail", affected="300")
    mia.sees("Nobody gets mail")
    sit(requester).go(f"/portal/tickets/{incident.number}/").sees("Nobody gets mail")
    mia.follow("No longer major").press("No longer major", reason="Only Oslo is left")
    incident.refresh_from_db()
    assert (incident.is_major, incident.priority) == (False, 1)
