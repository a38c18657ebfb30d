"""Numbers of this moment: what is open, how old it is, what is late and what will be. From open tickets only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from itsm.desk.reports.service_levels.scope import DAY, Scope
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from itsm.tickets.states import SlaState

#: Age in whole days, both ends included, as the KPI catalogue has them; the last is open-ended.
AGES: tuple[tuple[Any, int, int | None], ...] = (
    (_("Up to 1 day"), 0, 1), (_("2 to 3 days"), 2, 3), (_("4 to 7 days"), 4, 7), (_("8 to 14 days"), 8, 14),
    (_("15 to 30 days"), 15, 30), (_("31 to 90 days"), 31, 90), (_("Over 90 days"), 91, None),
)  # fmt: skip
NEAR = 8


@dataclass(slots=True)
class Present:
    """Open tickets by age and priority, and how many are at risk or late."""

    ages: Counter[tuple[int, int]] = field(default_factory=Counter)
    open: int = 0
    risk: int = 0
    late: int = 0

    def of_age(self, bucket: int) -> int:
        return sum(amount for (age, _priority), amount in self.ages.items() if age == bucket)


def open_tickets(scope: Scope) -> QuerySet[Ticket]:
    """What is open and visible, within the limits."""
    return Ticket.objects.visible_to(scope.user).open().filter(scope.rows())


def at_risk(now: datetime) -> Q:
    """The next promise has used its warning share and is not broken yet."""
    return Q(sla_state=SlaState.RUNNING, due_sort__gt=now, warn_at__isnull=False, warn_at__lte=now)


def late(now: datetime) -> Q:
    """A promise is broken and still runs."""
    return Q(sla_state=SlaState.RUNNING, due_sort__lte=now)


def age_bounds(bucket: int, today: date) -> tuple[datetime | None, datetime]:
    """From (included; none for the oldest) and until (excluded) when tickets of this age were opened."""
    _label, youngest, oldest = AGES[bucket]
    return (None if oldest is None else _midnight(today - oldest * DAY)), _midnight(today - (youngest - 1) * DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())


def read(scope: Scope, now: datetime) -> Present:
    """Everything in one query over the open tickets."""
    today = measure.today()
    # From the oldest: the first condition that holds decides.
    conditions = [
        When(opened_at__lt=age_bounds(bucket, today)[1], then=Value(bucket)) for bucket in reversed(range(len(AGES)))
    ]
    rows = (
        open_tickets(scope)
        .order_by()
        .annotate(age=Case(*conditions, default=Value(0), output_field=IntegerField()))
        .values_list("age", "priority")
        .annotate(amount=Count("pk"), risky=Count("pk", filter=at_risk(now)), overdue=Count("pk", filter=late(now)))
    )
    found = Present()
    for age, priority, amount, risky, overdue in rows:
        found.ages[age, priority] += amount
        found.open += amount
        found.risk += risky
        found.late += overdue
    return found


def nearest(scope: Scope, now: datetime) -> list[Ticket]:
    """The open tickets whose promise breaks next, by the index of due times."""
    rows = open_tickets(scope).filter(sla_state=SlaState.RUNNING, due_sort__gt=now).order_by("due_sort", "id")
    shown = ("kind", "title", "priority", "due_at", "warn_at", "sla_state", "sla_metric", "opened_at")
    return list(rows.only(*shown)[:NEAR])


def minutes_left(ticket: Ticket, now: datetime) -> timedelta:
    return (ticket.due_at or now) - now
