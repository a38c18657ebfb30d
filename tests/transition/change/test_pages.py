"""The pages about changes: calendar, list, report, plan, risk, releases, board; who sees what, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from itsm.lib import clock
from itsm.tickets.models import TicketLink
from tests import factories
from tests.transition.change.conftest import answered, approve
from transition.models import CABMeeting, Change, ChangeTemplate, FreezeWindow, Release
from transition.services import changes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def browse(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_a_change_is_raised_planned_assessed_and_asked_for_in_the_browser(engineer, change_manager, service, item):
    client, disk = browse(engineer), item("srv-1")
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    sent = {
        "change_type": "normal", "title": "New disks", "service": service.pk, "items": "srv-1",
        "planned_start": local(start), "planned_end": local(start + timedelta(hours=1)),
    }  # fmt: skip
    assert client.get("/changes/new/").status_code == 200
    assert client.get("/tickets/new/change/?title=X").url.startswith("/changes/new/?title=X")
    wrong = client.post("/changes/new/", sent | {"title": "", "items": "nothing"})
    assert wrong.status_code == 422
    assert "There is no item" in wrong.content.decode()
    made = client.post("/changes/new/", sent)
    change = Change.objects.get()
    assert made.url == change.get_absolute_url()
    assert [link.item for link in change.ticket_items.all()] == [disk]
    page = client.get(f"/tickets/{change.number}/").content.decode()
    assert "What it touches" in page
    assert "Not assessed yet" in page
    plan = sent | {"implementation_plan": "1. Do", "backout_plan": "Undo", "outage_minutes": 5}
    assert client.post(f"/changes/{change.number}/plan/", plan | {"version": change.version}).status_code == 302
    stale = client.post(f"/changes/{change.number}/plan/", plan | {"version": 1, "implementation_plan": "Other"})
    assert stale.status_code in (409, 422)
    client.post(f"/tickets/{change.number}/submit/", {})
    assert client.post(f"/changes/{change.number}/assess/", {}).status_code == 422
    answers = {f"q{key}": value for key, value in answered().items()}
    assert client.post(f"/changes/{change.number}/assess/", answers).status_code == 302
    client.post(f"/tickets/{change.number}/request_approval/", {})
    change.refresh_from_db()
    assert change.state == "awaiting_approval"
    boss = browse(change_manager)
    assert "Your decision" in boss.get(f"/tickets/{change.number}/").content.decode()
    assert "your vote" in boss.get("/changes/calendar/").content.decode()
    approve(change)
    assert client.get(f"/changes/{change.number}/plan/").status_code == 200
    told = client.get(f"/tickets/{change.number}/audit/")
    assert told.status_code == 200
    assert "Implementation plan" in told.content.decode()


def test_pages_exist_for_the_desk_only(raised, requester, engineer, auditor, board):
    change = raised()
    pages = [
        "/changes/", "/changes/calendar/", "/changes/calendar/?view=month", "/changes/report/", "/changes/new/",
        f"/changes/{change.number}/plan/", f"/changes/{change.number}/assess/", f"/changes/{change.number}/slot/",
        "/changes/releases/", "/changes/deployments/", "/changes/cab/",
    ]  # fmt: skip
    assert {browse(requester).get(page).status_code for page in pages} == {404}
    assert {browse(engineer).get(page).status_code for page in pages} == {200}
    assert browse(auditor).get("/changes/new/").status_code == 403
    assert browse(auditor).get(f"/changes/{change.number}/plan/").status_code == 403
    assert browse(board[0]).get("/").url == "/changes/calendar/"
    assert browse(board[0]).get(f"/tickets/{change.number}/").status_code == 200


@pytest.mark.parametrize(
    "query", ["day=nonsense", "day=0001-01-01", "view=month&day=2026-02-30", "service=999999", "change_type=x"]
)
def test_strange_addresses_show_the_present(engineer, query):
    assert browse(engineer).get(f"/changes/calendar/?{query}").status_code == 200


def test_the_calendar_shows_clashes_freezes_and_the_way_out(scheduled, engineer, service):
    one, other = scheduled("First disks"), scheduled("Second disks")
    freeze = FreezeWindow.objects.create(
        name="Year end", starts_at=one.planned_start, ends_at=one.planned_end + timedelta(days=2)
    )
    day = timezone.localtime(one.planned_start).date()
    for view in ("", "&view=month"):
        page = browse(engineer).get(f"/changes/calendar/?day={day}{view}").content.decode()
        for words in (one.number, other.number, freeze.name, "clash", f"/changes/{other.number}/slot/"):
            assert words in page
    empty = browse(engineer).get(f"/changes/calendar/?day={day + timedelta(days=60)}").content.decode()
    assert "No changes in this week" in empty


def test_the_next_free_window_is_one_press_away(asked, engineer):
    one = asked("First disks")
    asked("Second disks")
    client = browse(engineer)
    page = client.get(f"/changes/{one.number}/slot/")
    begin, end = page.context["found"]
    sent = {"planned_start": f"{begin:%Y-%m-%dT%H:%M:%S%z}", "planned_end": f"{end:%Y-%m-%dT%H:%M:%S%z}"}
    assert sent["planned_start"].replace("+0000", "") in page.content.decode()
    client.post(f"/changes/{one.number}/slot/", sent)
    one.refresh_from_db()
    assert one.planned_start == begin
    assert "conflicts with" not in client.get(one.get_absolute_url()).content.decode()


def test_an_incident_shows_what_changed_and_links_the_cause(scheduled, engineer, requester, service, shop):
    change = scheduled()
    with clock.moved_to(change.planned_start):
        changes.start(change, actor=engineer, source="web")
    with clock.moved_to(change.planned_start + timedelta(hours=1)):
        broken = factories.incident(requester, service=shop)
    client = browse(engineer)
    url = f"/tickets/{broken.number}/more/"
    assert change.number in client.get(url).content.decode()
    client.post(f"/changes/{change.number}/caused/{broken.number}/")
    link = TicketLink.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (broken.pk, change.pk, "caused_by")
    assert "the cause" in client.get(url).content.decode()
    assert broken.number in client.get(change.get_absolute_url()).content.decode()
    assert browse(requester).post(f"/changes/{change.number}/caused/{broken.number}/").status_code == 404
    assert change.title in client.get(service.get_absolute_url()).content.decode()


def test_the_report_counts_by_month_and_leads_to_the_changes(scheduled, engineer):
    change = scheduled()
    with clock.moved_to(change.planned_start):
        change = changes.start(change, actor=engineer, source="web")
        change = changes.implement(change, actor=engineer, source="web")
        changes.close(change, actor=engineer, source="web", outcome="with_issues", review_note="Slow")
    client, month = browse(engineer), f"{timezone.localtime(change.planned_start):%Y-%m}"
    with clock.moved_to(change.planned_start):
        page = client.get("/changes/report/")
    assert [(row.total, row.with_issues, row.on_time) for row in page.context["rows"]] == [(1, 1, 1)]
    assert f"?month={month}&amp;change_type=normal&amp;outcome=with_issues" in page.content.decode()
    listed = client.get(f"/changes/?month={month}&change_type=normal&outcome=with_issues").content.decode()
    assert change.number in listed
    assert change.number not in client.get(f"/changes/?month={month}&outcome=failed").content.decode()


@pytest.mark.parametrize(
    "page", ["/changes/", "/changes/calendar/", "/changes/calendar/?view=month", "/changes/report/"]
)
def test_pages_cost_the_same_for_one_and_for_three(scheduled, engineer, page):
    scheduled("First", hours=1)
    client = browse(engineer)
    client.get(page)
    counts = []
    for number in range(3):
        cache.clear()
        with CaptureQueriesContext(connection) as told:
            assert client.get(page).status_code == 200
        counts.append(len(told))
        scheduled(f"More {number}", hours=1)
    assert counts[0] == counts[2]


def test_settings_are_kept_by_change_managers(change_manager, engineer, service):
    client = browse(change_manager)
    for slug in ("freezes", "maintenance-windows", "change-templates", "risk-questions", "approval-rules"):
        assert client.get(f"/settings/{slug}/").status_code == 200
        assert client.get(f"/settings/{slug}/new/").status_code == 200
        assert browse(engineer).get(f"/settings/{slug}/").status_code == 403
    sent = {"name": "Sale", "starts_at": "2027-01-10T00:00", "ends_at": "2027-01-05T00:00", "is_active": "on"}
    assert client.post("/settings/freezes/new/", sent).status_code == 422
    assert client.post("/settings/freezes/new/", sent | {"ends_at": "2027-01-12T00:00"}).status_code == 302
    question = {"text": "Sure?", "position": 99, "is_active": "on", "options": "0 Yes\nmany No"}
    assert client.post("/settings/risk-questions/new/", question).status_code == 422
    assert client.post("/settings/risk-questions/new/", question | {"options": "0 Yes\n9 No"}).status_code == 302
    rule = {"change_type": "normal", "from_score": 90, "level": "high", "rule": "any", "quorum": 1, "days": 5}
    assert client.post("/settings/approval-rules/new/", rule).status_code == 422
    assert client.post("/settings/approval-rules/new/", rule | {"role": "cab_member"}).status_code == 302
    template = {
        "name": "Renew", "implementation_plan": "1", "backout_plan": "2", "minutes": 30, "outage_minutes": 0,
        "tasks": "Call\nLook", "is_active": "on", "service": service.pk,
    }  # fmt: skip
    assert client.post("/settings/change-templates/new/", template).status_code == 302
    assert ChangeTemplate.objects.get().tasks == ["Call", "Look"]


def test_the_board_meets_decides_and_closes(asked, board, change_manager, engineer):
    client = browse(change_manager)
    sent = {
        "title": "Board", "starts_at": local(clock.now() + timedelta(days=1)), "chair": change_manager.email,
        "attendees": "\n".join(person.email for person in board[:2]), "place": "", "minutes": "",
    }  # fmt: skip
    early = asked("Asked before", risk=2)
    assert browse(engineer).post("/changes/cab/new/", sent).status_code == 403
    assert client.post("/changes/cab/new/", sent).status_code == 302
    meeting = CABMeeting.objects.get()
    late, low = asked("Asked after", risk=2), asked("Not for the board")
    assert {item.change_id for item in meeting.agenda.all()} == {early.pk, late.pk}
    url = meeting.get_absolute_url()
    first, second = meeting.agenda.order_by("position")
    client.post(f"{url}agenda/{first.pk}/", {"decision": "approved"})
    early.refresh_from_db()
    assert early.state == "awaiting_approval", "nothing is decided before the meeting"
    assert client.post(f"{url}hold/", {}).status_code == 302
    client.post(f"{url}agenda/{first.pk}/", {"decision": "approved", "note": "With care"})
    client.post(f"{url}agenda/{second.pk}/", {"decision": "rejected"})
    late.refresh_from_db()
    assert late.state == "awaiting_approval", "a no has a reason"
    client.post(f"{url}agenda/{second.pk}/", {"decision": "rejected", "note": "Not now"})
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.state, late.state) == ("scheduled", "rejected")
    assert client.post(f"{url}close/", {}).status_code == 409
    assert client.post(f"{url}edit/", sent | {"minutes": "All said."}).status_code == 302
    assert client.post(f"{url}close/", {}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.state == "closed"
    assert low.state == "awaiting_approval"


def test_a_release_from_plan_to_production_and_back(raised, engineer, change_manager, service):
    client = browse(change_manager)
    sent = {
        "title": "Mail",
        "release_version": "2",
        "size": "major",
        "services": [service.pk],
        "owner": change_manager.email,
    }
    assert client.post("/changes/releases/new/", {k: v for k, v in sent.items() if k != "services"}).status_code == 422
    assert client.post("/changes/releases/new/", sent).status_code == 302
    release = Release.objects.get()
    url, change = release.get_absolute_url(), raised()
    assert client.post(f"{url}build/", {}).status_code == 409
    client.post(f"{url}changes/", {"change": change.number})
    assert client.post(f"{url}build/", {}).status_code == 302
    assert client.post(f"{url}test/", {}).status_code == 302
    assert client.post(f"{url}approve/", {}).status_code == 409
    trial = {"release": release.pk, "environment": "staging", "planned_at": local(clock.now())}
    client.post("/changes/deployments/new/", trial)
    staging = release.deployments.get()
    for verb in ("start", "succeed"):
        assert client.post(f"{staging.get_absolute_url()}{verb}/", {}).status_code == 302
    assert client.post(f"{url}approve/", {}).status_code == 409, "its change is not approved"
    change = changes.submit(change, actor=engineer, source="web")
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    approve(changes.request_approval(change, actor=engineer, source="web"))
    assert client.post(f"{url}approve/", {}).status_code == 302
    assert client.post(f"{url}deploy/", {}).status_code == 409
    client.post("/changes/deployments/new/", trial | {"environment": "production"})
    live = release.deployments.get(environment="production")
    assert client.post(f"{live.get_absolute_url()}start/", {}).status_code == 409
    for address in (
        f"{url}deploy/",
        f"{live.get_absolute_url()}start/",
        f"{live.get_absolute_url()}succeed/",
        f"{url}finish/",
    ):
        assert client.post(address, {}).status_code == 302, address
    assert client.post(f"{url}roll_back/", {"reason": "Slow"}).status_code == 302
    release.refresh_from_db()
    live.refresh_from_db()
    assert (release.state, live.state) == ("rolled_back", "rolled_back")


def test_a_planned_major_release_lets_a_live_service_be_reworked(change_manager, service):
    from itsm.catalogue import guards
    from itsm.workflow import records

    assert not guards.requirements(service, "rework")[0].done
    for size, done in (("minor", False), ("major", True)):
        records.create(
            Release, actor=change_manager, source="web", title=size, size=size, owner=change_manager,
            lists={"services": [service]},
        )  # fmt: skip
        assert guards.requirements(service, "rework")[0].done is done
