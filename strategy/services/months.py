"""Cost, charge and value by month: computed for open months, kept for closed ones. Exact to the cent, always.

The number of queries for a month does not depend on how many services and items there are.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused, Stale
from itsm.lib.sources import Source
from itsm.workflow.record import Record
from strategy import cost_policies as policies
from strategy import costing, drivers, money
from strategy.cost_states import Basis
from strategy.models import (
    AllocationRule,
    Budget,
    CostItem,
    CostMonth,
    OrganisationMonth,
    ServiceMonth,
    Tariff,
    ValueMeasure,
)
from strategy.reports import costs as counted

log = logging.getLogger(__name__)

ZERO = Decimal(0)
#: The books of a month close by themselves so many days after its end, or after they were opened again.
GRACE = timedelta(days=10)
#: Months before the running one that are looked at.
BACK = 12
#: Open months are computed anew when something was booked, and anyhow every hour: work logs and tickets come in.
EVERY, PAUSE = timedelta(hours=1), timedelta(seconds=10)
WHO = (CostItem, Budget, AllocationRule, Tariff, ValueMeasure)


def running() -> date:
    """The running month, in the time zone of the product."""
    return costing.month_of(timezone.localtime(clock.now(), timezone.get_default_timezone()).date())


# ---------- computing ----------


@dataclass(slots=True)
class Figures:
    """What one service comes to in a month."""

    direct: Decimal = ZERO
    labour: Decimal = ZERO
    shared: Decimal = ZERO
    assets: Decimal = ZERO
    value: Decimal = ZERO
    charge: Decimal = ZERO
    unit: str = ""
    units: int | None = None

    @property
    def cost(self) -> Decimal:
        return self.direct + self.labour + self.shared + self.assets

    def __bool__(self) -> bool:
        return bool(self.cost or self.value or self.charge or self.units)


@dataclass(slots=True)
class Part:
    """What of it falls to an organisation."""

    organisation: int | None
    units: int | None
    cost: Decimal
    charge: Decimal


@dataclass(slots=True)
class Computed:
    services: dict[int, Figures] = field(default_factory=lambda: defaultdict(Figures))
    parts: dict[int, list[Part]] = field(default_factory=dict)
    unallocated: Decimal = ZERO


class Counts:
    """What drivers counted in a month: each asked once, when first needed."""

    def __init__(self, month: date) -> None:
        self.month = month
        self._found: dict[str, Mapping[drivers.Key, int]] = {}
        self._by_service: dict[str, dict[int, dict[int | None, int]]] = {}

    def of(self, code: str) -> dict[int, dict[int | None, int]]:
        """Units by service and organisation; nothing for a driver that is gone or fails."""
        if code not in self._by_service:
            grouped: dict[int, dict[int | None, int]] = defaultdict(dict)
            driver = drivers.find(code)
            for (service, organisation), units in (driver.count(self.month) if driver else {}).items():
                if units > 0:
                    grouped[service][organisation] = units
            self._by_service[code] = grouped
        return self._by_service[code]


def compute(month: date) -> Computed:
    """All figures of a month from the books as they stand now."""
    found, pools, counts = Computed(), defaultdict(lambda: ZERO), Counts(month)  # type: ignore[var-annotated]
    for item in CostItem.objects.touching(month):
        part = item.of_month(month)
        if item.service_id is not None:
            found.services[item.service_id].direct += part
        else:
            pools[item.cost_centre_id] += part
    for service, amount in counted.labour(month).items():
        found.services[service].labour += amount
    for source in drivers.sources():
        for service, amount in source.cost(month).items():
            figures = found.services[service]
            setattr(figures, source.into, getattr(figures, source.into) + amount)
    _allocate(found, pools, counts)
    for service, amount in counted.value(month).items():
        found.services[service].value += amount
    _charge(found, counts)
    return found


def _allocate(found: Computed, pools: Mapping[int, Decimal], counts: Counts) -> None:
    rules = {
        rule.cost_centre_id: rule for rule in AllocationRule.objects.active().prefetch_related("shares", "services")
    }
    for centre, amount in sorted(pools.items()):
        weights = _weights(rules.get(centre), counts)
        if not amount:
            continue
        if not weights:
            found.unallocated += amount
            continue
        services = sorted(weights)
        for service, part in zip(services, costing.split(amount, [weights[s] for s in services]), strict=True):
            found.services[service].shared += part


def _weights(rule: AllocationRule | None, counts: Counts) -> dict[int, int]:
    """How much of a pool each service takes, as whole numbers; nothing where no rule fits."""
    if rule is None:
        return {}
    if rule.driver == drivers.FIXED:
        return {share.service_id: int(share.percent * 100) for share in rule.shares.all()}
    among = {service.pk for service in rule.services.all()}
    return {
        service: sum(parts.values())
        for service, parts in counts.of(rule.driver).items()
        if not among or service in among
    }


def _charge(found: Computed, counts: Counts) -> None:
    tariffs = {tariff.service_id: tariff for tariff in Tariff.objects.active()}
    for service in {*found.services, *tariffs}:
        figures, tariff = found.services[service], tariffs.get(service)
        unit, used = _use(service, tariff, counts)
        figures.unit, figures.units = unit, sum(used.values()) if unit else None
        # Sorted, so that the same month gives the same cents to the same organisations.
        who = sorted(used, key=lambda one: (one is None, one or 0)) or [None]
        weights = [used.get(one, 0) for one in who] if used else [1]
        costs = costing.split(figures.cost, weights)
        if tariff is None:
            charges = [ZERO] * len(who)
        elif tariff.basis == Basis.PER_UNIT:
            charges = [money.cents((tariff.price or ZERO) * used.get(one, 0)) for one in who]
        else:
            total = figures.cost if tariff.basis == Basis.AT_COST else tariff.price or ZERO
            charges = costing.split(total, weights)
        figures.charge = sum(charges, ZERO)
        found.parts[service] = [
            Part(one, used.get(one) if unit else None, cost, charge)
            for one, cost, charge in zip(who, costs, charges, strict=True)
        ]


def _use(service: int, tariff: Tariff | None, counts: Counts) -> tuple[str, dict[int | None, int]]:
    """Who used a service: as its tariff counts, else by the first driver that counts anything for it."""
    if tariff is not None:
        return tariff.unit, counts.of(tariff.unit).get(service, {})
    for driver in drivers.all_drivers():
        used = counts.of(driver.code).get(service)
        if used:
            return driver.code, used
    return "", {}


# ---------- keeping ----------


@transaction.atomic
def keep(month: date) -> CostMonth | None:
    """Compute an open month and keep it; a closed one is left alone."""
    row, _made = CostMonth.objects.get_or_create(month=month)
    row = CostMonth.objects.select_for_update().get(pk=row.pk)
    if row.is_closed:
        return None
    began = clock.now()
    found = compute(month)
    row.services.all().delete()
    row.organisations.all().delete()
    kept = {service: figures for service, figures in found.services.items() if figures}
    ServiceMonth.objects.bulk_create(
        [
            ServiceMonth(
                month=row, service_id=service, direct=f.direct, labour=f.labour, shared=f.shared, assets=f.assets,
                cost=f.cost, unit=f.unit, units=f.units, charge=f.charge, value=f.value,
            )
            for service, f in kept.items()
        ],
        batch_size=500,
    )  # fmt: skip
    OrganisationMonth.objects.bulk_create(
        [
            OrganisationMonth(
                month=row, service_id=service, organisation_id=part.organisation, unit=found.services[service].unit,
                units=part.units, cost=part.cost, charge=part.charge,
            )
            for service in kept
            for part in found.parts[service]
        ],
        batch_size=500,
    )  # fmt: skip
    for name in ("cost", "charge", "value"):
        setattr(row, name, sum((getattr(figures, name) for figures in kept.values()), ZERO))
    row.unallocated, row.computed_at = found.unallocated, began
    row.save()
    return row


def keep_open() -> int:
    """Compute every open month of the last year and the running one, then what budgets have cost."""
    now, done = running(), 0
    wanted = costing.months(costing.add_months(now, -BACK), now)
    closed = set(CostMonth.objects.exclude(closed_at=None).filter(month__in=wanted).values_list("month", flat=True))
    older = CostMonth.objects.open().filter(month__lt=wanted[0]).values_list("month", flat=True)
    for month in [*older, *wanted]:
        if month in closed:
            continue
        try:
            done += keep(month) is not None
        except Exception:
            # A driver or source of another stage failed: the month stays as it was computed last.
            log.exception("a month could not be computed", extra={"month": str(month)})
    keep_budgets(now)
    return done


def keep_due() -> int:
    """The same when it is time: something was booked since, or an hour is over."""
    last = CostMonth.objects.filter(month=running()).values_list("computed_at", flat=True).first()
    now = clock.now()
    if last is not None:
        newest = max((when for when in map(_last_write, WHO) if when is not None), default=None)
        if now - last < PAUSE or (now - last < EVERY and (newest is None or newest <= last)):
            return 0
    return keep_open()


def _last_write(model: type[Record]) -> datetime | None:
    found: datetime | None = model._default_manager.aggregate(last=Max("updated_at"))["last"]
    return found


def keep_budgets(now: date) -> None:
    """What approved budgets have cost in the months of their period that are over."""
    budgets = list(Budget.objects.approved())
    by_service: dict[int, dict[date, Decimal]] = defaultdict(dict)
    first = min((budget.starts_on for budget in budgets), default=now)
    rows = ServiceMonth.objects.filter(
        service__in={budget.service_id for budget in budgets}, month__month__gte=first, month__month__lt=now
    )
    for service, month, cost in rows.values_list("service_id", "month__month", "cost"):
        by_service[service][month] = cost
    changed = []
    for budget in budgets:
        over = min(max(costing.months_from(budget.starts_on, now), 0), budget.months)
        costs = by_service[budget.service_id]
        actual = sum((costs.get(costing.add_months(budget.starts_on, at), ZERO) for at in range(over)), ZERO)
        if (budget.actual, budget.counted_months) != (actual, over):
            budget.actual, budget.counted_months = actual, over
            changed.append(budget)
    Budget.objects.bulk_update(changed, ["actual", "counted_months"], batch_size=200)


# ---------- closing ----------


def _month(month: date, actor: User, version: int | None) -> CostMonth:
    verdict = policies.may_keep(None, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if month >= running():
        raise Refused(_("The month is not over yet."))
    row, _made = CostMonth.objects.get_or_create(month=month)
    row = CostMonth.objects.select_for_update().get(pk=row.pk)
    if version is not None and row.version != version:
        raise Stale(_("Somebody changed this meanwhile."), current={"version": row.version})
    return row


@transaction.atomic
def close(month: date, *, actor: User, source: str, version: int | None = None) -> CostMonth:
    """Compute it for the last time; from then on it is history."""
    row = _month(month, actor, version)
    if row.is_closed:
        raise Refused(_("The month is closed already."))
    kept = keep(month)
    assert kept is not None  # noqa: S101 - the row is locked and open
    kept.closed_at, kept.closed_by, kept.version = clock.now(), actor, kept.version + 1
    kept.save()
    audit.record(kept, "month.closed", actor=actor, source=source, changes={"cost": [None, str(kept.cost)]})
    return kept


@transaction.atomic
def reopen(month: date, *, actor: User, source: str, reason: str, version: int | None = None) -> CostMonth:
    """Something was wrong: the month is computed anew from the books as they stand now."""
    row = _month(month, actor, version)
    if not row.is_closed:
        raise Refused(_("The month is open."))
    row.closed_at = row.closed_by = None
    row.reopened_at, row.version = clock.now(), row.version + 1
    row.save()
    changes = {"reason": [None, reason], "cost": [str(row.cost), None]}
    audit.record(row, "month.reopened", actor=actor, source=source, changes=changes)
    return keep(month) or row


def close_due() -> int:
    """Close months that are over long enough. A month without any figure stays open: nobody keeps books yet."""
    now, done = clock.now(), 0
    system = User.objects.system()
    for row in CostMonth.objects.open().filter(month__lt=running()).order_by("month"):
        end = datetime.combine(costing.add_months(row.month, 1), datetime.min.time(), timezone.get_default_timezone())
        if now < max(end, row.reopened_at or end) + GRACE or not row.services.exists():
            continue
        try:
            close(row.month, actor=system, source=Source.SYSTEM)
            done += 1
        except Refused:
            log.info("a month was closed by somebody else", extra={"month": str(row.month)})
    return done
