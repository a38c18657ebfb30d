"""Measuring: what was agreed, what happened, and the rows of days that pages read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Min, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.models import CalendarVersion, Coverage
from itsm.sla.services.measure import DAY, bounds, today
from itsm.sla.services.terms import schedule_of
from operation.availability import History, Span, Tally, merged, tally, within, without
from operation.models import ApplicationType, AvailabilityDay, AvailabilityObjective, Event, Outage
from operation.states import OutageKind, Severity
from transition.models import ConfigurationItem, MaintenanceWindow, TicketCI

Kind = Literal["service", "item"]
#: No day that lies further back is measured again.
MOST_DAYS = 400
#: After a longer silence the days before are left out: an installation that slept did not serve.
CATCH_UP_DAYS = 62


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds now: the hours that were agreed, and the objective."""

    calendar_version: int | None = None
    objective: Decimal | None = None
    #: Ids of the maintenance windows of a service, whether they are in force or not.
    windows: frozenset[int] = frozenset()


#: Where an objective comes from when none is set here: ids of services, or of items -> percent.
Promises = Callable[[Kind, Collection[int]], dict[int, Decimal]]
_promises: list[Promises] = []


def _local_day(moment: datetime) -> date:
    """The day it is where the installation stands."""
    return moment.astimezone(timezone.get_default_timezone()).date()


def promised_by(source: Promises) -> None:
    """Let ``source`` say what was promised where no objective is set; called from ``AppConfig.ready``."""
    if source not in _promises:
        _promises.append(source)


# ---------- what is measured ----------


def services() -> Any:
    return Service.objects.live()


def applications() -> Any:
    """Items in use whose type is one of applications, or lies below one."""
    types = {pk for one in ApplicationType.objects.select_related("type") for pk in one.type.with_below()}
    return ConfigurationItem.objects.in_use().filter(type__in=types)


# ---------- what was agreed ----------


def terms(kind: Kind, ids: Collection[int]) -> dict[int, Terms]:
    """Agreed hours and objective of each service or item. An application has the hours of its services."""
    hours = _hours(ids) if kind == "service" else _hours_of_items(ids)
    objectives: dict[int, Decimal] = {}
    for source in _promises:
        objectives |= source(kind, ids)
    of: dict[int, set[int]] = defaultdict(set)
    if kind == "service":
        # What is set and when work is agreed, in one query: every page of a service asks for both.
        joined = Service.objects.filter(pk__in=ids).order_by()
        columns = ("pk", "availability_objective__percent", "maintenance_windows")
        for pk, percent, window in joined.values_list(*columns):
            if percent is not None:
                objectives[pk] = percent
            if window is not None:
                of[pk].add(window)
    else:
        rows = AvailabilityObjective.objects.filter(item__in=ids)
        objectives |= {pk: percent for pk, percent in rows.values_list("item_id", "percent") if pk is not None}
    return {pk: Terms(hours.get(pk), objectives.get(pk), frozenset(of[pk])) for pk in ids}


def _hours(ids: Collection[int]) -> dict[int, int | None]:
    """The calendar of the support level that covers each service: its own before a general one, the best rank first.

    What is agreed with single organisations counts only where nothing is agreed for all.
    """
    now = _local_day(clock.now())
    newest = CalendarVersion.objects.filter(calendar=OuterRef("support_level__calendar")).order_by("-number")
    rows = (
        Coverage.objects.filter(Q(service__in=ids) | Q(service__isnull=True), offering__isnull=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=now), Q(valid_to__isnull=True) | Q(valid_to__gte=now))
        .filter(support_level__is_active=True)
        .annotate(version=Subquery(newest.values("pk")[:1]), rank=F("support_level__rank"))
        .values_list("service_id", "organisation_id", "rank", "version")
    )
    found = sorted(rows, key=lambda row: (row[0] is None, row[1] is not None, row[2]))
    best: dict[int | None, int | None] = {}
    for service, organisation, _rank, version in found:
        if service is not None or organisation is None:
            best.setdefault(service, version)
    return {pk: best.get(pk, best.get(None)) for pk in ids}


