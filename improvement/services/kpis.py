"""KPIs: counting days and keeping them, and what the organisation decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from improvement import kpi_policies as policies
from improvement.models import KPI, Measurement, MeasurementDay
from improvement.reports.kpis import definition
from improvement.reports.kpis.definition import HIGH, Counted, Definition
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Stale
from itsm.notifications.services.events import emit
from itsm.sla.services import measure

if TYPE_CHECKING:
    from itsm.accounts.models import User

DAY = measure.DAY
#: After a longer silence the days before are left to the command.
CATCH_UP_DAYS = 31


# ---------- counting ----------


def sync() -> int:
    """A row for every KPI that is known in code, with the suggested target; returns how many are new."""
    known = set(KPI.objects.values_list("code", flat=True))
    new = [
        KPI(code=one.code, target=one.target, warning=one.warning)
        for one in definition.all_of_them()
        if one.code not in known
    ]
    KPI.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def catch_up() -> int:
    """Count what is due: days that are over and were not counted, and those whose cohort is still open."""
    sync()
    counted = 0
    yesterday = measure.today() - DAY
    for one in definition.all_of_them():
        kpi = KPI.objects.active().filter(code=one.code).first()
        if kpi is None or not one.is_supplied:
            continue
        newest = kpi.days.order_by("-day").values_list("day", flat=True).first()
        first = max(newest + DAY, yesterday - CATCH_UP_DAYS * DAY) if newest else yesterday
        counted += count(kpi, one, min(first, yesterday - one.window * DAY), yesterday, since=first)
    return counted


def back_fill(
    first: date, last: date, *, again: bool = False, codes: Collection[str] = (),
    progress: Callable[[int], object] | None = None,
) -> int:  # fmt: skip
    """Count all days from ``first`` to ``last`` that were not; with ``again`` also those that were.

    Returns how many days of how many KPIs were counted, as one number.
    """
    if last >= measure.today():
        raise ValueError("Only days that are over can be counted.")
    sync()
    counted = 0
    for one in definition.all_of_them():
        kpi = KPI.objects.active().filter(code=one.code).first()
        if kpi is not None and one.is_supplied and (not codes or one.code in codes):
            counted += count(kpi, one, first, last, again=again)
        if progress:
            progress(1)
    return counted


@transaction.atomic
def count(kpi: KPI, one: Definition, first: date, last: date, *, again: bool = False, since: date | None = None) -> int:
    """Count days of one KPI. The KPI's row is the lock: two that count at once do not count double.

    A counted day is left alone, unless ``again``, or while its window is open and it was not counted today. Days
    before ``since`` are counted only if they had been counted before.
    """
    KPI.objects.select_for_update().get(pk=kpi.pk)
    have = {row.day: row for row in kpi.days.filter(day__range=(first, last))}
    today = measure.today()
    midnight = measure.bounds(today)[0]
    days = [first + number * DAY for number in range((last - first).days + 1)]
    fresh = [day for day in days if day not in have and (since is None or day >= since)]
    open_until = today - one.window * DAY - DAY
    stale = [
        day for day in days if day in have and day >= open_until and one.window and have[day].measured_at < midnight
    ]
    wanted = sorted({*fresh, *(have if again else stale)})
    if not wanted:
        return 0
    rows = _sums(one, wanted)
    kpi.measurements.filter(day__in=wanted).delete()
    Measurement.objects.bulk_create(_rows(kpi, rows), batch_size=1000)
    now = clock.now()
    MeasurementDay.objects.bulk_create(
        [MeasurementDay(kpi=kpi, day=day, measured_at=now) for day in fresh], batch_size=1000
    )
    old = [day for day in wanted if day in have]
    kpi.days.filter(day__in=old).update(measured_at=now)
    kpi.days.filter(day__in=[day for day in old if day < open_until or not one.window]).update(restated_at=now)
    return len(wanted)


def _sums(one: Definition, wanted: list[date]) -> dict[tuple[date, Any], list[int]]:
    """Both parts of the fraction by day and group."""
    sums: dict[tuple[date, Any], list[int]] = defaultdict(lambda: [0, 0])
    days = set(wanted)
    for counted in _in_runs(one, wanted):
        if counted.day in days and (counted.numerator or counted.denominator):
            entry = sums[counted.day, counted.group]
            entry[0] += counted.numerator
            entry[1] += counted.denominator
    return sums


def _in_runs(one: Definition, wanted: list[date]) -> Iterable[Counted]:
    """Neighbouring days are asked for together."""
    start = 0
    for place in range(1, len(wanted) + 1):
        if place == len(wanted) or wanted[place] - wanted[place - 1] != DAY:
            yield from one.counted(wanted[start], wanted[place - 1])
            start = place


def _rows(kpi: KPI, sums: dict[tuple[date, Any], list[int]]) -> list[Measurement]:
    return [
        Measurement(kpi=kpi, day=day, numerator=up, denominator=down, **group._asdict())
        for (day, group), (up, down) in sorted(sums.items(), key=str)
    ]


# ---------- deciding ----------


FIELDS = ("target", "warning", "owner", "note", "is_active")


@transaction.atomic
def decide(kpi: KPI, *, actor: User, source: str, version: int | None = None, **values: Any) -> KPI:
    """Set target, warning, owner and whether it is measured. ``Invalid`` names the field that does not fit."""
    fresh = KPI.objects.select_for_update().get(pk=kpi.pk)
    verdict = policies.may_decide(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if version is not None and fresh.version != version:
        raise Stale(_("Somebody changed this meanwhile."), current={_("Target"): str(fresh.target or "–")})
    unknown = {name: _("This cannot be changed.") for name in values if name not in FIELDS}
    if unknown:
        raise Invalid(unknown)
    before = audit.snapshot(fresh)
    for name, value in values.items():
        setattr(fresh, name, value)
    _check(fresh)
    difference = audit.diff(before, audit.snapshot(fresh))
    if not difference:
        return fresh
    fresh.version += 1
    fresh.updated_at = clock.now()
    fresh.save()
    audit.record(fresh, "kpi.decide", actor=actor, source=source, changes=difference)
    emit("kpi.decide", fresh, actor=actor, source=source, changed=sorted(difference))
    return fresh


def _check(kpi: KPI) -> None:
    errors: dict[str, Any] = {}
    try:
        kpi.clean_fields(exclude=["owner"])
    except ValidationError as error:
        errors |= {name: list(messages) for name, messages in error.message_dict.items()}
    for name in ("target", "warning"):
        value = getattr(kpi, name)
        if name not in errors and value is not None and value < 0:
            errors[name] = _("This cannot be negative.")
    if kpi.owner is not None and not (kpi.owner.is_active and kpi.owner.is_desk):
        errors["owner"] = _("The owner has to belong to the desk.")
    one = definition.get(kpi.code)
    if not errors and kpi.warning is not None:
        if kpi.target is None:
            errors["warning"] = _("A warning needs a target.")
        elif one is not None and kpi.warning != kpi.target and (kpi.warning > kpi.target) == (one.direction == HIGH):
            errors["warning"] = (
                _("Higher is better here: the warning lies below the target.")
                if one.direction == HIGH
                else _("Lower is better here: the warning lies above the target.")
            )
    if errors:
        raise Invalid(errors)
