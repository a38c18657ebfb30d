"""How long a change takes to be checked against many planned ones: made in a transaction that is rolled back."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

Result = dict[str, Any]
ITEMS, RELATIONS = 2_000, 4_000


def change_conflicts(amount: int = 10_000) -> Result:
    """One change against ``amount`` planned within two months, on items that depend on each other."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from transition.models import Change
    from transition.reports import change_conflicts as report

    walls, queries, found = [], 0, 0
    with transaction.atomic():
        rows = _fill(amount)
        for change in Change.objects.filter(pk__in=rows).select_related("service").order_by("pk"):
            with CaptureQueriesContext(connection) as told:
                report.find(change)
            queries = max(queries, len(told))
            started = time.perf_counter()
            found += len(report.find(change))
            walls.append((time.perf_counter() - started) * 1000)
        transaction.set_rollback(True)
    return {
        "measure": f"change conflict check against {amount:,} planned changes", "queries": queries,
        "median_ms": round(statistics.median(walls), 1), "p95_ms": round(statistics.quantiles(walls, n=20)[18], 1),
        "conflicts": round(found / len(walls), 1),
    }  # fmt: skip


def _fill(amount: int) -> list[int]:
    """Items, relations and planned changes by the thousand; returns some of the changes."""
    from django.db import connection

    from itsm.accounts.models import User
    from itsm.catalogue.models import Service
    from itsm.tickets.models import Ticket
    from transition.models import Change, CIRelation, CIType, ConfigurationItem, TicketCI

    dice = random.Random(4)
    person, services = User.objects.people().order_by("pk").first(), list(Service.objects.order_by("pk")[:40])
    assert person is not None
    kind = CIType.objects.order_by("pk").first()
    items = ConfigurationItem.objects.bulk_create(
        [ConfigurationItem(name=f"bench-{n}", type=kind, state="deployed", created_by=person) for n in range(ITEMS)],
        batch_size=500,
    )
    CIRelation.objects.bulk_create(
        [
            CIRelation(source=items[a], target=items[dice.randrange(a)], kind="depends_on")
            for a in itertools.islice(itertools.cycle(range(ITEMS // 2, ITEMS)), RELATIONS)
        ],
        batch_size=500, ignore_conflicts=True,
    )  # fmt: skip
    now = datetime.now(UTC)
    tickets = Ticket.objects.bulk_create(
        [
            Ticket(kind="change", title=f"Bench {n}", requester=person, opened_by=person, state="scheduled",
                   phase="active", service=dice.choice(services) if services and n % 3 == 0 else None)
            for n in range(amount)
        ],
        batch_size=500,
    )  # fmt: skip
    # Django does not write the child rows of a parent that is there already in bulk.
    columns = {field.column: field for field in Change._meta.local_concrete_fields}
    table = connection.ops.quote_name(Change._meta.db_table)
    names, places = ", ".join(map(connection.ops.quote_name, columns)), ", ".join(["%s"] * len(columns))
    values = []
    for ticket in tickets:
        start = now + timedelta(minutes=15 * dice.randrange(60 * 96))
        change = Change(planned_start=start, planned_end=start + timedelta(hours=dice.choice((1, 2, 4))))
        change.ticket_ptr_id = ticket.pk
        values.append([
            field.get_db_prep_save(getattr(change, field.attname), connection) for field in columns.values()
        ])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", values)
    TicketCI.objects.bulk_create(
        [TicketCI(ticket_id=t.pk, item=one, by=person) for t in tickets for one in dice.sample(items, 2)],
        batch_size=500,
    )
    return [ticket.pk for ticket in dice.sample(tickets, 40)]
