"""The change calendar: a week by service or a month by day, with freezes, maintenance windows and clashes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from itsm.catalogue import health
from itsm.catalogue.models import Service
from itsm.lib import clock
from transition.models import Change, FreezeWindow, MaintenanceWindow
from transition.reports import change_conflicts, change_scope
from transition.states.changes import ChangeState

if TYPE_CHECKING:
    from itsm.accounts.models import User

WEEK = 7
#: More changes are not drawn; the list has all of them.
MOST = 400
#: Rows of one lane; more is said in words.
ROWS = 8
#: Width of a letter, and what stands around a label, in percent of a lane.
LETTER, EDGE = 1.0, 3.0
HIDDEN = (ChangeState.CANCELLED, ChangeState.REJECTED)


@dataclass(slots=True)
class Slot:
    """A bar on a lane: where, how long, in which row, and on which side its words stand."""

    change: Change
    start: float
    length: float
    row: int = 0
    left: bool = False
    clash: bool = False
    draft: bool = False
    label: str = ""


@dataclass(slots=True)
class Zone:
    """A stretch of a lane that is frozen, or agreed for maintenance."""

    kind: str
    name: str
    start: float
    length: float


@dataclass(slots=True)
class Lane:
    """One service's week."""

    name: str
    url: str = ""
    health: str = "up"
    slots: list[Slot] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    more: int = 0

    @property
    def rows(self) -> int:
        return max((slot.row for slot in self.slots), default=0) + 1


@dataclass(slots=True)
class Day:
    """One day with its changes in order."""

    day: date
    changes: list[Change] = field(default_factory=list)
    freezes: list[FreezeWindow] = field(default_factory=list)
    outside: bool = False


@dataclass(slots=True)
class Calendar:
    """What a page shows of a span of days."""

    first: date
    last: date
    changes: list[Change]
    freezes: list[FreezeWindow]
    clashes: dict[int, list[Change]]
    #: Change and freeze that it runs into.
    frozen: list[tuple[Change, FreezeWindow]]
    lanes: list[Lane] = field(default_factory=list)
    events: list[Zone] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    now: float | None = None
    cut: bool = False

    @property
    def pairs(self) -> list[tuple[Change, Change]]:
        """Each clash once, the earlier change first."""
        return [
            (one, other) for one in self.changes for other in self.clashes.get(one.pk, ())
            if (one.planned_start, one.pk) < (other.planned_start, other.pk)
        ]  # fmt: skip


def week(user: User, first: date, **filters: Any) -> Calendar:
    """Seven days from a Monday on, by service."""
    found = _read(user, first, first + timedelta(days=WEEK - 1), filters)
    _lanes(found)
    _days(found)
    found.now = _share(found, clock.now())
    return found


def month(user: User, first: date, **filters: Any) -> Calendar:
    """The whole weeks around a month."""
    begin = first.replace(day=1)
    after = (begin + timedelta(days=32)).replace(day=1)
    start = begin - timedelta(days=begin.weekday())
    end = after + timedelta(days=(7 - after.weekday()) % 7) - timedelta(days=1)
    found = _read(user, start, end, filters)
    _days(found)
    for one in found.days:
        one.outside = one.day.month != begin.month
    return found


def midnight(day: date) -> datetime:
    """The beginning of a day where the reader is."""
    return timezone.make_aware(datetime.combine(day, time()))


def _read(user: User, first: date, last: date, filters: dict[str, Any]) -> Calendar:
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    rows = Change.objects.visible_to(user).between(begin, end).exclude(state__in=HIDDEN)
    if filters.get("change_type"):
        rows = rows.filter(change_type=filters["change_type"])
    if filters.get("service"):
        rows = rows.touching([filters["service"]])
    changes = list(
        rows.select_related("service").prefetch_related("services").order_by("planned_start", "id")
        .defer("description", "implementation_plan", "test_plan", "backout_plan")[: MOST + 1]
    )  # fmt: skip
    frozen = FreezeWindow.objects.filter(is_active=True, starts_at__lt=end, ends_at__gt=begin)
    freezes = list(frozen.prefetch_related("services").order_by("starts_at", "id"))
    shown = changes[:MOST]
    scopes = change_scope.scopes([one for one in shown if one.state in ChangeState.PLANNED])
    clashes = change_conflicts.clashing(shown, scopes)
    found = Calendar(first, last, shown, freezes, clashes, [], cut=len(changes) > MOST)
    for one in shown:
        scope = scopes.get(one.pk)
        if scope is None or one.change_type == "emergency":
            continue
        for freeze in freezes:
            services = {service.pk for service in freeze.services.all()}
            meets = one.planned_start < freeze.ends_at and one.planned_end > freeze.starts_at
            if meets and (not services or services & scope.services_hit):
                found.frozen.append((one, freeze))
    return found


