"""The inbox through HTTP: what is in it, what is not, and marking it read."""

from __future__ import annotations

import re

import pytest

from itsm.notifications.models import Message
from itsm.notifications.services import fan_out, inbox
from itsm.workflow import conversation, edits
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db

HX = {"HX-Request": "true"}


@pytest.fixture
def told(incident, agent, requester):
    """Rita has two messages on one ticket."""
    incidents.start(incident, actor=agent, source="web")
    conversation.reply(incident, "Did you restart <b>it</b>?", actor=agent, source="web")
    fan_out.run()
    return incident


def test_inbox_shows_own_news_by_ticket(client, told, requester, colleague, agent):
    client.force_login(requester)
    page = client.get("/inbox/").content.decode()
    assert page.count('<section class="news"') == 1
    assert told.number in page
    assert "Anna Agent replied" in page
    assert "Did you restart &lt;b" in page
    assert "We are working on it" in page
    client.force_login(colleague)
    assert told.number not in client.get("/inbox/").content.decode()


def test_inbox_needs_a_sign_in(client, db):
    assert client.get("/inbox/").status_code == 302
    assert client.post("/inbox/read/", {"all": "1"}).status_code == 302


def test_reading_and_taking_it_back(client, told, requester):
    client.force_login(requester)
    first, second = Message.objects.inbox_of(requester)
    answer = client.post("/inbox/read/", {"message": first.pk}, headers=HX)
    assert answer.status_code == 200
    assert "data-count='desk:inbox'" in answer.content.decode()
    assert inbox.unread_count(requester) == 1
    undo = re.search(r'"undo": "([^"]+)"', answer["HX-Trigger"])[1]
    client.post("/inbox/read/", {"message": second.pk}, headers=HX)
    client.post(undo, headers=HX)
    assert list(Message.objects.inbox_of(requester).unread()) == [first]
    client.post("/inbox/read/", {"ticket": told.pk})
    assert inbox.unread_count(requester) == 0
    page = client.get("/inbox/").content.decode()
    assert "You have read everything" in page
    assert "Anna Agent replied" in client.get("/inbox/?show=all").content.decode()


def test_following_a_message_reads_it_and_leads_to_the_ticket(client, told, requester):
    client.force_login(requester)
    message = Message.objects.inbox_of(requester).first()
    answer = client.get(f"/inbox/{message.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{told.number}/")
    message.refresh_from_db()
    assert message.read_at is not None


def test_messages_of_others_are_neither_followed_nor_read(client, told, requester, colleague):
    client.force_login(colleague)
    message = Message.objects.inbox_of(requester).first()
    assert client.get(f"/inbox/{message.pk}/").status_code == 404
    client.post("/inbox/read/", {"message": message.pk})
    client.post("/inbox/read/", {"all": "1"})
    message.refresh_from_db()
    assert message.read_at is None


def test_restricted_ticket_vanishes_from_inbox_and_number(client, told, agent, organisation):
    team = factories.TeamFactory(name="Security", is_restricted=True)
    watcher = factories.person("Willi Watcher", roles=("agent",), organisation=organisation)
    Message.objects.filter(channel="in_app").update(recipient=watcher)
    client.force_login(watcher)
    assert told.title in client.get("/inbox/").content.decode()
    assert inbox.unread_count(watcher) == 2
    edits.edit(told, actor=agent, source="web", restricted_to=team)
    page = client.get("/inbox/?show=all").content.decode()
    assert told.title not in page
    assert told.number not in page
    assert inbox.unread_count(watcher) == 0
    message = Message.objects.filter(recipient=watcher).first()
    assert client.get(f"/inbox/{message.pk}/").status_code == 404


@pytest.mark.parametrize("data", [{}, {"message": "x"}, {"message": "9" * 30}, {"ticket": "-1"}, {"message": "٣"}])
def test_nonsense_is_refused_and_changes_nothing(client, told, requester, data):
    client.force_login(requester)
    assert client.post("/inbox/read/", data).status_code == 422
    assert inbox.unread_count(requester) == 2


@pytest.mark.parametrize("at", ["", "yesterday", "2026-01-01T00:00:00", "x" * 500, "2026-99-99T00:00:00+00:00"])
def test_undo_of_nothing_is_refused(client, requester, at):
    client.force_login(requester)
    assert client.post(f"/inbox/unread/?at={at}").status_code in (422, 400)


def test_badge_costs_little_and_counts(client, told, requester, django_assert_max_num_queries):
    client.force_login(requester)
    client.get("/inbox/badge/")
    with django_assert_max_num_queries(7):
        page = client.get("/inbox/badge/").content.decode()
    assert ">2<" in page


def test_number_stands_in_the_navigation_of_both_shells(client, told, requester, agent):
    conversation.reply(told, "Yes", actor=requester, source="web")
    fan_out.run()
    for person in (requester, agent):
        client.force_login(person)
        page = client.get("/preferences/").content.decode()
        number = inbox.unread_count(person)
        assert re.search(rf'data-count="desk:inbox" data-tone="red">{number}<', page)
        client.post("/inbox/read/", {"all": "1"})
        assert re.search(r'data-count="desk:inbox" hidden>0<', client.get("/preferences/").content.decode())


def test_queries_do_not_grow_with_the_messages(client, agent, requester, service, django_assert_max_num_queries):
    client.force_login(requester)

    def cost(more: int) -> int:
        for _number in range(more):
            factories.incident(requester, actor=agent, service=service)
            incidents.start(factories.incident(requester, service=service), actor=agent, source="web")
        fan_out.run()
        client.get("/inbox/")
        with django_assert_max_num_queries(20) as counted:
            client.get("/inbox/")
        assert not any('"tickets_ticket"."description"' in query["sql"] for query in counted)
        return len(counted)

    assert cost(1) == cost(2)


def test_long_inbox_has_pages(client, requester, incident, agent):
    for number in range(60):
        conversation.reply(incident, f"Reply {number}", actor=agent, source="web")
    fan_out.run()
    client.force_login(requester)
    page = client.get("/inbox/").content.decode()
    assert page.count('<li class="unread">') == 50
    older = re.search(r'href="(\?cursor=[^"]+)"', page)[1]
    assert client.get(f"/inbox/{older}").content.decode().count('<li class="unread">') == 10
    assert client.get("/inbox/?cursor=nonsense").content.decode().count('<li class="unread">') == 50


def test_opening_a_ticket_reads_its_news(client, told, requester, agent):
    conversation.reply(told, "Yes", actor=requester, source="web")
    fan_out.run()
    assert inbox.unread_count(agent) == 1
    client.force_login(agent)
    assert client.get(f"/tickets/{told.number}/").status_code == 200
    assert inbox.unread_count(agent) == 0
    assert inbox.unread_count(requester) == 2
