"""Making the clock rows fit a ticket's history and terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from itsm.lib import clock
from itsm.lib.clock import FAR_FUTURE
from itsm.sla import engine
from itsm.sla.models import Clock, ClockEvent, Metric
from itsm.sla.services.histories import histories_of, history_of, team_ids, waited
from itsm.sla.services.terms import Applied, Book, book_of, terms_of
from itsm.tickets.models import Ticket
from itsm.tickets.states import SlaState

__all__ = ["fired_events", "history_of", "read_into", "summarise", "summary_of", "sync", "sync_many", "work_out"]

Names = frozenset[str]

#: What the reading of a clock consists of: all of it can be computed again from history and terms.
READING = (
    "state", "started_at", "stopped_at", "elapsed_seconds", "due_at", "warn_at", "breached_at", "plan", "next_event",
    "next_event_at",
)  # fmt: skip
#: The copied terms, and how they came about.
TERMS = (
    "target_id", "calendar_version_id", "label", "target_seconds", "warn_percent", "pause_reasons", "steps", "team_id",
    "generation", "carried", "withdrawn_at",
)  # fmt: skip
#: What time alone changes while a clock runs.
_RUNNING_ON = {"elapsed_seconds", "read_at"}
#: The short form of a ticket's clocks.
SUMMARY = ("sla_state", "sla_metric", "due_at", "warn_at", "due_sort")


def sync(ticket: Ticket, *, now: datetime | None = None, backfill: bool = False, refresh: bool = False) -> None:
    """Start, re-derive, pause and stop the ticket's clocks, and set its short SLA fields (unsaved).

    A clock that still runs follows the terms that apply now, over its whole history; a clock that has stopped keeps
    the terms it ran by. A promise that no longer applies is withdrawn. Nothing is promised for what is over: a clock
    that would stand still from the start is made only on ``backfill``, for a history that was written at once.
    ``refresh`` stores readings anew that only time has changed.
    """
    sync_many([ticket], now=now, backfill=backfill, refresh=refresh)


def sync_many(
    tickets: Collection[Ticket], *, now: datetime | None = None, backfill: bool = False, refresh: bool = False
) -> int:
    """The same for many tickets, in the same number of queries as for one; returns how many clocks were written."""
    now = now or clock.now()
    with transaction.atomic(savepoint=False):
        histories = histories_of(tickets)
        rows: dict[int, list[Clock]] = defaultdict(list)
        # Locked, so that no sweep fires between this reading and its writing.
        locked = Clock.objects.select_for_update().filter(ticket__in=[ticket.pk for ticket in tickets])
        for row in locked.order_by("ticket_id", "metric", "cycle"):
            rows[row.ticket_id].append(row)
        fired = fired_events([row for found in rows.values() for row in found])
        busy = {ticket.pk: ticket for ticket in tickets if backfill or histories[ticket.pk].finished_at() is None}
        lives = [histories[pk] for pk in busy]
        book = book_of(busy.values(), team_ids(lives), waited=waited(lives)) if busy else None
        work = []
        for ticket in tickets:
            own_book = book if ticket.pk in busy else None
            done = work_out(ticket, histories[ticket.pk], rows[ticket.pk], fired, own_book, now, backfill=backfill)
            summarise(ticket, done.live)
            work.append(done)
        return _store(work, refresh=refresh)


@dataclass(slots=True)
class WorkedOut:
    """A ticket's clock rows as they should be; those without a key are new. ``before`` is what was stored."""

    rows: list[Clock] = field(default_factory=list)
    before: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def live(self) -> list[Clock]:
        return [row for row in self.rows if row.withdrawn_at is None]


