"""Risks and controls through the REST API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from itsm.integrations.services import tokens
from operation.models import Risk
from tests import factories


@pytest.fixture
def officer(db):
    return factories.person("Olga Officer", roles=("security_officer",))


def client_of(user, *scopes):
    client = APIClient()
    secret = tokens.create(user, name="test", wanted=scopes, actor=user, source="web")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_life_of_a_risk(officer, service):
    client = client_of(officer, "risks:write")
    made = client.post(
        "/api/v1/risks/", {"title": "One acquirer", "owner": officer.email, "services": [service.slug]}, format="json"
    )
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["services"][0]["slug"] == service.slug
    steps = client.get(f"/api/v1/risks/{number}/transitions/").json()["results"]
    assert {step["name"] for step in steps if step["allowed"]} == {"assess", "close"}
    moved = client.post(
        f"/api/v1/risks/{number}/transitions/assess/", {"likelihood": 4, "risk_impact": 5}, format="json"
    )
    assert moved.status_code == 200, moved.content
    assert (moved.json()["state"], moved.json()["score"]) == ("assessed", 20)
    changed = client.patch(f"/api/v1/risks/{number}/", {"title": "One acquirer for all"}, format="json")
    assert changed.json()["title"] == "One acquirer for all"
    refused = client.post(f"/api/v1/risks/{number}/transitions/take_up/", {"reason": "Why"}, format="json")
    assert refused.status_code == 409
    assert client.get("/api/v1/risks/", {"state": "assessed", "q": "acquirer"}).json()["results"][0]["number"] == number


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"title": "No owner"}, "owner"),
        ({"title": "Half", "likelihood": 3}, "impact"),
        ({"title": "Too much", "likelihood": 6, "impact": 1}, "likelihood"),
        ({"title": "Strange", "colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_its_field(officer, body, field):
    if field not in ("owner", "title") or body.get("title"):
        body = {"owner": officer.email, **body} if field != "owner" else body
    answer = client_of(officer, "risks:write").post("/api/v1/risks/", body, format="json")
    assert answer.status_code in (400, 422)
    assert field in answer.json()["errors"]
    assert not Risk.objects.exists()


def test_scopes_and_strangers(officer, requester, agent):
    made = client_of(officer, "risks:write").post(
        "/api/v1/risks/", {"title": "One acquirer", "owner": officer.email}, format="json"
    )
    number = made.json()["number"]
    reader = client_of(officer, "risks:read")
    assert reader.get(f"/api/v1/risks/{number}/").status_code == 200
    assert reader.patch(f"/api/v1/risks/{number}/", {"title": "Mine"}, format="json").status_code == 403
    assert client_of(officer, "tickets:read").get("/api/v1/risks/").status_code == 403
    assert client_of(requester, "risks:read").get(f"/api/v1/risks/{number}/").status_code == 404
    assert client_of(agent, "risks:read").get(f"/api/v1/risks/{number}/").status_code == 404
    assert client_of(agent, "risks:read").get("/api/v1/risks/").json()["results"] == []


def test_stale_and_repeated_writes(officer):
    client = client_of(officer, "risks:write")
    body = {"title": "One acquirer", "owner": officer.email}
    first = client.post("/api/v1/risks/", body, format="json", HTTP_IDEMPOTENCY_KEY="abc")
    again = client.post("/api/v1/risks/", body, format="json", HTTP_IDEMPOTENCY_KEY="abc")
    assert first.json()["id"] == again.json()["id"]
    assert Risk.objects.count() == 1
    tag = client.get(f"/api/v1/risks/{first.json()['number']}/")["ETag"]
    client.patch(f"/api/v1/risks/{first.json()['number']}/", {"title": "Newer"}, format="json")
    stale = client.patch(
        f"/api/v1/risks/{first.json()['number']}/", {"title": "Older"}, format="json", HTTP_IF_MATCH=tag
    )
    assert stale.status_code == 412