def _services(change: Change) -> list[Service]:
    own = [change.service] if change.service is not None else []
    return own + [one for one in change.services.all() if one.pk != change.service_id]


def _lanes(found: Calendar) -> None:
    by: dict[int, list[Change]] = {}
    names: dict[int, Service] = {}
    loose: list[Change] = []
    for one in found.changes:
        services = _services(one)
        if not services:
            loose.append(one)
        for service in services:
            names[service.pk] = service
            by.setdefault(service.pk, []).append(one)
    states = health.of(names)
    windows = _windows(names)
    for service in sorted(names.values(), key=lambda one: (one.criticality, one.name)):
        lane = Lane(service.name, service.get_absolute_url(), states[service.pk].word)
        for freeze in found.freezes:
            services_frozen = {one.pk for one in freeze.services.all()}
            if not services_frozen or service.pk in services_frozen:
                lane.zones += _zone(found, "freeze", freeze.name, freeze.starts_at, freeze.ends_at)
        for window in windows.get(service.pk, ()):
            span = midnight(found.first), midnight(found.last + timedelta(days=1))
            for begin, end in window.spans(*span):
                lane.zones += _zone(found, "window", window.name, begin, end)
        _fill(found, lane, by[service.pk])
        found.lanes.append(lane)
    if loose:
        lane = Lane("")
        _fill(found, lane, loose)
        found.lanes.append(lane)
    for freeze in found.freezes:
        found.events += _zone(found, "freeze", freeze.name, freeze.starts_at, freeze.ends_at)


def _windows(services: Iterable[int]) -> dict[int, list[MaintenanceWindow]]:
    found: dict[int, list[MaintenanceWindow]] = {}
    wanted = set(services)
    rows = MaintenanceWindow.objects.filter(is_active=True, services__in=wanted).distinct()
    for one in rows.prefetch_related("services"):
        for service in one.services.all():
            if service.pk in wanted:
                found.setdefault(service.pk, []).append(one)
    return found


def _fill(found: Calendar, lane: Lane, changes: list[Any]) -> None:
    """Put bars into rows so that no words cover others; late bars have their words on the left."""
    taken: list[float] = [-1.0] * ROWS
    slots = []
    for one in changes:
        start, end = _share(found, one.planned_start, clip=True), _share(found, one.planned_end, clip=True)
        if start is None or end is None:
            continue
        clash = one.pk in found.clashes or any(change.pk == one.pk for change, _freeze in found.frozen)
        slot = Slot(one, round(start, 2), round(max(end - start, 0.4), 2), clash=clash)
        slot.draft = one.state in ("draft", "assessing")
        slot.label = f"{one.number} {one.title}" if clash else one.title
        width = EDGE + LETTER * min(len(slot.label), 44) + (2 if clash or one.change_type == "emergency" else 0)
        slot.left = slot.start + slot.length + width > 100 and slot.start > width
        begin = slot.start - width if slot.left else slot.start
        stop = slot.start + slot.length + (0 if slot.left else width)
        slots.append((begin, stop, slot))
    for begin, stop, slot in sorted(slots, key=lambda each: each[0]):
        row = next((number for number, until in enumerate(taken) if until <= begin), None)
        if row is None:
            lane.more += 1
            continue
        taken[row] = stop
        slot.row = row
        lane.slots.append(slot)


def _zone(found: Calendar, kind: str, name: str, begin: datetime, end: datetime) -> list[Zone]:
    start, stop = _share(found, begin, clip=True), _share(found, end, clip=True)
    if start is None or stop is None or stop <= start:
        return []
    return [Zone(kind, name, round(start, 2), round(stop - start, 2))]


def _share(found: Calendar, moment: datetime, *, clip: bool = False) -> float | None:
    """Where a moment lies, in percent of the span: each day is as wide as any other, also when clocks change."""
    local = timezone.localtime(moment)
    amount = (found.last - found.first).days + 1
    into = (local.hour * 3600 + local.minute * 60 + local.second) / 86_400
    share = ((local.date() - found.first).days + into) * 100 / amount
    if clip:
        return min(max(share, 0.0), 100.0)
    return share if 0 <= share < 100 else None


def _days(found: Calendar) -> None:
    amount = (found.last - found.first).days + 1
    found.days = [Day(found.first + timedelta(days=number)) for number in range(amount)]
    for one in found.changes:
        first = max(timezone.localtime(one.planned_start).date(), found.first)
        found.days[(first - found.first).days].changes.append(one)
    for freeze in found.freezes:
        first = max(timezone.localtime(freeze.starts_at).date(), found.first)
        last = min(timezone.localtime(freeze.ends_at - timedelta(seconds=1)).date(), found.last)
        for number in range((first - found.first).days, (last - found.first).days + 1):
            found.days[number].freezes.append(freeze)
