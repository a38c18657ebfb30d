"""The page of a ticket: who gets it, what it shows, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.lib import clock
from itsm.tickets.models import CustomField, Ticket, TicketVisit, TimelineEntry
from itsm.workflow import conversation, edits, links
from operation.services import incidents
from tests import factories

from .conftest import HTMX, url

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"


def text_of(response):
    return response.content.decode()


def test_agent_sees_it(at_desk, incident):
    page = at_desk.get(url(incident))
    assert page.status_code == 200
    shown = text_of(page)
    assert "Mail is down" in shown
    assert "Rita Requester" in shown
    assert 'id="composer"' in shown
    assert "reported this on the portal" in shown


def test_requester_is_sent_to_the_portal(browse, requester, incident):
    answer = browse(requester).get(url(incident))
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/tickets/{incident.number}/")


@pytest.mark.parametrize("who", ["outsider", "colleague"])
def test_strangers_find_nothing(browse, request, incident, who):
    client = browse(request.getfixturevalue(who))
    assert client.get(url(incident)).status_code == 404


@pytest.mark.parametrize("number", ["INC-999999", "REQ-{pk}", "INC-", "INC-99999999999999999999", "x", "../etc"])
def test_what_does_not_exist(at_desk, incident, number):
    assert at_desk.get(f"/tickets/{number.format(pk=incident.pk)}/").status_code == 404


@pytest.mark.parametrize("way", ["{pk}", "inc-{pk}", "INC-000{pk}"])
def test_other_ways_to_write_the_number_lead_there(at_desk, incident, way):
    answer = at_desk.get(f"/tickets/{way.format(pk=incident.pk)}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{incident.number}/")


def test_anonymous_signs_in_first(client, incident):
    assert client.get(url(incident))["Location"].startswith("/accounts/login/")


def test_restricted_ticket_is_hidden_from_other_agents(at_desk, requester):
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    hidden = factories.incident(requester, team=secret)
    for part in ((), ("sla",), ("audit",), ("access",), ("edit",), ("resolve",), ("more",), ("canned",), ("links",)):
        assert at_desk.get(url(hidden, *part)).status_code == 404
    assert at_desk.get(url(hidden, "pulse")).status_code == 286


def test_restricted_ticket_does_not_show_through_a_link(at_desk, incident, requester, administrator):
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    member = factories.person("Sue Secret", roles=("agent",), teams=(secret,))
    hidden = factories.incident(requester, team=secret, title="Stolen laptop of the director")
    links.link(incident, hidden, "related_to", actor=member, source_of_change="web")
    assert "Stolen laptop" not in text_of(at_desk.get(url(incident)))
    found = text_of(at_desk.get(url(incident, "links", "search"), {"q": "stolen laptop director"}))
    assert "Stolen laptop" not in found
    answer = at_desk.post(url(incident, "links"), {"relation": "related_to", "other": hidden.number})
    assert answer.status_code == 422
    assert "There is no ticket" in text_of(answer)


def test_auditor_reads_and_finds_no_form(browse, auditor, incident, agent):
    conversation.note(incident, "Looked at the queue", actor=agent, source="web")
    shown = text_of(browse(auditor).get(url(incident)))
    assert "Looked at the queue" in shown
    main = shown[shown.index('id="main"') : shown.index("</main>")]
    assert "<form method" not in main
    assert 'method="post"' not in main
    assert "hx-post" not in main


@pytest.mark.parametrize(
    "part", ["message", "macros", "links", "watchers", "watch", "tasks", "work", "checklist", "take", "resolve", "edit"]
)
def test_auditor_changes_nothing(browse, auditor, incident, part):
    before = Ticket.objects.get(pk=incident.pk).version
    answer = browse(auditor).post(url(incident, part), {"kind": "note", "body": "x", "minutes": "5", "title": "x"})
    assert answer.status_code in (403, 405)
    assert Ticket.objects.get(pk=incident.pk).version == before
    assert incident.worklogs.count() == incident.tasks.count() == incident.watchers.count() == 0


@pytest.mark.parametrize("who", ["requester", "outsider"])
@pytest.mark.parametrize(
    "part", ["message", "macros", "edit", "links", "watchers", "tasks", "work", "checklist", "take", "resolve", "watch"]
)
def test_people_of_the_portal_reach_no_desk_address(browse, request, incident, who, part):
    client = browse(request.getfixturevalue(who))
    assert client.post(url(incident, part), {"kind": "note", "body": "x"}).status_code == 404
    incident.refresh_from_db()
    assert incident.version == 1


def test_markup_in_every_text_is_shown_as_text(at_desk, agent, requester, service):
    CustomField.objects.create(kind="incident", code="site", label=f"Site{EVIL}"[:80])
    evil = factories.incident(
        requester, service=service, title=EVIL, description=f"[x](javascript:alert(1)) {EVIL}", actor=agent,
        answers={"site": EVIL}, files=[SimpleUploadedFile('"><script>x<.txt', b"hello")],
    )  # fmt: skip
    conversation.reply(evil, EVIL, actor=agent, source="web")
    edits.edit(evil, actor=agent, source="web", title=f"B {EVIL}")
    for part in ((), ("edit",), ("edit", "title"), ("audit",), ("sla",), ("links",), ("work",), ("more",)):
        shown = text_of(at_desk.get(url(evil, *part)))
        assert "<script>alert" not in shown
        assert "<script>x" not in shown
        assert "<img src=x" not in shown
        assert "<svg/onload" not in shown
        assert 'href="javascript:' not in shown


def test_the_longest_title_fits(at_desk, requester):
    long = factories.incident(requester, title="x" * 200)
    assert "x" * 200 in text_of(at_desk.get(url(long)))


def test_timeline_tells_changes_in_words(at_desk, agent, engineers, incident, service):
    edits.edit(incident, actor=agent, source="web", impact=1, urgency=1)
    incidents.escalate(incident, actor=agent, source="web", reason="Needs the database people")
    shown = re.sub(r"<[^>]+>", "", text_of(at_desk.get(url(incident))))
    assert "impact from Limited to Extensive" in shown
    assert "priority from Low to Critical" in shown or "priority from Moderate to Critical" in shown
    assert "escalated it to Engineers" in shown
    assert "Needs the database people" in shown


def test_old_entries_that_know_only_ids_get_names(at_desk, agent, engineers, incident):
    TimelineEntry.objects.create(
        ticket_id=incident.pk, kind="transition", author=agent, author_label="Anna Agent",
        data={"verb": "assign", "state": ["new", "assigned"], "team": [None, engineers.pk], "assignee": None},
    )  # fmt: skip
    shown = re.sub(r"<[^>]+>", "", text_of(at_desk.get(url(incident))))
    assert "assigned it to Engineers" in shown


def test_long_runs_of_events_are_folded(at_desk, agent, incident):
    for impact in (1, 2, 3, 1, 2, 3):
        edits.edit(incident, actor=agent, source="web", impact=impact)
    assert "more changes by Anna Agent" in text_of(at_desk.get(url(incident)))


def test_filters_of_the_timeline(at_desk, agent, requester, incident):
    conversation.reply(incident, "A public word", actor=requester, source="web")
    conversation.note(incident, "An inner word", actor=agent, source="web")
    edits.edit(incident, actor=agent, source="web", impact=1)
    found = {
        show: [word for word in ("A public word", "An inner word", "Extensive</b>") if word in page]
        for show in ("all", "replies", "notes", "changes", "rubbish")
        if (page := text_of(at_desk.get(url(incident), {"show": show})).split('id="timeline"')[1].split("</ol>")[0])
    }
    assert found == {
        "all": ["A public word", "An inner word", "Extensive</b>"],
        "replies": ["A public word"],
        "notes": ["An inner word"],
        "changes": ["Extensive</b>"],
        "rubbish": ["A public word", "An inner word", "Extensive</b>"],
    }


def fill(incident, agent, count):
    """A long history, written the way imports write it."""
    start = clock.now()
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            ticket_id=incident.pk, at=start + timedelta(seconds=n), kind="note", author=agent,
            author_label="Anna Agent",
            by_agent=True, body=f"Entry number {n:04d}",
        )
        for n in range(count)
    )  # fmt: skip


def test_long_history_comes_in_pages(at_desk, agent, incident):
    fill(incident, agent, 250)
    seen, address = [], url(incident)
    for _page in range(5):
        shown = text_of(at_desk.get(address))
        seen = re.findall(r"Entry number (\d{4})", shown) + seen
        more = re.search(r'href="(/tickets/[^"]*before=[^"#]+)', shown)
        if not more:
            break
        address = more[1].replace("&amp;", "&")
    assert seen == [f"{n:04d}" for n in range(250)]
    part = at_desk.get(url(incident, "earlier"), {"before": "rubbish"}, headers=HTMX)
    assert part.status_code == 200


@pytest.fixture
def covered(service):
    factories.cover(factories.support_level(first_response=60, resolution=480, update=120), service)


def test_number_of_queries_does_not_grow(
    at_desk, agent, requester, incident, service, covered, django_assert_max_num_queries, engineers
):
    def visit():
        with django_assert_max_num_queries(15) as counted:
            assert at_desk.get(url(incident)).status_code == 200
        return len(counted)

    incident = incidents.start(incident, actor=agent, source="web")
    first = factories.incident(requester, service=service, title="The first link costs a query, more cost nothing")
    links.link(first, incident, "related_to", actor=agent, source_of_change="web")
    at_desk.get(url(incident))
    small = visit()
    for n in range(6):
        other = factories.incident(requester, service=service, title=f"Other {n}")
        links.link(other, incident, "child_of" if n % 2 else "related_to", actor=agent, source_of_change="web")
        conversation.watch(incident, factories.person(roles=("agent",), teams=(engineers,)), actor=agent, source="web")
    for n in range(4):
        conversation.reply(incident, f"Question {n}", actor=requester, source="web")
        conversation.reply(
            incident, f"Answer {n}", actor=agent, source="web", files=[SimpleUploadedFile("a.txt", b"hello")]
        )
        edits.edit(incident, actor=agent, source="web", impact=1 + n % 3)
    fill(incident, agent, 300)
    assert visit() == small
    held = incidents.put_on_hold(
        Ticket.objects.get(pk=incident.pk).specific(), actor=agent, source="web", hold_reason="supplier"
    )
    assert held.phase == "waiting"
    visit()


def test_looking_is_remembered_once_a_minute(at_desk, agent, incident):
    at_desk.get(url(incident))
    first = TicketVisit.objects.get(user=agent, ticket=incident.pk).at
    at_desk.get(url(incident))
    assert TicketVisit.objects.get(user=agent, ticket=incident.pk).at == first
    from django.core.cache import cache

    cache.clear()
    at_desk.get(url(incident))
    assert TicketVisit.objects.get(user=agent, ticket=incident.pk).at > first


def test_pulse_tells_who_is_here_and_what_is_new(browse, at_desk, agent, engineer, incident, django_assert_num_queries):
    other = browse(engineer)
    other.get(url(incident, "pulse"), {"writing": "note"}, headers=HTMX)
    known = {"after": incident.timeline.latest("id").pk, "version": 1, "show": "all"}
    quiet = text_of(at_desk.get(url(incident, "pulse"), known, headers=HTMX))
    assert "Emil Engineer is writing a work note" in quiet
    assert "timeline" not in quiet
    conversation.note(incident, "It is the disk", actor=engineer, source="web")
    news = text_of(at_desk.get(url(incident, "pulse"), known, headers=HTMX))
    assert "It is the disk" in news
    assert 'hx-swap-oob="beforeend:#timeline"' in news
    assert "1 new entry" in news
    assert 'id="composer"' not in news
    known |= {"after": incident.timeline.latest("id").pk, "version": 2}
    with django_assert_num_queries(6):
        at_desk.get(url(incident, "pulse"), known, headers=HTMX)


def test_place_in_the_list_is_followed(at_desk, requester):
    three = [factories.incident(requester, title=f"Number {n}") for n in range(3)]
    from itsm.desk.record import trail

    session = at_desk.session
    trail.remember(
        session, url="/queue/?view=mine", label="My work", numbers=[t.number for t in three], start=51, total="1,000+"
    )
    session.save()
    shown = text_of(at_desk.get(url(three[1])))
    assert "52 of 1,000+" in shown
    assert f'href="/tickets/{three[0].number}/" data-key="K"' in shown
    assert f'href="/tickets/{three[2].number}/" data-key="J"' in shown
    assert 'href="/queue/?view=mine"' in shown


def test_no_private_word_reaches_the_requester(browse, agent, requester, incident):
    conversation.note(incident, "The requester is wrong", actor=agent, source="web")
    entry = conversation.note(
        incident, "See file", actor=agent, source="web", files=[SimpleUploadedFile("secret.txt", b"hush")]
    )
    client = browse(requester)
    for address in (
        *(url(incident, part) for part in ("", "pulse", "parts", "more", "audit", "access", "sla", "earlier")),
        f"/portal/tickets/{incident.number}/", f"/attachments/{entry.attachments.get().pk}/",
    ):  # fmt: skip
        shown = client.get(address.replace("//", "/"), headers=HTMX).content.decode()
        assert "is wrong" not in shown
        assert "hush" not in shown
        assert "secret.txt" not in shown
