"""Forgetting messages that have done their work."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from itsm.lib import clock
from itsm.notifications.models import Message

BATCH = 1000


def purge(*, most: int = 200_000) -> int:
    """Delete messages older than the organisation keeps them, in small transactions; never one that still waits."""
    before = clock.now() - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    old = Message.objects.filter(created_at__lt=before).exclude(state__in=Message.State.WAITING)
    gone = 0
    while gone < most:
        ids = list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        # Nothing refers to a message, so the rows go in one statement.
        Message.objects.filter(pk__in=ids)._raw_delete("default")
        gone += len(ids)
    return gone
