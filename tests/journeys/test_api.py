"""The same life through the REST API, with tokens made by the command; the ledger adds up to the second."""

from __future__ import annotations

import io
import itertools
import json
from datetime import datetime

import pytest
from django.core.management import call_command
from django.test import Client

from itsm.audit import services as audit
from tests.api import problem

pytestmark = pytest.mark.django_db


class Script:
    """What a script with a token does: JSON over plain HTTP."""

    def __init__(self, email: str, *scopes: str) -> None:
        out = io.StringIO()
        call_command("create_token", email, "--scope", *scopes, "--expires", "30d", stdout=out, stderr=io.StringIO())
        self.http = Client(headers={"Authorization": f"Bearer {out.getvalue().strip()}"})

    def get(self, path: str):
        return self.http.get(f"/api/v1/{path}")

    def post(self, path: str, data: dict | None = None, **headers: str):
        return self.http.post(f"/api/v1/{path}", json.dumps(data or {}), "application/json", headers=headers)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_whole_life_and_every_minute_of_both_clocks(promised, requester, agent, engineer, engineers, watch):
    mine, desk = Script(requester.email, "tickets:write"), Script(agent.email, "tickets:write", "sla:read")
    second_line = Script(engineer.email, "*")
    with watch.after(0):
        opened = mine.post("incidents/", {"title": "Mail is down", "service": "email"}, **{"Idempotency-Key": "a1"})
        again = mine.post("incidents/", {"title": "Mail is down", "service": "email"}, **{"Idempotency-Key": "a1"})
    assert (opened.status_code, again.json()) == (201, opened.json())
    path = f"incidents/{opened.json()['number']}/"
    with watch.after(10):
        desk.post(f"{path}transitions/start/")
    with watch.after(10):
        desk.post(f"{path}timeline/", {"kind": "reply", "body": "We look into it."})
    with watch.after(10):
        held = desk.post(f"{path}transitions/put_on_hold/", {"hold_reason": "requester", "comment": "Which mailbox?"})
    assert held.json()["sla"]["state"] == "paused"
    with watch.after(120):
        mine.post(f"{path}timeline/", {"body": "The shared one."})
    assert mine.get(path).json()["state"] == "in_progress"
    with watch.after(10):
        desk.post(f"{path}transitions/escalate/", {"reason": "Beyond us", "team": "Engineers"})
    with watch.after(10):
        second_line.post(f"{path}transitions/start/")
    with watch.after(30):
        second_line.post(f"{path}transitions/resolve/", {"code": "fixed", "note": "Quota raised"})
    with watch.after(60):
        reopened = mine.post(f"{path}transitions/reopen/", {"reason": "Still down"})
    assert (reopened.json()["state"], reopened.json()["reopen_count"]) == ("in_progress", 1)
    with watch.after(20):
        second_line.post(f"{path}transitions/resolve/", {"code": "fixed", "note": "Index rebuilt"})
    with watch.after(5):
        closed = mine.post(f"{path}transitions/confirm/")
    assert (closed.json()["state"], closed.json()["team"]["id"]) == ("closed", engineers.pk)

    clocks = {clock["metric"]: clock for clock in desk.get(f"{path}sla/").json()["results"] if clock["cycle"] == 0}
    # Answered after 20 minutes. Solved: 30 worked, 120 on hold do not count, 50 worked, 60 resolved do not, 20 worked.
    assert (clocks["first_response"]["state"], clocks["first_response"]["elapsed_seconds"]) == ("met", 20 * 60)
    assert (clocks["resolution"]["state"], clocks["resolution"]["elapsed_seconds"]) == ("met", 100 * 60)
    for clock in clocks.values():
        rows = clock["ledger"]
        assert sum(row["seconds"] for row in rows if row["counted"]) == clock["elapsed_seconds"]
        assert moment(rows[0]["start"]) == moment(clock["started_at"])
        assert all(moment(a["end"]) == moment(b["start"]) for a, b in itertools.pairwise(rows))
        assert moment(rows[-1]["end"]) == moment(clock["stopped_at"])
        assert all(row["why"] for row in rows)
    assert [(row["rule"], row["seconds"] // 60) for row in clocks["resolution"]["ledger"]] == [
        ("working", 30), ("on_hold:requester", 120), ("working", 50), ("resolved", 60), ("working", 20),
    ]  # fmt: skip
    assert list(audit.verify()) == []
    call_command("rebuild_sla", "--check", stdout=io.StringIO())


def test_what_a_token_may_not(promised, requester, agent, colleague):
    opened = Script(requester.email, "tickets:write").post("incidents/", {"title": "Mail is down"}).json()
    path = f"incidents/{opened['number']}/"
    problem(Script(agent.email, "tickets:read").post(f"{path}transitions/start/"), 403)
    problem(Script(requester.email, "tickets:write").post(f"{path}transitions/start/"), 403)
    problem(Script(agent.email, "tickets:write").post(f"{path}transitions/confirm/"), 409)
    problem(Script(colleague.email, "*").get(path), 404)
    problem(Client().get(f"/api/v1/{path}"), 401)
