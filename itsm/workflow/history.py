"""The door for lives that were lived elsewhere: a ticket with its whole past, written at once.

No guard judges the past and nobody is told of it, but everything else is as if each step had been
taken here: intervals, timeline, audit, clocks, and an event for the change feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from itsm.audit import services as audit
from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.notifications.models import Event
from itsm.sla.models import Clock, ClockEvent
from itsm.sla.services import clocks
from itsm.tickets import kinds
from itsm.tickets.models import StateInterval, Ticket, TimelineEntry

if TYPE_CHECKING:
    from itsm.accounts.models import Team, User

SOURCE = "import"


@dataclass(slots=True)
class Spell:
    """How the ticket was held from one moment on."""

    at: datetime
    state: str
    hold_reason: str = ""
    team: Team | None = None
    assignee: User | None = None
    actor: User | None = None
    actor_label: str = ""


@dataclass(slots=True)
class Life:
    """A ticket and its past. ``fields`` are fields of the kind's model; the last spell is the present."""

    fields: dict[str, Any]
    spells: list[Spell]
    opened_at: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    transfers: int = 0
    ticket: Any = field(default=None)


@transaction.atomic
def write(kind: str, lives: Sequence[Life], *, actor: User) -> list[Any]:
    """Write tickets with their pasts, in bulk; all of them or none. Returns the tickets in order."""
    info = kinds.get(kind)
    base_names = {f.attname for f in Ticket._meta.concrete_fields}
    for life in lives:
        life.ticket = _row(info, life, actor)
    bases = Ticket.objects.bulk_create(
        Ticket(**{name: getattr(life.ticket, name) for name in base_names - {"id", "is_open"}}) for life in lives
    )
    for life, base in zip(lives, bases, strict=True):
        life.ticket.pk = life.ticket.id = life.ticket.ticket_ptr_id = base.pk
        life.ticket.save_base(raw=True, force_insert=True)
    _write_pasts(lives, actor)
    return [life.ticket for life in lives]


@transaction.atomic
def rewrite(ticket: Any, life: Life, *, actor: User) -> Any:
    """Replace the past of a ticket that was imported before; what people added here since is not touched."""
    life.ticket = _row(ticket.kind_info, life, actor)
    life.ticket.pk = life.ticket.id = life.ticket.ticket_ptr_id = ticket.pk
    life.ticket.version = ticket.version + 1
    life.ticket.save(force_update=True)
    StateInterval.objects.filter(ticket_id=ticket.pk).delete()
    TimelineEntry.objects.filter(ticket_id=ticket.pk, source=SOURCE).delete()
    Clock.objects.filter(ticket_id=ticket.pk).delete()
    _write_pasts([life], actor)
    return life.ticket


def _row(info: kinds.Kind, life: Life, actor: User) -> Any:
    present = life.spells[-1]
    return info.model(
        kind=info.code,
        opened_by=actor,
        state=present.state,
        phase=info.phases[present.state],
        hold_reason=present.hold_reason,
        team=present.team,
        assignee=present.assignee,
        opened_at=life.opened_at,
        updated_at=present.at,
        resolved_at=life.resolved_at,
        closed_at=life.closed_at,
        reopen_count=life.reopened,
        transfer_count=life.transfers,
        **life.fields,
    )


def _write_pasts(lives: Sequence[Life], actor: User) -> None:
    now = clock.now()
    intervals: list[StateInterval] = []
    entries: list[TimelineEntry] = []
    audits: list[Entry] = []
    for life in lives:
        intervals += _intervals(life)
        entries += _timeline(life)
        audits.append(_audit_entry(life, actor, now))
    StateInterval.objects.bulk_create(intervals, batch_size=1000)
    TimelineEntry.objects.bulk_create(entries, batch_size=1000)
    Entry.objects.bulk_create(audits, batch_size=1000)
    Event.objects.bulk_create(
        [
            Event(
                type=f"{life.ticket.kind}.import", at=now, ticket_id=life.ticket.pk, object_type="ticket",
                object_id=life.ticket.pk, actor=actor, source=SOURCE, fanned_out_at=now,
            )
            for life in lives
        ],
        batch_size=1000,
    )  # fmt: skip
    # The whole past at once: also the clocks that had stopped long ago.
    clocks.sync_many([life.ticket for life in lives], backfill=True)
    Ticket.objects.bulk_update(
        [life.ticket for life in lives], ["sla_state", "sla_metric", "due_at", "warn_at", "due_sort"], batch_size=200
    )
    silence([life.ticket.pk for life in lives])


