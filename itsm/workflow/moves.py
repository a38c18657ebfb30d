"""The one door: the only way a stateful record changes its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused, Stale
from itsm.notifications.services.events import emit
from itsm.sla.services import clocks
from itsm.tickets.events import ticket_changed
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.services import timeline
from itsm.workflow import steps
from itsm.workflow.words import readable

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Changed fields whose names the entry keeps, as they were.
WORDS = ("team_id", "assignee_id", "hold_reason")

Record = TypeVar("Record", bound=models.Model)


def lock(record: Record, *, version: int | None = None) -> Record:
    """Load the record anew with its row locked; refuse when it is newer than ``version``."""
    model = type(record)
    if isinstance(record, Ticket):
        # The base row is the lock of every kind; the child row follows it.
        Ticket.objects.select_for_update().filter(pk=record.pk).values_list("pk").first()
        fresh: Any = model._default_manager.get(pk=record.pk)
        if model is Ticket:
            fresh = fresh.specific()
    else:
        fresh = model._default_manager.select_for_update().get(pk=record.pk)
    if version is not None and fresh.version != version:
        raise Stale(_("Somebody changed this meanwhile."), current={"version": fresh.version})
    return fresh


@transaction.atomic
def move(
    record: Record,
    verb: str,
    *,
    actor: User,
    source: str,
    version: int | None = None,
    body: str = "",
    public: bool = False,
    **data: Any,
) -> Record:
    """Take one step in a record's life.

    In order, in one transaction: lock; the step exists from this state (``Refused``); permission
    (``Denied``); guards and policies (``Refused``); the state machine's method sets its fields;
    version + 1; interval, audit, timeline, clocks; the outbox event. Returns the fresh record.
    ``body`` is what the person wrote with the step; ``public`` shows it to the requester.
    """
    fresh = lock(record, version=version)
    state_before = steps.state_of(fresh)
    step = steps.find(fresh, verb)
    if step is None:
        raise Refused(
            _("“%(step)s” is not possible while this is %(state)s.")
            % {"step": _verb_label(fresh, verb), "state": _state_label(fresh)},
            code="no_transition",
        )
    verdict = steps.judge(fresh, step, actor)
    if verdict.denied:
        raise Denied(verdict.denied[0].reason or _("You may not do this."), reasons=verdict.reasons)
    if verdict.refused:
        raise Refused(verdict.refused[0].reason, reasons=verdict.reasons, links=verdict.links, code="guard")
    before = audit.snapshot(fresh)
    getattr(fresh, verb)(**data)
    return _finish(fresh, verb, before, state_before, actor=actor, source=source, body=body, public=public, data=data)


def _finish(
    record: Any,
    verb: str,
    before: dict[str, Any],
    state_before: str,
    *,
    actor: User,
    source: str,
    body: str,
    public: bool,
    data: dict[str, Any],
) -> Any:
    now = clock.now()
    state_after = steps.state_of(record)
    is_ticket = isinstance(record, Ticket)
    if is_ticket:
        record.phase = record.kind_info.phases[state_after]
    record.version += 1
    record.updated_at = now
    if is_ticket:
        timeline.sync_interval(record)
        clocks.sync(record)
    record.save()
    prefix = record.kind if is_ticket else record.kind_code
    changes = audit.diff(before, audit.snapshot(record))
    for noise in ("version", "updated_at"):
        changes.pop(noise, None)
    if not is_ticket:
        # Without a timeline the audit log is the only place that keeps the reason.
        given = {**data, "comment": body}
        changes |= {name: [None, value] for name, value in given.items() if value and name not in changes}
    entry = audit.record(record, f"{prefix}.{verb}", actor=actor, source=source, changes=changes)
    told: TimelineEntry | None = None
    if is_ticket:
        told = timeline.write(
            record, TimelineEntry.Kind.TRANSITION, actor=actor, source=source, body=body, public=public,
            by_agent=is_supplier(record, actor), audit_entry=entry, verb=verb, state=[state_before, state_after],
            team=changes.get("team_id"), assignee=changes.get("assignee_id"), hold_reason=record.hold_reason,
            words=readable(record, {name: changes[name] for name in WORDS if name in changes}),
        )  # fmt: skip
    emit(f"{prefix}.{verb}", record, actor=actor, source=source, entry=told, state=[state_before, state_after])
    if is_ticket:
        transaction.on_commit(
            lambda: ticket_changed.send_robust(sender=type(record), ticket=record, verb=verb, actor=actor)
        )
    return record


def is_supplier(ticket: Ticket, actor: User) -> bool:
    """Whether the actor speaks for the desk on this ticket; an agent's own ticket makes him a requester."""
    return actor.is_system or (actor.is_desk and ticket.requester_id != actor.pk)


def _state_label(record: Any) -> str:
    if isinstance(record, Ticket):
        return record.state_label
    return str(getattr(record, f"get_{record.state_field}_display")())


def _verb_label(record: Any, verb: str) -> str:
    step = steps.describe(type(record), verb)
    return step.label if step else verb
