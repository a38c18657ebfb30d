"""Opening a round, voting, and what the votes add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.approvals.models import Round, Seat
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused

if TYPE_CHECKING:
    from itsm.lib.sources import Source


def people_for(specs: Iterable[Mapping[str, Any]], *, context: Mapping[str, User | None]) -> list[User]:
    """Resolve approver specs to active people, each once, in order.

    A spec is ``{"user": id}``, ``{"team": id}`` (its members), ``{"leads": id}``, ``{"role": name}``, or
    ``{"who": "requester_manager" | "service_owner"}`` looked up in ``context``.
    """
    found: dict[int, User] = {}
    for spec in specs:
        if "user" in spec:
            people = list(User.objects.people().filter(pk=spec["user"]))
        elif "team" in spec:
            people = list(User.objects.people().filter(memberships__team_id=spec["team"]))
        elif "leads" in spec:
            people = list(User.objects.people().filter(memberships__team_id=spec["leads"], memberships__is_lead=True))
        elif "role" in spec:
            people = list(User.objects.people().holding(spec["role"]))
        else:
            person = context.get(str(spec.get("who", "")))
            people = [person] if person and person.is_active else []
        for person in people:
            found.setdefault(person.pk, person)
    return list(found.values())


@transaction.atomic
def open_round(
    subject: models.Model,
    approvers: Iterable[User],
    *,
    actor: User,
    source: Source | str,
    label: str,
    url: str = "",
    verb: str = "",
    question: str = "",
    rule: str = Round.Rule.ANY,
    quorum: int = 1,
    deadline_at: datetime | None = None,
) -> Round:
    """Ask ``approvers``. Whoever is away is replaced by the delegate; refused when nobody is left to ask."""
    seats: dict[int, tuple[User, User | None]] = {}
    for person in approvers:
        stand_in = person.delegate if person.is_away() and person.delegate and person.delegate.is_active else None
        seat = stand_in or person
        seats.setdefault(seat.pk, (seat, person if stand_in else None))
    if not seats:
        raise Refused(_("Nobody can approve this: the approvers named are not active."), code="no_approver")
    needed = {Round.Rule.ANY: 1, Round.Rule.ALL: len(seats)}.get(Round.Rule(rule), quorum)
    if needed > len(seats):
        raise Refused(
            _("%(needed)d approvals are needed, but only %(there)d people can vote.")
            % {"needed": needed, "there": len(seats)},
            code="no_quorum",
        )
    round_ = Round.objects.create(
        subject_type=audit.type_of(subject),
        subject_id=subject.pk,
        subject_label=label[:250],
        subject_url=url,
        verb=verb,
        question=question[:250],
        rule=rule,
        quorum=needed,
        requested_by=actor,
        requested_at=clock.now(),
        deadline_at=deadline_at,
    )
    Seat.objects.bulk_create(
        Seat(round=round_, approver=seat, on_behalf_of=original) for seat, original in seats.values()
    )
    audit.record(round_, "approval.asked", actor=actor, source=source, changes={"approvers": [None, sorted(seats)]})
    return round_


@transaction.atomic
def vote(round_: Round, *, actor: User, approve: bool, comment: str = "", source: Source | str) -> Round:
    """Cast a vote. Votes are final; the round is decided as soon as the outcome is certain."""
    round_ = Round.objects.select_for_update().get(pk=round_.pk)
    seat = round_.seats.filter(approver=actor).first()
    if seat is None:
        raise Denied(_("You are not asked to approve this."))
    if round_.state != Round.State.PENDING:
        raise Refused(_("This approval is already decided: %(state)s.") % {"state": round_.get_state_display()})
    if seat.vote:
        raise Refused(_("You have voted already."), code="voted")
    if not approve and not comment.strip():
        raise Refused(_("Say why you reject it."), code="comment_required")
    seat.vote = Seat.Vote.APPROVE if approve else Seat.Vote.REJECT
    seat.comment = comment
    seat.voted_at = clock.now()
    seat.save()
    audit.record(
        round_,
        "approval.voted",
        actor=actor,
        source=source,
        changes={"vote": [None, seat.vote], "comment": [None, comment]},
    )
    outcome = _outcome(round_)
    if outcome:
        _decide(round_, outcome, actor=actor, source=source)
    return round_


def _outcome(round_: Round) -> str | None:
    votes = list(round_.seats.values_list("vote", flat=True))
    approvals = votes.count(Seat.Vote.APPROVE)
    open_seats = votes.count("")
    if approvals >= round_.quorum:
        return Round.State.APPROVED
    if approvals + open_seats < round_.quorum or (round_.rule == Round.Rule.ANY and Seat.Vote.REJECT in votes):
        return Round.State.REJECTED
    return None


def _decide(round_: Round, state: str, *, actor: User, source: Source | str) -> None:
    before = round_.state
    round_.state = state
    round_.decided_at = clock.now()
    round_.save(update_fields=["state", "decided_at"])
    audit.record(round_, f"approval.{state}", actor=actor, source=source, changes={"state": [before, state]})


@transaction.atomic
def cancel(round_: Round, *, actor: User, source: Source | str) -> Round:
    """Withdraw the question; nothing happens to a round that is already decided."""
    round_ = Round.objects.select_for_update().get(pk=round_.pk)
    if round_.state == Round.State.PENDING:
        _decide(round_, Round.State.CANCELLED, actor=actor, source=source)
    return round_


@transaction.atomic
def expire(round_: Round, *, source: Source | str) -> Round:
    """End a round whose deadline passed without a decision."""
    round_ = Round.objects.select_for_update().get(pk=round_.pk)
    if round_.state == Round.State.PENDING and round_.deadline_at and round_.deadline_at <= clock.now():
        _decide(round_, Round.State.EXPIRED, actor=User.objects.system(), source=source)
    return round_
