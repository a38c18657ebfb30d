"""What people say on a ticket: replies, work notes, mentions, watchers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.sla.services import clocks
from itsm.tickets.events import ticket_changed
from itsm.tickets.models import HoldReason, Ticket, TimelineEntry, Watcher
from itsm.tickets.services import attachments, reference, timeline
from itsm.workflow import steps
from itsm.workflow.moves import is_supplier, lock, move

MAX_BODY = 20_000
_MENTION = re.compile(r"(?<![\w@.])@([a-z0-9](?:[a-z0-9._+-]*[a-z0-9])?)", re.IGNORECASE)


def may_reply(ticket: Ticket, user: User) -> Decision:
    """Whoever sees an open or resolved ticket may write on it."""
    if ticket.phase == "closed":
        return deny(_("This ticket is closed. Open a new one that follows it up."))
    if user.is_desk and not user.acts_for_desk and ticket.requester_id != user.pk:
        return deny(_("You read tickets and change nothing."))
    return ALLOW


def may_note(ticket: Ticket, user: User) -> Decision:
    return ALLOW if user.acts_for_desk else deny(_("Work notes are for the desk."))


@transaction.atomic
def reply(ticket: Ticket, body: str, *, actor: User, source: str, files: Iterable[UploadedFile] = ()) -> TimelineEntry:
    """Say something the requester can read. An agent's reply answers; a requester's ends the hold that waits for it."""
    return _say(ticket, body, actor=actor, source=source, files=files, public=True)


@transaction.atomic
def note(ticket: Ticket, body: str, *, actor: User, source: str, files: Iterable[UploadedFile] = ()) -> TimelineEntry:
    """Write a work note, which the requester never sees."""
    return _say(ticket, body, actor=actor, source=source, files=files, public=False)


def _say(
    ticket: Ticket, body: str, *, actor: User, source: str, files: Iterable[UploadedFile], public: bool
) -> TimelineEntry:
    files = list(files)
    body = body.strip()
    if not body and not files:
        raise Invalid({"body": _("Write something first.")})
    if len(body) > MAX_BODY:
        raise Invalid(
            {"body": _("At most %(max)d characters; this has %(has)d.") % {"max": MAX_BODY, "has": len(body)}}
        )
    fresh = lock(ticket)
    verdict = may_reply(fresh, actor) if public else may_note(fresh, actor)
    if not verdict:
        raise (Refused if public else Denied)(verdict.reason)
    by_agent = is_supplier(fresh, actor)
    mentioned = mentions(body) if by_agent else []
    entry = timeline.write(
        fresh, TimelineEntry.Kind.REPLY if public else TimelineEntry.Kind.NOTE, actor=actor, source=source,
        body=body, public=public, by_agent=by_agent, mentioned=[person.pk for person in mentioned],
    )  # fmt: skip
    attachments.store(fresh, files, actor=actor, entry=entry, public=public)
    for person in mentioned:
        if person.is_desk:
            Watcher.objects.get_or_create(ticket_id=fresh.pk, user=person)
    if public:
        fresh.awaiting_reply = not by_agent
        if by_agent and fresh.first_response_at is None:
            fresh.first_response_at = clock.now()
    fresh.version += 1
    fresh.updated_at = clock.now()
    clocks.sync(fresh)
    fresh.save()
    code = f"{fresh.kind}.{'reply' if public else 'note'}"
    audit.record(fresh, code, actor=actor, source=source, changes={"entry": [None, entry.pk]})
    emit(code, fresh, actor=actor, source=source, entry=entry, by_agent=by_agent, mentioned=entry.data["mentioned"])
    if public and not by_agent:
        _resume_waiting(fresh)
    transaction.on_commit(
        lambda: ticket_changed.send_robust(
            sender=type(fresh), ticket=fresh, verb="reply" if public else "note", actor=actor
        )
    )
    return entry


@transaction.atomic
def reply_and_hold(
    ticket: Ticket, body: str, *, hold_reason: str, actor: User, source: str, files: Iterable[UploadedFile] = ()
) -> TimelineEntry:
    """Ask the requester something and wait for the answer, in one go."""
    if steps.describe(type(ticket), "put_on_hold") is None:
        raise Refused(_("This kind of ticket is not put on hold."), code="no_transition")
    if not HoldReason.objects.filter(code=hold_reason, is_active=True).exists():
        raise Invalid({"hold_reason": _("There is no such reason.")})
    entry = reply(ticket, body, actor=actor, source=source, files=files)
    # The reply is the question, so the step itself needs no comment.
    move(ticket, "put_on_hold", actor=actor, source=source, hold_reason=hold_reason)
    return entry


def _resume_waiting(ticket: Ticket) -> None:
    if ticket.phase != "waiting" or not ticket.hold_reason:
        return
    reason = reference.hold_reason(ticket.hold_reason)
    if reason and reason.resumes_on_reply and steps.find(ticket, "resume"):
        move(ticket, "resume", actor=User.objects.system(), source="system")


def mentions(body: str) -> list[User]:
    """Desk people named as ``@handle``, the part of their address before the @; a full name works with dots."""
    handles = {match.lower() for match in _MENTION.findall(body)}
    if not handles:
        return []
    found = []
    for handle in sorted(handles)[:20]:
        found += list(
            User.objects.people().filter(email__istartswith=f"{handle}@", groups__isnull=False).distinct()[:2]
        )
    return found


def may_be_named(ticket: Ticket, user: User) -> bool:
    """Whoever is named sees the ticket: staff, and people of the requester's organisation."""
    if user.is_desk or user.pk == ticket.requester_id:
        return True
    return user.organisation_id is not None and user.organisation_id == ticket.organisation_id


@transaction.atomic
def watch(ticket: Ticket, user: User, *, actor: User, source: str) -> None:
    """Name somebody on the ticket. The desk and the requester name others, everybody themselves."""
    fresh = lock(ticket)
    if not (actor.acts_for_desk or user.pk == actor.pk or fresh.requester_id == actor.pk):
        raise Denied(_("You cannot add watchers here."))
    if not may_be_named(fresh, user):
        raise Invalid({"person": _("Only staff and people of the requester’s organisation can watch this.")})
    _watcher, created = Watcher.objects.get_or_create(ticket_id=fresh.pk, user=user)
    if created:
        audit.record(fresh, f"{fresh.kind}.watch", actor=actor, source=source, changes={"watcher": [None, user.pk]})


@transaction.atomic
def unwatch(ticket: Ticket, user: User, *, actor: User, source: str) -> None:
    """Take a name off the ticket."""
    fresh = lock(ticket)
    if not (actor.acts_for_desk or user.pk == actor.pk):
        raise Denied(_("You cannot remove watchers here."))
    removed, _rows = Watcher.objects.filter(ticket_id=fresh.pk, user=user).delete()
    if removed:
        audit.record(fresh, f"{fresh.kind}.unwatch", actor=actor, source=source, changes={"watcher": [user.pk, None]})
