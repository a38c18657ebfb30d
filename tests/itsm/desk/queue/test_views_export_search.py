# ruff: noqa: E501
"""Saved views and who may change them; the file; the search page and the palette."""

from __future__ import annotations

import csv
import io
import re

import pytest

from itsm.accounts.models import Membership
from itsm.audit.models import Entry
from itsm.desk.models import SavedView
from itsm.lib import clock
from itsm.tickets.models import Ticket, TicketVisit
from itsm.workflow import conversation
from tests import factories

# ---------- saved views ----------


def save(browser, query: str, **data):
    return browser.post(f"/queue/views/new/?{query}", {"name": "Urgent", "scope": "private", "is_pinned": "on"} | data)


@pytest.fixture
def colleague_agent(desk, organisation):
    return factories.person("Cora Colleague", roles=("agent",), teams=(desk,), organisation=organisation)


def tabs(browser) -> list[str]:
    page = browser.get("/queue/?view=all").content.decode()
    return re.findall(r'<a href="\?view=\w+"[^>]*>([^<]+?) <span class="n"', page)


def test_save_use_change_and_delete_a_view(as_, agent, make, numbers_on):
    urgent, calm = make(priority=1, state="assigned", phase="active"), make(priority=4)
    browser = as_(agent)
    answer = save(browser, "priority=1,2&sort=newest&group=state")
    view = SavedView.objects.get()
    assert answer["Location"] == f"/queue/?view={view.pk}"
    assert (view.filters, view.sort, view.group_by, view.owner) == ({"priority": ["1", "2"]}, "newest", "state", agent)
    page = browser.get(f"/queue/?view={view.pk}")
    assert numbers_on(page) == [urgent.number]
    assert 'class="group"' in page.content.decode()
    assert "Save changes" not in page.content.decode()
    assert "Urgent" in tabs(browser)
    assert f'id="n-{view.pk}"' in browser.get("/queue/counts/").content.decode()
    changed = browser.get(f"/queue/?view={view.pk}&priority=4").content.decode()
    assert "Save changes" in changed
    browser.post(f"/queue/views/{view.pk}/update/?view={view.pk}&priority=4")
    assert numbers_on(browser.get(f"/queue/?view={view.pk}")) == [calm.number]
    browser.post(f"/queue/views/{view.pk}/", {"name": "Calm", "scope": "private"})
    assert SavedView.objects.get().name == "Calm"
    assert "Calm" not in tabs(browser)
    assert "Delete" in browser.get(f"/queue/views/{view.pk}/delete/").content.decode()
    assert SavedView.objects.count() == 1
    browser.post(f"/queue/views/{view.pk}/delete/")
    assert SavedView.objects.count() == 0
    actions = Entry.objects.filter(object_type="desk.savedview").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["created", "changed", "changed", "deleted"]


def test_bad_names_and_teams_are_said_at_the_field(as_, agent, engineers):
    browser = as_(agent)
    save(browser, "priority=1")
    for data, words in (
        ({"name": ""}, "This field is required"), ({"name": "Urgent"}, "There is a view of this name already."),
        ({"name": "x" * 61}, "at most 60 characters"), ({"name": "New", "scope": "team"}, "Choose the team"),
        ({"name": "New", "scope": "team", "team": engineers.pk}, "Select a valid choice"),
        ({"name": "New", "scope": "public"}, "Select a valid choice"), ({"name": "New", "scope": "galaxy"}, "Select a valid choice"),
    ):  # fmt: skip
        answer = save(browser, "priority=1", **data)
        assert answer.status_code == 422, data
        assert words in answer.content.decode(), data
    assert SavedView.objects.count() == 1


def test_a_private_view_is_nobody_elses(as_, agent, colleague_agent):
    save(as_(agent), "priority=1")
    view = SavedView.objects.get()
    other = as_(colleague_agent)
    assert "Urgent" not in tabs(other)
    for url in (f"/queue/views/{view.pk}/", f"/queue/views/{view.pk}/delete/"):
        assert other.get(url).status_code == 404
        assert other.post(url, {"name": "Mine now", "scope": "private"}).status_code == 404
    assert other.post(f"/queue/views/{view.pk}/update/?priority=5").status_code == 404
    assert SavedView.objects.get().name == "Urgent"


def test_a_team_view_is_seen_by_the_team_and_changed_by_its_leads(as_, agent, colleague_agent, engineer, desk):
    save(as_(agent), "priority=1", scope="team", team=desk.pk)
    view = SavedView.objects.get()
    member, stranger = as_(colleague_agent), as_(engineer)
    assert "Urgent" in tabs(member)
    assert "Urgent" not in tabs(stranger)
    assert stranger.get(f"/queue/views/{view.pk}/").status_code == 404
    assert member.post(f"/queue/views/{view.pk}/", {"name": "X", "scope": "private"}).status_code == 403
    assert member.post(f"/queue/views/{view.pk}/delete/").status_code == 403
    Membership.objects.filter(user=colleague_agent, team=desk).update(is_lead=True)
    lead = as_(type(colleague_agent).objects.get(pk=colleague_agent.pk))
    answer = lead.post(
        f"/queue/views/{view.pk}/", {"name": "Renamed", "scope": "team", "team": desk.pk, "is_pinned": "on"}
    )
    assert answer.status_code == 302
    view.refresh_from_db()
    assert (view.name, view.owner, view.team) == ("Renamed", agent, desk)


