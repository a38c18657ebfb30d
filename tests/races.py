"""Two people in the same instant: threads with transactions of their own, of which one really waits for the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from itsm.lib.errors import DomainError

#: SQLite lets one write at a time: there nobody meets anybody inside of a transaction.
needs_postgres = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
PATIENCE = 20


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; returns what they answered, or how they were refused."""
    answers: list[Any] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(place: int) -> None:
        barrier.wait(PATIENCE)
        answers[place] = _answer(calls[place])

    _together(*(lambda place=place: run(place) for place in range(len(calls))))  # type: ignore[misc]
    return answers


def overlap(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Let ``second`` begin while the transaction of ``first`` has done its work and is not committed yet.

    ``first`` commits when ``second`` waits for one of its locks, or is over without having had to wait.
    """
    answers: list[Any] = [None, None]
    done, over = threading.Event(), threading.Event()

    def lead() -> None:
        try:
            with transaction.atomic():
                answers[0] = _answer(first)
                done.set()
                _until(lambda: over.is_set() or _somebody_waits())
        finally:
            done.set()

    def follow() -> None:
        try:
            done.wait(PATIENCE)
            answers[1] = _answer(second)
        finally:
            over.set()

    _together(lead, follow)
    return answers[0], answers[1]


def _answer(call: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            return call()
    except DomainError as refusal:
        return refusal


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL shows what it showed first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)


def _together(*runs: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded(run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
