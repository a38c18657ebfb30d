"""The proof of the clocks: every stored value worked out again from history and terms, and compared or replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from itsm.lib import clock
from itsm.sla import engine
from itsm.sla.models import Clock
from itsm.sla.services import clocks
from itsm.sla.services.histories import histories_of, team_ids, waited
from itsm.sla.services.terms import Book
from itsm.tickets import numbers
from itsm.tickets.models import Ticket

BATCH = 500
#: What is read of a ticket; never its description.
_FIELDS = (
    "id", "kind", "opened_at", "service_id", "offering_id", "organisation_id", "priority", "phase", *clocks.SUMMARY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One stored value that is not what history and terms say."""

    number: str
    what: str
    field: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        return f"{self.number} {self.what}: {self.field} is {_show(self.stored)}, should be {_show(self.computed)}"


def tickets(only: int | None = None) -> models.QuerySet[Ticket]:
    found = Ticket.objects.only(*_FIELDS).order_by("pk")
    return found.filter(pk=only) if only else found


def check(
    *, only: int | None = None, batch: int = BATCH, progress: Callable[[int], object] | None = None
) -> Iterator[Difference]:
    """Compare every clock and every ticket's short form with what they should be; changes nothing.

    What depends on the time is compared at the moment of the row's own reading. A difference counts when it is still
    there with the ticket locked: while nobody looks, tickets go on living.
    """
    for found in _batches(only, batch):
        suspects = {each.number for each in compare(found)}
        for ticket in found:
            if ticket.number in suspects:
                yield from _compare_locked(ticket.pk)
        if progress:
            progress(len(found))


def rebuild(
    *, only: int | None = None, batch: int = BATCH, progress: Callable[[int], object] | None = None
) -> Iterator[Difference]:
    """Put right what ``check`` would find, ticket by ticket; yields what was different."""
    for found in _batches(only, batch):
        suspects = {each.number for each in compare(found)}
        for ticket in found:
            if ticket.number in suspects:
                yield from _repair(ticket.pk)
        if progress:
            progress(len(found))


def _batches(only: int | None, size: int) -> Iterator[list[Ticket]]:
    last = 0
    while found := list(tickets(only).filter(pk__gt=last)[:size]):
        yield found
        last = found[-1].pk


@transaction.atomic
def _compare_locked(pk: int) -> list[Difference]:
    return compare([tickets(pk).select_for_update(of=("self",)).get()])


@transaction.atomic
def _repair(pk: int) -> list[Difference]:
    """Terms that contradict their own target, then the readings; last the short form."""
    ticket = tickets(pk).select_for_update(of=("self",)).get()
    found = compare([ticket])
    if not found or any(each.field == "history" for each in found):
        return found
    now = clock.now()
    for row in Clock.objects.select_for_update(of=("self",)).filter(ticket=pk).select_related("target"):
        row.target_seconds, row.warn_percent = row.target.minutes * 60, row.target.warn_percent
        row.read_at = min(row.read_at, now)
        row.save(update_fields=["target_seconds", "warn_percent", "read_at"])
    clocks.sync(ticket, now=now, refresh=True)
    ticket.save(update_fields=clocks.SUMMARY)
    return found


def compare(found: Sequence[Ticket]) -> list[Difference]:
    """What of these tickets is not as it should be, in the same number of queries however many they are."""
    histories = histories_of(found)
    rows: dict[int, list[Clock]] = defaultdict(list)
    stored = Clock.objects.filter(ticket__in=[ticket.pk for ticket in found]).select_related("target")
    for row in stored.order_by("ticket_id", "metric", "cycle"):
        rows[row.ticket_id].append(row)
    fired = clocks.fired_events([row for own in rows.values() for row in own])
    busy = [ticket for ticket in found if ticket.pk in histories and histories[ticket.pk].finished_at() is None]
    lives = [histories[ticket.pk] for ticket in busy]
    book = Book(busy, team_ids(lives), waited=waited(lives)) if busy else None
    now = clock.now()
    differences: list[Difference] = []
    for ticket in found:
        history = histories.get(ticket.pk)
        if history is None:
            differences.append(Difference(ticket.number, "ticket", "history", "empty", "at least its opening"))
            continue
        own = rows[ticket.pk]
        for row in own:
            differences += _compare_reading(ticket, row, history, fired[row.pk])
        if history.finished_at() is None and book is not None:
            differences += _compare_terms(ticket, own, history, fired, book, now)
        differences += _compare_summary(ticket, own)
    return differences