def test_public_views_are_made_by_managers(as_, agent, engineer, incident_manager):
    save(as_(incident_manager), "priority=1", scope="public")
    view = SavedView.objects.get()
    assert "Urgent" in tabs(as_(engineer))
    assert as_(agent).post(f"/queue/views/{view.pk}/delete/").status_code == 403


def test_everybody_arranges_their_own_tabs(as_, agent, colleague_agent, desk):
    save(as_(agent), "priority=1", scope="team", team=desk.pk)
    view = SavedView.objects.get()
    mine, other = as_(agent), as_(colleague_agent)
    before = tabs(other)
    assert mine.post("/queue/views/mine/arrange/", {"do": "unpin"}).status_code == 302
    mine.post(f"/queue/views/{view.pk}/arrange/", {"do": "up"})
    mine.post("/queue/views/breaching/arrange/", {"do": "down"})
    assert tabs(mine) == [
        "My teams", "Unassigned", "Waiting on requester", "Breaching soon", "Resolved", "Urgent", "All open",
    ]  # fmt: skip
    assert tabs(other) == before
    mine.post("/queue/views/mine/arrange/", {"do": "pin"})
    assert tabs(mine)[0] == "Mine"
    assert mine.post("/queue/views/mine/arrange/", {"do": "explode"}).status_code == 404
    assert mine.post("/queue/views/nonsense/arrange/", {"do": "up"}).status_code == 302
    assert mine.get("/queue/views/").status_code == 200


def test_columns_are_chosen_per_view_and_person(as_, agent, colleague_agent, make, desk):
    make(team=desk, title="Printer")
    mine = as_(agent)
    form = mine.get("/queue/columns/?view=all", headers={"HX-Request": "true"}).content.decode()
    assert "Organisation" in form
    mine.post("/queue/columns/?view=all", {"columns": ["team", "number", "nonsense"]})
    heads = lambda page: re.findall(r'<th scope="col" class="([\w-]*)', page.content.decode())  # noqa: E731
    assert heads(mine.get("/queue/?view=all")) == ["c-id", "", "c-team"]
    assert "Service desk" in mine.get("/queue/?view=all").content.decode()
    assert len(heads(mine.get("/queue/?view=teams"))) == 9
    assert len(heads(as_(colleague_agent).get("/queue/?view=all"))) == 9
    mine.post("/queue/columns/?view=all", {"reset": "1"})
    assert len(heads(mine.get("/queue/?view=all"))) == 9


def test_every_column_draws(as_, agent, incident):
    browser = as_(agent)
    from itsm.desk.reports.layout import COLUMNS

    browser.post("/queue/columns/?view=all", {"columns": list(COLUMNS)})
    page = browser.get("/queue/?view=all").content.decode()
    for words in ("Halden", "Portal", "Incident", "Service desk"):
        assert words in page


# ---------- filters by hand ----------


def test_filter_forms_work_without_script(as_, agent, requester, outsider, incident):
    browser = as_(agent)
    page = browser.get("/queue/filter/?view=mine").content.decode()
    assert "<html" in page
    assert "field=priority" in page
    form = browser.get("/queue/filter/?priority=1&vip=yes&field=priority").content.decode()
    assert re.search(r'name="priority" value="1" checked', form)
    assert '<input type="hidden" name="vip" value="yes">' in form
    found = browser.get("/queue/filter/?field=requester&find=rita").content.decode()
    assert f'name="requester" value="{requester.pk}"' in found
    assert "Otto" not in found
    negated = browser.get("/queue/filter/?priority-not=2&field=priority").content.decode()
    assert 'name="priority-not" value="2" checked' in negated
    for name in ("opened", "q", "hold", "team", "assignee", "category", "nonsense"):
        assert browser.get(f"/queue/filter/?field={name}&find=%00").status_code == 200


# ---------- the file ----------


