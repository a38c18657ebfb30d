"""Asking for the approval a policy wants, voting, and what a decision does to the ticket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.approvals import services as approvals
from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused
from itsm.lib.sources import Source
from itsm.notifications.services import direct
from itsm.notifications.services.events import emit
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.services import timeline
from itsm.workflow import conditions, steps
from itsm.workflow.moves import lock

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.workflow.models import TransitionPolicy

log = logging.getLogger(__name__)

#: Where people vote.
APPROVALS_URL = "/approvals/"

#: What a decided round does to its subject, by the subject's type: filled by ``records.register``.
_deciders: dict[str, Callable[[Round, User | None], None]] = {}


def on_decided(subject_type: str, decide: Callable[[Round, User | None], None]) -> None:
    """Let ``decide(round, actor)`` act when a round about this type is decided or expires.

    Tickets of one kind are ``ticket:<kind>``.
    """
    _deciders[subject_type] = decide


def _act_on(round_: Round, actor: User | None) -> None:
    key = round_.subject_type
    if key == "ticket" and round_.state != Round.State.PENDING:
        kind = Ticket.objects.filter(pk=round_.subject_id).values_list("kind", flat=True).first()
        key = f"ticket:{kind}"
    decide = _deciders.get(key)
    if decide is not None and round_.state != Round.State.PENDING:
        decide(round_, actor)


@transaction.atomic
def ask(ticket: Ticket, verb: str, *, actor: User, source: str) -> Round:
    """Open the round that the first unapproved policy of this step wants."""
    fresh = lock(ticket)
    if not actor.acts_for_desk:
        raise Denied(_("Only the desk asks for approvals."))
    if Round.objects.pending().filter(subject_type="ticket", subject_id=fresh.pk, verb=verb).exists():
        raise Refused(_("An approval for this is already running."), code="already_asked")
    policy = next((p for p in conditions.matching(fresh, verb) if p.approval), None)
    if policy is None or conditions.is_approved(fresh, verb):
        raise Refused(_("This step needs no approval."), code="no_approval_needed")
    return _open(fresh, verb, policy, actor=actor, source=source)


def _open(ticket: Ticket, verb: str, policy: TransitionPolicy, *, actor: User, source: str) -> Round:
    spec = policy.approval
    step = steps.describe(type(ticket), verb)
    round_ = approvals.open_round(
        ticket,
        named_by(ticket, spec),
        actor=actor,
        source=source,
        label=str(ticket),
        url=ticket.get_absolute_url(),
        verb=verb,
        question=_("%(step)s: “%(policy)s”") % {"step": step.label if step else verb, "policy": policy.name},
        rule=spec.get("rule", Round.Rule.ANY),
        quorum=int(spec.get("quorum", 1)),
        deadline_at=clock.now() + timedelta(days=int(spec.get("days", 5))),
    )
    _tell(ticket, round_, "approval_asked", actor=actor, source=source)
    return round_


def put(
    ticket: Ticket, verb: str, approvers: Iterable[User], *, actor: User, source: str, question: str,
    rule: str = Round.Rule.ANY, quorum: int = 1, days: int = 5,
) -> Round:  # fmt: skip
    """Put a question of the product's own about a ticket to people; the timeline tells, as for a policy's."""
    round_ = approvals.open_round(
        ticket, approvers, actor=actor, source=source, label=str(ticket), url=ticket.get_absolute_url(), verb=verb,
        question=question, rule=rule, quorum=quorum, deadline_at=clock.now() + timedelta(days=days),
    )  # fmt: skip
    _tell(ticket, round_, "approval_asked", actor=actor, source=source)
    return round_


def named_by(ticket: Ticket, spec: Mapping[str, Any]) -> list[User]:
    """The active people whom the approvers of ``spec`` name for this ticket, each once, in order."""
    people = {
        "requester_manager": ticket.requester.manager,
        "service_owner": ticket.service.owner if ticket.service else None,
    }
    return approvals.people_for(spec.get("approvers", []), context=people)


@transaction.atomic
def withdraw(ticket: Ticket, *, actor: User, source: str) -> None:
    """Take back the questions about a ticket that wait for votes."""
    lock(ticket)
    for round_ in Round.objects.pending().filter(subject_type="ticket", subject_id=ticket.pk):
        approvals.cancel(round_, actor=actor, source=source)


@transaction.atomic
def void(ticket: Ticket, verb: str, *, actor: User, source: str, why: str) -> None:
    """What was voted on is not what will happen any more: the question ends, and whoever voted hears why."""
    fresh = lock(ticket)
    rows = Round.objects.filter(subject_type="ticket", subject_id=fresh.pk, verb=verb)
    round_ = rows.order_by("-id").first()
    if round_ is not None:
        ended = approvals.cancel(round_, actor=actor, source=source)
        _tell(fresh, ended, "approval_void", actor=actor, source=source, comment=why)


def _hold_subject(round_: Round) -> None:
    """Lock the ticket before its round, as every step of the ticket does: the other way round two would wait for
    each other for ever."""
    if round_.subject_type == "ticket":
        Ticket.objects.select_for_update().filter(pk=round_.subject_id).values_list("pk").first()


@transaction.atomic
def vote(round_: Round, *, actor: User, approve: bool, comment: str = "", source: str) -> Round:
    """Vote; the subject's timeline tells how it was decided."""
    _hold_subject(round_)
    round_ = approvals.vote(round_, actor=actor, approve=approve, comment=comment, source=source)
    ticket = _subject(round_)
    if ticket is not None:
        _tell(ticket, round_, "approval_voted", actor=actor, source=source, comment=comment, approve=approve)
    _act_on(round_, actor)
    return round_