def _compare_reading(ticket: Ticket, row: Clock, history: engine.History, fired: clocks.Names) -> Iterator[Difference]:
    name = what(row)
    for field, computed in (
        ("target_seconds", row.target.minutes * 60), ("warn_percent", row.target.warn_percent),
    ):  # fmt: skip
        if getattr(row, field) != computed:
            yield Difference(ticket.number, name, field, getattr(row, field), computed)
    try:
        computed_row = expected(row, history, fired)
    except (IndexError, ValueError) as error:
        yield Difference(ticket.number, name, "life", "a clock", f"none ({error})")
        return
    for field in clocks.READING:
        if getattr(row, field) != getattr(computed_row, field):
            yield Difference(ticket.number, name, field, getattr(row, field), getattr(computed_row, field))


def expected(row: Clock, history: engine.History, fired: clocks.Names) -> Clock:
    """The row as the reading of its own moment, by its own terms, makes it, with what the sweep has fired since."""
    computed = copy(row)
    if row.withdrawn_at is not None:
        computed.state, computed.plan, computed.next_event = Clock.State.CANCELLED, [], ""
        computed.due_at = computed.warn_at = computed.next_event_at = None
        return computed
    clocks.read_into(computed, history, row.read_at, fired)
    if "breach" in fired and computed.breached_at is None:
        # Not reached by then, and yet fired: the sweep did it later, at the moment that was planned.
        planned = dict(engine.read(history, clocks.terms_of(row), row.read_at, cycle=row.cycle).moments)
        if "breach" in planned:
            computed.state, computed.breached_at = Clock.State.BREACHED, planned["breach"]
    return computed


def _compare_terms(
    ticket: Ticket, rows: list[Clock], history: engine.History, fired: dict[int, clocks.Names], book: Book,
    now: datetime,
) -> Iterator[Difference]:  # fmt: skip
    """For a ticket with work to do: the clocks that run are those promised now, by the present terms."""
    try:
        done = clocks.work_out(ticket, history, [copy(row) for row in rows], fired, book, now)
    except (IndexError, ValueError):
        return  # found as a reading already
    for row in done.rows:
        if row.pk is None:
            yield Difference(ticket.number, what(row), "clock", None, "running")
            continue
        before = done.before[row.pk]
        for field in clocks.TERMS:
            if field not in ("label", "withdrawn_at", "generation", "carried") and getattr(row, field) != before[field]:
                yield Difference(ticket.number, what(row), field, before[field], getattr(row, field))
        if (row.withdrawn_at is None) != (before["withdrawn_at"] is None):
            state = "withdrawn" if row.withdrawn_at else "running"
            yield Difference(ticket.number, what(row), "clock", before["state"], state)


def _compare_summary(ticket: Ticket, rows: list[Clock]) -> Iterator[Difference]:
    computed = clocks.summary_of(row for row in rows if row.withdrawn_at is None)
    for field, value in computed.items():
        if getattr(ticket, field) != value:
            yield Difference(ticket.number, "ticket", field, getattr(ticket, field), value)


def what(row: Clock) -> str:
    return f"{row.metric} {row.cycle}" if row.cycle else row.metric


def ticket_id(number: str) -> int | None:
    """The ticket of a number such as INC-1042, if there is one."""
    parsed = numbers.parse(number)
    if parsed is None:
        return None
    kind, pk = parsed
    found = Ticket.objects.filter(pk=pk)
    return (found.filter(kind=kind) if kind else found).values_list("pk", flat=True).first()


def _show(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "nothing" if value in (None, "", []) else str(value)
