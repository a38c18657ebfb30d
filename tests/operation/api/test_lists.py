"""Lists of tickets: pages, orderings, filters, search, fields, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.lib import clock
from itsm.tickets.models import Ticket
from operation.services import incidents
from tests import factories
from tests.api import Api, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(requester, agent, service, desk):
    """Seven incidents; several alike in every column but the id."""
    start = clock.now() - timedelta(days=1)
    made = []
    for index in range(7):
        with clock.moved_to(start + timedelta(minutes=index // 3)):
            made.append(
                factories.incident(
                    requester, title=f"Incident {index // 2}", service=service, impact=1 if index % 2 else 3
                )
            )
    return made


def walk(api, path, step="next"):
    pages, url = [], path
    while url:
        body = api.get(url).json()
        pages.append([row["id"] for row in body["results"]])
        url = body[step]
    return pages


@pytest.mark.parametrize(
    "ordering",
    ["", "id", "-id", "opened_at", "-opened_at", "priority", "-priority", "due_at", "title", "-title", "updated_at",
     "priority,-opened_at", "-title,priority", "state,title,id"],
)  # fmt: skip
def test_every_ordering_pages_through_ties_there_and_back(agent, many, ordering):
    api = Api(agent)
    whole = [row["id"] for row in api.get(f"incidents/?ordering={ordering}").json()["results"]]
    assert sorted(whole) == sorted(one.pk for one in many)
    pages = walk(api, f"incidents/?page_size=2&ordering={ordering}")
    assert [pk for page in pages for pk in page] == whole
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    last = f"incidents/?page_size=2&ordering={ordering}"
    while (body := api.get(last).json())["next"]:
        last = body["next"]
    back = walk(api, last, "previous")
    assert [pk for page in reversed(back) for pk in page] == whole


def test_a_ticket_opened_meanwhile_shifts_nothing(agent, requester, many):
    api = Api(agent)
    first = api.get("incidents/?page_size=3").json()
    factories.incident(requester)
    second = api.get(first["next"]).json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=new", 7),
        ("state=new,assigned&phase=new", 7),
        ("state=closed", 0),
        ("open=true", 7),
        ("open=false", 0),
        ("priority=1,2,3,4,5", 7),
        ("team=service desk", 7),
        ("team=none", 0),
        ("assignee=none", 7),
        ("assignee=me", 0),
        ("requester=me", 0),
        ("service=email", 7),
        ("service=nothing", 0),
        ("category=none", 7),
        ("organisation=Halden", 7),
        ("is_major=false", 7),
        ("sla_state=none", 7),
        ("opened_after=2001-01-01T00:00:00Z", 7),
        ("opened_before=2001-01-01T00:00:00Z", 0),
        ("resolved_after=2001-01-01T00:00:00Z", 0),
        ("q=Incident", 7),
        ("q=incident 3", 1),
    ],
)
def test_filters_choose(agent, many, query, expected):
    assert len(Api(agent).get(f"incidents/?{query}").json()["results"]) == expected


def test_a_number_is_found(agent, many):
    found = Api(agent).get(f"tickets/?q={many[3].number}").json()["results"]
    assert many[3].number in [row["number"] for row in found]


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0", "page_size=-5", "page_size=x", "page_size=1.5", "cursor=x", "cursor=" + "A" * 1900,
        "cursor=WzAsMSwwLFtdXQ", "cursor=%00", "ordering=password", "ordering=id,id,id,id", "ordering=--id",
        "priority=x", "priority=99999999999999", "open=perhaps", "opened_after=yesterday", "status=new",
        "team=" + "x" * 300, "fields=nothing", "q=%00", "q=" + "x" * 3000,
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_400(agent, many, query):
    body = problem(Api(agent).get(f"incidents/?{query}"), 400, "bad_query")
    assert set(body["errors"]) == {query.split("=")[0]}


def test_a_cursor_of_another_order_is_refused(agent, many):
    api = Api(agent)
    page = api.get("incidents/?page_size=2&ordering=title").json()["next"]
    problem(api.get(page.replace("ordering=title", "ordering=-title")), 400, "bad_query")


def test_a_huge_page_is_cut_to_the_largest(agent, many, monkeypatch):
    from itsm.api import pagination

    monkeypatch.setattr(pagination, "MOST", 3)
    assert len(Api(agent).get("incidents/?page_size=1000000").json()["results"]) == 3


def test_only_the_fields_asked_for(agent, incident):
    api = Api(agent)
    assert api.get("incidents/?fields=number,title").json()["results"] == [
        {"number": incident.number, "title": "Mail is down"}
    ]
    assert api.get(f"incidents/{incident.number}/?fields=state").json() == {"state": "new"}
    assert "description" not in api.get("incidents/").json()["results"][0]


def test_the_union_is_read_and_not_written(agent, incident):
    api = Api(agent)
    (row,) = api.get("tickets/?kind=incident").json()["results"]
    assert row["url"] == f"http://testserver/api/v1/incidents/{incident.number}/"
    assert api.get("tickets/?kind=change").json()["results"] == []
    response = api.post("tickets/", {"title": "x"})
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"
    problem(api.patch(f"tickets/{incident.number}/", {"title": "x"}), 405)
    problem(api.post(f"tickets/{incident.number}/timeline/", {"body": "x"}), 405)
    problem(api.delete(f"incidents/{incident.number}/"), 405)


def test_fifty_rows_cost_what_one_costs(
    agent, requester, service, desk, engineers, engineer, django_assert_num_queries
):
    api = Api(agent)
    factories.incident(requester, service=service)
    api.get("incidents/")
    with django_assert_num_queries(4):
        assert len(api.get("incidents/").json()["results"]) == 1
    for index in range(50):
        made = factories.incident(
            factories.person(),
            service=factories.ServiceFactory(),
            category=factories.CategoryFactory(),
            title=f"T{index}",
        )
        if index % 2:
            incidents.start(made, actor=agent if index % 4 else engineer, source="web")
    api.get("incidents/?page_size=50")
    with django_assert_num_queries(4):
        rows = api.get("incidents/?page_size=50").json()["results"]
    assert len(rows) == 50
    assert all(row["service"]["name"] and row["requester"]["name"] for row in rows)
    with django_assert_num_queries(4):
        api.get("tickets/?ordering=priority&open=true")


def test_a_detail_costs_the_same_whatever_its_history(agent, incident, django_assert_max_num_queries):
    api = Api(agent)
    path = f"incidents/{incident.number}/"
    parts = ("", "timeline/", "attachments/", "links/", "worklogs/", "tasks/", "watchers/", "sla/", "audit/")
    costs = {}
    for part in parts:
        api.get(path + part)
        with django_assert_max_num_queries(14) as short:
            api.get(path + part)
        costs[part] = len(short)
    for index in range(3):
        for body in ({"kind": "reply", "body": f"r{index}"}, {"kind": "note", "body": f"n{index}"}):
            api.post(f"{path}timeline/", body)
        api.post(f"{path}worklogs/", {"minutes": 5})
        api.post(f"{path}tasks/", {"title": f"t{index}", "assignee": "me"})
        other = Ticket.objects.get(pk=factories.incident(incident.requester).pk)
        api.post(f"{path}links/", {"kind": "related_to", "target": other.number})
        api.post(f"{path}watchers/", {"user": factories.person(roles=("agent",)).email})
    for part in parts:
        with django_assert_max_num_queries(costs[part] + {"timeline/": 2, "links/": 1}.get(part, 0)):
            api.get(path + part)


def test_ties_between_priorities_follow_the_due_time(agent, requester, service):
    factories.cover(factories.support_level(resolution=60), service)
    late = factories.incident(requester, service=service)
    with clock.moved_to(clock.now() - timedelta(minutes=30)):
        soon = factories.incident(requester, service=service)
    never = factories.incident(requester)
    assert [row["id"] for row in Api(agent).get("incidents/?ordering=priority").json()["results"]] == [
        soon.pk, late.pk, never.pk,
    ]  # fmt: skip
