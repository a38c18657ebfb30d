"""Whether the parts of the installation work: one check per part, each with its sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from .models import SCHEDULER, WORKER, Heartbeat

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    ok: bool
    detail: str


def report() -> dict[str, Check]:
    """Every check by name. A dead database fails what needs it without waiting for it again."""
    checks = {"database": _database(), "broker": _broker()}
    for name, check in _NEED_DATABASE.items():
        checks[name] = check() if checks["database"].ok else Check(False, "unknown: the database does not answer")
    return checks


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Check(False, type(error).__name__)
    return Check(True, connection.vendor)


def _broker() -> Check:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2, interval_start=0)
            return Check(True, broker.transport_cls if isinstance(broker.transport_cls, str) else "connected")
    except Exception as error:  # noqa: BLE001 - each transport has its own errors, and all mean the same here
        log.warning("the broker cannot be reached", extra={"error": type(error).__name__})
        return Check(False, type(error).__name__)


def _migrations() -> Check:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return Check(False, f"{len(missing)} not applied")
        _migrated = True
    return Check(True, "all applied")


#: Once all migrations are there they stay there; working it out reads every migration file.
_migrated = False


def _heartbeat(name: str) -> Callable[[], Check]:
    def check() -> Check:
        try:
            age = Heartbeat.objects.age(name)
        except DatabaseError as error:
            return Check(False, type(error).__name__)
        if age is None:
            return Check(False, "never seen")
        return Check(age <= settings.HEARTBEAT_MAX_AGE, f"seen {max(age.total_seconds(), 0):.0f} s ago")

    return check


_NEED_DATABASE: dict[str, Callable[[], Check]] = {
    "migrations": _migrations,
    "worker": _heartbeat(WORKER),
    "scheduler": _heartbeat(SCHEDULER),
}
