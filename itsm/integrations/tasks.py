"""Periodic work of the integrations."""

from datetime import timedelta

from celery import shared_task

from itsm.integrations.models import IdempotencyKey
from itsm.integrations.services import feed
from itsm.lib import clock

#: How long the answer to an idempotency key is kept.
KEPT = timedelta(hours=24)


@shared_task(name="integrations.place_events")
def place_events() -> None:
    feed.place_events()


@shared_task(name="integrations.purge_keys")
def purge_keys() -> None:
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()
