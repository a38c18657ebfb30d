"""Jobs of the installation itself."""

import os
import socket

from celery import shared_task

from itsm.desk.models import WORKER, Heartbeat
from itsm.desk.services import bulk


@shared_task(name="desk.beat_worker")
def beat_worker() -> None:
    """Prove that scheduled jobs reach a worker and the worker reaches the database."""
    Heartbeat.objects.beat(WORKER, host=socket.gethostname(), pid=os.getpid())


@shared_task(name="desk.purge_bulk_actions")
def purge_bulk_actions() -> None:
    """Forget bulk actions that nobody can take back any more."""
    bulk.purge()