def _hours_of_items(ids: Collection[int]) -> dict[int, int | None]:
    """The hours of the most critical service that an item supports."""
    links = ConfigurationItem.services.through.objects.filter(configurationitem__in=ids)
    rows = links.order_by("service__criticality", "service_id").values_list("configurationitem_id", "service_id")
    first: dict[int, int] = {}
    for item, service in rows:
        first.setdefault(item, service)
    hours = _hours(set(first.values()))
    return {item: hours.get(service) for item, service in first.items()}


def hours_in_words(version: int | None) -> str:
    """The agreed hours as a name."""
    if version is None:
        return _("around the clock")
    return str(CalendarVersion.objects.select_related("calendar").get(pk=version).calendar)


# ---------- what happened ----------


@dataclass(slots=True)
class _Spans:
    down: list[Span] = field(default_factory=list)
    degraded: list[Span] = field(default_factory=list)
    planned: list[Span] = field(default_factory=list)

    def add(self, kind: str, begin: datetime, end: datetime | None, now: datetime) -> None:
        which = {OutageKind.OUTAGE: self.down, OutageKind.DEGRADATION: self.degraded}.get(
            OutageKind(kind), self.planned
        )
        which.append((begin, max(begin, end or now)))


def histories(
    kind: Kind, ids: Collection[int], begin: datetime, end: datetime, *, held: dict[int, Terms] | None = None,
    rows: Iterable[AvailabilityDay] | None = None, since: date | None = None,
) -> dict[int, History]:  # fmt: skip
    """What happened to each, as whole spans. An outage that others run into is followed back to its begin."""
    for _turn in range(20):
        found = _read(kind, ids, begin, end)
        earliest = min((span[0] for one in found.values() for span in one.down), default=begin)
        if earliest >= begin:
            break
        begin = earliest
    for pk, spans in windows(kind, ids, begin, end, held=held, rows=rows, since=since).items():
        found[pk].planned += spans
    return {pk: History.of(one.down, one.degraded, one.planned) for pk, one in found.items()}


def _read(kind: Kind, ids: Collection[int], begin: datetime, end: datetime) -> dict[int, _Spans]:
    now = clock.now()
    found: dict[int, _Spans] = defaultdict(_Spans)
    rows = _outages(ids, begin, end) if kind == "service" else _of_items(ids, begin, end)
    for pk, what, began, ended in rows:
        found[pk].add(what, began, ended, now)
    return found


def _outages(ids: Collection[int], begin: datetime, end: datetime) -> Iterator[tuple[int, str, datetime, Any]]:
    """Announced outages of services."""
    hit = Outage.objects.overlapping(begin, end).filter(services__in=ids)
    yield from hit.values_list("services", "kind", "begins_at", "ended_at").iterator()


def _of_items(ids: Collection[int], begin: datetime, end: datetime) -> Iterator[tuple[int, str, datetime, Any]]:
    """An application is down while a critical event on it fires, or an outage lasts whose incident is about it."""
    lasting = Q(ended_at__isnull=True) | Q(ended_at__gt=begin)
    events = Event.objects.filter(lasting, item__in=ids, severity=Severity.CRITICAL, first_at__lt=end)
    for item, began, ended in events.values_list("item_id", "first_at", "ended_at").iterator():
        yield item, OutageKind.OUTAGE, began, ended
    outages = Outage.objects.overlapping(begin, end)
    about = dict(outages.filter(incident__isnull=False).values_list("incident_id", "pk"))
    told = {pk: row for pk, *row in outages.values_list("pk", "kind", "begins_at", "ended_at")} if ids else {}
    for item, incident in TicketCI.objects.filter(item__in=ids, ticket__in=about).values_list("item_id", "ticket_id"):
        yield (item, *told[about[incident]])  # type: ignore[misc]
    # Work that is planned on its services is planned on the application.
    links = ConfigurationItem.services.through.objects.filter(configurationitem__in=ids)
    planned = Outage.services.through.objects.filter(
        service__in=links.values("service"), outage__kind=OutageKind.PLANNED, outage__in=outages
    )
    by_service = defaultdict(list)
    for outage, service in planned.values_list("outage_id", "service_id"):
        by_service[service].append(outage)
    if by_service:
        for item, service in links.filter(service__in=by_service).values_list("configurationitem_id", "service_id"):
            for outage in by_service[service]:
                yield (item, *told[outage])  # type: ignore[misc]


