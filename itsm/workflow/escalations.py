"""What follows when a clock fires: the second pass over what the sweep wrote down.

Each event is one transaction: its effects, the line on the timeline, the outbox and the mark that it was handled. So
a worker that dies leaves it undone as a whole, and the next one does it as a whole.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Team, User
from itsm.lib import clock
from itsm.lib.errors import DomainError, Refused
from itsm.lib.sources import Source
from itsm.notifications.services.events import emit
from itsm.sla.models import Clock, ClockEvent, EscalationStep
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.services import timeline
from itsm.workflow import edits, verbs

log = logging.getLogger(__name__)

BATCH = 200
SECONDS = 20.0
#: After so many errors an event is given up, and the timeline says so.
MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(minutes=1)

Action = EscalationStep.Action

#: Whom the steps of an action tell, where a higher package knows: filled by ``register_people``.
_people: dict[str, Callable[[Ticket], Iterable[User]]] = {}


def register_people(action: str, people: Callable[[Ticket], Iterable[User]]) -> None:
    """Let ``people(ticket)`` say whom steps of this action tell; called from ``AppConfig.ready``."""
    _people[action] = people


def handle(*, seconds: float = SECONDS) -> int:
    """Take care of every clock event that is still owed its effects. Returns how many were handled.

    One that goes wrong is logged, left for later and given up after ``MAX_ATTEMPTS``; the others go on.
    """
    started = time.monotonic()
    handled, last = 0, 0
    while True:
        batch = list(ClockEvent.objects.to_do(clock.now()).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH])
        for pk in batch:
            handled += _handle_safely(pk)
            if time.monotonic() - started > seconds:
                return handled
        if len(batch) < BATCH:
            return handled
        last = batch[-1]


def _handle_safely(pk: int) -> bool:
    try:
        return handle_event(pk)
    except Exception:
        # Effects reach into every package; the event is put off and tried again, and at last given up in the open.
        log.exception("a clock event could not be handled", extra={"clock_event": pk})
        _put_off(pk)
        return False


@transaction.atomic
def handle_event(pk: int) -> bool:
    """Handle one event; false when another worker has it or had it."""
    event = (
        ClockEvent.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("clock")
        .filter(pk=pk, handled_at__isnull=True)
        .first()
    )
    if event is None:
        return False
    event.outcome = ClockEvent.Outcome.DONE if _act_on(event) else ClockEvent.Outcome.VOID
    event.handled_at = clock.now()
    event.save(update_fields=["outcome", "handled_at"])
    return True


@transaction.atomic
def _put_off(pk: int) -> None:
    event = ClockEvent.objects.select_for_update().select_related("clock").get(pk=pk)
    event.attempts += 1
    event.next_try_at = clock.now() + FIRST_RETRY * 2 ** (event.attempts - 1)
    if event.attempts >= MAX_ATTEMPTS:
        event.outcome = ClockEvent.Outcome.FAILED
        event.handled_at = clock.now()
        ticket = Ticket.objects.get(pk=event.clock.ticket_id)
        reason = _("An error kept this from being done. The log of the service desk tells more.")
        given_up = [Taken(action, False, reason) for action in _actions_of(event)] or [Taken("", False, reason)]
        _write(ticket, event, given_up, failed=True)
    event.save(update_fields=["attempts", "next_try_at", "outcome", "handled_at"])


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one action of an escalation step, as the timeline keeps it."""

    action: str
    taken: bool
    reason: str = ""
    recipients: tuple[int, ...] = ()

    def data(self) -> dict[str, Any]:
        return {"action": self.action, "taken": self.taken, "reason": self.reason}

    def __str__(self) -> str:
        label = str(Action(self.action).label) if self.action else _("nothing")
        return label if self.taken else _("%(action)s: not done. %(why)s") % {"action": label, "why": self.reason}


def _act_on(event: ClockEvent) -> bool:
    """Do what the event asks for; false when it does not hold any more."""
    row = event.clock
    if is_void(event, row):
        return False
    ticket = Ticket.objects.select_related("team", "assignee", "service").get(pk=row.ticket_id)
    if event.name == "breach":
        told = _write(ticket, event)
        _emit(ticket, event, "sla_breached", told)
    elif event.name == "warn":
        told = _write(ticket, event)
        _emit(ticket, event, "sla_warning", told)
    else:
        _climb(ticket, event)
    return True


def is_void(event: ClockEvent, row: Clock) -> bool:
    """Whether the event was overtaken: undone by other terms, or by the end of the promise or of the ticket.

    A warning comes too late when the clock has stopped in time. A breach stays a breach.
    """
    if event.generation != row.generation and event.name not in row.carried:
        return True
    if row.withdrawn_at is not None or row.state == Clock.State.CANCELLED:
        return True
    return event.name == "warn" and row.stopped_at is not None


def _climb(ticket: Ticket, event: ClockEvent) -> None:
    """Take the steps of an escalation policy that are due at this percentage, each for itself."""
    done = []
    steps = EscalationStep.objects.in_bulk(_step_ids(event))
    for step_id in _step_ids(event):
        step = steps.get(step_id)
        done.append(_take(ticket, event, step) if step else Taken("", False, _("The step was deleted meanwhile.")))
    told = _write(ticket, event, done)
    if any(each.taken for each in done):
        recipients = sorted({pk for each in done for pk in each.recipients})
        _emit(
            ticket, event, "sla_escalated", told, recipients=recipients,
            actions=[each.action for each in done if each.taken],
        )  # fmt: skip


