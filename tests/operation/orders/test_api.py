"""Orders, rights, problems and rotas from scripts: opened, moved, refused, and hidden from whoever may not see them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.lib import clock
from operation.models import AccessRequest, Problem, Rota, ServiceRequest
from operation.services import on_call
from tests import factories
from tests.api import Api, problem
from tests.operation.orders.conftest import decide

pytestmark = pytest.mark.django_db


def test_an_order_to_its_end(laptop, requester, boss, agent, outsider, auditor):
    api = Api(requester)
    bad = problem(api.post("requests/", {"offering": "laptop", "form": {"model": "huge"}}), 422)
    assert "form.model" in str(bad)
    for body in ({}, {"offering": "nothing"}, {"title": "Free text"}, {"offering": "laptop", "requester": boss.email}):
        assert api.post("requests/", body).status_code in (400, 422), body
    assert not ServiceRequest.objects.exists()
    made = api.post("requests/", {"offering": "laptop", "form": {"model": "std"}}).json()
    assert (made["state"], made["price"], made["form"]) == ("awaiting_approval", "1150.00", {"model": "std"})
    path = f"requests/{made['number']}/"
    for stranger in (outsider,):
        problem(Api(stranger).get(path), 404)
        assert Api(stranger).get("requests/").json()["results"] == []
    steps = {step["name"]: step for step in Api(agent).get(f"{path}transitions/").json()["results"]}
    assert steps["approve"]["allowed"] is False if "approve" in steps else True
    problem(Api(auditor).post(f"{path}transitions/cancel/", {"reason": "x"}), 403)
    decide(ServiceRequest.objects.get(), boss)
    tasks = Api(agent).get(f"{path}tasks/").json()["results"]
    assert [(task["state"], task["step"]) for task in tasks] == [
        ("open", 1), ("waiting", 2), ("waiting", 2), ("waiting", 3)
    ]  # fmt: skip
    problem(Api(agent).patch(f"{path}tasks/{tasks[1]['id']}/", {"state": "done"}), 409)
    problem(Api(agent).patch(f"{path}tasks/{tasks[0]['id']}/", {"state": "waiting"}), 422)
    assert Api(agent).patch(f"{path}tasks/{tasks[0]['id']}/", {"state": "done"}).status_code == 200
    problem(Api(agent).post(f"{path}transitions/fulfil/", {"note": "Now"}), 409)
    assert Api(requester).get(path).json()["state"] == "fulfilling"


def test_a_right_until_a_day(service, requester, agent):
    factories.OfferingFactory(service=service, name="Reports", slug="reports", kind="access")
    api = Api(requester)
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    problem(api.post("access/", {"offering": "reports", "until": "2020-01-01"}), 422)
    problem(api.post("requests/", {"offering": "reports"}), 422)
    made = api.post("access/", {"offering": "reports", "until": until}).json()
    assert (made["state"], made["until"], made["right"]) == ("approved", until, "Reports")
    moved = Api(agent).post(f"access/{made['number']}/transitions/grant/", {"note": "There"}).json()
    assert moved["state"] == "granted"
    assert AccessRequest.objects.get().granted_by == agent


def test_problems_and_known_errors(agent, requester, incident, service, outsider):
    api = Api(agent)
    problem(Api(requester).post("problems/", {"title": "x"}), 403)
    problem(api.post("problems/", {"title": "Why?", "incidents": ["INC-999999"]}), 422)
    made = api.post("problems/", {"title": "Why?", "incidents": [incident.number], "service": "email"}).json()
    path = f"problems/{made['number']}/"
    assert api.get("known-errors/").json()["results"] == []
    api.post(f"{path}transitions/assess/", {"comment": "Yes"})
    known = api.post(f"{path}transitions/record_cause/", {"root_cause": "Heat", "whys": "a\nb"}).json()
    assert (known["state"], known["whys"]) == ("known_error", ["a", "b"])
    row = api.get("known-errors/?q=heat&service=email").json()["results"][0]
    assert (row["number"], row["incidents"], row["open_incidents"]) == (made["number"], 1, 1)
    assert api.get("known-errors/?q=cold").json()["results"] == []
    problem(Api(outsider).get(path), 404)
    problem(Api(requester).get("known-errors/"), 403)
    assert Problem.objects.get().title == "Why?"


def test_rotas(agent, desk, administrator, requester):
    rota = Rota(team=desk, name="Desk", timezone="UTC", starts_on=clock.now().date() - timedelta(days=1))
    on_call.save(rota, [agent], actor=administrator, source="web")
    api = Api(agent)
    shown = api.get("rotas/Desk/").json()
    assert shown["now"]["user"]["name"] == "Anna Agent"
    assert len(api.get(f"rotas/{rota.pk}/shifts/?days=28").json()["results"]) >= 4
    now = clock.now()
    body = {"user": agent.email, "begins_at": (now + timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat()}  # fmt: skip
    assert api.post(f"rotas/{rota.pk}/stand-ins/", body).status_code == 201
    problem(api.post(f"rotas/{rota.pk}/stand-ins/", body), 422)
    problem(Api(requester).get("rotas/"), 403)


def test_lists_cost_the_same_however_long(agent, requester, service, django_assert_max_num_queries):
    api = Api(agent)

    def cost(path):
        with django_assert_max_num_queries(40) as counted:
            assert api.get(path).status_code == 200
        return len(counted)

    def more():
        made = api.post("problems/", {"title": "Why?", "service": "email"}).json()
        api.post(f"problems/{made['number']}/transitions/publish_workaround/", {"workaround": "Restart"})

    more()
    api.get("known-errors/")
    before = {path: cost(path) for path in ("problems/", "known-errors/")}
    more()
    more()
    assert {path: cost(path) for path in before} == before
