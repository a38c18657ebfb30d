"""Meetings of the change advisory board: what is on the agenda, and what is decided there."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import records
from itsm.workflow.moves import lock, move
from transition.models import AgendaItem, CABMeeting, Change
from transition.policies import releases as policies
from transition.services import change_approvals
from transition.states.changes import ChangeState, Decision, MeetingState


def next_meeting() -> CABMeeting | None:
    """The planned meeting that comes first."""
    rows = CABMeeting.objects.planned().filter(starts_at__gte=clock.now())
    return rows.order_by("starts_at", "id").first()


def put_on_agenda(change: Change, *, actor: User, source: str, meeting: CABMeeting | None = None) -> AgendaItem | None:
    """Let the next meeting talk about a change; ``None`` where none is planned: its members vote without one."""
    meeting = meeting or next_meeting()
    if meeting is None:
        return None
    item = AgendaItem.objects.filter(meeting=meeting, change=change).first()
    if item is None:
        last = meeting.agenda.order_by("-position").values_list("position", flat=True).first() or 0
        item = AgendaItem.objects.create(meeting=meeting, change=change, position=min(last + 10, 32_000))
    return item


def take_off_agenda(change: Change, *, actor: User, source: str) -> None:
    """What is not asked any more is not talked about."""
    rows = AgendaItem.objects.filter(change=change, decision=Decision.PENDING)
    rows.filter(meeting__state__in=[MeetingState.PLANNED, MeetingState.HELD]).delete()


def decided(round_: Round, actor: User | None) -> None:
    """What the votes decided needs no meeting any more."""
    change_approvals.decided(round_, actor)
    change: Any = Change.objects.filter(pk=round_.subject_id).first()
    if change is not None and change.state != ChangeState.AWAITING_APPROVAL:
        take_off_agenda(change, actor=actor or User.objects.system(), source="system")


def waiting() -> Any:
    """Changes that wait for the board and are on no agenda that is still to come."""
    listed = AgendaItem.objects.filter(
        decision=Decision.PENDING, meeting__state__in=[MeetingState.PLANNED, MeetingState.HELD]
    )
    asked = Round.objects.pending().filter(subject_type="ticket", verb=change_approvals.BEFORE)
    rows: Any = Change.objects.filter(state=ChangeState.AWAITING_APPROVAL, pk__in=asked.values("subject_id"))
    return rows.exclude(pk__in=listed.values("change_id")).order_by("planned_start", "id")


def created(meeting: CABMeeting) -> None:
    """A new meeting begins with what waits and is on no agenda yet."""
    for change in waiting():
        rule = change_approvals.rule_of(change)
        if rule.in_meeting:
            put_on_agenda(change, actor=meeting.created_by, source="system", meeting=meeting)


def cancel(meeting: CABMeeting, *, actor: User, source: str, reason: str, version: int | None = None) -> CABMeeting:
    """It does not take place; what is not decided goes to the next one."""
    with transaction.atomic():
        moved = move(meeting, "cancel", actor=actor, source=source, version=version, reason=reason)
        for item in moved.agenda.filter(decision=Decision.PENDING).select_related("change"):
            following = CABMeeting.objects.planned().exclude(pk=moved.pk).filter(starts_at__gte=clock.now())
            put_on_agenda(
                item.change, actor=actor, source=source, meeting=following.order_by("starts_at", "id").first()
            )
        return moved


@transaction.atomic
def add(meeting: CABMeeting, change: Change, *, actor: User, source: str) -> AgendaItem:
    """Put a change on the agenda by hand."""
    fresh = _writable(meeting, actor)
    if change.state != ChangeState.AWAITING_APPROVAL:
        raise Invalid({"change": _("%(number)s does not wait for approval.") % {"number": change.number}})
    if fresh.agenda.filter(change=change).exists():
        raise Invalid({"change": _("It is on this agenda already.")})
    part = AgendaItem(meeting=fresh, position=min(10 * (fresh.agenda.count() + 1), 32_000))
    item = records.put_part(
        fresh, part, {"change": change}, actor=actor, source=source, name=str(_("agenda item"))
    )  # fmt: skip
    return item  # type: ignore[return-value]


@transaction.atomic
def decide(
    item: AgendaItem, decision: str, *, actor: User, source: str, note: str = ""
) -> AgendaItem:  # fmt: skip
    """Write down what the board decided; the change follows at once.

    The votes already cast are kept, the question itself is settled by the meeting: with as many present as its rule
    asks for.
    """
    meeting = _writable(item.meeting, actor)
    if meeting.state != MeetingState.HELD:
        raise Refused(_("Decisions are made in the meeting: let it take place first."))
    if decision not in Decision.values or decision == Decision.PENDING:
        raise Invalid({"decision": _("Approve, reject or defer it.")})
    if decision != Decision.APPROVED and not note.strip():
        raise Invalid({"note": _("Say why.")})
    change = lock(item.change)
    if item.decision != Decision.PENDING:
        raise Refused(_("This is decided already: %(decision)s.") % {"decision": item.get_decision_display()})
    if change.state != ChangeState.AWAITING_APPROVAL:
        words = {"number": change.number, "state": change.state_label}
        raise Refused(_("%(number)s does not wait for approval any more: %(state)s.") % words)
    needed = change_approvals.rule_of(change).quorum
    present = meeting.attendees.count()
    if decision != Decision.DEFERRED and present < needed:
        amounts = {"needed": needed, "there": present}
        raise Refused(_("%(needed)d have to be there to decide this, and only %(there)d are.") % amounts)
    fresh = AgendaItem.objects.get(pk=item.pk)
    values = {"decision": decision, "note": note.strip()}
    records.put_part(meeting, fresh, values, actor=actor, source=source, name=str(_("agenda item")))
    said = f"{meeting.number}: {note.strip()}" if note.strip() else meeting.number
    if decision == Decision.DEFERRED:
        following = CABMeeting.objects.planned().filter(starts_at__gte=clock.now()).order_by("starts_at", "id").first()
        if following is not None:
            put_on_agenda(change, actor=actor, source=source, meeting=following)
        return fresh
    change_approvals.cancel(change, actor=actor, source=source)
    if decision == Decision.APPROVED:
        change_approvals.accept(change, words=said)
    else:
        change_approvals.refuse(change, reason=said)
    take_off_agenda(change, actor=actor, source=source)
    return fresh


def _writable(meeting: CABMeeting, actor: User) -> CABMeeting:
    fresh = lock(meeting)
    verdict = policies.may_edit_meeting(fresh, actor)
    if not verdict:
        raise (Denied if not policies.may_chair(fresh, actor) else Refused)(verdict.reason)
    return fresh
