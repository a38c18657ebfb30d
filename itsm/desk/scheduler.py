"""The scheduler: any number may run, one works."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from itsm.desk.models import SCHEDULER, Heartbeat

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEW = 5.0
RETRY = 5.0


class LeaseScheduler(PersistentScheduler):  # type: ignore[misc]
    """Sends jobs only while it holds a lease in the database, so that a second scheduler is a spare, not a doubling.

    The lease row is at the same time the scheduler's sign of life. Clocks of the hosts must agree to within the lease.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._held = False
        self._renewed = float("-inf")
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self.holds_lease():
            return min(RETRY, self.max_interval)
        return min(float(super().tick(*args, **kwargs)), RENEW)

    def holds_lease(self) -> bool:
        """Renew the lease when due; without a database there is no lease, hence no work."""
        if self._held and time.monotonic() - self._renewed < RENEW:
            return True
        close_old_connections()
        try:
            held = Heartbeat.objects.take(SCHEDULER, self.holder, lease=LEASE)
        except DatabaseError as error:
            log.warning("no lease for the scheduler: the database does not answer", extra={"error": str(error)})
            held = False
        if held != self._held:
            log.info("scheduler %s", "works" if held else "waits", extra={"holder": self.holder})
        self._held, self._renewed = held, time.monotonic()
        return held

    def close(self) -> None:
        try:
            if self._held:
                Heartbeat.objects.release(SCHEDULER, self.holder)
        except DatabaseError as error:
            log.warning("lease not released, it will run out", extra={"error": str(error)})
        finally:
            self._held = False
            super().close()
