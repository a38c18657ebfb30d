"""Cost, charge and value of months: against a slow obvious reference, closing, budgets, statements."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.tickets.models import WorkLog
from itsm.workflow import records
from strategy import costing, drivers
from strategy.models import (
    AllocationRule,
    AllocationShare,
    Budget,
    CostCentre,
    CostItem,
    CostMonth,
    OrganisationMonth,
    ServiceMonth,
    Tariff,
    ValueEntry,
    ValueMeasure,
)
from strategy.reports import costs
from strategy.services import months
from tests import factories

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
JUNE, MAY = date(2026, 6, 1), date(2026, 5, 1)


@pytest.fixture(autouse=True)
def _june():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def finance(db):
    return factories.person("Fiona Finance", roles=("finance_manager",))


@pytest.fixture
def book(finance):
    def make(**more):
        fields = {
            "title": "Something",
            "kind": "software",
            "amount": Decimal(100),
            "starts_on": date(2026, 1, 1),
            **more,
        }
        return records.create(CostItem, actor=finance, source="web", **fields)

    return make


@pytest.fixture
def centre(finance):
    return records.create(CostCentre, actor=finance, source="web", code="9000", name="Data centre", owner=finance)


@pytest.fixture
def counted(monkeypatch):
    """A driver that counts what the test says."""
    units: dict[tuple[int, int | None], int] = {}
    monkeypatch.setattr(drivers, "_drivers", dict(drivers._drivers))
    drivers.register(drivers.Driver("seats", "Seats", "seat", lambda month: units, order=1))
    return units


def rule_of(finance, centre, driver="seats", shares=(), **more):
    rule = records.create(AllocationRule, actor=finance, source="web", cost_centre=centre, driver=driver, **more)
    for service, percent in shares:
        records.put_part(
            rule, AllocationShare(rule=rule), {"service": service, "percent": Decimal(percent)}, actor=finance,
            source="web", name="share",
        )  # fmt: skip
    return records.perform(rule, "activate", actor=finance, source="web")


def reference(month):
    """Every service, one after the other, as a bookkeeper would: nothing grouped, nothing shared between them."""
    units = defaultdict(dict)
    for (service, organisation), count in drivers.find("seats").count(month).items():
        if count:
            units[service][organisation] = count
    found = {}
    pools = defaultdict(Decimal)
    for item in CostItem.objects.all():
        if item.service_id is None:
            pools[item.cost_centre_id] += item.of_month(month)
    shared = defaultdict(Decimal)
    for centre, amount in pools.items():
        rule = AllocationRule.objects.filter(cost_centre=centre, state="active").first()
        if rule is None:
            continue
        if rule.driver == "fixed":
            weights = {share.service_id: int(share.percent * 100) for share in rule.shares.all()}
        else:
            weights = {service: sum(used.values()) for service, used in units.items()}
        names = sorted(weights)
        for service, part in zip(names, costing.split(amount, [weights[n] for n in names]), strict=True):
            shared[service] += part
    for service in Service.objects.all():
        direct = sum((i.of_month(month) for i in CostItem.objects.filter(service=service)), Decimal(0))
        labour = sum(
            (log.cost or Decimal(0) for log in WorkLog.objects.filter(ticket__service=service)
             if costing.month_of(log.spent_on) == month),
            Decimal(0),
        )  # fmt: skip
        value = sum((e.amount for e in ValueEntry.objects.filter(measure__service=service, month=month)), Decimal(0))
        cost = direct + labour + shared[service.pk]
        tariff = Tariff.objects.filter(service=service, state="active").first()
        charge = Decimal(0)
        if tariff is not None:
            used = sum(units[service.pk].values())
            charge = {"per_unit": (tariff.price or 0) * used, "flat": tariff.price, "at_cost": cost}[tariff.basis]
        if cost or value or charge or units[service.pk]:
            found[service.pk] = (direct, labour, shared[service.pk], cost, charge, value)
    return found


def kept(month):
    rows = ServiceMonth.objects.filter(month__month=month)
    return {r.service_id: (r.direct, r.labour, r.shared, r.cost, r.charge, r.value) for r in rows}


def test_a_month_is_what_a_bookkeeper_would_write(finance, book, centre, counted, agent, requester):
    shop, mail, idle = (factories.ServiceFactory(name=name) for name in ("Shop", "Mail", "Idle"))
    other = factories.OrganisationFactory(name="Nordlys")
    counted.update({(shop.pk, requester.organisation_id): 7, (shop.pk, other.pk): 4, (mail.pk, None): 3})
    book(service=shop, amount=Decimal("333.33"))
    book(service=shop, amount=Decimal("100.00"), recurrence="yearly")
    book(service=mail, amount=Decimal("1000.00"), recurrence="one_off", expenditure="capex", spread_months=7,
         starts_on=date(2026, 2, 1))  # fmt: skip
    book(service=mail, amount=Decimal("50.00"), currency="USD", rate=Decimal("0.913333"))
    book(service=mail, amount=Decimal("9.99"), ends_on=MAY)
    records.perform(book(service=idle), "void", actor=finance, source="web", data={"reason": "Wrong"})
    book(cost_centre=centre, amount=Decimal("1000.01"), kind="facility")
    rule_of(finance, centre)
    pool = records.create(CostCentre, actor=finance, source="web", code="9100", name="Licences", owner=finance)
    book(cost_centre=pool, amount=Decimal("77.77"), recurrence="quarterly")
    rule_of(finance, pool, "fixed", [(shop, "33.33"), (mail, "33.33"), (idle, "33.34")])
    agent.hourly_rate = Decimal("61.37")
    for minutes, spent in ((7, JUNE), (7, JUNE), (50, date(2026, 6, 30)), (60, MAY)):
        WorkLog.objects.create(
            ticket=factories.incident(requester, service=shop), user=agent, minutes=minutes, spent_on=spent,
            hourly_rate=agent.hourly_rate,
        )  # fmt: skip
    measure = records.create(
        ValueMeasure, actor=finance, source="web", title="Orders", service=shop, owner=finance, kind="revenue",
        planned=Decimal(900),
    )  # fmt: skip
    how = {"actor": finance, "source": "web", "name": "month"}
    records.put_part(measure, ValueEntry(measure=measure), {"month": date(2026, 6, 9), "amount": Decimal(850)}, **how)
    for service, basis, price in ((shop, "per_unit", Decimal("12.35")), (mail, "at_cost", None), (idle, "flat", 5)):
        tariff = records.create(
            Tariff, actor=finance, source="web", service=service, unit="seats", basis=basis, price=price
        )
        records.perform(tariff, "activate", actor=finance, source="web")
    for month in (JUNE, MAY, date(2026, 1, 1)):
        row = months.keep(month)
        expected = reference(month)
        assert kept(month) == expected
        assert row.cost == sum(figures[3] for figures in expected.values())
        for service, (_d, _l, _s, cost, charge, _v) in expected.items():
            parts = OrganisationMonth.objects.filter(month=row, service=service)
            assert sum(part.cost for part in parts) == cost, "what organisations bear is what it costs"
            assert sum(part.charge for part in parts) == charge
    june = ServiceMonth.objects.get(month__month=JUNE, service=shop)
    assert (june.units, june.unit_cost) == (11, costing.per_unit(june.cost, 11))
    assert june.labour == Decimal("7.16") * 2 + Decimal("51.14"), "as each log is rounded on its ticket"


def test_what_no_rule_allocates_is_said(finance, book, centre, browse, counted):
    book(cost_centre=centre, amount=Decimal(40))
    assert months.keep(JUNE).unallocated == 40
    rule_of(finance, centre)
    assert months.keep(JUNE).unallocated == 40, "a driver that counts nothing allocates nothing"
    shown = browse(finance).get("/strategy/costs/?month=2026-06").content.decode()
    assert "€40.00 of shared costs are allocated to no service" in shown


def test_a_new_rule_takes_the_place_of_the_old(finance, book, centre, service):
    first = rule_of(finance, centre, "fixed", [(service, "100.00")])
    second = rule_of(finance, centre, "fixed", [(service, "100.00")])
    first.refresh_from_db()
    assert (first.state, second.state) == ("ended", "active")
    draft = records.create(AllocationRule, actor=finance, source="web", cost_centre=centre, driver="fixed")
    records.put_part(draft, AllocationShare(rule=draft), {"service": service, "percent": Decimal("99.99")},
                     actor=finance, source="web", name="share")  # fmt: skip
    with pytest.raises(Refused, match=r"99\.99 %"):
        records.perform(draft, "activate", actor=finance, source="web")
    second.refresh_from_db()
    assert second.state == "active", "nothing changed"


def test_closed_months_are_history(finance, agent, book, service):
    item = book(service=service)
    assert months.keep(MAY).cost == 100
    with pytest.raises(Denied):
        months.close(MAY, actor=agent, source="web")
    with pytest.raises(Refused):
        months.close(JUNE, actor=finance, source="web")
    months.close(MAY, actor=finance, source="web")
    with pytest.raises(Refused):
        months.close(MAY, actor=finance, source="web")
    records.edit(item, actor=finance, source="web", amount=Decimal(500))
    months.keep_open()
    assert CostMonth.objects.get(month=MAY).cost == 100
    assert CostMonth.objects.get(month=JUNE).cost == 500
    with pytest.raises(Invalid) as late:
        book(service=service, recurrence="one_off", starts_on=MAY)
    assert "starts_on" in late.value.fields
    assert months.reopen(MAY, actor=finance, source="web", reason="Late invoice").is_closed is False
    assert CostMonth.objects.get(month=MAY).cost == 500


def test_months_close_by_themselves_after_ten_days(finance, book, service):
    book(service=service, starts_on=date(2026, 4, 1))
    months.keep_open()
    with clock.moved_to(datetime(2026, 6, 9, 12, tzinfo=UTC)):
        assert months.close_due() == 1
    assert [row.month.month for row in CostMonth.objects.exclude(closed_at=None)] == [4]
    assert months.close_due() == 1, "May, eleven days after its end"
    assert months.close_due() == 0
    months.reopen(MAY, actor=finance, source="web", reason="Late")
    assert months.close_due() == 0, "ten days more"
    with clock.moved_to(NOW + timedelta(days=11)):
        assert months.close_due() == 1


def test_open_months_are_computed_when_something_is_booked(finance, book, service):
    months.keep_due()
    with clock.moved_to(NOW + timedelta(minutes=5)):
        assert months.keep_due() == 0
        book(service=service)
        assert months.keep_due() > 0
        assert CostMonth.objects.get(month=JUNE).cost == 100
    with clock.moved_to(NOW + timedelta(minutes=80)):
        assert months.keep_due() > 0, "work logs and tickets come in without a booking"


def test_a_driver_that_fails_leaves_what_was_computed(finance, book, centre, service, monkeypatch):
    book(service=service)
    months.keep_open()

    def broken(month):
        raise RuntimeError("The register is away.")

    monkeypatch.setattr(drivers, "_sources", {"x": drivers.Source("x", "X", broken)})
    months.keep_open()
    assert CostMonth.objects.get(month=JUNE).cost == 100


def test_budget_against_the_months_that_are_over(finance, book, service):
    book(service=service, amount=Decimal(110))
    budget = records.create(
        Budget, actor=finance, source="web", title="2026", service=service, starts_on=date(2026, 1, 20),
        amount=Decimal(1200),
    )  # fmt: skip
    months.keep_open()
    budget.refresh_from_db()
    assert budget.counted_months == 0, "a draft is held against nothing"
    records.perform(budget, "approve", actor=finance, source="web")
    months.keep_open()
    budget.refresh_from_db()
    assert (budget.counted_months, budget.actual, budget.planned) == (5, 550, 500)
    assert (budget.variance, budget.forecast, budget.is_over) == (Decimal("10.0"), Decimal("1320.00"), True)
    assert [one.pk for one in costs.over_budget(finance)] == [budget.pk]
    with pytest.raises(Invalid) as overlap:
        records.create(Budget, actor=finance, source="web", title="More", service=service,
                       starts_on=date(2026, 12, 1), amount=Decimal(1))  # fmt: skip
    assert budget.number in overlap.value.fields["starts_on"][0]


def test_statement_of_an_organisation_and_those_below(finance, book, service, counted, browse):
    top = factories.OrganisationFactory(name="Group")
    part = Organisation.objects.create(name="Part", parent=top, cost_centre_code="1100")
    other = factories.OrganisationFactory(name="Other")
    counted.update({(service.pk, part.pk): 1, (service.pk, other.pk): 2})
    book(service=service)
    months.keep(JUNE)
    made = costs.statement(finance, top, JUNE)
    assert [(line.organisation.name, line.cost) for line in made.lines] == [("Part", Decimal("33.33"))]
    assert costs.statement(finance, other, JUNE).cost == Decimal("66.67")
    client = browse(finance)
    page = client.get(f"/strategy/costs/showback/{top.pk}/?month=2026-06").content.decode()
    assert "€33.33" in page
    assert "Other" not in page
    answer = client.get(f"/strategy/costs/showback/{top.pk}/?month=2026-06&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert f"2026-06,Part,1100,{service.name},seat,1,33.33,0.00,EUR,open" in text
    assert "Part" in client.get("/strategy/costs/showback/?month=2026-06").content.decode()


def test_owners_see_their_services_and_no_others(browse, book, counted, finance, requester, agent):
    owner = factories.person("Olga Owner", roles=("service_owner",))
    mine, other = factories.ServiceFactory(name="Mine", owner=owner), factories.ServiceFactory(name="Theirs")
    item, hidden = book(service=mine, title="My licence"), book(service=other, title="Their licence")
    counted[other.pk, requester.organisation_id] = 3
    months.keep(JUNE)
    client = browse(owner)
    for path in ("/strategy/costs/", "/strategy/cost-items/", "/strategy/costs/showback/"):
        shown = client.get(f"{path}?month=2026-06").content.decode()
        assert "Theirs" not in shown.replace(">Theirs</option>", ""), path
        assert hidden.title not in shown
    assert item.title in client.get("/strategy/cost-items/").content.decode()
    assert client.get(f"/strategy/cost-items/{hidden.number}/").status_code == 404
    assert client.get(f"/strategy/costs/services/{other.slug}/").status_code == 404
    assert client.get(f"/strategy/costs/services/{mine.slug}/").status_code == 200
    assert "Cost and value" in client.get(mine.get_absolute_url()).content.decode()
    for person in (requester, agent):
        for path in ("costs/", "costs/months/", "cost-items/", "budgets/", "costs/showback/", "cost-centres/"):
            assert browse(person).get(f"/strategy/{path}").status_code == 404, (person, path)


def test_hundreds_of_services_cost_as_many_queries_as_a_page_of_them(
    browse, finance, book, centre, counted, django_assert_max_num_queries
):
    client = browse(finance)
    rule_of(finance, centre)
    book(cost_centre=centre, amount=Decimal("12345.67"))

    def grow(start, count):
        made = Service.objects.bulk_create(
            Service(name=f"Service {n:05}", slug=f"service-{n:05}", status="live") for n in range(start, start + count)
        )
        counted.update({(one.pk, None): 1 + one.pk % 7 for one in made})
        return made

    grow(0, 2)
    months.keep(JUNE)
    with django_assert_max_num_queries(19) as computing:
        months.keep(JUNE)
    # Counted now: a request forgets what was logged before it.
    few = len(computing)
    client.get("/strategy/costs/?month=2026-06")
    with django_assert_max_num_queries(40) as reading:
        client.get("/strategy/costs/?month=2026-06")
    grow(2, 400)
    # Rows are written 500 at a time; SQLite takes 999 values at once, which are eight statements for these two tables.
    with django_assert_max_num_queries(few + (6 if connection.vendor == "sqlite" else 0)):
        row = months.keep(JUNE)
    assert row.cost == Decimal("12345.67") == sum(ServiceMonth.objects.values_list("shared", flat=True))
    with django_assert_max_num_queries(len(reading)):
        client.get("/strategy/costs/?month=2026-06")
