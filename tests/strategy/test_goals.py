"""Goals, key results, requirements and demand through their pages and the API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from itsm.catalogue.models import ServiceOffering
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import records
from strategy.models import BusinessRequirement, CheckIn, DemandPattern, Goal, KeyResult
from strategy.reports import portfolio as reports
from strategy.services import goals
from tests import factories
from tests.api import Api, problem

KEY_RESULT = {"title": "Orders online", "unit": "%", "baseline": "20", "target": "50", "current": "20", "weight": "1"}


def key_result(goal, planner, **more):
    part = KeyResult(goal=goal)
    return records.put_part(goal, part, {**KEY_RESULT, **more}, actor=planner, source="web", name="key result")


def text_of(answer):
    return answer.content.decode()


def test_life_of_a_goal_in_the_browser(browse, planner):
    client = browse(planner)
    sent = {
        "title": "Half of all orders online", "owner": planner.email, "weight": "1", "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }  # fmt: skip
    client.post("/strategy/goals/new/", sent)
    goal = Goal.objects.get()
    url = f"/strategy/goals/{goal.number}/"
    shown = text_of(client.get(url))
    assert "Name at least one key result" in shown, "the button says what holds it"
    assert client.post(f"{url}activate/").status_code == 409
    assert client.post(f"{url}key-results/new/", KEY_RESULT)["Location"] == url
    client.post(f"{url}activate/")
    goal.refresh_from_db()
    assert (goal.state, goal.progress) == ("active", Decimal("0.00"))
    result = KeyResult.objects.get()
    client.post(f"{url}check-in/{result.pk}/", {"value": "35", "note": "Spring campaign"})
    goal.refresh_from_db()
    assert goal.progress == Decimal("50.00")
    shown = text_of(client.get(url))
    assert "Spring campaign" in shown
    client.post(f"{url}achieve/", {})
    goal.refresh_from_db()
    assert goal.state == "achieved"
    assert client.post(f"{url}check-in/{result.pk}/", {"value": "50"}).status_code == 409


def test_bad_input_stands_at_its_field(browse, planner, goal):
    client = browse(planner)
    sent = {"title": "X", "owner": planner.email, "weight": "1", "starts_on": "2026-12-31", "ends_on": "2026-01-01"}
    answer = client.post("/strategy/goals/new/", sent)
    assert answer.status_code == 422
    assert "The end lies before the beginning." in text_of(answer)
    assert not Goal.objects.exists()
    made = goal()
    for wrong in ({"target": "20"}, {"weight": "0"}, {"title": ""}, {"baseline": "many"}):
        answer = client.post(f"/strategy/goals/{made.number}/key-results/new/", {**KEY_RESULT, **wrong})
        assert answer.status_code == 422, wrong
    assert not KeyResult.objects.exists()


def test_no_goal_is_part_of_itself(planner, goal):
    top = goal("Top")
    middle = goal("Middle", parent=top)
    low = goal("Low", parent=middle)
    with pytest.raises(Invalid) as error:
        records.edit(top, actor=planner, source="web", parent=low)
    assert "parent" in error.value.fields
    with pytest.raises(Invalid):
        records.edit(top, actor=planner, source="web", parent=top)


def test_progress_rolls_up_by_weight(planner, goal):
    top = goal("Top")
    first, second = goal("First", parent=top, weight=3), goal("Second", parent=top)
    key_result(first, planner, current="50")
    key_result(second, planner, current="20")
    goals.keep_progress(first)
    goals.keep_progress(second)
    top.refresh_from_db()
    assert top.progress == Decimal("75.00"), "3 x 100 and 1 x 0"
    records.perform(second, "abandon", actor=planner, source="web", data={"reason": "Not now"})
    goals.keep_progress(first)
    top.refresh_from_db()
    assert top.progress == Decimal("100.00"), "what is abandoned does not count"


@given(st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2), st.decimals(-2000, 2000, places=2))
def test_progress_of_a_key_result(baseline, target, current):
    if baseline == target:
        return
    share = KeyResult(baseline=baseline, target=target, current=current).progress
    assert 0 <= share <= 100
    if (target > baseline and current >= target) or (target < baseline and current <= target):
        assert share == 100
    if current == baseline:
        assert share == 0


def test_who_checks_in(planner, goal, agent):
    made = goal()
    result = key_result(made, planner)
    made = records.perform(made, "activate", actor=planner, source="web")
    result.refresh_from_db()
    with pytest.raises(Denied):
        goals.check_in(result, Decimal(30), actor=agent, source="web")
    assert not CheckIn.objects.exists()


def test_tree_shows_what_hangs_where(browse, agent, goal):
    top = goal("Grow online")
    goal("Faster checkout", parent=top)
    shown = text_of(browse(agent).get("/strategy/goals/tree/"))
    assert shown.index("Grow online") < shown.index("Faster checkout")
    assert 'data-depth="1"' in shown


@pytest.mark.parametrize("path", ["goals/", "goals/tree/", "requirements/", "cases/", "portfolio/", "demand/"])
def test_requesters_find_nothing(browse, requester, path):
    assert browse(requester).get(f"/strategy/{path}").status_code == 404


def test_life_of_a_requirement(browse, planner, agent, service, goal):
    made = goal()
    client = browse(agent)
    client.post("/strategy/requirements/new/", {
        "title": "Technicians see the van's stock", "priority": "must", "goals": [made.pk], "services": [service.pk],
    })  # fmt: skip
    requirement = BusinessRequirement.objects.get()
    url = f"/strategy/requirements/{requirement.number}/"
    assert list(requirement.goals.all()) == [made]
    boss = browse(planner)
    assert boss.post(f"{url}analyse/").status_code == 409, "without criteria nobody can say when it is fulfilled"
    assert client.post(f"{url}criteria/new/", {"text": "Stock is right within a minute"})["Location"] == url
    assert client.post(f"{url}criteria/new/", {"text": ""}).status_code == 422
    boss.post(f"{url}analyse/", {})
    assert client.post(f"{url}accept/").status_code == 403
    boss.post(f"{url}accept/", {"comment": "Next quarter"})
    boss.post(f"{url}fulfil/", {})
    requirement.refresh_from_db()
    assert requirement.state == "fulfilled"
    assert "Stock is right within a minute" in text_of(boss.get(url))
    with pytest.raises(Refused):
        records.perform(requirement, "reject", actor=planner, source="web", data={"reason": "Late"})


def test_demand_beside_what_came(browse, planner, requester, service):
    offering = ServiceOffering.objects.create(service=service, name="New phone", slug="new-phone")
    with clock.moved_to(datetime(2026, 3, 10, 12, tzinfo=UTC)):
        factories.incident(requester, service=offering.service, offering=offering)
        factories.incident(requester, service=offering.service, offering=offering)
    with clock.moved_to(datetime(2026, 4, 2, 12, tzinfo=UTC)):
        factories.incident(requester, service=offering.service, offering=offering)
    client = browse(planner)
    client.post("/strategy/demand/", {"offering": offering.pk, "month": "2026-03-17", "expected": "4"})
    client.post("/strategy/demand/", {"offering": offering.pk, "month": "2026-03-01", "expected": "5"})
    row = DemandPattern.objects.get()
    assert (row.month, row.expected) == (date(2026, 3, 1), 5), "a month is kept once"
    (found,) = reports.demand([row], date(2026, 4, 5))
    assert (found.expected, found.actual, found.deviation) == (5, 2, Decimal(-60))
    assert reports.demand([row], date(2026, 2, 1))[0].actual is None, "what has not begun is unknown, not nothing"
    assert "-60%" in text_of(client.get("/strategy/demand/"))
    assert (
        client.post("/strategy/demand/", {"offering": offering.pk, "month": "x", "expected": "-1"}).status_code == 422
    )


def test_lists_cost_the_same_for_one_and_many(browse, planner, goal, django_assert_max_num_queries):
    client = browse(planner)
    goal()
    client.get("/strategy/goals/")
    with django_assert_max_num_queries(12) as one:
        client.get("/strategy/goals/")
    for number in range(5):
        goal(f"Goal {number}", owner=factories.person(roles=("agent",)))
    with django_assert_max_num_queries(len(one)):
        client.get("/strategy/goals/")


def client_of(user, *scopes):
    client = APIClient()
    secret = tokens.create(user, name="test", wanted=scopes, actor=user, source="web")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_goals_and_requirements_over_the_api(planner, service):
    client = client_of(planner, "strategy:write")
    made = client.post(
        "/api/v1/goals/",
        {"title": "Half online", "owner": "me", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}, format="json",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    requirement = client.post(
        "/api/v1/requirements/",
        {"title": "Van stock", "priority": "must", "goals": [made.json()["id"]], "services": [service.slug]},
        format="json",
    )
    assert requirement.status_code == 201, requirement.content
    assert requirement.json()["goals"] == [{"id": made.json()["id"], "name": "Half online"}]
    number = made.json()["number"]
    refused = client.post(f"/api/v1/goals/{number}/transitions/activate/", {}, format="json")
    assert refused.status_code == 409
    assert "key result" in refused.json()["detail"]
    wrong = client.patch(f"/api/v1/goals/{number}/", {"ends_on": "2025-01-01"}, format="json")
    assert wrong.status_code in (400, 422)
    assert client_of(planner, "strategy:read").post("/api/v1/goals/", {}, format="json").status_code == 403


def test_a_goal_is_named_by_its_number_in_the_api(goal, planner):
    made = goal()
    api = Api(planner)
    answer = api.post("requirements/", {"title": "Faster", "priority": "must", "goals": [made.number]})
    assert answer.status_code == 201, answer.content
    assert [one["id"] for one in answer.json()["goals"]] == [made.pk]
    problem(api.post("requirements/", {"title": "Slower", "priority": "must", "goals": ["GOAL-99999"]}), 422)
    problem(api.post("requirements/", {"title": "Slower", "priority": "must", "goals": ["GOAL-x"]}), 422)