def _intervals(life: Life) -> list[StateInterval]:
    phases = life.ticket.kind_info.phases
    made: list[StateInterval] = []
    for spell in life.spells:
        at = max(spell.at, life.opened_at) if made else life.opened_at
        row = StateInterval(
            ticket_id=life.ticket.pk, state=spell.state, phase=phases[spell.state], hold_reason=spell.hold_reason,
            team=spell.team, assignee=spell.assignee, from_at=at,
        )  # fmt: skip
        if made and _held_alike(made[-1], row):
            continue
        if made:
            made[-1].to_at = at
        made.append(row)
    return made


def _held_alike(one: StateInterval, other: StateInterval) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in ("state", "hold_reason", "team_id", "assignee_id")
    )


def _timeline(life: Life) -> list[TimelineEntry]:
    made: list[TimelineEntry] = []
    before: Spell | None = None
    for spell in life.spells:
        data: dict[str, Any] = {"state": [before.state if before else None, spell.state], "imported": True}
        if before is None or spell.team != before.team:
            data["team"] = [before.team.pk if before and before.team else None, spell.team.pk if spell.team else None]
        if before is None or spell.assignee != before.assignee:
            data["assignee"] = [
                before.assignee.pk if before and before.assignee else None,
                spell.assignee.pk if spell.assignee else None,
            ]
        if spell.hold_reason:
            data["hold_reason"] = spell.hold_reason
        made.append(
            TimelineEntry(
                ticket_id=life.ticket.pk,
                at=spell.at if before else life.opened_at,
                kind=TimelineEntry.Kind.TRANSITION if before is None or spell.state != before.state
                else TimelineEntry.Kind.CHANGE,
                author=spell.actor,
                author_label=spell.actor_label or (str(spell.actor) if spell.actor else ""),
                public=before is None or spell.state != before.state,
                data={**data, "verb": "open"} if before is None else data,
                source=SOURCE,
            )
        )  # fmt: skip
        before = spell
    return made


def _audit_entry(life: Life, actor: User, now: datetime) -> Entry:
    previous = (
        Entry.objects.filter(object_type="ticket", object_id=life.ticket.pk).order_by("-id").values_list("hash").first()
        if life.ticket.version > 1
        else None
    )
    entry = Entry(
        at=now, actor=actor, actor_label=str(actor), source=SOURCE, action=f"{life.ticket.kind}.import",
        object_type="ticket", object_id=life.ticket.pk, object_label=life.ticket.number,
        changes={"title": [None, life.ticket.title], "state": [None, life.ticket.state]},
        previous_hash=previous[0] if previous else "",
    )  # fmt: skip
    entry.hash = audit.digest(entry)
    return entry


def silence(ticket_ids: Sequence[int]) -> None:
    """Mark what the clocks would have fired in the past as fired and handled: history alarms nobody."""
    now = clock.now()
    events: list[ClockEvent] = []
    rows: list[Clock] = []
    for row in Clock.objects.filter(ticket__in=ticket_ids, next_event_at__lte=now):
        past = [(name, moment) for name, moment in row.plan if datetime.fromisoformat(moment) <= now]
        events += [
            ClockEvent(
                clock=row, generation=row.generation, name=name, due_at=datetime.fromisoformat(moment), fired_at=now,
                handled_at=now,
            )
            for name, moment in past
        ]  # fmt: skip
        row.plan = row.plan[len(past) :]
        row.next_event, row.next_event_at = (
            (row.plan[0][0], datetime.fromisoformat(row.plan[0][1])) if row.plan else ("", None)
        )
        rows.append(row)
    ClockEvent.objects.bulk_create(events, ignore_conflicts=True)
    Clock.objects.bulk_update(rows, ["plan", "next_event", "next_event_at"], batch_size=200)
