"""Feedback from the portal to the answer, and what it becomes; through pages and the API."""

from __future__ import annotations

import pytest

from improvement.models import Feedback, Improvement
from improvement.services import answers, feedback, surveys
from itsm.lib.errors import Denied, Refused
from itsm.notifications.models import Message
from itsm.tickets.models import Ticket
from itsm.workflow import records
from strategy.models import BusinessRequirement
from tests import factories
from tests.api import Api, problem
from tests.pages import words as text_of


@pytest.fixture
def said(requester):
    def make(title="Show the waiting time", kind="idea", **more):
        return feedback.give(actor=requester, source="web", kind=kind, title=title, **more)

    return make


def test_from_the_portal_to_the_answer(browse, requester, manager, service):
    own, desk = browse(requester), browse(manager)
    assert own.get("/portal/feedback/new/").status_code == 200
    wrong = own.post("/portal/feedback/new/", {"kind": "rant", "title": "", "service": "999"})
    assert wrong.status_code == 422
    assert not Feedback.objects.exists()
    own.post("/portal/feedback/new/", {"kind": "idea", "title": "Show the waiting time", "service": service.pk})
    made = Feedback.objects.get()
    assert (made.person, made.organisation, made.channel) == (requester, requester.organisation, "portal")
    url = f"/improvement/feedback/{made.number}/"
    assert "Show the waiting time" in text_of(desk.get("/improvement/feedback/"))
    assert made.number in text_of(desk.get("/search/", {"q": "waiting time"}))
    desk.post(f"{url}review/")
    made.refresh_from_db()
    assert (made.state, made.owner) == ("reviewed", manager)
    assert desk.post(f"{url}reply/", {"feedback_answer": ""}).status_code == 422
    desk.post(f"{url}reply/", {"feedback_answer": "It comes in **May**."})
    mail = Message.objects.get(topic="feedback_news", channel="email")
    assert mail.address == requester.email
    assert "It comes in **May**." in mail.body
    assert "May" in text_of(own.get(made.portal_url))
    assert "Answered" in text_of(own.get("/portal/feedback/"))
    desk.post(f"{url}reopen/", {"reason": "Asked again"})
    desk.post(f"{url}close/", {"reason": "Said twice"})
    made.refresh_from_db()
    assert made.state == "closed"
    assert "Said twice" not in text_of(own.get(made.portal_url)), "the reason stays at the desk"


def test_nobody_reads_what_is_not_theirs(browse, said, outsider, requester, agent, manager, solved):
    about = solved()
    open_, secret = said("For all"), said("About a colleague", "complaint", is_confidential=True)
    hidden = said("About a secret", "complaint", ticket=about)
    Ticket.objects.filter(pk=about.pk).update(restricted_to=factories.TeamFactory(is_restricted=True))
    for one in (open_, secret, hidden):
        assert browse(outsider).get(one.portal_url).status_code == 404
        assert browse(requester).get(one.portal_url).status_code == 200
        assert browse(requester).get(one.get_absolute_url()).status_code in (302, 404)
        assert Api(outsider).get(f"feedback/{one.number}/").status_code == 404
    listed = text_of(browse(agent).get("/improvement/feedback/"))
    assert "For all" in listed
    assert "About a" not in listed
    assert browse(agent).get(secret.get_absolute_url()).status_code == 404
    assert browse(agent).post(f"{secret.get_absolute_url()}convert/improvement/").status_code == 404
    assert "About a colleague" not in text_of(browse(agent).get("/search/", {"q": "colleague"}))
    listed = text_of(browse(manager).get("/improvement/feedback/"))
    assert "About a colleague" in listed
    assert "About a secret" not in listed


def test_it_becomes_a_requirement_and_both_ends_know(browse, said, manager, requester, service):
    made = said(service=service, description="A number on the screen")
    client = browse(manager)
    client.post(f"/improvement/feedback/{made.number}/convert/requirement/")
    requirement = BusinessRequirement.objects.get()
    made.refresh_from_db()
    assert (made.state, made.requirement) == ("converted", requirement)
    assert (requirement.wanted_by, requirement.organisation) == (requester, requester.organisation)
    assert list(requirement.services.all()) == [service]
    assert made.number in requirement.description
    assert made.number in text_of(client.get(requirement.get_absolute_url()))
    assert requirement.number in text_of(client.get(made.get_absolute_url()))
    assert Message.objects.filter(topic="feedback_news", recipient=requester).exists()
    assert client.post(f"/improvement/feedback/{made.number}/convert/improvement/").status_code == 409
    assert client.post(f"/improvement/feedback/{made.number}/convert/parrot/").status_code == 404


def test_a_complaint_becomes_an_improvement_with_a_baseline(asked, said, manager, service, browse):
    answers.keep(asked(), score=1, source="web")
    made = said("Always slow", "complaint", service=service)
    client = browse(manager)
    client.post(f"/improvement/feedback/{made.number}/convert/improvement/")
    improvement = Improvement.objects.get()
    assert (improvement.feedback, improvement.baseline_value, improvement.target_value) == (made, 0, 10)
    assert improvement.number in text_of(client.get(made.get_absolute_url()))
    assert made.number in text_of(client.get(improvement.get_absolute_url()))


