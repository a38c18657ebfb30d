"""A requester's whole way, through the pages, without script."""

import re

import pytest

from operation.models import Incident
from operation.services import incidents
from tests import factories
from tests.pages import enter, words
from transition.services import articles

pytestmark = pytest.mark.django_db


def test_from_a_question_to_done(requester, agent, service, colleague):
    """Look for an answer, report, watch, answer a question, reopen once, confirm, follow up."""
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    factories.OfferingFactory(service=service, slug="mail", name="Mail does not work", kind="report")
    manager = factories.person("Kim", roles=("knowledge_manager",))
    draft = articles.write(actor=manager, source="web", title="Mailbox is full", summary="Archive.", body="1. Archive")
    articles.publish(draft, actor=manager, source="web")
    client = enter(requester)

    assert client.get("/")["Location"] == "/portal/"
    home = client.get("/portal/").content.decode()
    assert 'href="/portal/offerings/mail/"' in home
    assert "Mailbox is full" in words(client.get("/portal/search/?q=mailbox"))
    assert "Archive" in words(client.get(f"/knowledge/{draft.number}/"))
    client.post(f"/knowledge/{draft.number}/feedback/", {"helpful": "no"})

    data = {"title": "My mailbox is full", "impact": "3", "urgency": "2", "description": "5 GB"}
    assert "Mailbox is full" in words(client.post("/portal/offerings/mail/", {**data, "check": "1"}))
    sent = client.post("/portal/offerings/mail/", data)
    assert sent.status_code == 302
    incident = Incident.objects.get()
    assert "Answer by" in words(client.get(sent["Location"]))
    page = f"/portal/tickets/{incident.number}/"

    taken = incidents.start(incident, actor=agent, source="web")
    incidents.put_on_hold(taken, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    assert "Waiting for your answer" in words(client.get("/portal/"))
    assert "Which mailbox?" in words(client.get(page))
    # The forms of the page are plain forms: what the browser would send is what is sent.
    action = re.search(r'action="([^"]*/reply/)"', client.get(page).content.decode())
    assert client.post(action[1], {"reply-body": "The shared one"}).status_code == 302
    assert Incident.objects.get().state == "in_progress"
    client.post(f"{page}share/", {"share-email": colleague.email})
    assert "My mailbox is full" in words(enter(colleague).get("/portal/tickets/?view=shared"))

    incidents.resolve(Incident.objects.get(), actor=agent, source="web", code="fixed", note="Quota raised")
    assert "Solved: please confirm" in words(client.get("/portal/tickets/"))
    client.post(f"{page}reopen/", {"reopen-reason": "Still full"})
    incidents.resolve(Incident.objects.get(), actor=agent, source="web", code="fixed", note="Raised again")
    client.post(f"{page}confirm/", {"confirm-comment": "Thanks"})
    done = Incident.objects.get()
    assert (done.state, done.reopen_count) == ("closed", 1)
    shown = words(client.get(page))
    for said in ("5 GB", "Which mailbox?", "The shared one", "Quota raised", "Still full", "Raised again", "Thanks"):
        assert said in shown
    assert "My mailbox is full" in words(client.get("/portal/tickets/?view=done"))

    again = client.post(f"{page}follow-up/", {"follow-description": "Full again"})
    assert again.status_code == 302
    assert Incident.objects.count() == 2
