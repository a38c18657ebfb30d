"""Numbers of the strategy stage: demand against what came, the portfolio board, decisions due."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.catalogue.models import Service
from itsm.catalogue.states import ServiceStatus
from itsm.tickets.models import Ticket
from strategy.models import BusinessCase, DemandPattern, PortfolioDecision
from strategy.states import CaseState

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Services shown in a column of the board; the rest is behind "more".
SHOWN = 8
#: A service whose yearly cost is above the median and whose value is below earns a look.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Demand:
    """Expected and actual volume of an offering in a month."""

    pk: int
    offering: Any
    month: date
    expected: int
    actual: int | None

    @property
    def deviation(self) -> Decimal | None:
        """(actual - expected) / expected in percent; undefined before the month begins or without expectation."""
        if self.actual is None or not self.expected:
            return None
        return Decimal(100 * (self.actual - self.expected)) / self.expected


def demand(rows: Iterable[DemandPattern], today: date) -> list[Demand]:
    """Expectations beside the tickets that really came, cancelled ones not left out; two queries for any number."""
    rows = list(rows)
    if not rows:
        return []
    first, last = min(r.month for r in rows), max(r.month for r in rows)
    zone = timezone.get_default_timezone()
    start = datetime.combine(first, time(), zone)
    end = datetime.combine((last + timedelta(days=32)).replace(day=1), time(), zone)
    came = (
        Ticket.objects.filter(offering__in={r.offering_id for r in rows}, opened_at__gte=start, opened_at__lt=end)
        .order_by()
        .annotate(month=TruncMonth("opened_at", tzinfo=zone))
        .values_list("offering_id", "month")
        .annotate(amount=Count("pk"))
    )
    actual: Counter[tuple[int, date]] = Counter()
    for offering_id, month, amount in came:
        actual[offering_id, month.date()] += amount
    return [
        Demand(r.pk, r.offering, r.month, r.expected, actual[r.offering_id, r.month] if r.month <= today else None)
        for r in rows
    ]


# ---------- the board ----------


@dataclass(slots=True)
class Card:
    """A service on the board with its latest case and what is decided about it."""

    service: Service
    case: BusinessCase | None = None
    decision: PortfolioDecision | None = None
    #: Cost and value of twelve months, where the person may know.
    year: Any = None
    steps: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Column:
    code: str
    label: str
    status: str
    count: int = 0
    cards: list[Card] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


STAGES: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
    ("pipeline", lambda: _("Pipeline"), "violet", ServiceStatus.PIPELINE),
    ("catalogue", lambda: _("Catalogue"), "green", (ServiceStatus.LIVE,)),
    ("retired", lambda: _("Retired"), "grey", (ServiceStatus.RETIRING, ServiceStatus.RETIRED)),
)


def columns(services: QuerySet[Service], user: User) -> dict[str, Column]:
    """The columns by status, each with its first services; the number of queries does not depend on how many."""
    counts = dict(services.order_by().values_list("status").annotate(amount=Count("pk")))
    found: dict[str, Column] = {}
    for _code, _label, _tone, statuses in STAGES:
        for status in statuses:
            found[status] = Column(status, str(ServiceStatus(status).label), status, counts.get(status, 0))
    ids: list[int] = []
    for status, column in found.items():
        if column.count:
            ids += services.filter(status=status).order_by("criticality", "name").values_list("pk", flat=True)[:SHOWN]
    rows = {s.pk: s for s in Service.objects.filter(pk__in=ids).select_related("owner")}
    latest = latest_cases(ids, user)
    decided = latest_decisions(ids)
    for pk in ids:
        service = rows[pk]
        found[service.status].cards.append(Card(service, latest.get(pk), decided.get(pk)))
    return found


def latest_cases(ids: Iterable[int], user: User) -> dict[int, BusinessCase]:
    """The newest case of each service that this person may read."""
    rows = BusinessCase.objects.visible_to(user).filter(service__in=list(ids)).order_by("id")
    return {case.service_id: case for case in rows}


def latest_decisions(ids: Iterable[int]) -> dict[int, PortfolioDecision]:
    return {d.service_id: d for d in PortfolioDecision.objects.filter(service__in=list(ids)).order_by("id")}


@dataclass(frozen=True, slots=True)
class Investment:
    """Money of open and approved cases."""

    open_cost: Decimal
    open_cases: int
    approved_value: Decimal


def investment(user: User) -> Investment:
    """What open cases would cost at once and in the first year; what approved ones promise a year."""
    rows = BusinessCase.objects.visible_to(user)
    asked = rows.open().aggregate(one=Sum("one_off_cost"), year=Sum("yearly_cost"), n=Count("pk"))
    promised = rows.filter(state=CaseState.APPROVED).aggregate(value=Sum("yearly_value"))
    return Investment(
        (asked["one"] or Decimal(0)) + (asked["year"] or Decimal(0)), asked["n"], promised["value"] or Decimal(0)
    )


def value_map(user: User) -> list[BusinessCase]:
    """Cases with known value for the bubble map, the dearest first."""
    rows = BusinessCase.objects.visible_to(user).exclude(state=CaseState.REJECTED).filter(yearly_value__isnull=False)
    newest: dict[int, BusinessCase] = {}
    for case in rows.select_related("service").order_by("id"):
        newest[case.service_id] = case
    return sorted(newest.values(), key=lambda case: (-case.cost, case.pk))[:60]


@dataclass(frozen=True, slots=True)
class Due:
    text: str
    detail: str
    on: date
    url: str
    icon: str


def decisions_due(user: User, today: date) -> list[Due]:
    """Cases to be decided, and services whose last decision is to be looked at again, within 30 days."""
    until = today + SOON
    found = [
        Due(case.title, _("Business case, %(state)s") % {"state": case.get_state_display()}, case.decide_by or today,
            case.get_absolute_url(), "file-text")
        for case in BusinessCase.objects.visible_to(user).open().filter(decide_by__lte=until).order_by("decide_by")[:10]
    ]  # fmt: skip
    again: dict[int, PortfolioDecision] = defaultdict()
    for decision in PortfolioDecision.objects.select_related("service").order_by("id").filter(
        service__in=PortfolioDecision.objects.filter(review_on__lte=until).values("service")
    ):  # fmt: skip
        again[decision.service_id] = decision
    found += [
        Due(d.service.name, _("Decided: %(what)s") % {"what": d.get_verdict_display()}, d.review_on,
            f"/strategy/portfolio/{d.service.slug}/decide/", "scale")
        for d in again.values()
        if d.review_on and d.review_on <= until
    ]  # fmt: skip
    return sorted(found, key=lambda due: (due.on, due.text))[:10]