def work_out(
    ticket: Ticket, history: engine.History, rows: Iterable[Clock], fired: dict[int, Names], book: Book | None,
    now: datetime, *, backfill: bool = False,
) -> WorkedOut:  # fmt: skip
    """Change ``rows`` into what the history and the terms in the book make of them. Touches no database.

    Without a book nothing about the terms changes: every row is read again by its own.
    """
    # Never from before the last thing that happened: clocks of two hosts may differ by a moment.
    now = max(now, history.intervals[-1].start, *(exchange.at for exchange in history.exchanges[-1:]))
    done = WorkedOut(rows=list(rows))
    done.before = {row.pk: stored(row) for row in done.rows}
    by_key = {(row.metric, row.cycle): row for row in done.rows}
    wanted = set()
    by_metric = book.for_ticket(ticket) if book else {}
    for metric, cycle, team_id in _lives(history):
        wanted.add((metric, cycle))
        applied = None
        if book:
            if metric == Metric.UC:
                applied = book.for_supplier(ticket)
            else:
                applied = book.for_team(ticket, team_id) if team_id else by_metric.get(metric)
        row = by_key.get((metric, cycle))
        if row is not None and row.withdrawn_at is None and row.team_id == team_id:
            _keep(row, history, now, fired.get(row.pk, frozenset()), applied, has_book=book is not None)
        elif applied is not None:
            started = _start(row, ticket, metric, cycle, team_id, applied, history, now, fired, backfill=backfill)
            if started is not None:
                done.rows = [each for each in done.rows if each is not row] + [started]
        elif row is not None:
            _withdraw(row, now)
    for row in done.rows:
        if (row.metric, row.cycle) not in wanted:
            _withdraw(row, now)
    return done


def _lives(history: engine.History) -> Iterator[tuple[str, int, int | None]]:
    """Metric, cycle and team of every clock the history has room for."""
    yield Metric.FIRST_RESPONSE, 0, None
    yield Metric.RESOLUTION, 0, None
    yield Metric.FULFILMENT, 0, None
    for index, _cycle in enumerate(engine.update_cycles(history)):
        yield Metric.UPDATE, index, None
    for index, segment in enumerate(engine.team_segments(history)):
        yield Metric.OLA, index, segment.team_id
    for index, _wait in enumerate(engine.supplier_waits(history)):
        yield Metric.UC, index, None


def _keep(
    row: Clock, history: engine.History, now: datetime, fired: Names, applied: Applied | None, *, has_book: bool
) -> None:
    """Read a clock anew; while it runs it follows the terms of the book."""
    read_into(row, history, now, fired)
    if row.stopped_at is not None or not has_book:
        return
    if applied is None:
        _withdraw(row, now)
    elif applied.differs_from(row):
        _change_terms(row, applied, history, now, fired)


def _start(
    row: Clock | None, ticket: Ticket, metric: str, cycle: int, team_id: int | None, applied: Applied,
    history: engine.History, now: datetime, fired: dict[int, Names], *, backfill: bool,
) -> Clock | None:  # fmt: skip
    """A new clock, or a withdrawn one taken up again; ``None`` when it would stand still from the start."""
    if row is None:
        started = Clock(ticket_id=ticket.pk, metric=metric, cycle=cycle, team_id=team_id)
        applied.copy_to(started)
        read_into(started, history, now, frozenset())
    else:
        started = copy(row)
        started.withdrawn_at = None
        known = fired.get(row.pk, frozenset())
        if started.team_id != team_id:
            # Another team at the very instant of the hand-over: not the clock it was.
            started.team_id = team_id
            started.generation, started.carried, known = started.generation + 1, [], frozenset()
        _change_terms(started, applied, history, now, known)
    return started if started.stopped_at is None or backfill else None


def _change_terms(row: Clock, applied: Applied, history: engine.History, now: datetime, fired: Names) -> None:
    """Run by other terms from now on, as if it had always been so.

    What fired and still holds does not fire again. What fired and is undone (the breach, when the target became
    longer) will fire again when it happens; the row's generation tells the two apart.
    """
    applied.copy_to(row)
    terms = terms_of(row)
    moments = engine.read(history, terms, now, cycle=row.cycle).moments
    undone = {name for _amount, name in terms.events()} & fired - {name for name, at in moments if at <= now}
    if undone:
        fired -= undone
        row.generation += 1
        row.carried = sorted(fired)
    read_into(row, history, now, fired)


