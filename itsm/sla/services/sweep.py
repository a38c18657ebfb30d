"""The sweep: finds the clocks on which something is due and writes down that it fired. Effects come after.

One pass costs the number of due clocks, not of open ones: it reads the partial index ``sla_clock_due``. What follows
from a moment (tell somebody, hand over) is done by ``itsm.workflow.escalations``, from the rows written here.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from itsm.lib import clock
from itsm.sla.models import Clock, ClockEvent

#: Clocks per transaction. Smaller on SQLite, where a batch keeps every other writer waiting.
BATCH = {"postgresql": 500, "sqlite": 200}
#: A pass ends after so many seconds; the next one goes on where it stopped.
SECONDS = 20.0


def sweep(*, now: datetime | None = None, seconds: float = SECONDS) -> int:
    """Fire everything that is due, in batches until nothing is left. Returns how many moments fired.

    Any number of sweeps may run at once, and any may die at any time: a batch is one transaction, and the unique key
    (clock, generation, name) of the event is the proof that nothing fires twice.
    """
    started = time.monotonic()
    fire = _fire_on_postgresql if connection.vendor == "postgresql" else _fire_elsewhere
    size = BATCH[connection.vendor]
    fired = 0
    while True:
        batch, again = fire(now or clock.now(), size)
        fired += batch
        if (batch < size and not again) or time.monotonic() - started > seconds:
            return fired


#: Claims clocks that no other sweep or ticket holds, advances each to its next moment, and writes the proof.
_FIRE = """
WITH due AS (
    SELECT id, generation, next_event, next_event_at FROM sla_clock
    WHERE next_event_at <= %(now)s ORDER BY next_event_at LIMIT %(size)s FOR UPDATE SKIP LOCKED
), advanced AS (
    UPDATE sla_clock SET
        state = CASE WHEN due.next_event = 'breach' THEN 'breached' ELSE state END,
        breached_at = CASE WHEN due.next_event = 'breach' THEN due.next_event_at ELSE breached_at END,
        plan = plan - 0,
        next_event = coalesce(plan #>> '{1,0}', ''),
        next_event_at = (plan #>> '{1,1}')::timestamptz
    FROM due WHERE sla_clock.id = due.id
    RETURNING due.*, sla_clock.next_event_at AS following
), proof AS (
    INSERT INTO sla_clockevent (clock_id, generation, name, due_at, fired_at)
    SELECT id, generation, next_event, next_event_at, %(now)s FROM advanced
    ON CONFLICT DO NOTHING
)
SELECT count(*), count(*) FILTER (WHERE following <= %(now)s) FROM advanced
"""

#: How many moments fired, and how many of the clocks are due again at once: after a silence one clock has several.
Fired = tuple[int, int]


def _fire_on_postgresql(now: datetime, size: int) -> Fired:
    """One statement, hence one transaction and one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRE, {"now": now, "size": size})
        batch, again = cursor.fetchone()
        return batch, again


def _fire_elsewhere(now: datetime, size: int) -> Fired:
    """Look first, because a transaction takes the one write lock there is; then the same in three steps."""
    due = Clock.objects.due(now)
    if not due.exists():
        return 0, 0
    with transaction.atomic():
        rows = list(
            due.values_list("pk", "generation", "next_event", "next_event_at", "state", "breached_at", "plan")[:size]
        )
        events, changes, again = [], [], 0
        for pk, generation, name, at, state, breached_at, plan in rows:
            events.append(ClockEvent(clock_id=pk, generation=generation, name=name, due_at=at, fired_at=now))  # type: ignore[misc]
            if name == "breach":
                state, breached_at = Clock.State.BREACHED, at
            later = plan[1:]
            following, text = later[0] if later else ("", None)
            following_at = datetime.fromisoformat(text) if text else None
            again += following_at is not None and following_at <= now
            changes.append((
                str(state), _stored(breached_at), json.dumps(later), following, _stored(following_at), pk,
            ))  # fmt: skip
        ClockEvent.objects.bulk_create(events, ignore_conflicts=True)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE sla_clock SET state = %s, breached_at = %s, plan = %s, next_event = %s, next_event_at = %s "
                "WHERE id = %s",
                changes,
            )
        return len(rows), again


def _stored(moment: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
