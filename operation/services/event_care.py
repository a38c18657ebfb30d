"""What people and time do to events: opening an incident by hand, closing, forgetting."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused
from operation import event_policies as policies
from operation.models import Event, EventSource, Incident
from operation.services.correlation import Batch, Receipt, Silences, open_for, recovered
from operation.states import EventState


@transaction.atomic
def open_incident(event: Event, *, actor: User, source: str) -> Incident:
    """Open the incident that an event did not open by itself."""
    verdict = policies.may_handle(actor)
    if not verdict:
        raise Denied(verdict.reason)
    fresh = Event.objects.select_for_update(of=("self",)).select_related("source", "item", "service").get(pk=event.pk)
    if fresh.incident_id is not None:
        raise Refused(_("It belongs to an incident already."))
    incident = open_for(fresh, fresh.source)
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
        recovered(fresh.incident_id)
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
        recovered(incident_id)
    return len(found)


def _look_again(source: EventSource) -> int:
    rows = Event.objects.firing().filter(source=source, incident__isnull=True).exclude(suppressed="")
    found = list(rows.select_related("item", "service").order_by("pk")[:500])
    if not found:
        return 0
    now, receipt = clock.now(), Receipt()
    batch, silences = Batch(source, receipt, now, found), Silences(found, now)
    for event in found:
        if not silences.of(event):
            batch.again(event)
    batch.flush()
    return len(receipt.opened)
