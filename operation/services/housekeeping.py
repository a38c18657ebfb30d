"""What time does to incidents and requests: closing, resuming, reminding. The system user takes each step.

Every job looks for what is due, then takes one step per ticket, each in its own transaction and only if nobody
changed the ticket since it was found. So running twice, or twice at once, does nothing twice; and a ticket that
refuses (an open task, a missing approval) stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.tickets.models import HoldReason, StateInterval, Ticket
from itsm.tickets.services import reference
from itsm.tickets.states import Phase
from itsm.workflow import moves, verbs
from operation.models import Incident, ServiceRequest
from operation.services import incidents, requests
from operation.states import ResolutionCode

log = logging.getLogger(__name__)

BATCH = 200

Step = Callable[[Any, User], Any]


#: The kinds that are closed, resumed and reminded of by themselves, each by its own process setting.
KINDS: dict[str, type[Any]] = {"incident": Incident, "request": ServiceRequest}


def run_all() -> int:
    """Everything below, once; returns how many steps were taken."""
    return close_resolved() + resume_held() + remind_requesters() + chase_updates()


def close_resolved() -> int:
    """Close what has been resolved for the days the organisation sets, and nobody objected."""
    now, due = clock.now(), Q(pk__in=[])
    for kind, setting in reference.settings_of(KINDS).items():
        due |= Q(kind=kind, resolved_at__lte=now - timedelta(days=setting.auto_close_days))
    found = Ticket.objects.filter(due, phase=Phase.RESOLVED)
    return _each("close", found, lambda ticket, system: _perform(ticket, "close", system))


def resume_held() -> int:
    """Take up again what was on hold until a moment that has come."""
    comment = _("The time it was on hold for is over.")
    due = Ticket.objects.filter(kind__in=KINDS, phase=Phase.WAITING, hold_until__lte=clock.now())
    return _each("resume", due, lambda ticket, system: _perform(ticket, "resume", system, comment=comment))


def remind_requesters() -> int:
    """Remind requesters of an open question; after the last reminder went unanswered too, give up.

    Nobody is reminded before the moment a hold was limited to, nor after having written.
    """
    now, late = clock.now(), Q(pk__in=[])
    settings = reference.settings_of(KINDS)
    for kind, setting in settings.items():
        if setting.reminders and setting.reminder_days:
            late |= Q(kind=kind, since__lte=now - timedelta(days=setting.reminder_days))
    asked = HoldReason.objects.filter(party=HoldReason.Party.REQUESTER).values("code")
    not_held = StateInterval.objects.filter(ticket=OuterRef("pk")).exclude(phase=Phase.WAITING)
    held_since = Subquery(not_held.order_by("-from_at", "-id").values("to_at")[:1])
    reminded = (f"{model._meta.model_name}__last_reminder_at" for model in KINDS.values())
    due = (
        Ticket.objects.filter(kind__in=KINDS, phase=Phase.WAITING, hold_reason__in=asked, hold_until__isnull=True)
        .filter(awaiting_reply=False)
        .alias(since=Coalesce(*reminded, held_since, "opened_at"))
        .filter(late)
    )

    def step(ticket: Any, system: User) -> None:
        if ticket.reminders_sent < settings[ticket.kind].reminders:
            _perform(ticket, "reminder", system, public=True)
        else:
            _give_up(ticket, system)

    return _each("reminder", due, step)


def _give_up(ticket: Any, system: User) -> None:
    """Without an answer an incident counts as solved; what was ordered is not delivered."""
    how: dict[str, Any] = {"actor": system, "source": Source.SYSTEM, "version": ticket.version}
    words = {"count": ticket.reminders_sent + 1}
    if ticket.kind == "incident":
        note = _("We have asked %(count)d times and had no answer. Reopen this or write to us if you still need help.")
        incidents.resolve(ticket, code=ResolutionCode.NO_ANSWER, note=note % words, **how)
    else:
        why = _("We have asked %(count)d times and had no answer. Order again if you still need it.")
        requests.cancel(ticket, reason=why % words, **how)


def chase_updates() -> int:
    """Say once, for each promised moment, that the stakeholders of a major incident wait for an update."""
    due = Incident.objects.filter(is_major=True, is_open=True, next_update_at__lte=clock.now())
    due = due.filter(Q(update_missed_at__isnull=True) | ~Q(update_missed_at=F("next_update_at")))
    return _each("update_overdue", due, lambda incident, system: _perform(incident, "update_overdue", system))


def _perform(incident: Any, verb: str, system: User, *, public: bool = False, **data: Any) -> None:
    if public:
        moves.move(incident, verb, actor=system, source=Source.SYSTEM, version=incident.version, public=True)
    else:
        verbs.perform(incident, verb, actor=system, source=Source.SYSTEM, version=incident.version, data=data)


def _each(what: str, due: models.QuerySet[Any, Any], step: Step) -> int:
    """Take a step on every ticket that is due; returns on how many it was taken."""
    taken = 0
    system: User | None = None
    for incident in _in_batches(due):
        system = system or User.objects.system()
        try:
            step(incident, system)
        except DomainError as refusal:
            log.info(
                "a ticket refused an automatic step",
                extra={"ticket": incident.number, "step": what, "reason": refusal.message},
            )
        except Exception:
            # Guards, policies and receivers of any stage may fail here; the other tickets are looked after.
            log.exception("an automatic step failed", extra={"ticket": incident.number, "step": what})
        else:
            taken += 1
    return taken


def _in_batches(due: models.QuerySet[Any, Any]) -> Iterator[Any]:
    last = 0
    while found := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from _specific(found)
        if len(found) < BATCH:
            return
        last = found[-1].pk


def _specific(found: list[Any]) -> Iterator[Any]:
    """The same tickets as what they are, of each kind in one query."""
    own = {
        pk: one
        for kind, model in KINDS.items()
        if (ids := [one.pk for one in found if type(one) is Ticket and one.kind == kind])
        for pk, one in model.objects.in_bulk(ids).items()
    }
    for ticket in found:
        one = own.get(ticket.pk, ticket)
        # Whatever changed since it was found to be due is a reason to look again next time.
        one.version = ticket.version
        yield one
