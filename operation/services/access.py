"""The verbs of a request for access: granted, verified by a second person, revoked on its day."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.errors import DomainError, Invalid
from itsm.lib.sources import Source
from itsm.workflow import work
from itsm.workflow.moves import move
from operation.models import AccessRequest
from operation.order_states import AccessState
from operation.services import ordering
from operation.services.incidents import assign
from operation.services.ordering import ask_approval, cancel, reject, resubmit

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket

log = logging.getLogger(__name__)

__all__ = ["ask_approval", "assign", "cancel", "reject", "resubmit"]


def today() -> date:
    return timezone.localtime(clock.now(), timezone.get_default_timezone()).date()


def open(*, right: str = "", until: date | None = None, **given: Any) -> AccessRequest:
    """Ask for a right. It ends by itself on the day ``until``."""
    if until is not None and until <= today():
        raise Invalid({"until": _("Choose a day that is yet to come.")})
    offering = given.get("offering")
    right = right or (offering.name if offering else given.get("title", ""))
    made: AccessRequest = ordering.order("access", right=right, until=until, **given)
    return made


def grant(access: AccessRequest, *, actor: User, source: str, note: str, version: int | None = None) -> AccessRequest:
    """Give the right; whoever asked for it is told how to use it."""
    return move(
        access, "grant", actor=actor, source=source, version=version, body=note, public=True,
        by=None if actor.is_system else actor,
    )  # fmt: skip


def verify(
    access: AccessRequest, *, actor: User, source: str, comment: str = "", version: int | None = None
) -> AccessRequest:
    """It works, and gives no more than was asked for."""
    return move(access, "verify", actor=actor, source=source, version=version, body=comment, public=True)


def reopen(
    access: AccessRequest, *, actor: User, source: str, reason: str, version: int | None = None
) -> AccessRequest:
    return move(access, "reopen", actor=actor, source=source, version=version, body=reason, public=True)


@transaction.atomic
def revoke(
    access: AccessRequest, *, actor: User, source: str, reason: str, version: int | None = None
) -> AccessRequest:
    """Take the right back; the task to do so is done with it."""
    moved = move(access, "revoke", actor=actor, source=source, version=version, body=reason, public=True)
    for task in moved.tasks.left():
        work.finish_task(task, actor=actor, source=source)
    return moved


@transaction.atomic
def extend(
    access: AccessRequest, *, actor: User, source: str, until_day: date, reason: str, version: int | None = None
) -> AccessRequest:
    """Let it last longer; the task to revoke it is not needed."""
    if until_day <= today():
        raise Invalid({"until_day": _("Choose a day that is yet to come.")})
    moved = move(
        access, "extend", actor=actor, source=source, version=version, body=reason, public=True, until=until_day
    )
    for task in moved.tasks.left():
        work.skip_task(task, actor=actor, source=source)
    return moved


def tasks_changed(access: Ticket, *, actor: User, source: str) -> None:
    """The task to revoke is done: so it is revoked."""
    own: Any = access.specific()
    if own.state != AccessState.ENDING or own.tasks.left().exists():
        return
    last = own.tasks.filter(step__gt=0).order_by("-position", "-id").first()
    if last is not None and last.state == last.State.DONE:
        move(own, "revoke", actor=actor, source=source, body=_("Its time was over."), public=True)


def end_due() -> int:
    """Rights whose day has come: the team that gave them gets the task to take them back. Returns how many."""
    held = [AccessState.GRANTED, AccessState.VERIFIED]
    due = AccessRequest.objects.filter(
        until__isnull=False, until__lte=today(), granted_at__isnull=False, revoked_at__isnull=True, state__in=held
    )
    done = 0
    for access in due.order_by("pk")[:500]:
        try:
            _end(access)
        except DomainError as refusal:
            log.info("a right did not end", extra={"ticket": access.number, "reason": refusal.message})
        except Exception:
            # Whatever keeps one right from ending must not keep the others; it is tried again in the next run.
            log.exception("a right could not be ended", extra={"ticket": access.number})
        else:
            done += 1
    return done


@transaction.atomic
def _end(access: AccessRequest) -> None:
    moved = move(access, "end", actor=User.objects.system(), source=Source.SYSTEM, version=access.version)
    title = _("Revoke “%(right)s” of %(person)s") % {"right": moved.right, "person": moved.requester}
    work.plan_tasks(moved, [work.Planned(title[:200], team=moved.team)], source=Source.SYSTEM, due_at=clock.now())
