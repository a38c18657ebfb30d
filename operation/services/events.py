"""Events: telling new from known, putting together what belongs together, and the incidents that follow.

``receive`` is the door for whatever reports: the intake address and the monitors of our own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, DomainError, Refused
from itsm.lib.sources import Source
from itsm.tickets.states import Channel, Impact, Urgency
from itsm.workflow import conversation, steps
from operation import event_policies as policies
from operation.intake.adapters import latest
from operation.intake.signals import Signal
from operation.models import Event, EventSource, Incident, Outage
from operation.services import incidents
from operation.states import EventState, OutageKind, ResolutionCode
from transition.models import CIIdentity, ConfigurationItem
from transition.models.configuration import normal
from transition.reports import impact
from transition.services import configuration

log = logging.getLogger(__name__)

#: Under these keys an item may have the name that a tool knows it by.
HOST_KEYS = ("hostname", "name", "fqdn", "ip", "address", "url")
#: After so many events an incident’s timeline is not told each one: its list of events shows them all.
MOST_NOTES = 10
#: How many items around one are looked at for an incident that is the same.
NEIGHBOURS = 500
#: A resolved incident whose event fires again after this was not solved.
GRACE = timedelta(minutes=10)

#: Reasons to keep silent besides planned work; later practices add theirs. Item, services, moment -> words or "".
Suppressor = Callable[[ConfigurationItem | None, list[Service], datetime], str]
_suppressors: list[Suppressor] = []


def suppress_by(reason: Suppressor) -> None:
    """Let ``reason`` say why an event opens no incident; called from ``AppConfig.ready``."""
    if reason not in _suppressors:
        _suppressors.append(reason)


@dataclass(slots=True)
class Receipt:
    """What became of a batch."""

    new: int = 0
    repeated: int = 0
    resolved: int = 0
    suppressed: int = 0
    ignored: int = 0
    opened: list[str] = field(default_factory=list)


@transaction.atomic
def receive(source: EventSource, signals: Iterable[Signal]) -> Receipt:
    """Take in what a source reports. Batches of one source wait for each other, so that nothing is opened twice."""
    source = EventSource.objects.select_for_update().get(pk=source.pk)
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
    for event in events:
        _follow(event, source, receipt, now)
    for event in repeated:
        _again(event, source, receipt, now)
    for incident_id in dict.fromkeys(event.incident_id for event in over if event.incident_id):
        _recovered(incident_id)
    EventSource.objects.filter(pk=source.pk).update(last_heard_at=now)
    receipt.new, receipt.repeated, receipt.resolved = len(events), len(repeated), len(over)
    return receipt


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
    made = []
    for signal, count in fresh:
        item = next((items[normal("name", host)] for host in signal.hosts if normal("name", host) in items), None)
        service = services.get(signal.service.casefold()) or (_service_of(item) if item else None) or source.service
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


def _service_of(item: ConfigurationItem) -> Service | None:
    """The most critical service that the item supports, or that what depends on it supports."""
    ids = list(item.services.values_list("pk", flat=True)) or impact.affected([item.pk]).services
    return Service.objects.live().filter(pk__in=ids).order_by("criticality", "name").first()


# ---------- what follows ----------


def _follow(event: Event, source: EventSource, receipt: Receipt, now: datetime) -> None:
    """A new event joins the incident it belongs to, opens one, or is only kept."""
    reason = _silence(event, now)
    if reason:
        event.suppressed = reason[:200]
        event.save(update_fields=["suppressed"])
        receipt.suppressed += 1
        return
    if event.severity > source.opens_from:
        return
    incident = _same_cause(event, source, now)
    if incident is None:
        incident = _open(event, source)
        receipt.opened.append(incident.number)
    else:
        _join(event, incident)
    event.incident = incident
    event.save(update_fields=["incident"])


def _again(event: Event, source: EventSource, receipt: Receipt, now: datetime) -> None:
    """A known event fires on: what was closed too early comes back."""
    incident = event.incident
    if incident is None:
        if event.suppressed or event.severity <= source.opens_from:
            event.suppressed = ""
            event.save(update_fields=["suppressed"])
            _follow(event, source, receipt, now)
        return
    if incident.state == "resolved" and incident.resolved_at and incident.resolved_at + GRACE < now:
        if _step(incident, "reopen"):
            incidents.reopen(
                incident, actor=User.objects.system(), source=Source.SYSTEM,
                reason=_("Monitoring still reports: %(title)s") % {"title": event.title},
            )  # fmt: skip
    elif incident.state in ("closed", "cancelled"):
        event.incident = None
        _follow(event, source, receipt, now)


def _silence(event: Event, now: datetime) -> str:
    """Why nothing is opened now; empty when there is no reason."""
    services = [event.service] if event.service else []
    if event.item_id is not None:
        wanted = impact.services_on([event.item_id])
        services += list(Service.objects.filter(pk__in=wanted).exclude(pk=event.service_id or 0))
    planned = Outage.objects.active().filter(kind=OutageKind.PLANNED, services__in=services).first()
    if planned is not None:
        return _("Planned work: %(title)s") % {"title": planned.title}
    return next((why for reason in _suppressors if (why := reason(event.item, services, now))), "")


def _same_cause(event: Event, source: EventSource, now: datetime) -> Incident | None:
    """The open incident that this event belongs to.

    That of the same item; else, within the window, that of an item which it needs or which needs it; without an item
    that of the same group or service and source.
    """
    live = Event.objects.filter(incident__is_open=True).exclude(pk=event.pk).exclude(incident__state="resolved")
    recent = live.filter(last_at__gte=now - timedelta(minutes=source.window_minutes))
    if event.item_id:
        found = live.filter(item=event.item_id).order_by("-id").first()
        if found is None:
            around = [*impact.reach([event.item_id], "down", limit=NEIGHBOURS),
                      *impact.reach([event.item_id], "up", limit=NEIGHBOURS)]  # fmt: skip
            found = recent.filter(item__in=around).order_by("id").first() if around else None
    else:
        # The host decides where one is named: the same check on two hosts is two causes.
        same = Q(host=event.host) if event.host else Q(host="", group=event.group)
        found = live.filter(same, source=source, item__isnull=True).order_by("-id").first()
    incident: Any = found and Incident.objects.filter(pk=found.incident_id or 0).first()
    return incident


def _open(event: Event, source: EventSource) -> Incident:
    system = User.objects.system()
    grades = {1: Impact.HIGH, 2: Impact.MEDIUM}
    impact_ = grades.get(event.service.criticality, Impact.LOW) if event.service else Impact.LOW
    urgency = {1: Urgency.HIGH, 2: Urgency.MEDIUM}.get(event.severity, Urgency.LOW)
    about = [event.description, event.url]
    incident = incidents.open(
        actor=system, source=Source.SYSTEM, requester=system, title=event.title, channel=Channel.EVENT,
        description="\n\n".join(part for part in about if part), service=event.service, impact=impact_,
        urgency=urgency, team=source.team,
    )  # fmt: skip
    if event.item is not None:
        configuration.link_ticket(incident, event.item, actor=system, source=Source.SYSTEM)
    return incident


def _join(event: Event, incident: Incident) -> None:
    system = User.objects.system()
    there = Event.objects.filter(incident=incident).count()
    if there < MOST_NOTES:
        words = {"severity": event.get_severity_display(), "title": event.title, "host": event.host or "–"}
        note = _("Monitoring, %(severity)s: %(title)s (%(host)s)") % words
        conversation.note(incident, note, actor=system, source=Source.SYSTEM)
    if event.item is not None:
        configuration.link_ticket(incident, event.item, actor=system, source=Source.SYSTEM)


def _recovered(incident_id: int) -> None:
    """All its events are over: an incident that nobody has touched is resolved, any other is told."""
    if Event.objects.firing().filter(incident=incident_id).exists():
        return
    incident: Any = Incident.objects.filter(pk=incident_id).first()
    if incident is None or not incident.is_open or incident.state == "resolved":
        return
    system = User.objects.system()
    words = _("Monitoring reports that everything is well again.")
    if incident.assignee_id is None and not incident.is_major and _step(incident, "resolve"):
        try:
            with transaction.atomic():
                incidents.resolve(incident, actor=system, source=Source.SYSTEM, code=ResolutionCode.FIXED, note=words)
            return
        except DomainError:
            # A policy of the organisation wants a person to look at it.
            log.info("an incident was not resolved by its events", extra={"ticket": incident.number})
    conversation.note(incident, words, actor=system, source=Source.SYSTEM)


def _step(incident: Incident, verb: str) -> bool:
    step = steps.find(incident, verb)
    return step is not None and steps.judge(incident, step, User.objects.system()).allowed


# ---------- people and time ----------


@transaction.atomic
def open_incident(event: Event, *, actor: User, source: str) -> Incident:
    """Open the incident that an event did not open by itself."""
    verdict = policies.may_handle(actor)
    if not verdict:
        raise Denied(verdict.reason)
    fresh = Event.objects.select_for_update(of=("self",)).select_related("source", "item", "service").get(pk=event.pk)
    if fresh.incident_id is not None:
        raise Refused(_("It belongs to an incident already."))
    incident = _open(fresh, fresh.source)
    fresh.incident, fresh.suppressed = incident, ""
    fresh.save(update_fields=["incident", "suppressed"])
    audit.record(fresh, "event.incident", actor=actor, source=source, changes={"incident": [None, incident.number]})
    return incident


@transaction.atomic
def close(event: Event, *, actor: User, source: str) -> Event:
    """Say that it is over although nothing reported so."""
    verdict = policies.may_handle(actor)
    if not verdict:
        raise Denied(verdict.reason)
    fresh = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if fresh.state != EventState.FIRING:
        raise Refused(_("It is over already."))
    fresh.state, fresh.ended_at = EventState.RESOLVED, clock.now()
    fresh.save(update_fields=["state", "ended_at"])
    audit.record(fresh, "event.close", actor=actor, source=source, changes={"state": ["firing", "resolved"]})
    if fresh.incident_id:
        _recovered(fresh.incident_id)
    return fresh


def review() -> int:
    """What time does: events nobody repeats grow stale, and what planned work hid is looked at again."""
    done = 0
    for source in EventSource.objects.order_by("pk"):
        with transaction.atomic():
            source = EventSource.objects.select_for_update().get(pk=source.pk)
            done += _forget(source) + _look_again(source)
    return done


def _forget(source: EventSource) -> int:
    if not source.stale_hours:
        return 0
    now = clock.now()
    rows = Event.objects.firing().filter(source=source, last_at__lt=now - timedelta(hours=source.stale_hours))
    found = list(rows.order_by("pk")[:500])
    Event.objects.filter(pk__in=[e.pk for e in found]).update(state=EventState.STALE, ended_at=now)
    for incident_id in dict.fromkeys(event.incident_id for event in found if event.incident_id):
        _recovered(incident_id)
    return len(found)


def _look_again(source: EventSource) -> int:
    rows = Event.objects.firing().filter(source=source, incident__isnull=True).exclude(suppressed="")
    found = list(rows.select_related("item", "service").order_by("pk")[:500])
    now, receipt = clock.now(), Receipt()
    for event in found:
        if not _silence(event, now):
            event.suppressed = ""
            event.save(update_fields=["suppressed"])
            _follow(event, source, receipt, now)
    return len(receipt.opened)