def rows_of(response) -> list[list[str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_export_is_the_list_with_its_columns(as_, agent, desk, make, service):
    make(title="Second", priority=2, team=desk, service=service)
    first = make(title="First", priority=1, assignee=agent)
    make(title="Done", phase="closed", state="closed")
    browser = as_(agent)
    rows = rows_of(browser.get("/queue/export.csv?view=all"))
    assert rows[0] == ["Priority", "Number", "Subject", "Status", "Requester", "Service", "Assignee", "Due", "Updated"]
    assert [row[:5] for row in rows[1:]] == [
        ["P1", first.number, "First", "New", "Rita Requester"],
        ["P2", Ticket.objects.get(title="Second").number, "Second", "New", "Rita Requester"],
    ]
    browser.post("/queue/columns/?view=all", {"columns": ["team", "kind"]})
    assert rows_of(browser.get("/queue/export.csv?view=all"))[0] == ["Number", "Subject", "Kind", "Team"]


@pytest.mark.parametrize(
    "title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', '"quoted", with; all\nlines']
)
def test_export_runs_no_formula(as_, agent, make, title):
    make(title=title)
    rows = rows_of(as_(agent).get("/queue/export.csv?view=all"))
    cell = rows[1][2]
    assert cell == (title if title.startswith('"') else f"'{title}")
    assert not cell.startswith(("=", "+", "-", "@", "\t"))


def test_export_is_on_record_and_bounded(as_, agent, make, monkeypatch):
    for _n in range(5):
        make()
    monkeypatch.setattr("itsm.desk.services.export.MOST_ROWS", 4)
    monkeypatch.setattr("itsm.desk.services.export.BATCH", 3)
    assert len(rows_of(as_(agent).get("/queue/export.csv?view=all&kind=incident"))) == 5
    entry = Entry.objects.get(action="queue.export")
    assert (entry.actor, entry.object_id) == (agent, agent.pk)
    assert entry.changes["filters"] == [None, {"kind": ["incident"]}]


# ---------- search and palette ----------


def test_search_page_groups_marks_and_escapes(as_, agent, requester, service):
    factories.incident(
        requester, service=service, title="Email <b>broken</b>", description="since the <i>email</i> update"
    )
    page = as_(agent).get("/search/?q=email").content.decode()
    assert "<mark>Email</mark> &lt;b&gt;broken&lt;/b&gt;" in page
    assert "&lt;i&gt;<mark>email</mark>&lt;/i&gt;" in page
    assert re.findall(r'<h2 id="g-(\w+)">', page) == ["tickets", "services"]
    for query in (
        "<script>alert(1)</script>",
        "%00",
        "'\"",
        "x" * 5000,
        "a&in=nonsense",
        "a&kind=nonsense&in=tickets&open=1",
    ):
        answer = as_(agent).get(f"/search/?q={query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    assert "What are you looking for?" in as_(agent).get("/search/").content.decode()
    assert "Nothing found" in as_(agent).get("/search/?q=zzzz").content.decode()


def test_search_narrows_tickets(as_, agent, requester):
    done = factories.incident(requester, title="Email one")
    Ticket.objects.filter(pk=done.pk).update(phase="closed", state="closed")
    left = factories.incident(requester, title="Email two")
    page = as_(agent).get("/search/?q=email&in=tickets&open=1&kind=incident").content.decode()
    assert left.number in page
    assert done.number not in page


def test_portal_people_find_their_own_and_no_work_notes(as_, agent, requester, outsider, incident):
    conversation.note(incident, "Suspect kerberos", actor=agent, source="web")
    browser = as_(requester)
    page = browser.get("/search/?q=mail").content.decode()
    assert incident.number in page
    assert 'data-ui="portal"' in page
    assert incident.number not in browser.get("/search/?q=kerberos").content.decode()
    assert incident.number not in browser.get("/palette/?q=kerberos").content.decode()
    assert incident.number in as_(agent).get("/search/?q=kerberos").content.decode()
    assert incident.number not in as_(outsider).get("/search/?q=mail").content.decode()
    assert "Rita" not in as_(outsider).get("/palette/?q=@rita").content.decode()


def test_palette_finds_numbers_people_and_what_was_seen_last(as_, agent, engineers, requester, incident):
    browser = as_(agent)
    assert 'role="option"' not in browser.get("/palette/").content.decode()
    TicketVisit.objects.create(user=agent, ticket=incident, at=clock.now())
    assert incident.number in browser.get("/palette/").content.decode()
    assert incident.number in browser.get(f"/palette/?q=%23{incident.pk}").content.decode()
    people = browser.get("/palette/?q=@rita").content.decode()
    assert "Rita Requester" in people
    assert "Mail is down" not in people
    everything = browser.get("/palette/?q=mail").content.decode()
    assert f'href="/tickets/{incident.number}/"' in everything
    assert 'href="/search/?q=mail"' in everything
    Ticket.objects.filter(pk=incident.pk).update(restricted_to=engineers)
    assert incident.number not in browser.get("/palette/").content.decode()


def test_my_work_and_incidents_stand_in_the_navigation(as_, agent, make):
    make(assignee=agent)
    make()
    page = as_(agent).get("/queue/?view=mine").content.decode()
    assert re.search(r'href="/queue/\?view=mine" aria-current="page">.*?class="count"[^>]*>1<', page, re.S)
    assert re.search(r'href="/queue/\?kind=incident">.*?class="count"[^>]*>2<', page, re.S)
