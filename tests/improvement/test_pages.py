"""KPI, review and process pages and the API: for whom, with which numbers, and what they refuse."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from improvement import measures, suggestions, tasks
from improvement.models import KPI, KeptAnalysis, ReviewAction, ReviewPlan, ServiceReview
from improvement.reports.process import tickets as process_tickets
from improvement.services import reviews
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.tickets.models import Ticket
from itsm.workflow import records
from operation.services import incidents
from tests import factories
from tests.itsm.desk.dashboards.conftest import NOW

DAY = timedelta(days=1)


def text_of(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


def client_of(user, *scopes):
    client = APIClient()
    secret = tokens.create(user, name="test", wanted=scopes, actor=user, source="web")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


# ---------- KPIs ----------


def test_kpi_pages_and_exports(lives, manager, agent, requester, browse, now, django_assert_max_num_queries):
    lives(5, 8)
    client = browse(manager)
    shown = text_of(client.get("/improvement/kpis/"))
    for words in ("First response time", "Reopen rate", "Cost per ticket", "Measured up to"):
        assert words in shown
    with django_assert_max_num_queries(16):
        client.get("/improvement/kpis/?period=90d")
    for code in ("backlog", "availability", "cost_per_ticket", "problem_ratio"):
        answer = client.get(f"/improvement/kpis/{code}/?period=90d")
        assert answer.status_code == 200, code
    page = text_of(client.get("/improvement/kpis/resolution/?period=90d"))
    for words in ("Median", "By service", "Behind the number", "Start an improvement", "Printing"):
        assert words in page
    listed = client.get("/improvement/kpis/resolution/tickets/?period=90d")
    assert "INC-" in text_of(listed)
    assert client.get("/improvement/kpis/resolution/tickets/?part=7-all").status_code == 404
    lines = text_of(client.get("/improvement/kpis/export/?period=90d")).splitlines()
    assert len(lines) == 1 + KPI.objects.count()
    days = text_of(client.get("/improvement/kpis/backlog/days/?period=90d")).splitlines()
    assert len(days) > 30
    assert "Not understood and left out: Service" in text_of(client.get("/improvement/kpis/?service=999"))
    for path in ("", "attainment/", "attainment/tickets/", "export/", "attainment/days/", "attainment/decide/"):
        assert browse(requester).get(f"/improvement/kpis/{path}").status_code in (403, 404)
    assert client.get("/improvement/kpis/happiness/").status_code == 404
    assert browse(agent).get("/improvement/kpis/attainment/decide/").status_code == 403
    reading = measures.read("kpi:resolution", None, NOW.date() - DAY, 90)
    assert reading is not None
    assert reading.cases


def test_deciding_about_a_kpi(manager, agent, browse):
    client = browse(manager)
    url = "/improvement/kpis/attainment/decide/"
    sent = {"target": "96", "warning": "91", "owner": agent.email, "note": "As promised", "is_active": "on"}
    assert client.post(url, {**sent, "version": "1"}).status_code == 302
    kpi = KPI.objects.get(code="attainment")
    assert (kpi.target, kpi.warning, kpi.owner, kpi.version) == (96, 91, agent, 2)
    assert client.post(url, {**sent, "target": "97", "version": "1"}).status_code == 409
    assert browse(agent).post(url, {**sent, "target": "97", "version": "2"}).status_code == 302, "its owner may"
    for wrong in ({"target": "-1"}, {"warning": "99"}, {"target": "", "warning": "5"}, {"target": "x"},
                  {"owner": "nobody@example.com"}, {"note": "x" * 3000}, {"target": "1e30"}):  # fmt: skip
        assert client.post(url, {**sent, **wrong, "version": "3"}).status_code == 422, wrong
    kpi.refresh_from_db()
    assert (kpi.target, kpi.version) == (97, 3)


def test_kpis_over_the_api(lives, manager, agent, requester, now):
    lives(5, 6)
    client = client_of(manager, "improvement:write")
    listed = client.get("/api/v1/kpis/?page_size=50").json()["results"]
    assert {row["code"] for row in listed} == set(KPI.objects.values_list("code", flat=True))
    one = client.get("/api/v1/kpis/attainment/").json()
    assert one["unit"] == "percent"
    changed = client.patch("/api/v1/kpis/attainment/", {"target": "92"}, format="json")
    assert changed.json()["target"] == "92.00", changed.content
    assert client.patch("/api/v1/kpis/attainment/", {"warning": "95"}, format="json").status_code in (400, 422)
    assert client.patch("/api/v1/kpis/attainment/", {"code": "x"}, format="json").status_code in (400, 422)
    assert client.post("/api/v1/kpis/", {}, format="json").status_code == 405
    days = client.get("/api/v1/kpis/backlog/measurements/?from=2026-02-20&to=2026-03-17").json()
    assert len(days["results"]) == 26
    assert str(days["value"]) == str(days["results"][-1]["value"])
    for wrong in ("from=x", "from=2026-03-02&to=2026-03-01", "service=999999", "colour=red"):
        assert client.get(f"/api/v1/kpis/backlog/measurements/?{wrong}").status_code == 400, wrong
    assert client_of(agent, "improvement:read").patch("/api/v1/kpis/reopen/", {}, format="json").status_code == 403
    assert client_of(requester, "improvement:read").get("/api/v1/kpis/").status_code == 403
    assert client_of(manager, "tickets:read").get("/api/v1/kpis/").status_code == 403


# ---------- reviews ----------


def test_a_review_from_draft_to_closed(lives, manager, agent, browse, now, service):
    lives(5, 8)
    client = browse(manager)
    sent = {"service": "", "month": "2026-02-17", "chair": manager.email, "attendees": "", "guests": "", "minutes": ""}
    assert client.post("/improvement/reviews/new/", sent).status_code == 302
    review = ServiceReview.objects.get()
    assert review.month == date(2026, 2, 1)
    url = review.get_absolute_url()
    assert client.post("/improvement/reviews/new/", sent).status_code == 422, "once for a month"
    shown = text_of(client.get(url))
    for words in ("Numbers of the month", "Resolution in time", "Nothing has been noted yet", "Name who took part"):
        assert words in shown
    assert client.post(f"{url}hold/", {}).status_code == 409
    edit = {**sent, "attendees": f"{manager.email}\n{agent.email}", "version": "1"}
    assert client.post(f"{url}edit/", edit).status_code == 302
    client.post(f"{url}findings/new/", {"text": "Too slow on Mondays", "kpi": "attainment"})
    client.post(f"{url}actions/new/", {"text": "Two more on Mondays", "owner": agent.email, "due_on": "2026-03-10"})
    assert client.post(f"{url}actions/new/", {"text": "", "owner": "x", "due_on": "soon"}).status_code == 422
    client.post(f"{url}hold/", {})
    review.refresh_from_db()
    assert (review.state, review.held_at is not None) == ("held", True)
    frozen = review.scorecard
    with clock.moved_to(NOW + DAY):
        incidents.resolve(Ticket.objects.open().filter(kind="incident").first().specific(), actor=agent, source="web",
                          code="fixed", note="Done")  # fmt: skip
        call_command("measure_kpis")
    review.refresh_from_db()
    assert review.scorecard == frozen, "the numbers stay as they were"
    shown = text_of(client.get(url))
    assert "measured_by=kpi%3Aattainment" in shown, "one click from the finding to an improvement"
    assert "Two more on Mondays" in text_of(client.get(f"{url}print/"))
    late = client.post(f"{url}edit/", {**edit, "month": "2026-01-01", "version": str(review.version)})
    assert late.status_code == 422, "what was held stays about its month"
    assert client.post(f"{url}close/", {}).status_code == 409, "minutes first"
    client.post(f"{url}edit/", {**edit, "minutes": "We *agreed*.", "version": str(review.version)})
    client.post(f"{url}close/", {})
    review.refresh_from_db()
    assert review.state == "closed"
    assert client.post(f"{url}findings/new/", {"text": "Late"}).status_code in (403, 409)
    # The open action goes on in the next review, and is finished there by whose it is.
    following = records.create(
        ServiceReview, actor=manager, source="web", service=None, chair=manager, month=date(2026, 3, 1)
    )
    assert "Two more on Mondays" in text_of(client.get(following.get_absolute_url()))
    action = ReviewAction.objects.get()
    assert browse(factories.person(roles=("agent",))).post(f"{url}action/{action.pk}/done/").status_code == 403
    assert "overdue" in text_of(browse(agent).get("/improvement/reviews/actions/?mine=1"))
    done = browse(agent).post(f"{url}action/{action.pk}/done/", {"back": following.number})
    assert done["Location"] == following.get_absolute_url()
    assert browse(agent).post(f"{url}action/{action.pk}/done/").status_code == 409
    assert "Two more on Mondays" not in text_of(client.get(following.get_absolute_url()))
    client.post(f"{url}reopen/", {"reason": "A name was wrong"})
    review.refresh_from_db()
    assert (review.state, review.scorecard) == ("held", frozen)


def test_drafts_make_themselves_where_they_are_wanted(manager, agent, service):
    owner = factories.person("Olga Owner", roles=("service_owner",))
    type(service).objects.filter(pk=service.pk).update(owner=owner, status="live", criticality=1)
    with clock.moved_to(NOW):
        tasks.draft_reviews()
        assert not ServiceReview.objects.exists(), "nobody asked for them"
        reviews.change_plan(actor=manager, source="web", automatic=True, critical_only=2, with_all=True)
        tasks.draft_reviews()
        tasks.draft_reviews()
        made = {(one.service_id, one.chair, one.month) for one in ServiceReview.objects.all()}
    assert made == {(service.pk, owner, date(2026, 2, 1)), (None, manager, date(2026, 2, 1))}
    assert ReviewPlan.objects.count() == 1


def test_service_reviews_over_the_api(manager, agent, requester, service):
    with clock.moved_to(NOW):
        client = client_of(manager, "improvement:write")
        body = {"service": service.slug, "month": "2026-02-10", "chair": "me", "attendees": ["me"], "minutes": "Fine."}
        made = client.post("/api/v1/service-reviews/", body, format="json")
        assert made.status_code == 201, made.content
        assert made.json()["month"] == "2026-02-01"
        url = f"/api/v1/service-reviews/{made.json()['number']}/"
        assert client.post("/api/v1/service-reviews/", body, format="json").status_code in (400, 422)
        future = client.post("/api/v1/service-reviews/", {**body, "month": "2027-01-01"}, format="json")
        assert "has not begun" in future.content.decode()
        changed = client.patch(url, {"guests": "The head of stores"}, format="json")
        assert (changed.status_code, changed.json()["guests"]) == (200, "The head of stores")
        action = {"text": "Call them", "owner": agent.email, "due_on": "2026-04-01"}
        assert client.post(f"{url}actions/", action, format="json").status_code == 201
        assert client.get(f"{url}scorecard/").json()["frozen"] is False
        held = client.post(f"{url}transitions/hold/", {}, format="json")
        assert held.json()["state"] == "held", held.content
        assert client.get(f"{url}scorecard/").json()["frozen"] is True
        assert client_of(agent, "improvement:write").post(
            f"{url}transitions/close/", {}, format="json"
        ).status_code == 403  # fmt: skip
        assert client_of(requester, "improvement:read").get("/api/v1/service-reviews/").status_code == 404


# ---------- process analysis ----------


def test_process_analysis_of_tickets(lives, manager, agent, requester, browse, now, monkeypatch):
    made = lives(5, 8)
    client = browse(manager)
    shown = text_of(client.get("/improvement/process/?period=90d"))
    over = Ticket.objects.filter(is_open=False).count()
    for words in (f"{over} tickets that were opened", "Ping-pong", "Variants", "Who had it", '<svg class="flow"'):
        assert words in shown
    # Every number leads to its tickets.
    question = process_tickets.Question("incident", date(2026, 1, 1), date(2026, 3, 18))
    result = process_tickets.work_out(question)
    assert sum(one["cases"] for one in result["variants"]) == over
    first = result["edges"][0]
    listed = client.get("/improvement/process/tickets/?from=2026-01-01&to=2026-03-18&what=variant&n=0&kind=incident")
    assert text_of(listed).count('class="id"') == result["variants"][0]["cases"]
    assert first["cases"] == len(first["tickets"])
    assert client.get("/improvement/process/tickets/?what=variant&n=99").status_code == 404
    assert client.get("/improvement/process/tickets/?what=nothing").status_code == 404
    for table in ("flow", "variants", "waiting", "handovers"):
        assert len(text_of(client.get(f"/improvement/process/export/{table}/?period=90d")).splitlines()) > 1
    assert client.get("/improvement/process/export/all/").status_code == 404
    assert browse(requester).get("/improvement/process/").status_code == 404
    # Restricted tickets are nobody's example.
    team = factories.TeamFactory(name="Security", is_restricted=True)
    Ticket.objects.filter(pk=made[0].pk).update(restricted_to=team)
    again = process_tickets.work_out(question)
    assert again["cases"] + again["running"] == len(made) - 1


def test_a_large_analysis_is_left_to_a_job(lives, manager, browse, now, monkeypatch):
    lives(5, 4)
    monkeypatch.setattr(process_tickets, "AT_ONCE", 3)
    client = browse(manager)
    assert "a job works this out" in text_of(client.get("/improvement/process/?period=90d"))
    assert KeptAnalysis.objects.get().result is None
    tasks.analyse_processes()
    tasks.analyse_processes()
    shown = text_of(client.get("/improvement/process/?period=90d"))
    assert "As of" in shown
    assert "a job works this out" not in shown
    with clock.moved_to(NOW + 2 * DAY):
        client.get("/improvement/process/?from=2025-12-19&to=2026-03-18")
        assert KeptAnalysis.objects.count() == 1


def test_what_data_suggest_becomes_an_improvement(requester, service, agent, manager, browse):
    with clock.moved_to(NOW - 2 * DAY):
        for _number in range(5):
            factories.incident(requester, service=service)
    with clock.moved_to(NOW):
        found = {one.key: one for _source, one in suggestions.found(manager)}
        assert {f"recurring-{service.pk}-0", f"article-{service.pk}"} <= set(found)
        shown = text_of(browse(manager).get("/improvement/process/"))
        assert "Find the cause: Email" in shown
        assert "/improvement/register/new/" in shown
        watcher = text_of(browse(factories.person(roles=("auditor",))).get("/improvement/process/"))
        assert "Find the cause: Email" in watcher
        assert "/improvement/register/new/" not in watcher, "an auditor starts nothing"
        form = text_of(browse(manager).get(suggestions.address(title="Find the cause", measured_by="kpi:reopen")))
        assert "Find the cause" in form
    other = factories.person("Olga Owner", roles=("service_owner",))
    with clock.moved_to(NOW):
        assert [key for key in found if key in {one.key for _s, one in suggestions.found(other)}] == []


@pytest.mark.parametrize("path", ["kpis", "reviews", "reviews/actions", "process"])
def test_the_navigation_has_the_pages(path, manager, browse):
    page = text_of(browse(manager).get("/improvement/kpis/" if path != "process" else "/improvement/process/"))
    assert f'href="/improvement/{path.split("/")[0]}/"' in page
