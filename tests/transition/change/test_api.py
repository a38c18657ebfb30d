"""Changes, releases and the board through the REST API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.lib import clock
from tests.api import Api, problem
from tests.transition.change.conftest import answered, approve
from transition.models import Change
from transition.services import changes

pytestmark = pytest.mark.django_db


def body(**more):
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "title": "New disks", "service": "email", "planned_start": start.isoformat(),
        "planned_end": (start + timedelta(hours=1)).isoformat(), "implementation_plan": "Do", "backout_plan": "Undo",
        **more,
    }  # fmt: skip


def test_the_skeleton_of_a_change(engineer, change_manager, service, shop, item):
    api = Api(engineer)
    item("srv-1")
    made = api.post("changes/", body(items=["srv-1"], services=["shop"]))
    assert made.status_code == 201, made.json()
    change = made.json()
    url = f"changes/{change['number']}/"
    assert made["Location"].endswith(f"/api/v1/{url}")
    assert [one["slug"] for one in change["services"]] == ["shop"]
    assert [one["name"] for one in change["items"]] == ["srv-1"]
    seen = api.get(url)
    sent = api.patch(url, {"outage_minutes": 0, "title": "Newer disks"}, if_match=seen["ETag"])
    assert (sent.status_code, sent.json()["outage_minutes"], sent.json()["title"]) == (200, 0, "Newer disks")
    assert api.patch(url, {"outage_minutes": 9}, if_match=seen["ETag"]).status_code == 412
    assert api.post(f"{url}transitions/submit/").status_code == 200
    asked = api.get(f"{url}risk/").json()
    assert asked["score"] is None
    assert asked["questions"]
    assert problem(api.post(f"{url}risk/", {"answers": {}}), 422)
    risk = api.post(f"{url}risk/", {"answers": answered()}).json()
    assert risk["score"] == sum(line["points"] for line in risk["lines"])
    steps = {one["name"]: one for one in api.get(f"{url}transitions/").json()["results"]}
    assert steps["request_approval"]["allowed"]
    assert api.post(f"{url}transitions/request_approval/").status_code == 200
    vote = Api(change_manager).get("approvals/").json()["results"]
    assert vote
    approve(Change.objects.get())
    assert api.get(url).json()["state"] == "scheduled"
    early = api.post(f"{url}transitions/start/")
    assert problem(early, 409)
    assert [one["number"] for one in api.get("changes/?change_type=normal&risk_level=low").json()["results"]] == [
        change["number"]
    ]
    assert api.get("changes/?outcome=failed").json()["results"] == []


def test_conflicts_and_the_way_out(asked, engineer):
    one, other = asked("First"), asked("Second")
    told = Api(engineer).get(f"changes/{one.number}/conflicts/").json()
    assert [(c["kind"], c["number"], c["overlap_minutes"]) for c in told["results"]] == [("change", other.number, 120)]
    assert told["next_free"]["planned_start"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(title=""), "title"),
        (body(title="x" * 201), "title"),
        (body(service="nothing"), "service"),
        (body(services=["nothing"]), "services"),
        (body(items=["nothing"]), "items"),
        (body(planned_end=None), "planned_end"),
        (body(change_type="quick"), "change_type"),
        (body(change_type="standard"), "template"),
        (body(outage_minutes=-1), "outage_minutes"),
        (body(unknown=1), "unknown"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(engineer, service, sent, field):
    answer = Api(engineer).post("changes/", sent)
    assert answer.status_code in (400, 422), answer.json()
    assert field in str(answer.json())
    assert not Change.objects.exists()


def test_others_find_nothing(raised, requester, auditor, outsider):
    change = raised()
    for person in (requester, outsider):
        api = Api(person)
        assert api.get("changes/").json()["results"] == []
        assert api.get(f"changes/{change.number}/").status_code == 404
        assert api.post("changes/", body()).status_code == 403
        for name in ("releases", "deployments", "cab-meetings"):
            assert api.get(f"{name}/").status_code == 404
    assert Api(auditor).patch(f"changes/{change.number}/", {"outage_minutes": 1}).status_code == 403
    assert Api(change.requester, "changes:read").get(f"changes/{change.number}/").status_code == 403


def test_a_release_with_its_changes_and_deployments(change_manager, engineer, raised, service):
    api, change = Api(change_manager), raised()
    made = api.post(
        "releases/", {"title": "Mail 2", "owner": change_manager.email, "services": ["email"], "size": "major"}
    )
    assert made.status_code == 201, made.json()
    url = f"releases/{made.json()['number']}/"
    assert api.post(f"{url}include/", {"change": change.pk}).json()["changes"] == [change.number]
    assert api.post(f"{url}include/", {"change": change.pk}).status_code in (409, 422)
    assert api.post(f"{url}transitions/build/").status_code == 200
    planned = api.post(
        "deployments/", {"release": made.json()["id"], "environment": "test", "planned_at": clock.now().isoformat()}
    )
    assert planned.status_code == 201, planned.json()
    where = f"deployments/{planned.json()['number']}/transitions/"
    assert api.post(f"{where}start/").json()["state"] == "running"
    assert api.post(f"{where}fail/", {}).status_code in (400, 422)
    assert api.post(f"{where}fail/", {"reason": "No space"}).json()["state"] == "failed"
    assert api.post(f"{url}leave-out/", {"change": change.pk}).json()["changes"] == []
    assert api.get("releases/?service=email&size=major").json()["results"][0]["changes"] == []


def test_the_board(asked, board, change_manager):
    api, change = Api(change_manager), asked(risk=2)
    made = api.post("cab-meetings/", {
        "title": "Board", "starts_at": (clock.now() + timedelta(days=1)).isoformat(), "chair": "me",
        "attendees": [board[0].email],
    })  # fmt: skip
    assert made.status_code == 201, made.json()
    [item] = made.json()["agenda"]
    assert item["change"] == change.number
    url = f"cab-meetings/{made.json()['number']}/"
    assert api.post(f"{url}transitions/hold/").status_code == 200
    few = api.post(f"{url}decide/", {"item": item["id"], "decision": "approved"})
    assert problem(few, 409)
    api.patch(url, {"attendees": [person.email for person in board]})
    done = api.post(f"{url}decide/", {"item": item["id"], "decision": "approved"})
    assert done.json()["agenda"][0]["decision"] == "approved"
    change.refresh_from_db()
    assert change.state == "scheduled"
    assert problem(api.post(f"{url}decide/", {"item": item["id"], "decision": "rejected", "note": "x"}), 409)
    assert problem(api.post(f"{url}agenda/", {"change": change.pk}), 422)


def test_lists_cost_the_same_for_one_and_for_three(raised, engineer, change_manager, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from itsm.workflow import records
    from transition.models import Release

    api, counts = Api(engineer), {"changes/": [], "releases/": []}
    api.get("changes/")
    for number in range(3):
        change = raised(f"Change {number}")
        release = records.create(
            Release, actor=change_manager, source="web", title=f"R{number}", owner=change_manager,
            lists={"services": [change.service]},
        )  # fmt: skip
        changes.plan(change, actor=engineer, source="web", release=release)
        for name, found in counts.items():
            with CaptureQueriesContext(connection) as told:
                api.get(name)
            found.append(len(told))
    for name, found in counts.items():
        assert found[0] == found[2], name
