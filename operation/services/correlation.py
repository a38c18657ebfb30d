"""Which incident an event belongs to: why none is opened, which one it joins, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.tickets.states import Channel, Impact, Urgency
from itsm.workflow import conversation, steps
from operation.models import Event, EventSource, Incident, Outage
from operation.services import incidents
from operation.states import OutageKind, ResolutionCode
from transition.models import TicketCI
from transition.reports import impact
from transition.services import configuration

log = logging.getLogger(__name__)

#: After so many events an incident’s timeline is not told each one: its list of events shows them all.
MOST_NOTES = 5
#: How many items around one are looked at for an incident that is the same.
NEIGHBOURS = 500
#: States of an incident that is over: an event that fires on is not about it any more.
OVER = ("closed", "cancelled")
#: A resolved incident whose event fires again after this was not solved.
GRACE = timedelta(minutes=10)

#: Says for the id of an item and those of its services why nothing is opened, or "".
Judge = Callable[[int | None, set[int]], str]
#: Reasons to keep silent besides planned work; later practices add theirs. Asked once for a batch: what it has to know
#: it reads then, and judges every event by it.
Suppressor = Callable[[datetime], Judge]
_suppressors: list[Suppressor] = []


def suppress_by(reason: Suppressor) -> None:
    """Let ``reason`` say why events open no incident; called from ``AppConfig.ready``."""
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


class Silences:
    """Why events open no incident now: read once, for however many of them."""

    def __init__(self, events: Iterable[Event], now: datetime) -> None:
        found = list(events)
        self._services = impact.services_of({one.item_id for one in found if one.item_id is not None})
        touched = {one.service_id for one in found if one.service_id is not None}.union(*self._services.values())
        planned = Outage.objects.active().filter(kind=OutageKind.PLANNED, services__in=touched)
        self._planned = list(planned.order_by("-begins_at", "-id").values_list("title", "services"))
        self._judges = [reason(now) for reason in _suppressors]
        self._known: dict[tuple[int | None, int | None], str] = {}

    def of(self, event: Event) -> str:
        """Why nothing is opened; empty when there is no reason."""
        key = (event.item_id, event.service_id)
        if key not in self._known:
            services = set(self._services.get(event.item_id or 0, ()))
            if event.service_id is not None:
                services.add(event.service_id)
            self._known[key] = self._judge(event.item_id, services)
        return self._known[key]

    def _judge(self, item: int | None, services: set[int]) -> str:
        planned = next((title for title, service in self._planned if service in services), None)
        if planned is not None:
            return _("Planned work: %(title)s") % {"title": planned}
        return next((why for judge in self._judges if (why := judge(item, services))), "")


class Batch:
    """Events of one source that came together. What the database knows of all of them is read once: a storm costs
    what its causes cost, not what its events do."""

    def __init__(self, source: EventSource, receipt: Receipt, now: datetime, events: Iterable[Event]) -> None:
        self.source, self.receipt, self.now = source, receipt, now
        found = list(events)
        self._silences = Silences(found, now)
        self._causes: dict[tuple[str, Any], Incident] = self._known_causes({self._key(one) for one in found})
        known = {one.pk for one in self._causes.values()}
        #: How many events each incident has, so that its timeline is told of the first few only.
        counted = Event.objects.filter(incident__in=known).order_by().values_list("incident").annotate(n=Count("pk"))
        self._notes: dict[int, int] = dict(counted) if known else {}
        links = TicketCI.objects.filter(ticket__in=known, item__in={one.item_id for one in found if one.item_id})
        self._linked: set[tuple[int, int]] = set(links.values_list("ticket_id", "item_id")) if known else set()
        #: Items of this batch whose events have an incident that the database does not know of yet.
        self._joined: dict[int, Incident] = {}
        self._pending: list[Event] = []

    def follow(self, event: Event) -> None:
        """The event joins the incident it belongs to, opens one, or is only kept. ``flush`` stores it."""
        reason = self._silences.of(event)
        if reason:
            event.suppressed = reason[:200]
            self._pending.append(event)
            self.receipt.suppressed += 1
            return
        if event.severity > self.source.opens_from:
            return
        key = self._key(event)
        incident = self._causes.get(key) or self._same_cause(event)
        if incident is None:
            incident = open_for(event, self.source)
            self.receipt.opened.append(incident.number)
            self._notes[incident.pk] = 1
            if event.item_id:
                self._linked.add((incident.pk, event.item_id))
        else:
            self._join(event, incident)
        self._causes[key] = incident
        if event.item_id:
            self._joined.setdefault(event.item_id, incident)
        event.incident = incident
        self._pending.append(event)

    def again(self, event: Event) -> None:
        """A known event fires on: what was closed too early comes back."""
        incident = event.incident
        if incident is None:
            if event.suppressed or event.severity <= self.source.opens_from:
                was, event.suppressed = event.suppressed, ""
                self.follow(event)
                if was and not event.suppressed and event.incident is None:
                    self._pending.append(event)
            return
        if incident.state == "resolved" and incident.resolved_at and incident.resolved_at + GRACE < self.now:
            if possible(incident, "reopen"):
                event.incident = incidents.reopen(
                    incident, actor=User.objects.system(), source=Source.SYSTEM,
                    reason=_("Monitoring still reports: %(title)s") % {"title": event.title},
                )  # fmt: skip
        elif incident.state in OVER:
            event.incident = None
            self.follow(event)

    def flush(self) -> None:
        """Store what the events were given."""
        alike: dict[tuple[int | None, str], list[int]] = {}
        for event in self._pending:
            alike.setdefault((event.incident_id, event.suppressed), []).append(event.pk)
        for (incident, suppressed), ids in alike.items():
            Event.objects.filter(pk__in=ids).update(incident=incident, suppressed=suppressed)
        self._pending.clear()

    def _key(self, event: Event) -> tuple[str, Any]:
        """Events with the same key have the same cause."""
        if event.item_id:
            return "item", event.item_id
        # The host decides where one is named: the same check on two hosts is two causes.
        return ("host", event.host) if event.host else ("group", event.group)

    def _known_causes(self, keys: set[tuple[str, Any]]) -> dict[tuple[str, Any], Incident]:
        """The open incidents of the same item; without an item those of the same host, or group, and source."""
        live = self._live().order_by()
        own = live.filter(source=self.source, item__isnull=True)
        newest: dict[tuple[str, Any], int] = {}
        for what, column, rows in (
            ("item", "item", live), ("host", "host", own), ("group", "group", own.filter(host="")),
        ):  # fmt: skip
            values = {value for kind, value in keys if kind == what}
            if values:
                found = rows.filter(**{f"{column}__in": values}).values_list(column).annotate(newest=Max("pk"))
                newest |= {(what, value): pk for value, pk in found}
        of = dict(Event.objects.filter(pk__in=newest.values()).values_list("pk", "incident_id")) if newest else {}
        incidents: dict[int, Any] = Incident.objects.in_bulk(set(of.values())) if of else {}
        return {key: incidents[of[pk]] for key, pk in newest.items() if of.get(pk) in incidents}

    def _live(self) -> Any:
        return Event.objects.filter(incident__is_open=True).exclude(incident__state="resolved")

    def _same_cause(self, event: Event) -> Incident | None:
        """The open incident of an item that this one needs, or that needs it, within the window of the source."""
        what, value = self._key(event)
        if what != "item":
            return None
        around = [*impact.reach([value], "down", limit=NEIGHBOURS), *impact.reach([value], "up", limit=NEIGHBOURS)]
        if not around:
            return None
        recent = self._live().filter(last_at__gte=self.now - timedelta(minutes=self.source.window_minutes))
        found = recent.filter(item__in=around).order_by("id").first()
        if found is not None:
            incident: Any = Incident.objects.filter(pk=found.incident_id or 0).first()
            return incident  # type: ignore[no-any-return]
        # What came with it in this batch is stored at its end.
        near = set(around)
        return next((one for item, one in self._joined.items() if item in near), None)

    def _join(self, event: Event, incident: Incident) -> None:
        if incident.pk not in self._notes:
            self._notes[incident.pk] = Event.objects.filter(incident=incident).count()
        if self._notes[incident.pk] < MOST_NOTES:
            words = {"severity": event.get_severity_display(), "title": event.title, "host": event.host or "–"}
            note = _("Monitoring, %(severity)s: %(title)s (%(host)s)") % words
            conversation.note(incident, note, actor=User.objects.system(), source=Source.SYSTEM)
        self._notes[incident.pk] += 1
        if event.item is not None and (incident.pk, event.item.pk) not in self._linked:
            configuration.link_ticket(incident, event.item, actor=User.objects.system(), source=Source.SYSTEM)
            self._linked.add((incident.pk, event.item.pk))


def open_for(event: Event, source: EventSource) -> Incident:
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


def recovered(incident_id: int) -> None:
    """All its events are over: an incident that nobody has touched is resolved, any other is told."""
    if Event.objects.firing().filter(incident=incident_id).exists():
        return
    incident: Any = Incident.objects.filter(pk=incident_id).first()
    if incident is None or not incident.is_open or incident.state == "resolved":
        return
    system = User.objects.system()
    words = _("Monitoring reports that everything is well again.")
    if incident.assignee_id is None and not incident.is_major and possible(incident, "resolve"):
        try:
            with transaction.atomic():
                incidents.resolve(incident, actor=system, source=Source.SYSTEM, code=ResolutionCode.FIXED, note=words)
            return
        except DomainError:
            # A policy of the organisation wants a person to look at it.
            log.info("an incident was not resolved by its events", extra={"ticket": incident.number})
    conversation.note(incident, words, actor=system, source=Source.SYSTEM)


def possible(incident: Incident, verb: str) -> bool:
    step = steps.find(incident, verb)
    return step is not None and steps.judge(incident, step, User.objects.system()).allowed