def _step_ids(event: ClockEvent) -> list[int]:
    percent = percent_of(event)
    return [pk for at, pk in event.clock.steps if at == percent]


def _actions_of(event: ClockEvent) -> list[str]:
    return list(EscalationStep.objects.filter(pk__in=_step_ids(event)).values_list("action", flat=True))


def percent_of(event: ClockEvent) -> int:
    """At how much of the target the event fired."""
    kind, _colon, percent = event.name.partition(":")
    return int(percent) if percent else {"warn": event.clock.warn_percent}.get(kind, 100)


def _take(ticket: Ticket, event: ClockEvent, step: EscalationStep) -> Taken:
    if event.clock.stopped_at is not None:
        return Taken(step.action, False, _("The clock had stopped by then."))
    try:
        with transaction.atomic():
            return _perform(ticket, event, step)
    except DomainError as refusal:
        return Taken(step.action, False, " ".join(refusal.reasons))


def _perform(ticket: Ticket, event: ClockEvent, step: EscalationStep) -> Taken:
    reason = _("%(percent)d %% of the time for “%(clock)s” is used up.") % {
        "percent": step.percent, "clock": event.clock.get_metric_display(),
    }  # fmt: skip
    system = User.objects.system()
    if step.action == Action.ESCALATE:
        verbs.perform(ticket.specific(), "escalate", actor=system, source=Source.SYSTEM, data={"reason": reason})
        return Taken(step.action, True)
    if step.action == Action.RAISE_PRIORITY:
        _raise_priority(ticket, system, reason)
        return Taken(step.action, True)
    people = tuple(person.pk for person in _who_sees(ticket, _people_for(ticket, step)))
    if not people:
        on_call = step.action == Action.PAGE_ON_CALL
        raise Refused(_("Nobody is on call for its team.") if on_call else _("There is nobody to tell."))
    return Taken(step.action, True, recipients=people)


def _raise_priority(ticket: Ticket, system: User, reason: str) -> None:
    # Read again: an earlier step of the same moment may have changed it.
    current = Ticket.objects.values_list("priority", flat=True).get(pk=ticket.pk)
    if current <= 1:
        raise Refused(_("The priority is the highest already."))
    edits.edit(
        ticket.specific(), actor=system, source=Source.SYSTEM, priority=current - 1, priority_reason=reason[:200]
    )


def _people_for(ticket: Ticket, step: EscalationStep) -> Iterable[User]:
    if step.action in _people:
        return _people[step.action](ticket)
    match step.action:
        case Action.NOTIFY_ASSIGNEE:
            return [ticket.assignee] if ticket.assignee and ticket.assignee.is_active else []
        case Action.NOTIFY_TEAM:
            return _members(ticket.team)
        case Action.NOTIFY_LEADS:
            return _members(ticket.team, memberships__is_lead=True)
        case Action.NOTIFY_OWNER:
            owner = ticket.service.owner if ticket.service else None
            return [owner] if owner and owner.is_active else []
        case Action.PAGE_ON_CALL:
            return []
        case _:
            return User.objects.people().holding(step.role)


def _members(team: Team | None, **more: Any) -> Iterable[User]:
    return User.objects.people().filter(memberships__team=team, **more) if team else []


def _who_sees(ticket: Ticket, people: Iterable[User]) -> list[User]:
    """A restricted ticket is not told to a role or an owner who may not read it."""
    return [person for person in people if Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()]


def _write(ticket: Ticket, event: ClockEvent, done: Sequence[Taken] = (), **data: Any) -> TimelineEntry:
    """The line on the timeline; what was done, or not done and why, also in words."""
    row = event.clock
    return timeline.write(
        ticket, TimelineEntry.Kind.SLA, actor=None, source=Source.SYSTEM, body=_words(event, done),
        event=event.name.partition(":")[0], percent=percent_of(event), clock=row.pk, metric=row.metric,
        cycle=row.cycle, label=row.label, target_minutes=row.target_seconds // 60, at=event.due_at.isoformat(),
        actions=[each.data() for each in done], **data,
    )  # fmt: skip


def _words(event: ClockEvent, done: Sequence[Taken]) -> str:
    if not done:
        return ""
    words = {"clock": event.clock.get_metric_display(), "percent": percent_of(event)}
    return "\n".join([_("%(clock)s, %(percent)d %% of the time used:") % words, *(f"- {each}" for each in done)])


def _emit(ticket: Ticket, event: ClockEvent, news: str, told: TimelineEntry, **data: Any) -> None:
    row = event.clock
    emit(
        f"{ticket.kind}.{news}", ticket, actor=None, source=Source.SYSTEM, entry=told, clock=row.pk,
        metric=row.metric, label=row.label, percent=percent_of(event), at=event.due_at,
        due_at=row.due_at or event.due_at, **data,
    )  # fmt: skip
