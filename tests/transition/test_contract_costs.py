"""What contracts cost by month and service, in the books of the strategy stage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.lib import clock
from itsm.workflow import records
from strategy import costing
from strategy.models import CostItem, ServiceMonth
from strategy.services import months
from tests import factories
from transition.models import CIType, ConfigurationItem, Contract, Supplier
from transition.reports import usage

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _june(db):
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def browse():
    """A browser in which somebody is signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def keeper(db):
    return factories.person("Kay Keeper", roles=("configuration_manager", "finance_manager"))


@pytest.fixture
def contract(keeper):
    supplier = Supplier.objects.create(name="Telco")

    def make(cost="100", services=(), items=(), active=True, **more):
        made = records.create(
            Contract, actor=keeper, source="web", title="Lines", supplier=supplier, cost=Decimal(cost),
            lists={"services": list(services), "items": list(items)},
            **{"starts_on": date(2026, 1, 10), "period": "month", **more},
        )  # fmt: skip
        return records.perform(made, "activate", actor=keeper, source="web") if active else made

    return make


def cost_of(*services, month=JUNE):
    months.keep(month)
    rows = {row.service_id: row for row in ServiceMonth.objects.filter(month__month=month)}
    return [rows[one.pk].direct if one.pk in rows else Decimal(0) for one in services]


def test_a_contract_costs_its_services_in_equal_parts(browse, keeper, contract, service):
    others = [factories.ServiceFactory(), factories.ServiceFactory()]
    made = contract("100.00", [service, *others])
    assert cost_of(service, *others) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert cost_of(service, month=date(2025, 12, 1)) == [0], "before it began"
    shown = browse(keeper).get(f"/strategy/costs/services/{service.slug}/?month=2026-06").content.decode()
    assert f'href="{made.get_absolute_url()}"' in shown
    assert f"{made.number} Lines" in shown
    assert "33.34 EUR" in shown
    owner = factories.person("Olaf", roles=("service_owner",))
    assert made in Contract.objects.visible_to(owner)


def test_a_year_of_a_yearly_contract_sums_to_it(contract, service):
    contract("1000.00", [service], period="year", ends_on=date(2026, 12, 31))
    parts = [cost_of(service, month=date(2026, number, 1))[0] for number in range(1, 13)]
    assert (sum(parts), set(parts)) == (Decimal("1000.00"), {Decimal("83.33"), Decimal("83.34")})
    assert cost_of(service, month=date(2027, 1, 1)) == [0]


def test_what_costs_nothing_here(contract, service, keeper):
    contract("50", [service], active=False)
    contract("50", [service], currency="USD")
    contract("50", [service], period="once")
    contract("50", [])
    contract("0", [service])
    ended = contract("70", [service], ends_on=date(2027, 1, 1))
    with clock.moved_to(datetime(2026, 4, 20, 12, tzinfo=UTC)):
        records.perform(ended, "end", actor=keeper, source="web", data={"reason": "Sold"})
    assert [cost_of(service, month=date(2026, number, 1))[0] for number in (3, 4, 5, 6)] == [70, 70, 0, 0]


def test_services_of_its_items_bear_a_contract_without_services(contract, service, keeper):
    kind = CIType.objects.first() or CIType.objects.create(name="Server")
    other = factories.ServiceFactory()
    items = [ConfigurationItem.objects.create(name=f"S{n}", type=kind, created_by=keeper) for n in range(2)]
    items[0].services.set([service])
    items[1].services.set([service, other])
    contract("80", items=items)
    assert cost_of(service, other) == [40, 40], "each service once, however many items"


def test_a_cost_item_that_pays_a_contract_takes_its_place(browse, keeper, contract, service):
    made = contract("100", [service])
    client = browse(keeper)
    sent = {
        "title": "Lines, as billed", "service": service.pk, "kind": "supplier", "expenditure": "opex",
        "recurrence": "monthly", "amount": "90", "currency": "EUR", "rate": "1", "starts_on": "2026-05-01",
        "ends_on": "2026-06-30", "spread_months": "1", "note": "",
    }  # fmt: skip
    assert client.post("/strategy/cost-items/new/", {**sent, "contract": "Lines"}).status_code == 422
    client.post("/strategy/cost-items/new/", {**sent, "contract": made.number})
    item = CostItem.objects.get()
    assert item.contract == made.number
    assert [cost_of(service, month=date(2026, number, 1))[0] for number in (4, 5, 6, 7)] == [100, 90, 90, 100]
    assert usage.contract_lines(keeper, service.pk, JUNE) == []
    records.perform(item, "void", actor=keeper, source="web", data={"reason": "Billed twice"})
    assert cost_of(service) == [100]


def test_a_month_costs_as_many_queries_for_many_contracts(contract, service, django_assert_max_num_queries):
    contract("10", [service])
    with django_assert_max_num_queries(8) as few:
        usage.contracts(JUNE)
    for _more in range(4):
        contract("10", [service, factories.ServiceFactory()])
    with django_assert_max_num_queries(len(few)):
        found = usage.contracts(JUNE)
    assert sum(found.values()) == 50


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cost=st.decimals("0.01", "99999", places=2), period=st.sampled_from(["month", "year"]), amount=st.integers(1, 5))
def test_shares_sum_to_the_month_and_months_to_the_year(cost, period, amount):
    year = [costing.of_month(cost, usage.RECURRING[period], date(2026, 1, 1), None, date(2026, n, 1), spread=1)
            for n in range(1, 13)]  # fmt: skip
    assert sum(year) == cost * (12 if period == "month" else 1)
    assert all(sum(costing.split(part, [1] * amount)) == part for part in year)
