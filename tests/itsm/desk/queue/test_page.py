# ruff: noqa: E501
"""The list: who gets it, what it shows, in which order, page by page, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.desk.reports.layout import SORTS
from itsm.lib import clock
from itsm.tickets.models import Ticket, TicketLink, TicketVisit
from itsm.workflow import conversation
from tests import factories, pages

# ---------- who ----------


def test_requesters_are_sent_away_and_strangers_to_the_sign_in(as_, requester, client):
    for url in ("/queue/", "/queue/fresh/", "/queue/export.csv", "/queue/filter/", "/queue/views/", "/queue/counts/"):
        assert as_(requester).get(url).status_code == 403, url
        assert client.get(url).status_code == 302, url
    assert as_(requester).post("/queue/bulk/", {"action": "assign_me", "ids": [1]}).status_code == 403


def test_restricted_tickets_leak_nowhere(as_, agent, engineer, engineers, incident, numbers_on):
    Ticket.objects.filter(pk=incident.pk).update(restricted_to=engineers, assignee=agent, title="Dismissal of Mr Doe")
    number = incident.number
    stranger, insider = as_(agent), as_(engineer)
    pages = [
        "/queue/?view=all", "/queue/?view=mine", "/queue/?phase=any", "/queue/?q=dismissal", "/queue/export.csv?phase=any",
        "/queue/counts/", "/search/?q=dismissal", f"/search/?q={number}", f"/palette/?q={number}", "/palette/?q=dismissal",
        f"/queue/fresh/?view=all&since={int((clock.now() - timedelta(hours=1)).timestamp() * 1000)}",
    ]  # fmt: skip
    for page in pages:
        answer = stranger.get(page)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"Dismissal" not in content, page
        assert (number.encode() in content) == (number in page), page
    assert "1 new" not in stranger.get(pages[-1]).content.decode()
    shown = stranger.get("/queue/?view=all").content.decode()
    assert re.search(r'id="n-mine">0<', shown)
    assert stranger.get(f"/queue/peek/{number}/", headers={"HX-Request": "true"}).status_code == 404
    assert stranger.post(f"/queue/peek/{number}/reply/", {"body": "hello"}).status_code == 404
    assert stranger.post(f"/queue/peek/{number}/take/").status_code == 404
    assert numbers_on(insider.get("/queue/?view=all")) == [number]
    assert b"Dismissal" in insider.get("/search/?q=dismissal").content


def test_a_link_to_a_ticket_one_may_not_see_is_not_counted(as_, agent, engineers, requester, incident):
    hidden = factories.incident(requester, title="Hidden")
    Ticket.objects.filter(pk=hidden.pk).update(restricted_to=engineers)
    TicketLink.objects.create(source=incident, target=hidden, kind="related_to", created_by=requester)
    page = as_(agent).get("/queue/?view=all").content.decode()
    assert hidden.number not in page
    Ticket.objects.filter(pk=hidden.pk).update(restricted_to=None)
    assert f'<span class="chip line">{hidden.number}</span>' in as_(agent).get("/queue/?view=all").content.decode()


# ---------- what ----------


def test_a_row_shows_what_decides_the_next_action(as_, agent, incident):
    Ticket.objects.filter(pk=incident.pk).update(
        title="<script>alert(1)</script>", is_vip=True, is_major=True, awaiting_reply=True, assignee=agent
    )
    page = as_(agent).get("/queue/?view=all").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    for word in (incident.number, "Major", "VIP", "Rita Requester", "Email", "New", "Anna Agent", "data-unread"):
        assert word in page


def test_unread_until_looked_at_and_again_after_news(as_, agent, incident):
    browser = as_(agent)
    assert "data-unread" in browser.get("/queue/?view=all").content.decode()
    browser.get(f"/queue/peek/{incident.number}/", headers={"HX-Request": "true"})
    assert "data-unread" not in browser.get("/queue/?view=all").content.decode()
    conversation.reply(incident, "any news?", actor=incident.requester, source="web")
    assert "data-unread" in browser.get("/queue/?view=all").content.decode()


def test_my_own_change_is_no_news(as_, agent, incident):
    browser = as_(agent)
    browser.get(f"/queue/peek/{incident.number}/", headers={"HX-Request": "true"})
    browser.post("/queue/bulk/", {"action": "assign_me", "ids": [incident.pk]})
    assert "data-unread" not in browser.get("/queue/?view=mine").content.decode()


def test_the_queue_opens_with_my_teams_and_a_kind_with_everything(as_, agent, engineers, make, desk, numbers_on):
    ours, theirs = make(team=desk), make(team=engineers)
    assert numbers_on(as_(agent).get("/queue/")) == [ours.number]
    assert numbers_on(as_(agent).get("/queue/?kind=incident")) == [ours.number, theirs.number]
    page = as_(agent).get("/queue/?kind=incident").content.decode()
    assert "<h1>Incidents</h1>" in page
    assert 'aria-current="page">All open' in page
    assert re.search(r'href="/queue/\?kind=incident"[^>]*aria-current="page"', page)


def test_standard_views_and_their_numbers(as_, agent, engineer, make, desk, engineers, numbers_on):
    now = clock.now()
    mine = make(team=desk, assignee=agent)
    unassigned = make(team=desk)
    nowhere = make()
    others = make(team=engineers, assignee=engineer)
    waiting = make(team=engineers, phase="waiting", state="on_hold", hold_reason="requester")
    make(team=engineers, phase="waiting", state="on_hold", hold_reason="supplier")
    soon = make(
        team=engineers,
        assignee=engineer,
        sla_state="running",
        due_at=now + timedelta(hours=1),
        warn_at=now - timedelta(minutes=1),
    )
    make(
        team=engineers,
        assignee=engineer,
        sla_state="running",
        due_at=now - timedelta(hours=1),
        warn_at=now - timedelta(hours=2),
    )
    done = make(team=engineers, phase="resolved", state="resolved", opened_at=now, resolved_at=now)
    make(phase="closed", state="closed", opened_at=now, resolved_at=now)
    browser = as_(agent)
    expected = {
        "mine": {mine}, "teams": {mine, unassigned}, "unassigned": {unassigned, nowhere}, "breaching": {soon}, "waiting": {waiting},
        "resolved": {done},
    }  # fmt: skip
    for view, rows in expected.items():
        page = browser.get(f"/queue/?view={view}")
        assert set(numbers_on(page)) == {ticket.number for ticket in rows}, view
        if view != "resolved":
            assert re.search(rf'id="n-{view}">{len(rows)}<', page.content.decode()), view
    assert len(numbers_on(browser.get("/queue/?view=all"))) == 8
    assert others.number in numbers_on(browser.get("/queue/?view=all"))


def test_part_of_the_address_that_is_not_understood_is_named(as_, agent, incident, numbers_on):
    page = as_(agent).get("/queue/?view=nonsense&priority=77&cursor=garbage&size=13&sort=size&group=nothing")
    assert numbers_on(page) == [incident.number]
    assert "not understood" in page.content.decode()
    assert "Priority: 77" in page.content.decode()


def test_chips_lead_to_the_list_without_them(as_, agent, make, numbers_on):
    low, high = make(priority=4, is_vip=True), make(priority=1, is_vip=True)
    browser = as_(agent)
    page = browser.get("/queue/?priority=1&vip=yes")
    assert numbers_on(page) == [high.number]
    removes = re.findall(r'class="x" href="([^"]+)" aria-label="Remove filter (\w+)"', page.content.decode())
    links = {name: "/queue/" + url.replace("&amp;", "&") for url, name in removes}
    assert numbers_on(browser.get(links["Priority"])) == [high.number, low.number]
    assert numbers_on(browser.get(links["VIP"])) == [high.number]
    alone = browser.get("/queue/?priority=1").content.decode()
    url = re.search(r'class="x" href="([^"]+)"', alone)[1].replace("&amp;", "&")
    assert set(numbers_on(browser.get("/queue/" + url))) == {low.number, high.number}


def test_grouping_keeps_the_order_within_the_page(as_, agent, make, numbers_on):
    a = make(priority=1, state="assigned", phase="active")
    b = make(priority=2)
    c = make(priority=3, state="assigned", phase="active")
    page = as_(agent).get("/queue/?view=all&group=state")
    assert numbers_on(page) == [a.number, c.number, b.number]
    assert re.findall(r'<tr class="group"><td[^>]*>(\w+) <span class="n">(\d)<', page.content.decode()) == [
        ("Assigned", "2"), ("New", "1"),
    ]  # fmt: skip
    for by in ("priority", "assignee", "team", "service"):
        assert len(numbers_on(as_(agent).get(f"/queue/?view=all&group={by}"))) == 3


# ---------- order and pages ----------


@pytest.mark.parametrize("sort", ["priority", "due", "newest", "oldest", "updated", "resolved"])
def test_pages_walk_through_ties_in_both_directions(as_, agent, make, numbers_on, sort):
    now = clock.now().replace(microsecond=0)
    resolved = sort == "resolved"
    for n in range(60):
        moment = now - timedelta(hours=n % 3)
        make(
            priority=1 + n % 2, opened_at=moment, updated_at=moment, due_at=None if n % 4 else moment, sla_state="running",
            resolved_at=moment if resolved else None, phase="resolved" if resolved else "new", state="resolved" if resolved else "new",
        )  # fmt: skip
    browser = as_(agent)
    base = f"/queue/?{'phase=resolved' if resolved else 'view=all'}&size=25&sort={sort}"
    order = SORTS[sort].order
    expected = [t.number for t in Ticket.objects.order_by(*order)]

    def follow(page, rel):
        found = re.search(rf'rel="{rel}" href="([^"]+)"', page.content.decode())
        return browser.get("/queue/" + found[1].replace("&amp;", "&")) if found else None

    pages, page = [], browser.get(base)
    while page is not None:
        pages.append(numbers_on(page))
        last, page = page, follow(page, "next")
    assert [number for found in pages for number in found] == expected
    assert [len(found) for found in pages] == [25, 25, 10]
    back = follow(last, "prev")
    assert numbers_on(back) == pages[1]
    assert numbers_on(follow(back, "prev")) == pages[0]
    assert "1–25" in browser.get(base).content.decode()
    assert "of 60" in browser.get(base).content.decode()


def test_a_row_that_leaves_between_two_pages_hides_no_other(as_, agent, make, numbers_on):
    tickets = [make(opened_at=clock.now() - timedelta(minutes=n)) for n in range(60)]
    browser = as_(agent)
    first = browser.get("/queue/?view=all&size=25&sort=newest")
    link = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
    Ticket.objects.filter(pk__in=[t.pk for t in tickets[:10]]).update(phase="closed", state="closed")
    make(opened_at=clock.now())
    assert numbers_on(browser.get("/queue/" + link)) == [t.number for t in tickets[25:50]]


def test_an_order_that_does_not_fit_falls_back(as_, agent, make, numbers_on):
    old = make(opened_at=clock.now() - timedelta(days=3), priority=1)
    new = make(priority=5)
    assert numbers_on(as_(agent).get("/queue/?phase=any&sort=priority")) == [new.number, old.number]


def test_the_page_leaves_a_trail_for_the_ticket_page(as_, agent, make):
    one, two = make(priority=1), make(priority=2)
    browser = as_(agent)
    browser.get("/queue/?view=all")
    trail = browser.session["trail"]
    assert trail["numbers"] == [one.number, two.number]
    assert trail["url"] == "/queue/?view=all"
    assert trail["total"] == "2"


# ---------- news ----------


def test_news_are_counted_and_never_moved_in(as_, agent, make):
    shown = make()
    browser = as_(agent)
    page = browser.get("/queue/?view=all").content.decode()
    url = re.search(r'hx-get="(/queue/fresh/[^"]+)"', page)[1].replace("&amp;", "&")
    assert browser.get(url).content.strip() == b""
    Ticket.objects.filter(pk=shown.pk).update(updated_at=clock.now() + timedelta(seconds=1))
    assert browser.get(url).content.strip() == b""
    for _n in range(4):
        make(updated_at=clock.now() + timedelta(seconds=1))
    make(updated_at=clock.now() + timedelta(seconds=1), phase="closed", state="closed")
    answer = browser.get(url).content.decode()
    assert "4 new" in answer
    assert 'href="/queue/?view=all"' in answer


@pytest.mark.parametrize(
    "query",
    ["", "since=x", "since=-1", "since=99999999999999999999", "since=0", "since=1&shown=a,b,9999999999999999999999"],
)
def test_news_of_nonsense_are_none(as_, agent, incident, query):
    answer = as_(agent).get(f"/queue/fresh/?{query}")
    assert answer.status_code == 200
    assert answer.content.strip() == b""


# ---------- cost ----------


def cost(browser, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "url",
    [
        "/queue/", "/queue/?view=all", "/queue/?view=waiting", "/queue/?phase=any&team=mine&requester=1&group=team",
        "/queue/?phase=resolved",
    ],
)  # fmt: skip
def test_as_many_queries_for_one_row_as_for_three_whatever_the_history(as_, agent, requester, desk, service, url):
    def busy():
        ticket = factories.incident(requester, service=service, team=desk)
        for n in range(12):
            conversation.reply(ticket, f"reply {n}", actor=requester, source="web")
        if "resolved" in url:
            Ticket.objects.filter(pk=ticket.pk).update(
                phase="resolved", state="resolved", resolved_at=clock.now() + timedelta(1)
            )
        return ticket

    browser = as_(agent)
    first = busy()
    TicketLink.objects.create(source=first, target=busy(), kind="related_to", created_by=agent)
    cost(browser, url)
    one = cost(browser, url)
    for _n in range(2):
        other = busy()
        TicketLink.objects.create(source=other, target=first, kind="related_to", created_by=agent)
        TicketVisit.objects.create(user=agent, ticket=other)
    cost(browser, url)
    assert cost(browser, url) == one
    assert one <= 15


def test_a_full_page_costs_two_counts_more_at_most(as_, agent, make):
    make()
    browser = as_(agent)
    cost(browser, "/queue/?view=all&size=25")
    few = cost(browser, "/queue/?view=all&size=25")
    for _n in range(30):
        make()
    cost(browser, "/queue/?view=all&size=25")
    assert cost(browser, "/queue/?view=all&size=25") <= min(few + 1, 15)


def test_peek_costs_the_same_whatever_the_history(as_, agent, requester, service):
    quiet, busy = factories.incident(requester, service=service), factories.incident(requester, service=service)
    for n in range(12):
        conversation.reply(busy, f"reply {n}", actor=requester, source="web")
    conversation.reply(quiet, "one", actor=requester, source="web")
    browser = as_(agent)

    def peek(ticket) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(f"/queue/peek/{ticket.number}/", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return len(queries)

    assert peek(quiet) == peek(busy) <= 15


# ---------- preview ----------


def test_peek_shows_what_it_is_about_and_is_the_ticket_without_script(as_, agent, incident):
    conversation.note(incident, "Kerberos **again**", actor=agent, source="web")
    browser = as_(agent)
    panel = browser.get(f"/queue/peek/{incident.number}/", headers={"HX-Request": "true"}).content.decode()
    for words in ("Mail is down", "Rita Requester", "Work note", "Kerberos", "Quick reply", "Assign to me"):
        assert words in panel
    assert "<html" not in panel
    plain = browser.get(f"/queue/peek/{incident.number}/")
    assert (plain.status_code, plain["Location"]) == (302, f"/tickets/{incident.number}/")
    assert browser.get("/queue/peek/INC-999999/", headers={"HX-Request": "true"}).status_code == 404


def test_quick_reply(as_, agent, incident):
    browser = as_(agent)
    answer = browser.post(
        f"/queue/peek/{incident.number}/reply/", {"body": "On it, {requester}"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "On it, Rita" in answer.content.decode()
    assert "Reply sent to" in answer["HX-Trigger"]
    empty = browser.post(f"/queue/peek/{incident.number}/reply/", {"body": " "}, headers={"HX-Request": "true"})
    assert empty.status_code == 422
    assert incident.timeline.filter(kind="reply").count() == 1


def test_auditors_look_and_do_not_touch(as_, auditor, incident):
    browser = as_(auditor)
    page = browser.get("/queue/?view=all").content.decode()
    assert incident.number in page
    assert "bulk-form" not in page
    panel = browser.get(f"/queue/peek/{incident.number}/", headers={"HX-Request": "true"}).content.decode()
    assert "Quick reply" not in panel
    assert browser.post("/queue/bulk/", {"action": "assign_me", "ids": [incident.pk]}).status_code == 403
    assert browser.post(f"/queue/peek/{incident.number}/reply/", {"body": "hello"}).status_code in (403, 409)
    assert incident.timeline.filter(kind="reply").count() == 0


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/queue/?view=all", "New incident"),
        ("/queue/?kind=problem", "New problem"),
        ("/queue/?kind=request", "New service request"),
    ],
)
def test_the_main_button_opens_what_the_list_is_of(administrator, address, wanted):
    assert wanted in pages.words(pages.enter(administrator).get(address))
