"""Key results of goals that are read from a KPI every day instead of being said by people."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from improvement.models import KPI, Measurement, MeasurementDay
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import Refused
from itsm.workflow import records
from strategy import measures
from strategy.models import CheckIn, Goal, KeyResult
from strategy.services import goals
from strategy.tasks import read_key_results
from tests import factories
from tests.itsm.desk.dashboards.conftest import NOW

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _now(db):
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def planner(db):
    return factories.person("Petra Planner", roles=("portfolio_manager",))


@pytest.fixture
def goal(planner):
    def make(title="Kept promises", **more):
        return records.create(
            Goal, actor=planner, source="web", title=title, owner=planner, starts_on=date(2026, 1, 1),
            ends_on=date(2026, 12, 31), **more,
        )  # fmt: skip

    return make


@pytest.fixture
def count(service, desk):
    """What the KPI of attainment counted so many days ago: in time, and of how many."""

    def make(ago, met, ended, **about):
        kpi = KPI.objects.get(code="attainment")
        day = TODAY - timedelta(days=ago)
        MeasurementDay.objects.get_or_create(kpi=kpi, day=day)
        fields = {"service": service, "team": desk, "kind": "incident", **about}
        Measurement.objects.create(kpi=kpi, day=day, numerator=met, denominator=ended, **fields)

    return make


SENT = {"title": "In time", "unit": "%", "baseline": "50", "target": "95", "current": "50", "weight": "1"}


def text_of(answer):
    return answer.content.decode()


def test_a_key_result_is_bound_read_and_unbound(browse, planner, goal, count, service, desk, engineers):
    made, client = goal(), browse(planner)
    url = f"/strategy/goals/{made.number}/"
    other = factories.ServiceFactory(name="Payroll")
    count(1, 2, 3)
    count(30, 1, 4)
    count(31, 0, 99)
    count(1, 0, 50, service=other)
    count(1, 0, 50, team=engineers)
    bound = {**SENT, "measured_by": "kpi:attainment", "service": service.pk, "team": desk.pk, "window_days": "30"}
    assert client.post(f"{url}key-results/new/", bound)["Location"] == url
    result = KeyResult.objects.get()
    assert result.current == Decimal("42.86"), "3 of 7, at once: today and what is older than 30 days do not count"
    client.post(f"{url}activate/")
    shown = text_of(client.get(url))
    assert "Read every day from" in shown
    assert 'href="/improvement/kpis/attainment/"' in shown
    assert f"{service}, {desk}" in shown
    assert f"{url}check-in/{result.pk}/" not in shown, "nobody says by hand what is measured"
    answer = client.post(f"{url}check-in/{result.pk}/", {"value": "99"})
    assert answer.status_code == 409
    assert "every day" in text_of(answer)
    with clock.moved_to(NOW + timedelta(days=1)):
        count(0, 5, 5)
        read_key_results()
        read_key_results()
        result.refresh_from_db()
        assert (result.current, result.read_on) == (Decimal("87.50"), TODAY), "7 of 8"
        assert [(str(one.value), one.by.is_system) for one in CheckIn.objects.all()] == [("87.50", True)]
        made.refresh_from_db()
        assert made.progress == Decimal("83.33"), "37.5 of 45 points, exactly"
        assert "Read from KPI" in text_of(client.get(url))
        # Of every service and team: 7 of 108.
        client.post(f"{url}key-results/{result.pk}/", {**bound, "service": "", "team": "", "current": "87.5"})
        result.refresh_from_db()
        assert result.current == Decimal("6.48")
        client.post(f"{url}key-results/{result.pk}/", {**SENT, "current": "60"})
        result.refresh_from_db()
        assert (result.measured_by, result.current) == ("", Decimal(60))
        read_key_results()
        client.post(f"{url}check-in/{result.pk}/", {"value": "70"})
        result.refresh_from_db()
        assert result.current == Decimal(70), "people check in again"


def test_bad_bindings_stand_at_their_field(browse, planner, goal, service):
    made, client = goal(), browse(planner)
    for wrong in (
        {"measured_by": "kpi:nothing"}, {"measured_by": "weather:rain"}, {"service": service.pk},
        {"measured_by": "kpi:attainment", "window_days": "0"}, {"measured_by": "kpi:attainment", "window_days": "367"},
        {"measured_by": "kpi:attainment", "team": "999999"},
    ):  # fmt: skip
        answer = client.post(f"/strategy/goals/{made.number}/key-results/new/", {**SENT, **wrong})
        assert answer.status_code == 422, wrong
        assert "-error" in text_of(answer)
    assert not KeyResult.objects.exists()


def test_the_progress_of_goals_above_follows_what_is_read(planner, goal, count):
    top = goal("Top")
    part, other = goal("Part", parent=top, weight=2), goal("Other", parent=top)
    how = {"actor": planner, "source": "web", "name": "key result"}
    values = {name: SENT[name] for name in ("title", "unit", "weight")} | {
        "baseline": Decimal(0), "target": Decimal(90), "current": Decimal(0),
    }  # fmt: skip
    records.put_part(part, KeyResult(goal=part), {**values, "measured_by": "kpi:attainment"}, **how)
    records.put_part(other, KeyResult(goal=other), {**values, "current": Decimal(90)}, **how)
    for one in (part, other):
        records.perform(one, "activate", actor=planner, source="web")
    count(1, 1, 3)
    assert goals.read_due() == 1
    assert KeyResult.objects.get(goal=part).current == Decimal("33.33")
    assert Goal.objects.get(pk=part.pk).progress == Decimal("37.03"), "33.33 of 90"
    assert Goal.objects.get(pk=top.pk).progress == Decimal("58.02"), "(2 x 37.03 + 100) / 3"
    records.perform(part, "miss", actor=planner, source="web", data={"reason": "Over"})
    count(2, 9, 9)
    assert goals.read_due() == 0, "what is over is history"


def test_a_measure_that_fails_or_says_nothing_leaves_the_value(planner, goal, count, monkeypatch):
    made = goal()
    how = {"actor": planner, "source": "web", "name": "key result"}
    values = {"baseline": Decimal(0), "target": Decimal(90), "current": Decimal(10)}
    for title, name in (("Silent", "kpi:reopen"), ("Broken", "test:broken"), ("Good", "kpi:attainment")):
        monkeypatch.setattr(measures, "_sources", dict(measures._sources))
        measures.register(measures.Source("test", "Test", lambda: [measures.Measure("broken", "Broken")], _nothing))
        records.put_part(made, KeyResult(goal=made), {**values, "title": title, "measured_by": name}, **how)
    records.perform(made, "activate", actor=planner, source="web")
    measures.register(measures.Source("test", "Test", lambda: [measures.Measure("broken", "Broken")], _broken))
    count(1, 1, 2)
    assert goals.read_due() == 1
    assert [str(one.current) for one in made.key_results.all()] == ["10.00", "10.00", "50.00"]
    with pytest.raises(Refused, match="every day"):
        goals.check_in(made.key_results.first(), Decimal(5), actor=planner, source="web")


def _nothing(*_about):
    return None


def _broken(*_about):
    raise RuntimeError("The table is away.")


def test_key_results_in_the_api(call, planner, goal, count, service):
    made = goal()
    count(1, 3, 4)
    client = call(planner)
    url = f"/api/v1/goals/{made.number}/key-results/"
    sent = {"title": "In time", "baseline": "50", "target": "95", "current": "50", "measured_by": "kpi:attainment"}
    told = client.post(url, {**sent, "service": service.slug, "window_days": 7}, format="json")
    assert (told.status_code, told.data["service"]["slug"], told.data["window_days"]) == (201, service.slug, 7)
    listed = client.get(f"/api/v1/goals/{made.number}/").data["key_results"][0]
    assert (listed["current"], listed["measured_by"], listed["read_on"]) == (
        "75.00", "kpi:attainment", (TODAY - timedelta(days=1)).isoformat(),
    )  # fmt: skip
    assert client.post(url, {**sent, "measured_by": "kpi:nothing"}, format="json").status_code == 422
    path = f"{url}{listed['id']}/"
    assert client.patch(path, {"measured_by": "", "service": None}, format="json").data["measured_by"] == ""


@pytest.fixture
def call():
    """The API with a token of somebody."""

    def as_person(user):
        secret = tokens.create(user, name="t", wanted=("strategy:write",), actor=user, source="web")[1]
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return as_person
