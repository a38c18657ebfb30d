"""What Halden's services cost, charge and bring, month by month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from itsm.accounts.models import Organisation
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.workflow import records
from strategy import costing, drivers
from strategy.demo.planning import months_of
from strategy.models import (
    AllocationRule,
    AllocationShare,
    Budget,
    CostCentre,
    CostItem,
    Goal,
    Tariff,
    ValueEntry,
    ValueMeasure,
)
from strategy.services import months

#: Code, name, owner, organisation.
CENTRES = [
    ("9000", "Data centre Halden", "Samuel Okafor", "Halden"), ("9100", "Service desk", "Ingrid Solberg", "Halden"),
    ("1300", "E-commerce", "Clara Weiss", "Halden E-commerce"),
]  # fmt: skip
#: Title, service (or cost centre, shared), kind, booked as, paid, amount, months written off over.
ITEMS = [
    ("Shop platform licence", "Web shop", "software", "opex", "yearly", "216000.00", 1),
    ("Content delivery network", "Web shop", "supplier", "opex", "monthly", "3150.00", 1),
    ("Web shop team", "Web shop", "labour", "opex", "monthly", "14800.00", 1),
    ("Payment provider, fixed part", "Payment gateway", "supplier", "opex", "monthly", "5200.00", 1),
    ("Till hardware, second half of the stores", "Store tills", "hardware", "capex", "one_off", "184500.00", 60),
    ("Till software", "Store tills", "software", "opex", "quarterly", "18990.00", 1),
    ("Mailboxes", "Email and calendar", "software", "opex", "monthly", "4275.00", 1),
    ("Video rooms", "Video conferencing", "software", "opex", "yearly", "31200.00", 1),
    ("Trunks and numbers", "Telephony", "supplier", "opex", "monthly", "2310.50", 1),
    ("Laptops of this year", "Laptops and desktops", "hardware", "capex", "one_off", "96400.00", 36),
    ("Warehouse system maintenance", "Warehouse management", "supplier", "opex", "yearly", "148000.00", 1),
    ("ERP licences", "ERP finance", "software", "opex", "yearly", "122400.00", 1),
    ("Rooms and power", "9000", "facility", "opex", "monthly", "11870.00", 1),
    ("Storage", "9000", "hardware", "capex", "one_off", "240000.00", 48),
    ("Service desk tools", "9100", "software", "opex", "monthly", "1640.00", 1),
]  # fmt: skip
#: Service, year's budget.
BUDGETS = [("Web shop", "460000.00"), ("Store tills", "118000.00"), ("Email and calendar", "54000.00"),
           ("Warehouse management", "230000.00"), ("Telephony", "30000.00")]  # fmt: skip
#: Shares of the data centre.
SHARES = [("Web shop", "31.50"), ("Warehouse management", "22.75"), ("ERP finance", "14.25"), ("Data warehouse", "12.00"),
          ("Payment gateway", "9.50"), ("Identity and sign-on", "10.00")]  # fmt: skip
#: Service, title, kind, goal, planned a month, and what months brought, the oldest first.
VALUES = [
    ("Web shop", "Margin of orders online", "revenue", "Half of all orders online", "62000.00",
     (51200, 54900, 57300, 60100, 63800, 66250, 68900)),
    ("Store tills", "Sales not lost at tills", "avoided", "Tills that never stand still", "18000.00",
     (9800, 11200, 12900, 15100, 16700, 17950, 18800)),
    ("VPN and remote access", "Travel not taken", "saving", "People work from anywhere", "4500.00",
     (2900, 3100, 3350, 3900, 3800, 4100, 4250)),
]  # fmt: skip


def tell_books(world: World) -> None:
    """At the start: cost centres, what is paid, what is shared, budgets, prices and measures of value."""
    finance, manager = world.people["Beatriz Costa"], world.people["Ingrid Solberg"]
    how: dict[str, Any] = {"actor": finance, "source": "web"}
    first = costing.month_of(clock.now().date())
    organisations = {one.name: one for one in Organisation.objects.all()}
    centres = {
        code: records.create(
            CostCentre, code=code, name=name, owner=world.people[owner], organisation=organisations[organisation], **how
        )
        for code, name, owner, organisation in CENTRES
    }
    for title, place, kind, booked, paid, amount, spread in ITEMS:
        where = {"cost_centre": centres[place]} if place in centres else {"service": world.services[place]}
        records.create(
            CostItem, title=title, kind=kind, expenditure=booked, recurrence=paid, amount=Decimal(amount),
            spread_months=spread, starts_on=first, **where, **how,
        )  # fmt: skip
    records.create(
        CostItem, title="Fraud screening", service=world.services["Payment gateway"], kind="supplier",
        amount=Decimal("1900.00"), currency="USD", rate=Decimal("0.921500"), starts_on=first, **how,
    )  # fmt: skip
    fixed = records.create(
        AllocationRule,
        cost_centre=centres["9000"],
        driver=drivers.FIXED,
        note="By racks used, counted in spring.",
        **how,
    )
    for name, percent in SHARES:
        values = {"service": world.services[name], "percent": Decimal(percent)}
        records.put_part(fixed, AllocationShare(rule=fixed), values, name="share", **how)
    counted = records.create(AllocationRule, cost_centre=centres["9100"], driver="tickets", note="By its work.", **how)
    for rule in (fixed, counted):
        records.perform(rule, "activate", **how)
    for name, unit, basis, price in (
        ("Email and calendar", "tickets", "flat", "6200.00"), ("Web shop", "tickets", "at_cost", None),
        ("Laptops and desktops", "tickets", "per_unit", "85.00"),
    ):  # fmt: skip
        tariff = records.create(
            Tariff, service=world.services[name], unit=unit, basis=basis, price=Decimal(price) if price else None, **how
        )
        records.perform(tariff, "activate", **how)
    for name, amount in BUDGETS:
        budget = records.create(
            Budget, title=f"{name}, twelve months", service=world.services[name], starts_on=first,
            amount=Decimal(amount), **how,
        )  # fmt: skip
        records.perform(budget, "approve", **how)
    for name, title, kind, goal, planned, _brought in VALUES:
        records.create(
            ValueMeasure, actor=manager, source="web", title=title, service=world.services[name], kind=kind,
            owner=world.services[name].owner, planned=Decimal(planned), goal=Goal.objects.get(title=goal),
            description="From the monthly report of sales control.",
        )  # fmt: skip


def tell_months(world: World) -> None:
    """Once the tickets are there: what each month brought; the months are computed, and the old ones closed."""
    finance = world.people["Beatriz Costa"]
    covered = months_of(world)
    for name, title, _kind, _goal, _planned, brought in VALUES:
        measure = ValueMeasure.objects.get(title=title, service=world.services[name])
        for month, amount in zip(covered, brought, strict=False):
            part = ValueEntry(measure=measure)
            values = {"month": month, "amount": Decimal(amount)}
            records.put_part(measure, part, values, actor=finance, source="web", name="month")
    for month in covered:
        months.keep(month)
    months.keep_budgets(months.running())
    for month in covered[:-2]:
        with clock.moved_to(min(world.now, _end(world, month) + timedelta(days=6, hours=9))):
            months.close(month, actor=finance, source="web")


def _end(world: World, month: Any) -> Any:
    after = costing.add_months(month, 1)
    return world.now.replace(year=after.year, month=after.month, day=1, hour=0, minute=0)
