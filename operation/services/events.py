"""Events: telling new from known, and handing what is new to correlation.

``receive`` is the door for whatever reports: the intake address and the monitors of our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from itsm.catalogue.models import Service
from itsm.lib import clock
from operation.intake.adapters import latest
from operation.intake.signals import Signal
from operation.models import Event, EventSource
from operation.services.correlation import MOST_NOTES, OVER, Batch, Receipt, recovered, suppress_by
from operation.services.event_care import close, open_incident, review
from operation.states import EventState
from transition.models import CIIdentity, ConfigurationItem
from transition.models.configuration import normal
from transition.reports import impact
from transition.states.configuration import CIState

__all__ = ["MOST_NOTES", "Receipt", "close", "open_incident", "receive", "review", "suppress_by"]

#: Under these keys an item may have the name that a tool knows it by.
HOST_KEYS = ("hostname", "name", "fqdn", "ip", "address", "url")


@transaction.atomic
def receive(source: EventSource, signals: Iterable[Signal]) -> Receipt:
    """Take in what a source reports. Batches wait for each other, of whichever source they are: two tools that see
    the same in the same instant open one incident."""
    source = {one.pk: one for one in EventSource.objects.select_for_update().order_by("pk")}[source.pk]
    now = clock.now()
    came = latest(signals)
    receipt = Receipt()
    known = {
        event.fingerprint: event
        for event in Event.objects.firing().filter(source=source, fingerprint__in=came).select_related("incident")
    }
    repeated, over, fresh = [], [], []
    for fingerprint, (signal, count) in came.items():
        event = known.get(fingerprint)
        if event is None and signal.firing:
            fresh.append((signal, count))
        elif event is None:
            receipt.ignored += 1
        elif signal.firing:
            repeated.append(_repeat(event, signal, count, now))
        else:
            over.append(_end(event, signal, now))
    fields = ["count", "last_at", "severity", "title", "description", "labels", "url", "state", "ended_at"]
    Event.objects.bulk_update([*repeated, *over], fields, batch_size=500)
    events = _create(source, fresh, now)
    batch = Batch(source, receipt, now, [*events, *(one for one in repeated if _is_loose(one))])
    for event in events:
        batch.follow(event)
    for event in repeated:
        batch.again(event)
    batch.flush()
    for incident_id in dict.fromkeys(event.incident_id for event in over if event.incident_id):
        recovered(incident_id)
    EventSource.objects.filter(pk=source.pk).update(last_heard_at=now)
    receipt.new, receipt.repeated, receipt.resolved = len(events), len(repeated), len(over)
    return receipt


def _is_loose(event: Event) -> bool:
    """It has no incident, or one that is over: it may belong to another one now."""
    return event.incident is None or event.incident.state in OVER


def _repeat(event: Event, signal: Signal, count: int, now: datetime) -> Event:
    event.count += count
    event.last_at = now
    event.severity, event.title = signal.severity, signal.title
    event.description, event.labels, event.url = signal.description, dict(signal.labels), signal.url
    return event


def _end(event: Event, signal: Signal, now: datetime) -> Event:
    event.state, event.last_at = EventState.RESOLVED, now
    ended = signal.at if signal.at and event.first_at <= signal.at <= now else now
    event.ended_at = ended
    return event


def _create(source: EventSource, fresh: list[tuple[Signal, int]], now: datetime) -> list[Event]:
    items = _items({host for signal, _count in fresh for host in signal.hosts})
    services = _services({signal.service for signal, _count in fresh} - {""})
    made, supported = [], {item.pk: item for item in items.values()}
    above = _services_of(supported)
    for signal, count in fresh:
        item = next((items[normal("name", host)] for host in signal.hosts if normal("name", host) in items), None)
        service = services.get(signal.service.casefold()) or (above.get(item.pk) if item else None) or source.service
        first = signal.at if signal.at and signal.at <= now else now
        made.append(Event(
            source=source, fingerprint=signal.fingerprint, severity=signal.severity, title=signal.title,
            description=signal.description, group=signal.group, host=next(iter(signal.hosts), ""), url=signal.url,
            labels=dict(signal.labels), item=item, service=service, count=count, first_at=first, last_at=now,
        ))  # fmt: skip
    return Event.objects.bulk_create(made)


def _items(hosts: set[str]) -> dict[str, ConfigurationItem]:
    """Items by the names that tools know them by: identifying values first, then the item's own name."""
    names = {normal("name", host) for host in hosts}
    if not names:
        return {}
    rows = CIIdentity.objects.filter(key__in=HOST_KEYS, value__in=names).select_related("item")
    found = {row.value: row.item for row in rows}
    missing = Q(pk__in=[])
    for name in [host for host in hosts if normal("name", host) not in found][:200]:
        missing |= Q(name__iexact=name)
    for item in ConfigurationItem.objects.filter(missing).order_by("pk"):
        found.setdefault(normal("name", item.name), item)
    return found


def _services(names: set[str]) -> dict[str, Service]:
    rows = Service.objects.live().filter(Q(slug__in=names) | Q(name__in=names))
    return {key.casefold(): service for service in rows for key in (service.slug, service.name)}


def _services_of(items: Iterable[int]) -> dict[int, Service]:
    """The most critical service that each item supports, or that what depends on it supports; a few queries for all."""
    through = ConfigurationItem.services.through.objects.filter(configurationitem__in=list(items)).order_by()
    wanted: dict[int, set[int]] = {pk: set() for pk in items}
    for item, service in through.values_list("configurationitem_id", "service_id"):
        wanted[item].add(service)
    reached = impact.reach_each(pk for pk, services in wanted.items() if not services)
    above = {pk for found in reached.values() for pk in found}
    ended = ConfigurationItem.objects.filter(pk__in=above, state__in=CIState.ENDED).values_list("pk", flat=True)
    supports = impact.services_of(above - set(ended)) if above else {}
    for item, found in reached.items():
        wanted[item] = set().union(*(supports.get(pk, set()) for pk in found))
    everything = set().union(*wanted.values())
    if not everything:
        return {}
    live = list(Service.objects.live().filter(pk__in=everything).order_by("criticality", "name"))
    best = {item: next((one for one in live if one.pk in services), None) for item, services in wanted.items()}
    return {item: service for item, service in best.items() if service is not None}