def read_into(row: Clock, history: engine.History, now: datetime, fired: Names) -> None:
    """Write the engine's reading, and the moments still to fire, into the row."""
    reading = engine.read(history, terms_of(row), now, fired, cycle=row.cycle)
    row.state = reading.state
    row.started_at = reading.started_at
    row.stopped_at = reading.stopped_at
    row.elapsed_seconds = reading.elapsed_seconds
    row.due_at = reading.due_at
    row.breached_at = reading.breached_at
    row.warn_at = dict(reading.moments).get("warn")
    row.plan = [[name, at.isoformat()] for name, at in reading.moments if name not in fired]
    row.next_event, row.next_event_at = reading.next_event or "", reading.next_event_at
    row.read_at = now


def _withdraw(row: Clock, now: datetime) -> None:
    row.withdrawn_at = row.withdrawn_at or now
    row.state = Clock.State.CANCELLED
    row.due_at = row.warn_at = None
    row.plan = []
    row.next_event, row.next_event_at = "", None


def fired_events(rows: Collection[Clock]) -> dict[int, Names]:
    """By clock, what has fired and still holds: of its generation, or carried over from an earlier one."""
    names = {row.pk: set(row.carried) for row in rows}
    generation = {row.pk: row.generation for row in rows}
    if rows:
        events = ClockEvent.objects.filter(clock__in=[row.pk for row in rows])
        for clock_id, number, name in events.values_list("clock_id", "generation", "name"):
            if number == generation[clock_id]:
                names[clock_id].add(name)
    return {pk: frozenset(found) for pk, found in names.items()}


def stored(row: Clock) -> dict[str, Any]:
    """The values of a row that can change, to compare with later."""
    return {name: getattr(row, name) for name in (*READING, *TERMS, "read_at")}


def _store(work: Iterable[WorkedOut], *, refresh: bool) -> int:
    new, written = [], 0
    for done in work:
        for row in done.rows:
            if row.pk is None:
                new.append(row)
                continue
            before = done.before[row.pk]
            changed = {name for name, value in stored(row).items() if value != before[name]}
            # A clock that only ran on is left alone: how much time it has by now follows from the rest.
            if changed - ({"read_at"} if refresh or row.state != Clock.State.RUNNING else _RUNNING_ON):
                row.save(update_fields=[name.removesuffix("_id") for name in changed | {"read_at"}])
                written += 1
    Clock.objects.bulk_create(new)
    return written + len(new)


def summarise(ticket: Ticket, rows: Iterable[Clock]) -> None:
    """Set the ticket's short SLA fields from its live clocks."""
    for name, value in summary_of(rows).items():
        setattr(ticket, name, value)


def summary_of(rows: Iterable[Clock]) -> dict[str, Any]:
    """The short form of clocks: the next thing due, or how it ended."""
    promised = [row for row in rows if row.metric not in Metric.INSIDE and row.state != Clock.State.CANCELLED]
    going = [row for row in promised if row.stopped_at is None]
    running = [row for row in going if row.state != Clock.State.PAUSED]
    short: dict[str, Any] = {
        "sla_state": SlaState.NONE, "sla_metric": "", "due_at": None, "warn_at": None, "due_sort": FAR_FUTURE,
    }  # fmt: skip
    if running:
        first = min(running, key=lambda row: (row.due_at or FAR_FUTURE, row.metric))
        short |= {
            "sla_state": SlaState.RUNNING, "sla_metric": first.metric, "due_at": first.due_at,
            "warn_at": first.warn_at, "due_sort": first.due_at or FAR_FUTURE,
        }  # fmt: skip
    elif going:
        short |= {"sla_state": SlaState.PAUSED, "sla_metric": min(row.metric for row in going)}
    elif promised:
        missed = any(row.breached_at is not None for row in promised)
        short["sla_state"] = SlaState.BREACHED if missed else SlaState.MET
    return short
