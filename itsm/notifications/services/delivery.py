"""Sending what waits: claim with a lease, send, note what became of it.

At least once, and in normal operation exactly once. A row is claimed for ``LEASE`` and marked *sending*
right before it is handed over; whoever lost the lease meanwhile loses that conditional update and lets go.
Only a process that dies between the hand-over and the note that follows it leaves a row whose fate nobody
knows: after the lease it is sent again under the same Message-ID, so mail programs show it once. That
window holds one message per death, because everything else of its batch is either noted or was never touched.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.models import F

from itsm.audit import services as audit
from itsm.lib import clock, jobs
from itsm.notifications.channels import Failed, Sent, Unreachable, chat, email
from itsm.notifications.models import ChatChannel, Event, Message
from itsm.notifications.services import people

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)

State = Message.State

BATCH = 25
#: Longer than handing over one message can take, time-outs included; renewed with each message.
LEASE = timedelta(seconds=120)
BUDGET = 120.0
MAX_ATTEMPTS = 10
FIRST_DELAY, LAST_DELAY = 30.0, 4 * 3600.0
#: How long everything waits when the mail server does not answer at all.
OUTAGE_DELAY = 45.0


def run(*, budget: float = BUDGET) -> int:
    """Send what is due by every channel; returns how many messages were sent."""
    return sum(run_channel(name, budget=budget / 2) for name in (Message.Channel.EMAIL, Message.Channel.CHAT))


def run_channel(channel: str, *, budget: float = BUDGET) -> int:
    """Send what is due by one channel, batch by batch, until nothing is left or the other side is gone."""
    until, sent = time.monotonic() + budget, 0
    while time.monotonic() < until:
        batch = claim(channel)
        if not batch:
            break
        try:
            sent += _send_batch(channel, batch)
        except Unreachable as error:
            log.warning("channel does not answer", extra={"channel": channel, "error": str(error)})
            _postpone(batch, str(error))
            break
    return sent


def claim(channel: str, size: int = BATCH) -> list[Message]:
    """Take up to ``size`` due messages; nobody else gets them while the lease lasts."""
    now, holder = clock.now(), str(uuid.uuid4())
    with transaction.atomic():
        # On SQLite the transaction holds the write lock from its beginning; PostgreSQL skips what others hold.
        due = Message.objects.due(channel, now).order_by("next_attempt_at", "id")
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:size])
        if not ids:
            return []
        Message.objects.filter(pk__in=ids).update(claimed_by=holder, claimed_until=now + LEASE)
    rows = Message.objects.filter(pk__in=ids).select_related("recipient", "team", "chat", "on_behalf_of", "ticket")
    return list(rows.order_by("next_attempt_at", "id"))


def _send_batch(channel: str, batch: list[Message]) -> int:
    allowed = _still_allowed(batch)
    sent = 0
    with contextlib.ExitStack() as stack:
        mail: email.Connection | None = None
        for message in batch:
            if message.pk not in allowed:
                _end(message, State.SKIPPED, error="not allowed to know any more")
                continue
            if channel == Message.Channel.EMAIL and mail is None:
                mail = stack.enter_context(email.Connection())
            if not _begin(message):
                continue
            sent += _note(message, _hand_over(message, mail))
    return sent


def _hand_over(message: Message, mail: email.Connection | None) -> Sent | Failed:
    try:
        return mail.send(message) if mail else _chat(message)
    except (Unreachable, DatabaseError):
        raise
    except Exception as error:
        # One message that cannot be worded must not hold up those behind it.
        log.exception("message could not be made", extra={"message_id": message.pk})
        return Failed(f"{type(error).__name__}: {error}")


def _chat(message: Message) -> Sent | Failed:
    result = chat.send(message)
    room = ChatChannel.objects.filter(pk=message.chat_id or 0)
    if isinstance(result, Failed):
        room.update(last_error=result.error[:500])
    else:
        room.update(last_sent_at=clock.now(), last_error="")
    return result


def _still_allowed(batch: list[Message]) -> set[int]:
    """Rights may have changed since the message was written: who left or lost sight of the ticket hears nothing."""
    known = people.load({m.recipient_id for m in batch if m.recipient_id})
    pairs = [(m.ticket_id, known[m.recipient_id]) for m in batch if m.ticket_id and m.recipient_id in known]
    seen = people.who_see_each(pairs)
    return {message.pk for message in batch if _allowed(message, known, seen)}


def _allowed(message: Message, known: dict[int, User], seen: set[tuple[int, int]]) -> bool:
    if message.recipient_id:
        if message.recipient_id not in known:
            return False
        return message.ticket_id is None or (message.ticket_id, message.recipient_id) in seen
    restricted = message.ticket.restricted_to_id if message.ticket else None
    if message.team_id:
        return restricted in (None, message.team_id) and message.team is not None and message.team.is_active
    return restricted is None and message.chat is not None and message.chat.is_active


def _begin(message: Message) -> bool:
    """Mark it as being handed over; false when the lease was lost and somebody else has it."""
    now = clock.now()
    taken = Message.objects.filter(
        pk=message.pk, claimed_by=message.claimed_by, claimed_until__gt=now, state__in=State.WAITING
    )
    return bool(taken.update(state=State.SENDING, claimed_until=now + LEASE, attempts=F("attempts") + 1))


def _note(message: Message, result: Sent | Failed) -> int:
    if isinstance(result, Sent):
        _end(message, State.SENT, sent_at=clock.now())
        return 1
    attempts = message.attempts + 1
    if result.final or attempts >= MAX_ATTEMPTS:
        _end(message, State.FAILED, error=result.error)
        log.warning("message failed", extra={"message_id": message.pk, "error": result.error, "attempts": attempts})
    else:
        _end(message, State.PENDING, error=result.error, next_attempt_at=clock.now() + delay(attempts))
    return 0


def _end(message: Message, state: str, *, error: str = "", **more: object) -> None:
    Message.objects.filter(pk=message.pk, claimed_by=message.claimed_by).update(
        state=state, error=error[:500], claimed_until=None, claimed_by="", **more
    )


def delay(attempts: int) -> timedelta:
    """Twice as long after every failure, give or take a quarter, so that not all come back at once."""
    seconds = min(LAST_DELAY, FIRST_DELAY * 2 ** (attempts - 1))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - jitter is no secret


def _postpone(batch: list[Message], error: str) -> None:
    """The other side is gone: what was not handed over waits without having lost an attempt."""
    holder = batch[0].claimed_by
    later = clock.now() + timedelta(seconds=OUTAGE_DELAY * random.uniform(0.75, 1.25))  # noqa: S311
    freed = {"claimed_until": None, "claimed_by": "", "error": error[:500]}
    # One was in flight when the line broke. It may have arrived, and it may be what breaks the line: it counts.
    for message in Message.objects.filter(claimed_by=holder, state=State.SENDING):
        if message.attempts >= MAX_ATTEMPTS:
            _end(message, State.FAILED, error=error)
        else:
            _end(message, State.PENDING, error=error, next_attempt_at=clock.now() + delay(message.attempts))
    Message.objects.filter(claimed_by=holder, state=State.PENDING).update(next_attempt_at=later, **freed)


# ---------- what administrators do ----------


@transaction.atomic
def retry(messages: Iterable[Message], *, actor: User, source: str) -> int:
    """Send failed messages again, now, with all their attempts."""
    done = 0
    for message in messages:
        changed = Message.objects.filter(pk=message.pk, state=State.FAILED).update(
            state=State.PENDING, attempts=0, next_attempt_at=clock.now(), claimed_until=None, claimed_by=""
        )
        if changed:
            audit.record(message, "changed", actor=actor, source=source, changes={"state": ["failed", "pending"]})
            done += 1
    if done:
        jobs.enqueue("notifications.deliver")
    return done


@transaction.atomic
def retry_events(*, actor: User, source: str) -> int:
    """Work out again who is told of the events that could not be told."""
    failed = list(Event.objects.exclude(fan_out_error="")[:500])
    for event in failed:
        Event.objects.filter(pk=event.pk).update(fanned_out_at=None, fan_out_error="")
        audit.record(event, "changed", actor=actor, source=source, changes={"fan_out": [event.fan_out_error, None]})
    if failed:
        jobs.enqueue("notifications.fan_out")
    return len(failed)
