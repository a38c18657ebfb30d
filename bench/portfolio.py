"""What is measured with a portfolio of 2,000 services: the board, the books of a month, and computing them.

Everything is written in one transaction that is taken back: the figures of the other pages are not touched.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

SERVICES = 2_000
PAGES = (
    ("portfolio, 2,000 services", "/strategy/portfolio/"), ("cost and value, 2,000 services", "/strategy/costs/"),
    ("cost of a service", "/strategy/costs/services/portfolio-0007/"), ("showback", "/strategy/costs/showback/"),
)  # fmt: skip
Result = dict[str, Any]


def measure() -> list[Result]:
    """Board, overview and service page of cost and value, and one month computed from its books."""
    from django.db import transaction

    results: list[Result] = []
    with transaction.atomic():
        client, month = _fill()
        results.append(_timed("cost of a month, 2,000 services", lambda: _keep(month), times=5))
        for name, path in PAGES:
            timed = _timed(name, partial(client.get, path), times=20)
            results.append(timed | {"queries": _queries(client, path)})
        transaction.set_rollback(True)
    return results


def _fill() -> tuple[Any, Any]:
    from django.contrib.auth.models import Group
    from django.test import Client

    from itsm.accounts.models import User
    from itsm.catalogue.models import Service
    from strategy.models import AllocationRule, BusinessCase, CostCentre, CostItem
    from strategy.services import months

    person = User.objects.create_user("portfolio@bench.example", name="Pia Portfolio")
    person.groups.set(Group.objects.filter(name__in=("portfolio_manager", "finance_manager")))
    states = ("proposed", "chartered", "in_design", "live", "live", "live", "retiring", "retired")
    services = Service.objects.bulk_create(
        Service(name=f"Portfolio {n:04}", slug=f"portfolio-{n:04}", status=states[n % len(states)], owner=person)
        for n in range(SERVICES)
    )
    first = months.running().replace(month=1)
    centre = CostCentre.objects.create(code="bench-1", name="Shared", owner=person, created_by=person)
    CostItem.objects.bulk_create(
        CostItem(
            title="Licence", service=one, kind="software", amount=Decimal(100 + n), starts_on=first, created_by=person
        )
        for n, one in enumerate(services)
    )
    CostItem.objects.create(
        title="Rooms", cost_centre=centre, kind="facility", amount=Decimal(50_000), starts_on=first, created_by=person
    )
    rule = AllocationRule.objects.create(cost_centre=centre, driver="tickets", created_by=person)
    rule.activate()
    rule.save()
    BusinessCase.objects.bulk_create(
        BusinessCase(
            title=f"Case {n}", service=one, owner=person, created_by=person, one_off_cost=Decimal(1000 * n % 90_000),
            yearly_cost=Decimal(100), yearly_value=Decimal(900), risk=1 + n % 5, fit=3,
        )
        for n, one in enumerate(services[::4])
    )  # fmt: skip
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, months.running()


def _keep(month: Any) -> None:
    from strategy.services import months

    months.keep(month)


def _timed(name: str, call: Callable[[], Any], *, times: int) -> Result:
    call()
    walls = []
    for _number in range(times):
        started = time.perf_counter()
        call()
        walls.append((time.perf_counter() - started) * 1000)
    return {
        "measure": name, "median_ms": round(statistics.median(walls), 1),
        "p95_ms": round(statistics.quantiles(walls, n=20)[18], 1),
    }  # fmt: skip


def _queries(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)