@transaction.atomic
def expire(round_: Round) -> bool:
    """End an unanswered round and tell those who wait for it; false when it is not, or not any more, to be ended."""
    _hold_subject(round_)
    if not _is_pending(round_):
        return False
    ended = approvals.expire(round_, source=Source.SYSTEM)
    if ended.state != Round.State.EXPIRED:
        return False
    _tell_all(ended, "approval_expired")
    _act_on(ended, None)
    return True


@transaction.atomic
def remind(round_: Round) -> bool:
    """Ask those once more whose vote is missing; once per round."""
    _hold_subject(round_)
    if not _is_pending(round_):
        return False
    fresh = Round.objects.get(pk=round_.pk)
    if fresh.reminded_at is not None:
        return False
    fresh.reminded_at = clock.now()
    fresh.save(update_fields=["reminded_at"])
    _tell_all(fresh, "approval_reminder")
    return True


def _is_pending(round_: Round) -> bool:
    return Round.objects.select_for_update().filter(pk=round_.pk, state=Round.State.PENDING).first() is not None


def chase() -> int:
    """Remind when half the time is over, end what was not answered in time; a transaction each."""
    now, done = clock.now(), 0
    rounds = Round.objects.pending().filter(deadline_at__isnull=False)
    late = rounds.filter(deadline_at__lte=now).order_by("pk")
    quiet = rounds.filter(deadline_at__gt=now, reminded_at__isnull=True).order_by("pk")
    halfway = [
        each
        for each in quiet
        if each.deadline_at and each.requested_at + (each.deadline_at - each.requested_at) / 2 <= now
    ]
    for step, found in ((expire, list(late)), (remind, halfway)):
        for round_ in found:
            try:
                done += step(round_)
            except Exception:
                # What an approval sets off belongs to the stage that asked; the other rounds are chased.
                log.exception("an approval could not be chased", extra={"round": round_.pk})
    return done


def _tell_all(round_: Round, news: str) -> None:
    """Tell the ticket's people; a round about anything else is news of its own."""
    ticket = _subject(round_)
    if ticket is not None:
        _tell(ticket, round_, news, actor=None, source=Source.SYSTEM)
    else:
        tell_round(round_, news, actor=None, source=Source.SYSTEM)


def tell_round(round_: Round, news: str, *, actor: User | None, source: str) -> None:
    """Tell the people of a round about something that is no ticket: those asked, or the one who asked."""
    event = emit(f"approval.{news.removeprefix('approval_')}", round_, actor=actor, source=source, round=round_.pk)
    if news in ("approval_asked", "approval_reminder"):
        people, topic = list(round_.seats.filter(vote="").values_list("approver_id", flat=True)), news
    else:
        people, topic = [round_.requested_by_id], "approval_decided"

    def words() -> tuple[str, str]:
        about = f"{round_.subject_label}\n\n{round_.question}".strip()
        if topic == "approval_decided":
            return f"{round_.get_state_display()}: {round_.subject_label}", about
        return _("Please decide: %(what)s") % {"what": round_.subject_label}, about

    url = round_.subject_url if topic == "approval_decided" else APPROVALS_URL
    direct.tell(people, topic, words, event=event, url=url)


def _subject(round_: Round) -> Ticket | None:
    if round_.subject_type != "ticket":
        return None
    return Ticket.objects.filter(pk=round_.subject_id).first()


def _tell(
    ticket: Ticket, round_: Round, news: str, *, actor: User | None, source: str, comment: str = "", **data: Any
) -> None:
    entry = timeline.write(
        ticket, TimelineEntry.Kind.APPROVAL, actor=actor, source=source, body=comment,
        round=round_.pk, news=news, state=round_.state, question=round_.question, **data,
    )  # fmt: skip
    emit(f"{ticket.kind}.{news}", ticket, actor=actor, source=source, entry=entry, round=round_.pk, state=round_.state)
