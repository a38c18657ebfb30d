"""A requester's side of an incident, without scripts: report, watch, answer, confirm, reopen, follow up."""

from __future__ import annotations

import pytest

from itsm.workflow.verbs import perform
from operation.models import Incident

pytestmark = pytest.mark.django_db


def reported(person, **given) -> Incident:
    person.go("/portal/").follow("Report a problem")
    person.press("Send report", **{"title": "No mail since nine", "service": "email", **given})
    return Incident.objects.get()


def test_report_answer_confirm(sit, promised, requester, agent, watch):
    rita = sit(requester)
    with watch.after(0):
        incident = reported(rita, impact="3", urgency="2", description="Outlook says it is *offline*.")
        rita.sees(incident.number)
    assert (incident.title, incident.channel, incident.service, incident.team.name) == (
        "No mail since nine", "portal", promised, "Service desk",
    )  # fmt: skip
    with watch.after(10):
        perform(incident, "start", actor=agent, source="web")
        perform(
            Incident.objects.get(), "put_on_hold", actor=agent, source="web",
            data={"hold_reason": "requester", "comment": "Which mailbox is it?"},
        )  # fmt: skip
    with watch.after(30):
        rita.go("/portal/").follow(incident.number if incident.number in rita.text else "No mail since nine")
        rita.sees("Which mailbox is it?", "Your answer").press("Send", within="/reply/", body="The shared one")
        rita.sees("The shared one")
    incident.refresh_from_db()
    assert (incident.state, incident.awaiting_reply) == ("in_progress", True)
    with watch.after(10):
        perform(
            Incident.objects.get(), "resolve", actor=agent, source="web", data={"code": "fixed", "note": "Quota raised"}
        )
    with watch.after(60):
        rita.go(f"/portal/tickets/{incident.number}/").sees("Quota raised", "Does it work again?")
        rita.press("Take it up again", reason="It is back")
    incident.refresh_from_db()
    assert (incident.state, incident.reopen_count) == ("in_progress", 1)
    with watch.after(10):
        perform(
            Incident.objects.get(), "resolve", actor=agent, source="web", data={"code": "fixed", "note": "Now for good"}
        )
    with watch.after(10):
        rita.go(f"/portal/tickets/{incident.number}/").press("Yes, it works")
    incident.refresh_from_db()
    assert incident.state == "closed"
    with watch.after(60):
        rita.press("Send follow-up", description="It happens again")
    second = Incident.objects.exclude(pk=incident.pk).get()
    assert list(second.links_from.values_list("kind", "target")) == [("follows", incident.pk)]


def test_what_is_known_is_offered_before_it_is_sent(sit, promised, requester, agent):
    rita = sit(requester)
    first = reported(rita)
    rita.go("/portal/report/").press("Check for known answers", title="mail is gone since nine", service="email")
    rita.sees("You reported already", first.title)
    assert Incident.objects.count() == 1, "looking creates nothing"
    rita.press("Send report", title="No mail on my phone either")
    assert Incident.objects.count() == 2


def test_a_report_without_words_says_so_at_the_field_and_keeps_the_rest(sit, promised, requester):
    rita = sit(requester).go("/portal/report/")
    rita.press("Send report", title="  ", description="Something about mail", status=422)
    rita.sees("Say in a few words what does not work.")
    assert "Something about mail" in rita.response.content.decode()
    assert Incident.objects.count() == 0


def test_others_do_not_find_it(sit, promised, requester, outsider, colleague):
    incident = reported(sit(requester))
    for stranger in (outsider, colleague):
        sit(stranger).go(f"/portal/tickets/{incident.number}/", status=404)
        sit(stranger).go(f"/tickets/{incident.number}/", status=404)
        assert incident.number not in sit(stranger).go("/portal/tickets/?q=" + incident.number).text.replace(
            f"“{incident.number}”", ""
        )
