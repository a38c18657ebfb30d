"""What Halden wants to reach this year, what it needs for that, and what the portfolio decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.workflow import records
from strategy import costing
from strategy.models import (
    AcceptanceCriterion,
    BusinessCase,
    BusinessRequirement,
    DemandPattern,
    Goal,
    KeyResult,
    PortfolioDecision,
)
from strategy.services import cases, goals

#: Title, part of, owner, weight, why, and key results: title, unit, start, target, and check-ins by share of the time.
GOALS = [
    ("Grow online without losing the stores", "", "Ingrid Solberg", 1,
     "Customers move to the web shop faster than the market. Stores have to become part of it.", []),
    ("Half of all orders online", "Grow online without losing the stores", "Clara Weiss", 3,
     "Shop and stores on one stock, and a parcel within two days.",
     [("Share of orders online", "%", 34, 50, [(0.2, 37), (0.5, 41), (0.8, 44)]),
      ("Orders collected in a store", "a week", 0, 900, [(0.6, 260), (0.9, 610)])]),
    ("Tills that never stand still", "Grow online without losing the stores", "Clara Weiss", 2,
     "A till that waits is a customer who leaves.",
     [("Minutes lost at tills", "a month", 410, 120, [(0.3, 360), (0.6, 240), (0.9, 205)])]),
    ("People work from anywhere", "", "Ingrid Solberg", 1,
     "Buyers and planners travel; the tools come along.",
     [("Sign-ins from outside that work at once", "%", 71, 95, [(0.4, 78), (0.8, 80)])]),
]  # fmt: skip

#: Title, need, from, wanted by, priority, goal, services, criteria, how far.
REQUIREMENTS = [
    ("Store staff see stock of other stores", "A customer asks for a size that is in Bergen.", "Halden Retail",
     "Amara Diallo", "should", "Tills that never stand still", ["Store tills", "Warehouse management"],
     ["Stock of all stores is shown within two seconds"], ["analyse", "accept"]),
    ("Points on the customer's phone", "Paper cards get lost, and we learn nothing from them.", "Halden E-commerce",
     "Leila Farouk", "must", "Half of all orders online", ["Customer loyalty app"],
     ["Points are there within a minute of the purchase", "Works in all Nordic languages"], ["analyse", "accept"]),
    ("Payroll on the phone", "Store staff have no computer.", "Halden Retail", "Fatima Zahra", "could", "",
     ["Payroll and HR portal"], ["Payslips of a year are there"], ["analyse"]),
    ("Fax for suppliers", "Two suppliers still send faxes.", "Halden Logistics", "Jonas Berg", "wont", "", [], [], []),
]  # fmt: skip


def tell_plans(world: World) -> None:
    """At the start of the story: goals, requirements, expected demand, and a case for the loyalty app."""
    manager, owner = world.people["Ingrid Solberg"], world.people["Clara Weiss"]
    how: dict[str, Any] = {"actor": manager, "source": "web"}
    today = clock.now().date()
    ends = costing.add_months(costing.month_of(world.now.date()), 4) - timedelta(days=1)
    made: dict[str, Goal] = {}
    for title, above, who, weight, why, results in GOALS:
        made[title] = records.create(
            Goal, title=title, parent=made.get(above), owner=world.people[who], weight=weight, description=why,
            starts_on=today.replace(day=1), ends_on=ends, **how,
        )  # fmt: skip
        for name, unit, start, target, _told in results:
            values = {"title": name, "unit": unit, "baseline": start, "target": target, "current": start, "weight": 1}
            records.put_part(made[title], KeyResult(goal=made[title]), values, name="key result", **how)
    for goal in made.values():
        records.perform(goal, "activate", **how)
    loyalty = Service.objects.get(name="Customer loyalty app")
    services = {**world.services, loyalty.name: loyalty}
    for title, need, _organisation, wanted_by, priority, goal_title, names, criteria, verbs in REQUIREMENTS:
        person = world.people[wanted_by]
        requirement = records.create(
            BusinessRequirement, actor=world.people["Priya Raman"], source="web", title=title, description=need,
            organisation=person.organisation, wanted_by=person, priority=priority,
            lists={"goals": [made[goal_title]] if goal_title else [], "services": [services[n] for n in names]},
        )  # fmt: skip
        for text in criteria:
            part = AcceptanceCriterion(requirement=requirement)
            records.put_part(requirement, part, {"text": text}, name="acceptance criterion", **how)
        for verb in verbs:
            requirement = records.perform(requirement, verb, **how)
    for offering in ServiceOffering.objects.filter(service__name__in=("Email and calendar", "Printing", "Web shop")):
        for month in costing.months(today, ends)[:8]:
            DemandPattern.objects.create(offering=offering, month=month, expected=2 + (offering.pk + month.month) % 3)
    case = records.create(
        BusinessCase, actor=owner, source="web", title="Loyalty on the phone", service=loyalty, owner=owner,
        investment="grow", one_off_cost=Decimal(180_000), yearly_cost=Decimal(60_000), yearly_value=Decimal(210_000),
        years=3, risk=3, fit=5, decide_by=world.now.date() + timedelta(days=12),
        reason="Cards get lost, and every third customer has none. Members buy 1.4 times as often.",
        options="**Keep cards**: no cost, no data. **Buy**: two suppliers, both closed. **Build** on the shop platform.",
        lists={
            "goals": [made["Half of all orders online"]],
            "requirements": list(BusinessRequirement.objects.filter(title="Points on the customer's phone")),
        },
    )  # fmt: skip
    cases.submit(case, actor=owner, source="web", comment="Please decide before the budget is closed.")
    cases.defer(
        case, actor=manager, source="web", reason="The shop platform is renewed first.",
        decide_by=world.now.date() + timedelta(days=12),
    )  # fmt: skip


def tell_progress(world: World) -> None:
    """Over the months: check-ins, decisions about services, and a second case that waits for votes."""
    manager, owner = world.people["Ingrid Solberg"], world.people["Clara Weiss"]
    length = world.now - world.start
    moments = sorted(
        (share, title, name, value)
        for title, _above, _who, _weight, _why, results in GOALS
        for name, _unit, _start, _target, told in results
        for share, value in told
    )
    for share, title, name, value in moments:
        result = KeyResult.objects.select_related("goal__owner").get(goal__title=title, title=name)
        with clock.moved_to(world.start + length * share):
            goals.check_in(result, Decimal(value), actor=result.goal.owner, source="web")
    for name, verdict, reason, ago in (
        ("Telephony", PortfolioDecision.Verdict.RETIRE, "Calls move to video conferencing until summer.", 40),
        ("Web shop", PortfolioDecision.Verdict.INVEST, "The goal stands and falls with it.", 75),
        ("Printing", PortfolioDecision.Verdict.KEEP, "Cheap, and the stores need it.", 75),
    ):
        with clock.moved_to(world.now - timedelta(days=ago)):
            cases.decide(
                world.services[name], actor=manager, source="web", verdict=verdict, reason=reason,
                review_on=(world.now + timedelta(days=20 if name == "Telephony" else 200)).date(),
            )  # fmt: skip
    with clock.moved_to(_morning(world.now - timedelta(days=5))):
        case = records.create(
            BusinessCase, actor=owner, source="web", title="Tills that work without the network", owner=owner,
            service=world.services["Store tills"], investment="run", one_off_cost=Decimal(95_000),
            yearly_cost=Decimal(18_000), yearly_value=Decimal(88_000), years=4, risk=2, fit=4,
            decide_by=(world.now + timedelta(days=6)).date(),
            reason="Every outage of the network closes 41 stores.",
            options="**Second line** for each store: dearer and slower. **Buffer in the till**: this.",
            lists={"goals": list(Goal.objects.filter(title="Tills that never stand still")), "requirements": []},
        )  # fmt: skip
        cases.submit(case, actor=owner, source="web")


def _morning(moment: datetime) -> datetime:
    return moment.replace(hour=8, minute=10)


def months_of(world: World) -> list[date]:
    """The months that the story covers."""
    return costing.months(world.start.date(), world.now.date())
