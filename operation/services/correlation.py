"""Which incident an event belongs to: why none is opened, which one it joins, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.catalogue.models import Service
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.tickets.states import Channel, Impact, Urgency
from itsm.workflow import conversation, steps
from operation.models import Event, EventSource, Incident, Outage
from operation.services import incidents
from operation.states import OutageKind, ResolutionCode
from transition.models import ConfigurationItem
from transition.reports import impact
from transition.services import configuration

log = logging.getLogger(__name__)

#: After so many events an incident’s timeline is not told each one: its list of events shows them all.
MOST_NOTES = 5
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


class Batch:
    """Events of one source that came together. What was found out for one holds for all of them: a storm of one
    cause asks the database once."""

    def __init__(self, source: EventSource, receipt: Receipt, now: datetime) -> None:
        self.source, self.receipt, self.now = source, receipt, now
        self._silences: dict[tuple[int | None, int | None], str] = {}
        self._causes: dict[tuple[str, Any], Incident] = {}
        self._notes: dict[int, int] = {}
        self._linked: set[tuple[int, int]] = set()
        self._pending: list[Event] = []

    def follow(self, event: Event) -> None:
        """The event joins the incident it belongs to, opens one, or is only kept. ``flush`` stores it."""
        reason = self._silence(event)
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
            if event.item_id:
                self._linked.add((incident.pk, event.item_id))
        else:
            self._join(event, incident)
        self._causes[key] = incident
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
        elif incident.state in ("closed", "cancelled"):
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

    def _silence(self, event: Event) -> str:
        key = (event.item_id, event.service_id)
        if key not in self._silences:
            self._silences[key] = silence(event, self.now)
        return self._silences[key]

    def _key(self, event: Event) -> tuple[str, Any]:
        """Events with the same key have the same cause."""
        if event.item_id:
            return "item", event.item_id
        # The host decides where one is named: the same check on two hosts is two causes.
        return ("host", event.host) if event.host else ("group", event.group)

    def _same_cause(self, event: Event) -> Incident | None:
        """The open incident that this event belongs to.

        That of the same item; else, within the window, that of an item which it needs or which needs it; without an
        item that of the same host, or group, and source.
        """
        self.flush()
        live = Event.objects.filter(incident__is_open=True).exclude(pk=event.pk).exclude(incident__state="resolved")
        what, value = self._key(event)
        if what == "item":
            found = live.filter(item=value).order_by("-id").first()
            if found is None:
                around = [*impact.reach([value], "down", limit=NEIGHBOURS),
                          *impact.reach([value], "up", limit=NEIGHBOURS)]  # fmt: skip
                recent = live.filter(last_at__gte=self.now - timedelta(minutes=self.source.window_minutes))
                found = recent.filter(item__in=around).order_by("id").first() if around else None
        else:
            same = {"host": value} if what == "host" else {"host": "", "group": value}
            found = live.filter(source=self.source, item__isnull=True, **same).order_by("-id").first()
        incident: Any = found and Incident.objects.filter(pk=found.incident_id or 0).first()
        return incident

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


def silence(event: Event, now: datetime) -> str:
    """Why nothing is opened now; empty when there is no reason."""
    services = [event.service] if event.service else []
    if event.item_id is not None:
        wanted = impact.services_on([event.item_id])
        services += list(Service.objects.filter(pk__in=wanted).exclude(pk=event.service_id or 0))
    planned = Outage.objects.active().filter(kind=OutageKind.PLANNED, services__in=services).first()
    if planned is not None:
        return _("Planned work: %(title)s") % {"title": planned.title}
    return next((why for reason in _suppressors if (why := reason(event.item, services, now))), "")


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
