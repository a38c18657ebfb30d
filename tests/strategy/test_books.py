"""The books through their pages and the API: bad input, who may what, and as many queries for many as for few."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from itsm.accounts.models import Organisation
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import Stale
from itsm.workflow import records
from itsm.workflow.moves import move
from strategy import drivers
from strategy.models import (
    AcceptanceCriterion,
    AllocationRule,
    Budget,
    CostCentre,
    CostItem,
    Goal,
    KeyResult,
    Policy,
    Tariff,
    ValueEntry,
    ValueMeasure,
)
from strategy.services import goals, months, nightly
from tests import factories
from tests.api import Api
from transition.models import ConfigurationItem, Subscription
from transition.models.configuration import CIType


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def finance(db):
    return factories.person("Fiona Finance", roles=("finance_manager",))


@pytest.fixture
def centre(finance):
    return records.create(CostCentre, actor=finance, source="web", code="9000", name="Data centre", owner=finance)


ITEM = {
    "title": "Licence", "kind": "software", "expenditure": "opex", "recurrence": "monthly", "amount": "120.50",
    "currency": "EUR", "rate": "1", "starts_on": "2026-03-17", "ends_on": "", "spread_months": "1", "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "required"), ({"title": "x" * 161}, "160"), ({"amount": "0"}, "greater"),
        ({"amount": "-5"}, "greater"), ({"amount": "1.005"}, "decimal"), ({"amount": "9" * 15}, "digits"),
        ({"amount": "many"}, "number"), ({"currency": "Euro"}, "3 characters"), ({"currency": "eur"}, "capital"),
        ({"rate": "1.2"}, "One euro"), ({"starts_on": "soon"}, "date"), ({"ends_on": "2026-02-01"}, "before the"),
        ({"recurrence": "one_off", "ends_on": "2026-04-01"}, "no end"),
        ({"recurrence": "one_off", "spread_months": "12"}, "investment"),
        ({"spread_months": "6"}, "written off"), ({"service": "", "cost_centre": ""}, "Name a service"),
        ({"service": "999999"}, "Select a valid"), ({"kind": "magic"}, "Select a valid"),
    ],
)  # fmt: skip
def test_a_wrong_cost_item_says_where(browse, finance, service, wrong, words):
    answer = browse(finance).post("/strategy/cost-items/new/", {**ITEM, "service": service.pk, **wrong})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not CostItem.objects.exists()


def test_the_feed_tells_of_costs_only_to_those_who_read_them(browse, finance, agent, service):
    browse(finance).post("/strategy/cost-items/new/", {**ITEM, "service": service.pk})
    told = [one["type"] for one in Api(finance).get("events/").json()["results"]]
    assert told == ["cost_item.created"]
    answer = Api(agent).get("events/").json()
    assert (answer["results"], answer["more"]) == ([], False)
    assert answer["cursor"] == Api(finance).get("events/").json()["cursor"]


def test_life_of_a_cost_item(browse, finance, agent, service):
    client = browse(finance)
    client.post("/strategy/cost-items/new/", {**ITEM, "service": service.pk})
    made = CostItem.objects.get()
    assert made.starts_on == date(2026, 3, 1), "a month is kept as its first day"
    url = f"/strategy/cost-items/{made.number}/"
    stale = client.post(f"{url}edit/", {**ITEM, "service": service.pk, "amount": "99", "version": "7"})
    assert stale.status_code == 409
    client.post(f"{url}edit/", {**ITEM, "service": service.pk, "amount": "99", "version": "1"})
    made.refresh_from_db()
    assert made.amount == 99
    assert browse(agent).post(f"{url}void/", {"reason": "No"}).status_code == 404
    assert client.post(f"{url}void/", {}).status_code == 422
    client.post(f"{url}void/", {"reason": "Booked twice"})
    made.refresh_from_db()
    assert made.state == "voided"
    assert client.get(f"{url}edit/").status_code == 403
    assert "Booked twice" in text_of(client.get(url)), "the history keeps why"
    with pytest.raises(Stale):
        move(made, "restore", actor=finance, source="web", version=1, reason="Race")
    client.post(f"{url}restore/", {"reason": "It was right"})
    made.refresh_from_db()
    assert made.state == "booked"


@pytest.mark.parametrize(
    ("path", "sent", "words"),
    [
        ("cost-centres", {"code": "9 000", "name": "X"}, "Letters, digits"),
        ("cost-centres", {"code": "9000", "name": "Again"}, "already"),
        ("budgets", {"title": "X", "starts_on": "2026-01-01", "months": "0", "amount": "1"}, "greater"),
        ("budgets", {"title": "X", "starts_on": "2026-01-01", "months": "12", "amount": "0"}, "greater"),
        ("tariffs", {"unit": "tickets", "basis": "per_unit", "price": ""}, "Say the price"),
        ("tariffs", {"unit": "tickets", "basis": "at_cost", "price": "3"}, "no price"),
        ("tariffs", {"unit": "moons", "basis": "flat", "price": "3"}, "valid choice"),
        ("allocation-rules", {"driver": "moons"}, "valid choice"),
        ("allocation-rules", {"driver": "fixed", "services": "SERVICE"}, "each share names"),
        ("value-measures", {"title": "X", "kind": "magic", "planned": "1"}, "valid choice"),
        ("value-measures", {"title": "X", "kind": "saving", "planned": "-1"}, "greater"),
    ],
)  # fmt: skip
def test_wrong_input_everywhere_else(browse, finance, centre, service, path, sent, words):
    full = {"service": service.pk, "cost_centre": centre.pk, "owner": finance.email, **sent}
    full = {name: service.pk if value == "SERVICE" else value for name, value in full.items()}
    answer = browse(finance).post(f"/strategy/{path}/new/", full)
    assert answer.status_code == 422
    assert words in text_of(answer)
    for model in (Budget, Tariff, AllocationRule, ValueMeasure):
        assert not model.objects.exists()
    assert CostCentre.objects.count() == 1


def test_a_cost_centre_that_carries_costs_is_not_closed(browse, finance, centre):
    client = browse(finance)
    client.post("/strategy/cost-items/new/", {**ITEM, "cost_centre": centre.pk})
    url = f"/strategy/cost-centres/{centre.number}/"
    assert "still carries 1 shared costs" in text_of(client.get(url))
    assert client.post(f"{url}close/", {"reason": "Sold"}).status_code == 409
    records.perform(CostItem.objects.get(), "void", actor=finance, source="web", data={"reason": "Sold"})
    client.post(f"{url}close/", {"reason": "Sold"})
    centre.refresh_from_db()
    assert centre.state == "closed"
    assert client.post("/strategy/cost-items/new/", {**ITEM, "cost_centre": centre.pk}).status_code == 422


def test_value_by_month_and_the_month_that_is_closed(browse, finance, service):
    client = browse(finance)
    client.post("/strategy/value-measures/new/", {
        "title": "Orders", "service": service.pk, "owner": finance.email, "kind": "revenue", "planned": "900",
    })  # fmt: skip
    made = ValueMeasure.objects.get()
    url = f"/strategy/value-measures/{made.number}/"
    last = months.running() - timedelta(days=1)
    client.post(f"{url}entries/new/", {"month": last.isoformat(), "amount": "850.25"})
    entry = ValueEntry.objects.get()
    assert (entry.month, entry.planned) == (last.replace(day=1), 900)
    again = client.post(f"{url}entries/new/", {"month": last.replace(day=1).isoformat(), "amount": "1"})
    assert again.status_code == 422
    assert months.keep(entry.month).value == Decimal("850.25")
    months.close(entry.month, actor=finance, source="web")
    late = client.post(f"{url}entries/{entry.pk}/", {"month": entry.month.isoformat(), "amount": "1"})
    assert "The month is closed." in text_of(late)
    assert "94.5%" in text_of(client.get(url))


def test_owners_plan_their_budgets_and_finance_approves(browse, finance):
    owner = factories.person("Olga Owner", roles=("service_owner",))
    mine, other = factories.ServiceFactory(owner=owner), factories.ServiceFactory()
    client = browse(owner)
    sent = {"title": "2026", "starts_on": "2026-01-01", "months": "12", "amount": "1200"}
    assert client.post("/strategy/budgets/new/", {**sent, "service": other.pk}).status_code == 422
    client.post("/strategy/budgets/new/", {**sent, "service": mine.pk})
    made = Budget.objects.get()
    url = f"/strategy/budgets/{made.number}/"
    assert client.post(f"{url}approve/", {}).status_code == 403
    browse(finance).post(f"{url}approve/", {})
    made.refresh_from_db()
    assert made.state == "approved"
    assert client.get(f"{url}edit/").status_code == 403
    assert client.post("/strategy/cost-items/new/", {**ITEM, "service": mine.pk}).status_code == 403


@pytest.mark.parametrize(
    "path", ["cost-centres", "cost-items", "budgets", "allocation-rules", "tariffs", "value-measures"]
)
def test_lists_cost_the_same_for_one_and_three(browse, finance, centre, path, django_assert_max_num_queries):
    client = browse(finance)

    def grow(number):
        service = factories.ServiceFactory(owner=factories.person(roles=("agent",)))
        how = {"actor": finance, "source": "web"}
        pool = records.create(CostCentre, code=f"1{number}", name="X", owner=service.owner, **how)
        records.create(CostItem, title="X", kind="software", amount=Decimal(1), starts_on=date(2026, 1, 1),
                       service=service, cost_centre=pool, **how)  # fmt: skip
        records.create(Budget, title="X", service=service, starts_on=date(2026, 1, 1), amount=Decimal(1), **how)
        records.create(AllocationRule, cost_centre=pool, driver="tickets", **how)
        records.create(Tariff, service=service, unit="tickets", basis="flat", price=Decimal(1), **how)
        records.create(ValueMeasure, title="X", service=service, owner=service.owner, kind="saving", **how)

    grow(0)
    client.get(f"/strategy/{path}/")
    with django_assert_max_num_queries(14) as one:
        client.get(f"/strategy/{path}/")
    grow(1)
    grow(2)
    with django_assert_max_num_queries(len(one)):
        client.get(f"/strategy/{path}/")


def test_drivers_of_the_stages_above(finance, service, organisation, requester):
    month = months.running()
    offering = factories.OfferingFactory(service=service)
    for quantity in (12, None):
        Subscription.objects.create(
            organisation=organisation if quantity is None else Organisation.objects.create(name="Other"),
            offering=offering, quantity=quantity, valid_from=month - timedelta(days=40), state="active",
            created_by=finance,
        )  # fmt: skip
    counted = drivers.find("subscribers").count(month)
    assert sorted(counted.values()) == [1, 12], "without a number, the people of the organisation"
    other = factories.ServiceFactory()
    item = ConfigurationItem.objects.create(
        name="Laptop", type=CIType.objects.first() or CIType.objects.create(name="Laptop", code="laptop"),
        state="deployed", user=requester, cost=Decimal("100.00"), depreciation_months=3,
        purchased_on=month, created_by=finance,
    )  # fmt: skip
    item.services.set([service, other])
    assert drivers.find("items").count(month) == {
        (service.pk, organisation.pk): 1, (other.pk, organisation.pk): 1
    }  # fmt: skip
    (source,) = [one for one in drivers.sources() if one.code == "assets"]
    assert sorted(source.cost(month).values()) == [Decimal("16.67"), Decimal("16.67")]
    months.keep(month)


# ---------- the API ----------


def client_of(user, *scopes):
    client = APIClient()
    secret = tokens.create(user, name="test", wanted=scopes, actor=user, source="web")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_the_books_over_the_api(finance, agent, service):
    client = client_of(finance, "strategy:write")

    def post(path, **sent):
        return client.post(f"/api/v1/{path}/", sent, format="json")

    centre = post("cost-centres", code="9000", name="Data centre", owner="me")
    assert centre.status_code == 201, centre.content
    item = post("cost-items", title="Rooms", cost_centre="9000", kind="facility", amount="100.00",
                starts_on=months.running().isoformat())  # fmt: skip
    assert (item.status_code, item.json()["worth"]) == (201, "100.00"), item.content
    wrong = post("cost-items", title="Rooms", kind="facility", amount="100.00", starts_on="2026-01-01")
    assert wrong.status_code in (400, 422)
    assert post("cost-items", title="X", kind="facility", amount=1.001, starts_on="2026-01-01").status_code in (
        400,
        422,
    )
    rule = post("allocation-rules", cost_centre="9000", driver="fixed").json()
    shares = client.post(
        f"/api/v1/allocation-rules/{rule['number']}/shares/", {"service": service.slug, "percent": "100.00"},
        format="json",
    )  # fmt: skip
    assert shares.status_code == 201, shares.content
    assert client.post(
        f"/api/v1/allocation-rules/{rule['number']}/transitions/activate/", {}, format="json"
    ).status_code == 200  # fmt: skip
    months.keep_open()
    rows = client.get(f"/api/v1/service-costs/?month={months.running()}").json()["results"]
    assert [(row["service"]["slug"], row["shared"], row["cost"]) for row in rows] == [
        (service.slug, "100.00", "100.00")
    ]
    assert post("budgets", title="2026", service=service.slug, starts_on="2026-01-01", amount="1200").status_code == 201
    stranger = client_of(agent, "strategy:write")
    for path in ("cost-items", "budgets", "service-costs", "cost-centres"):
        assert stranger.get(f"/api/v1/{path}/").status_code == 404, path
    assert client_of(finance, "tickets:read").get("/api/v1/cost-items/").status_code == 403


def test_policies_goals_and_rules_over_the_api(planner, agent, service):
    client = client_of(planner, "strategy:write")
    day = (clock.now().date() + timedelta(days=200)).isoformat()
    made = client.post(
        "/api/v1/policies/", {"title": "Backups", "owner": "me", "text": "Nightly", "audience": ["agent"],
                              "services": [service.slug], "review_on": day}, format="json",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    wrong = client.post(
        "/api/v1/policies/", {"title": "X", "owner": "me", "audience": ["king"], "review_on": day}, format="json"
    )
    assert wrong.status_code in (400, 422)
    number = made.json()["number"]
    reader = client_of(agent, "strategy:write")
    assert reader.get(f"/api/v1/policies/{number}/").status_code == 404, "a draft"
    assert reader.post(f"/api/v1/policies/{number}/acknowledge/").status_code == 404
    assert client.post(f"/api/v1/policies/{number}/acknowledge/").status_code == 409
    assert Policy.objects.get().audience == ["agent"]
    nightly.run(["service-owner"])
    rows = reader.get("/api/v1/rule-violations/?open=true&rule=service-owner").json()["results"]
    assert [row["subject_id"] for row in rows] == [service.pk]
    goal = client.post(
        "/api/v1/goals/", {"title": "Online", "owner": "me", "starts_on": "2026-01-01", "ends_on": "2026-12-31"},
        format="json",
    ).json()["number"]  # fmt: skip
    values = {"title": "Share", "baseline": "0", "target": "10", "current": "0"}
    result = client.post(f"/api/v1/goals/{goal}/key-results/", values, format="json")
    assert result.status_code == 201, result.content
    assert client.post(f"/api/v1/goals/{goal}/transitions/activate/", {}, format="json").status_code == 200
    sent = {"key_result": result.json()["id"], "value": "5"}
    assert client.post(f"/api/v1/goals/{goal}/check-ins/", sent, format="json").status_code == 201
    assert Goal.objects.get().progress == 50
    assert client.post(
        f"/api/v1/goals/{goal}/check-ins/", {"key_result": 0, "value": "5"}, format="json"
    ).status_code in (400, 422)  # fmt: skip
    need = client.post("/api/v1/requirements/", {"title": "Fast", "priority": "must"}, format="json").json()["number"]
    client.post(f"/api/v1/requirements/{need}/criteria/", {"text": "Under a second"}, format="json")
    assert AcceptanceCriterion.objects.get().text == "Under a second"


def test_progress_follows_a_new_parent_and_an_abandoned_part(planner, goal):
    top, other, low = goal("Top"), goal("Other"), goal("Low")
    for one, current in ((low, "50"), (other, "20")):
        part = KeyResult(goal=one)
        values = {"title": "X", "unit": "%", "baseline": "20", "target": "50", "current": current, "weight": 1}
        records.put_part(one, part, values, actor=planner, source="web", name="key result")
    low = records.edit(low, actor=planner, source="web", parent=top)
    other = records.edit(other, actor=planner, source="web", parent=top)
    top.refresh_from_db()
    assert top.progress == 50
    records.perform(other, "abandon", actor=planner, source="web", data={"reason": "Not now"})
    top.refresh_from_db()
    assert top.progress == 100
    records.edit(Goal.objects.get(pk=low.pk), actor=planner, source="web", parent=None)
    top.refresh_from_db()
    assert top.progress is None
    assert goals.progress_of(top) is None


def test_a_card_offers_its_steps_to_menu_and_drag_alike(browse, planner, case, service):
    type(service).objects.filter(pk=service.pk).update(status="proposed")
    made = case()
    shown = text_of(browse(planner).get("/strategy/portfolio/"))
    assert 'draggable="true"' in shown
    assert 'data-to="chartered"' in shown
    assert 'data-to="rejected"' in shown
    assert "Value and cost" in shown
    assert made.get_absolute_url() in shown
    assert "data-chart" not in shown, "the server draws the map"