def test_it_becomes_a_problem(said, manager, service, browse):
    made = said("Every Monday it hangs", "complaint", service=service)
    client = browse(manager)
    client.post(f"/improvement/feedback/{made.number}/convert/problem/")
    made.refresh_from_db()
    ticket = Ticket.objects.get(pk=made.problem_id)
    assert ticket.kind == "problem"
    assert made.number in text_of(client.get(f"{ticket.get_absolute_url()}more/"))


def test_words_said_in_confidence_stay_there(said, manager):
    made = said("Mia is rude", "complaint", description="She shouted", is_confidential=True)
    improvement = feedback.to_improvement(made, actor=manager, source="web")
    assert "rude" not in improvement.title
    assert "shouted" not in improvement.description


def test_who_may_handle(said, agent, manager, auditor, service, browse):
    made = said(service=service)
    with pytest.raises(Denied):
        feedback.to_requirement(made, actor=agent, source="web")
    owner = factories.person(roles=("service_owner",))
    service.owner = owner
    service.save()
    own = feedback.give(actor=owner, source="web", kind="idea", title="My own", service=service)
    with pytest.raises(Denied, match="yourself"):
        records.perform(own, "review", actor=owner, source="web")
    records.perform(made, "review", actor=owner, source="web")
    assert browse(auditor).post("/portal/feedback/new/", {"kind": "idea", "title": "Me too"}).status_code == 403


def test_two_who_convert_at_once_make_one(said, manager):
    made = said()
    stale = Feedback.objects.get(pk=made.pk)
    feedback.to_requirement(made, actor=manager, source="web")
    with pytest.raises(Refused):
        feedback.to_requirement(stale, actor=manager, source="web")
    assert BusinessRequirement.objects.count() == 1


def test_an_answer_becomes_feedback_once(asked, manager, browse, requester):
    kept = answers.keep(asked(), score=2, comment="Slow", source="web")
    client = browse(manager)
    for _time in range(2):
        client.post(f"{kept.get_absolute_url()}feedback/")
    made = Feedback.objects.get()
    assert (made.kind, made.person, made.answer) == ("complaint", requester, kept)
    assert made.number in text_of(client.get(kept.get_absolute_url()))


def test_api_of_feedback(manager, requester, outsider, service, colleague):
    mine, desk = Api(requester), Api(manager)
    made = mine.post("feedback/", {"title": "Show the waiting time", "kind": "idea", "service": service.slug}).json()
    assert made["person"]["id"] == requester.pk
    problem(mine.post("feedback/", {"title": "For her", "person": colleague.email}), 422)
    problem(mine.post("feedback/", {"title": "", "kind": "rant", "nonsense": 1}), 422)
    assert [row["number"] for row in mine.get("feedback/").json()["results"]] == [made["number"]]
    assert Api(outsider).get("feedback/").json()["results"] == []
    problem(mine.post(f"feedback/{made['number']}/convert/improvement/"), 403)
    problem(mine.post(f"feedback/{made['number']}/transitions/reply/", {"feedback_answer": "Yes"}), 403)
    became = desk.post(f"feedback/{made['number']}/convert/improvement/").json()
    assert became["type"] == "improvement"
    assert desk.get(f"feedback/{made['number']}/").json()["improvements"] == [became["number"]]
    assert desk.get(f"improvements/{became['number']}/").json()["feedback"] == made["number"]
    problem(Api(manager, "tickets:read").get("feedback/"), 403)


def test_api_of_surveys(manager, agent, solved, requester):
    desk = Api(manager)
    problem(Api(agent).post("surveys/", {"title": "T", "question": "Q?"}), 403)
    problem(desk.post("surveys/", {"title": "T", "question": "Q?", "share": 101, "ticket_kinds": ["incident"]}), 422)
    problem(desk.post("surveys/", {"title": "T", "question": "Q?", "ticket_kinds": ["parrot"]}), 422)
    sent = {"title": "T", "question": "Q?", "comment_question": "Why?", "ticket_kinds": ["incident"]}
    made = desk.post("surveys/", sent).json()
    url = f"surveys/{made['number']}/"
    assert desk.post(f"{url}questions/", {"text": "And the phone?", "kind": "scale"}).status_code == 201
    assert desk.post(f"{url}transitions/run/").json()["state"] == "running"
    invitation = surveys.ask_about(solved())
    answers.keep(invitation, score=1, comment="Slow", source="web")
    rows = desk.get("survey-answers/", {"band": "bad"}).json()["results"]
    assert [(row["score"], row["comment"], row["ticket"]) for row in rows] == [(1, "Slow", invitation.ticket.number)]
    problem(desk.patch(url, {"question": "Otherwise?"}), 422)
    problem(Api(requester).get("survey-answers/"), 403)
    assert Api(requester).get("surveys/").status_code == 404
