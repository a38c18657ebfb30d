"""Gauges of the clocks, for ``/metrics``: whether sweep and escalations keep up."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Min

from itsm.lib import clock, metrics
from itsm.sla.models import Clock, ClockEvent, Recalculation


def sweep_lag() -> Iterable[metrics.Reading]:
    """How long the oldest due moment has been waiting to fire; a few seconds are the rhythm of the sweep."""
    now = clock.now()
    oldest = Clock.objects.due(now).order_by().aggregate(at=Min("next_event_at"))["at"]
    return [({}, (now - oldest).total_seconds() if oldest else 0.0)]


def waiting_events() -> Iterable[metrics.Reading]:
    return [({}, float(ClockEvent.objects.filter(handled_at__isnull=True).count()))]


def waiting_tickets() -> Iterable[metrics.Reading]:
    """Tickets whose clocks still have to follow changed terms."""
    rows = Recalculation.objects.unfinished().values_list("total", "done")
    return [({}, float(sum(max(0, total - done) for total, done in rows)))]


metrics.gauge("itsm_sla_sweep_lag_seconds", "How late the oldest due clock is.", sweep_lag)
metrics.gauge("itsm_sla_events_waiting", "Fired moments whose effects are still owed.", waiting_events)
metrics.gauge("itsm_sla_recalculations_waiting", "Tickets still to follow changed terms.", waiting_tickets)
