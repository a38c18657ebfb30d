"""Background jobs by name: the only way our code starts a task."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def enqueue(name: str, **kwargs: Any) -> None:
    """Send the task ``name`` when the transaction commits.

    A nudge only: whatever must happen is also a row that a periodic job finds. So a broker that
    is down costs seconds, not work, and never fails the request.
    """
    transaction.on_commit(lambda: _send(name, kwargs))


def _send(name: str, kwargs: dict[str, Any]) -> None:
    try:
        current_app.send_task(name, kwargs=kwargs, retry=False)
    except Exception as error:  # noqa: BLE001 - any broker failure means the same: the sweep will do it
        log.warning("job not sent, the sweep will find the work", extra={"job": name, "error": str(error)})
