"""Gauges of the outbox, for ``/metrics``: what waits, and for how long."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Min

from itsm.lib import clock, metrics
from itsm.notifications.models import Event, Message


def messages() -> Iterable[metrics.Reading]:
    """Rows that are not done, by channel and state; the partial indexes hold exactly these."""
    rows = Message.objects.filter(state__in=[*Message.State.WAITING]).order_by()
    found = [
        ({"channel": c, "state": s}, float(n)) for c, s, n in rows.values_list("channel", "state").annotate(Count("pk"))
    ]
    failed = Message.objects.filter(state=Message.State.FAILED).count()
    return [*found, ({"channel": "all", "state": "failed"}, float(failed))]


def oldest_event() -> Iterable[metrics.Reading]:
    oldest = Event.objects.filter(fanned_out_at__isnull=True).aggregate(at=Min("at"))["at"]
    return [({}, (clock.now() - oldest).total_seconds() if oldest else 0.0)]


metrics.gauge("itsm_messages", "Messages that wait or failed.", messages)
metrics.gauge("itsm_outbox_age_seconds", "Age of the oldest event nobody was told of yet.", oldest_event)
