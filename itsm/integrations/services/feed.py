"""The order of the change feed: positions are given after commit, under one lock."""

from __future__ import annotations

from django.db import transaction

from itsm.integrations.models import Feed
from itsm.notifications.models import Event

BATCH = 2_000


def place_events() -> int:
    """Give a position to every committed event that has none; returns the last position of the feed.

    Ids will not do as a cursor: a slow transaction commits a lower id after a reader has seen a higher one. Here
    the lock is taken first and the events are looked for second, so whatever commits later is placed later, and
    positions become visible in their order.
    """
    while Event.objects.filter(position__isnull=True).exists():
        if not _place_batch():
            break
    return last_position()


def last_position() -> int:
    """The newest position that can be read."""
    return Feed.objects.values_list("last_position", flat=True).filter(pk=1).first() or 0


@transaction.atomic
def _place_batch() -> int:
    feed, _made = Feed.objects.select_for_update().get_or_create(pk=1)
    events = list(Event.objects.filter(position__isnull=True).only("pk").order_by("pk")[:BATCH])
    for event in events:
        feed.last_position += 1
        event.position = feed.last_position
    Event.objects.bulk_update(events, ["position"], batch_size=400)
    feed.save(update_fields=["last_position"])
    return len(events)
