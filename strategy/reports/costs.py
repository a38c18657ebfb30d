"""What is counted and summed about cost and value: labour, value, tickets, the months of a service, statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service
from itsm.tickets.models import Ticket, WorkLog
from strategy import cost_policies as policies
from strategy import costing, money
from strategy.cost_states import CostKind
from strategy.models import Budget, CostItem, CostMonth, OrganisationMonth, ServiceMonth, ValueEntry

if TYPE_CHECKING:
    from itsm.accounts.models import User

ZERO = Decimal(0)
#: Months that a trend shows.
TREND = 12


# ---------- what months are computed from ----------


def labour(month: date) -> dict[int, Decimal]:
    """Work logged in a month by service: minutes x rate of each log, rounded to cents as on its ticket.

    Logs of one service, rate and length cost the same; the database counts them, so that no sum of it is inexact.
    """
    found: dict[int, Decimal] = defaultdict(Decimal)
    rows = (
        WorkLog.objects.filter(
            spent_on__gte=month, spent_on__lt=costing.add_months(month, 1), hourly_rate__isnull=False,
            ticket__service__isnull=False,
        )
        .order_by()
        .values_list("ticket__service", "hourly_rate", "minutes")
        .annotate(n=Count("pk"))
    )  # fmt: skip
    for service, rate, minutes, count in rows:
        found[service] += count * (WorkLog(minutes=minutes, hourly_rate=rate).cost or ZERO)
    return found


def desk(month: date) -> Decimal:
    """Tools and overhead of the service desk in a month: what is booked on its cost centres, but labour.

    The labour of tickets is in their work logs; the salaries of the same people would count it twice.
    """
    rows = CostItem.objects.touching(month).filter(cost_centre__serves_desk=True, service__isnull=True)
    return sum((item.of_month(month) for item in rows.exclude(kind=CostKind.LABOUR)), ZERO)


def value(month: date) -> dict[int, Decimal]:
    """What measures brought in a month, by service."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    rows = ValueEntry.objects.filter(month=month).order_by().values_list("measure__service", "amount")
    for service, amount in rows:
        found[service] += amount
    return found


def bounds(month: date) -> tuple[datetime, datetime]:
    """First moment of a month and of the next, in the time zone of the product."""
    zone = timezone.get_default_timezone()
    first, last = month, costing.add_months(month, 1)
    return datetime.combine(first, time(), zone), datetime.combine(last, time(), zone)


def tickets(month: date) -> Mapping[tuple[int, int | None], int]:
    """Tickets opened in a month by service and organisation."""
    start, end = bounds(month)
    rows = (
        Ticket.objects.filter(opened_at__gte=start, opened_at__lt=end, service__isnull=False)
        .order_by()
        .values_list("service", "organisation")
        .annotate(n=Count("pk"))
    )
    found: Counter[tuple[int, int | None]] = Counter()
    for service, organisation, count in rows:
        found[service, organisation] += count
    return found


# ---------- what pages show ----------


@dataclass(slots=True)
class Totals:
    """Sums of a month over the services that a person may read."""

    month: date
    cost: Decimal = ZERO
    charge: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def roi(self) -> Decimal | None:
        return money.roi(self.value, self.cost) if self.value else None


def trend(user: User, last: date, count: int = TREND, service: Service | None = None) -> list[Totals]:
    """Sums of the last months, the oldest first; months nobody computed are nothing."""
    first = costing.add_months(last, 1 - count)
    found = {month: Totals(month) for month in costing.months(first, last)}
    rows = ServiceMonth.objects.visible_to(user).filter(month__month__gte=first, month__month__lte=last)
    if service is not None:
        rows = rows.filter(service=service)
    elif policies.reads(user):
        # Who reads everything reads the sums that are kept; adding up 2,000 services a dozen times says the same.
        for row in CostMonth.objects.filter(month__gte=first, month__lte=last):
            found[row.month] = Totals(row.month, row.cost, row.charge, row.value)
        return list(found.values())
    for month, cost, charge, worth in rows.order_by().values_list("month__month", "cost", "charge", "value"):
        total = found[month]
        total.cost, total.charge, total.value = total.cost + cost, total.charge + charge, total.value + worth
    return list(found.values())


def over_budget(user: User, limit: int = 5) -> list[Budget]:
    """Approved budgets that cost more than five percent over plan, the worst first."""
    rows = Budget.objects.visible_to(user).approved().filter(counted_months__gt=0).select_related("service")
    found = [budget for budget in rows[:5000] if budget.is_over]
    return sorted(found, key=lambda budget: (-(budget.variance or ZERO), budget.pk))[:limit]