def windows(
    kind: Kind, ids: Collection[int], begin: datetime, end: datetime, *, held: dict[int, Terms] | None = None,
    rows: Iterable[AvailabilityDay] | None = None, since: date | None = None,
) -> dict[int, list[Span]]:  # fmt: skip
    """Maintenance windows of each: what was agreed to be time for work is no agreed time of service.

    A day that is kept remembers its windows; on any other day those count that are agreed now.
    """
    found = {pk: merged(spans) for pk, spans in _agreed_windows(kind, ids, begin, end, held).items()}
    first, last = _local_day(begin), _local_day(end)
    if rows is None or since is None or first < since:
        # Whoever read the days since then already need not read them again.
        rows = AvailabilityDay.objects.filter(**{f"{kind}__in": ids}, day__range=(first, last))
    kept: dict[int, list[tuple[date, Any]]] = defaultdict(list)
    for row in rows:
        pk = getattr(row, f"{kind}_id")
        if first <= row.day <= last and (row.windows or pk in found):
            kept[pk].append((row.day, row.windows or []))
    for pk, days_ in kept.items():
        spans = without(found.get(pk, []), merged(bounds(day) for day, _remembered in days_))
        told = [(_moment(one), _moment(other)) for _day, remembered in days_ for one, other in remembered]
        found[pk] = merged([*spans, *told])
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _agreed_windows(
    kind: Kind, ids: Collection[int], begin: datetime, end: datetime, held: dict[int, Terms] | None
) -> dict[int, list[Span]]:  # fmt: skip
    """By the windows that are agreed now; an application has those of its services."""
    through = MaintenanceWindow.services.through.objects.filter(maintenancewindow__is_active=True)
    of: dict[int, list[int]] = defaultdict(list)
    if kind == "service" and held is not None:
        pairs = [(pk, window) for pk in ids for window in held[pk].windows]
    elif kind == "service":
        pairs = list(through.filter(service__in=ids).values_list("service_id", "maintenancewindow_id"))
    else:
        links = ConfigurationItem.services.through.objects.filter(configurationitem__in=ids)
        by_service = defaultdict(list)
        for service, window in through.filter(service__in=links.values("service")).values_list(
            "service_id", "maintenancewindow_id"
        ):
            by_service[service].append(window)
        own = links.filter(service__in=by_service).values_list("configurationitem_id", "service_id")
        pairs = [(item, window) for item, service in own for window in by_service[service]]
    for pk, window in pairs:
        of[window].append(pk)
    found: dict[int, list[Span]] = defaultdict(list)
    for one in MaintenanceWindow.objects.filter(pk__in=of, is_active=True).order_by("pk"):
        spans = list(one.spans(begin, end))
        for pk in of[one.pk]:
            found[pk] += spans
    return found


# ---------- the rows ----------


def measure(first: date, last: date) -> int:
    """Measure the days from ``first`` to ``last`` anew, by the terms that each day remembers; returns the rows."""
    if last >= today():
        raise ValueError("Only days that are over can be measured.")
    first = max(first, last - MOST_DAYS * DAY)
    return _measure("service", services(), first, last) + _measure("item", applications(), first, last)


