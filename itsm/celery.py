"""The background side: one Celery application, whose jobs are found in the ``tasks`` module of every app."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from itsm.lib import env, house, metrics
from itsm.lib.context import request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itsm.settings")
env.load_or_exit()

app = Celery("itsm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """A receiver is enough: Celery then leaves the logging that the settings configured alone."""


@signals.before_task_publish.connect
def pass_request_id_on(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and request_id.get():
        headers["request_id"] = request_id.get()


@signals.task_prerun.connect
def enter_request(task_id: str = "", task: Any = None, **_: Any) -> None:
    request_id.set(getattr(task.request, "request_id", None) or task_id)
    house.refresh()


@signals.task_postrun.connect
def leave_request(task: Any = None, state: str = "", **_: Any) -> None:
    metrics.JOBS.labels(task.name, (state or "unknown").lower()).inc()
    request_id.set("")


@signals.worker_ready.connect
def beat_at_once(sender: Any = None, **_: Any) -> None:
    """A worker that has just started is ready now, not at the scheduler's next tick."""
    app.send_task("desk.beat_worker", expires=10)