def current_budget(service: Service, month: date) -> Budget | None:
    """The approved budget whose period holds a month."""
    rows = Budget.objects.approved().filter(service=service, starts_on__lte=month).order_by("-starts_on")
    return next((budget for budget in rows[:3] if budget.last_month >= month), None)


def of_year(user: User, service_ids: Iterable[int], last: date) -> dict[int, Totals]:
    """Cost, charge and value of these services in the twelve months until this one; one query."""
    found: dict[int, Totals] = {}
    rows = ServiceMonth.objects.visible_to(user).filter(
        service__in=list(service_ids), month__month__gt=costing.add_months(last, -TREND), month__month__lte=last
    )
    for pk, cost, charge, worth in rows.order_by().values_list("service", "cost", "charge", "value"):
        total = found.setdefault(pk, Totals(last))
        total.cost, total.charge, total.value = total.cost + cost, total.charge + charge, total.value + worth
    return found


def dearest_live(user: User, last: date, limit: int = 40) -> list[tuple[Service, Totals]]:
    """Live services that cost or bring most in this month or the one before, with their twelve months."""
    recent = ServiceMonth.objects.visible_to(user).filter(
        month__month__in=[last, costing.add_months(last, -1)], service__status=Service.Status.LIVE
    )
    ids = list(dict.fromkeys(recent.order_by("-cost", "id").values_list("service", flat=True)[: 2 * limit]))[:limit]
    year = of_year(user, ids, last)
    services = {service.pk: service for service in Service.objects.filter(pk__in=ids)}
    return [(services[pk], year[pk]) for pk in ids if pk in year]


# ---------- showback ----------


@dataclass(slots=True)
class Line:
    """One service in a statement."""

    service: Service
    organisation: Organisation
    unit: str
    units: int | None
    cost: Decimal
    charge: Decimal


@dataclass(slots=True)
class Statement:
    """What an organisation and those below it used in a month, and what it cost."""

    organisation: Organisation
    month: date
    closed: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.lines), ZERO)

    @property
    def charge(self) -> Decimal:
        return sum((line.charge for line in self.lines), ZERO)


def below(organisation: Organisation) -> list[int]:
    """An organisation and everything under it; one query for the whole tree."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, parent in Organisation.objects.values_list("pk", "parent_id"):
        children[parent].append(pk)
    found, queue = [], [organisation.pk]
    seen: set[int] = set()
    while queue:
        pk = queue.pop()
        if pk in seen:
            continue
        seen.add(pk)
        found.append(pk)
        queue += children[pk]
    return found


def statement(user: User, organisation: Organisation, month: date) -> Statement:
    """The showback statement of a month; a service owner sees the lines of own services."""
    row = CostMonth.objects.filter(month=month).first()
    made = Statement(organisation, month, bool(row and row.is_closed))
    rows = OrganisationMonth.objects.visible_to(user).filter(
        month__month=month, organisation__in=below(organisation)
    ).exclude(cost=0, charge=0)  # fmt: skip
    for part in rows.select_related("service", "organisation").order_by("-cost", "id"):
        assert part.organisation is not None  # noqa: S101 - filtered by it
        made.lines.append(Line(part.service, part.organisation, part.unit, part.units, part.cost, part.charge))
    return made


@dataclass(slots=True)
class Share:
    """An organisation in the list of statements, with what is below it."""

    organisation: Organisation | None
    cost: Decimal = ZERO
    charge: Decimal = ZERO


def shares(user: User, month: date) -> list[Share]:
    """Cost and charge of each organisation in a month (itself, without those below), the dearest first."""
    found: dict[int | None, Share] = {}
    rows = OrganisationMonth.objects.visible_to(user).filter(month__month=month).exclude(cost=0, charge=0)
    names = {one.pk: one for one in Organisation.objects.all()}
    for pk, cost, charge in rows.order_by().values_list("organisation", "cost", "charge"):
        share = found.setdefault(pk, Share(names.get(pk)))
        share.cost, share.charge = share.cost + cost, share.charge + charge
    return sorted(found.values(), key=lambda share: (share.organisation is None, -share.cost, str(share.organisation)))


def value_plan(service_ids: Iterable[int], months: Sequence[date]) -> tuple[Decimal, Decimal]:
    """Planned and actual value of measures that were kept in these months."""
    rows = ValueEntry.objects.filter(Q(measure__service__in=list(service_ids)), month__in=months)
    planned = actual = ZERO
    for plan, amount in rows.order_by().values_list("planned", "amount"):
        planned, actual = planned + plan, actual + amount
    return planned, actual
