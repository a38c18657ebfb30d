"""The improvement register in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import ExtractYear

from improvement.improvement_states import ImprovementState as State
from improvement.models import Improvement, ImprovementMeasurement
from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User


@dataclass(frozen=True, slots=True)
class Register:
    """The tiles above the register."""

    benefit: Decimal
    realised: int
    not_realised: int
    active: int
    overdue: int
    measuring: int
    #: Median days from suggestion to approval, this year.
    decision_days: int | None

    @property
    def closed(self) -> int:
        return self.realised + self.not_realised

    @property
    def reached(self) -> float | None:
        """Percent of those closed this year that reached their target."""
        return 100 * self.realised / self.closed if self.closed else None


def register(user: User, today: date) -> Register:
    """Two queries over this year's rows."""
    rows = Improvement.objects.visible_to(user)
    this_year = Q(closed_on__year=today.year)
    found = rows.order_by().aggregate(
        benefit=Sum("realised_benefit", filter=Q(state=State.REALISED) & this_year),
        realised=Count("pk", filter=Q(state=State.REALISED) & this_year),
        not_realised=Count("pk", filter=Q(state=State.NOT_REALISED) & this_year),
        active=Count("pk", filter=Q(state__in=State.ACTIVE)),
        overdue=Count("pk", filter=Q(state__in=State.ACTIVE, due_on__lt=today)),
        measuring=Count("pk", filter=Q(state=State.MEASURING)),
    )  # fmt: skip
    decided = rows.annotate(year=ExtractYear("approved_at")).filter(year=today.year)
    days = sorted((approved - made).days for approved, made in decided.values_list("approved_at", "created_at")[:1000])
    median = days[len(days) // 2] if days else None
    return Register(**{**found, "benefit": found["benefit"] or Decimal(0)}, decision_days=median)


def with_latest(rows: Any) -> Any:
    """Each with the value and day of its latest measurement."""
    newest = ImprovementMeasurement.objects.filter(improvement=OuterRef("pk")).order_by("-measured_on", "-id")
    return rows.annotate(
        latest_value=Subquery(newest.values("value")[:1]), latest_on=Subquery(newest.values("measured_on")[:1])
    )


def recently_closed(user: User) -> Any:
    rows = Improvement.objects.visible_to(user).filter(state__in=[State.REALISED, State.NOT_REALISED])
    return with_latest(rows).order_by("-closed_on", "-id")[:5]


def to_decide(user: User) -> Any:
    """Assessed and not decided, the best first."""
    return Improvement.objects.visible_to(user).filter(state__in=[State.IDENTIFIED, State.ASSESSED], score__gt=0)


def late(user: User) -> Any:
    today = clock.now().date()
    return Improvement.objects.visible_to(user).overdue(today).order_by(F("due_on"), "id")