@transaction.atomic
def _measure(kind: Kind, subjects: Any, first: date, last: date) -> int:
    born = dict(subjects.values_list("pk", "created_at"))
    held = terms(kind, born)
    kept = {
        (getattr(row, f"{kind}_id"), row.day): row
        for row in AvailabilityDay.objects.filter(**{f"{kind}__isnull": False}, day__range=(first, last))
    }
    happened = histories(kind, born, bounds(first)[0], bounds(last)[1])
    free = windows(kind, born, bounds(first)[0], bounds(last)[1])
    now, rows = clock.now(), []
    for day in days(first, last):
        begin, end = bounds(day)
        for pk, since in born.items():
            row = kept.get((pk, day))
            if row is None and since >= end:
                continue
            if row is None:
                row = AvailabilityDay(
                    **{f"{kind}_id": pk}, day=day, calendar_version_id=held[pk].calendar_version,
                    objective=held[pk].objective,
                    windows=[[one.isoformat(), other.isoformat()]
                             for one, other in within(free.get(pk, []), [(begin, end)])],
                )  # fmt: skip
            row.tally = of_day(row, happened.get(pk, History()), begin, end, since)
            row.measured_at = now
            rows.append(row)
    AvailabilityDay.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=[kind, "day"],
        update_fields=["agreed", "down", "degraded", "planned", "budget", "failures", "measured_at"],
    )  # fmt: skip
    return len(rows)


def tallies(kind: Kind, subjects: Any, first: date, last: date) -> Iterator[tuple[date, int, Tally]]:
    """Every day of every subject that existed on it: as it is kept, else worked out by what holds now."""
    born = dict(subjects.values_list("pk", "created_at"))
    rows = AvailabilityDay.objects.filter(**{f"{kind}__in": born}, day__range=(first, last))
    kept = {(getattr(row, f"{kind}_id"), row.day): row.tally for row in rows}
    missing = [
        (day, pk) for day in days(first, last) for pk, since in born.items()
        if (pk, day) not in kept and since < bounds(day)[1]
    ]  # fmt: skip
    if missing:
        ids = {pk for _day, pk in missing}
        held = terms(kind, ids)
        happened = histories(kind, ids, bounds(missing[0][0])[0], bounds(missing[-1][0])[1])
        for day, pk in missing:
            fresh = AvailabilityDay(calendar_version_id=held[pk].calendar_version, objective=held[pk].objective)
            kept[pk, day] = of_day(fresh, happened.get(pk, History()), *bounds(day), born[pk])
    for (pk, day), found in sorted(kept.items(), key=lambda one: (one[0][1], one[0][0])):
        yield day, pk, found


def of_day(row: AvailabilityDay, happened: History, begin: datetime, end: datetime, since: datetime) -> Tally:
    """The tally of a day, from when the subject existed."""
    return tally(schedule_of(row.calendar_version_id), happened, max(begin, min(since, end)), end, row.objective)


def days(first: date, last: date) -> Iterable[date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def catch_up() -> int:
    """Measure the days that are over and have not been, and those of which something new was learned."""
    yesterday = today() - DAY
    newest = AvailabilityDay.objects.order_by("-day").first()
    if newest is None:
        return measure(yesterday, yesterday)
    first = max(newest.day + DAY, yesterday - CATCH_UP_DAYS * DAY)
    learned = _learned_since(newest.measured_at)
    if learned is not None:
        first = min(first, _local_day(learned))
    return measure(first, yesterday) if first <= yesterday else 0


def _learned_since(moment: datetime) -> datetime | None:
    """When the earliest thing began that was told after ``moment``."""
    outages = Outage.objects.filter(updated_at__gte=moment - timedelta(minutes=1)).aggregate(at=Min("begins_at"))
    events = Event.objects.filter(
        severity=Severity.CRITICAL, item__isnull=False, last_at__gte=moment - timedelta(minutes=1)
    ).aggregate(at=Min("first_at"))
    return min((row["at"] for row in (outages, events) if row["at"]), default=None)
