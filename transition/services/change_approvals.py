"""Who is asked about a change, and what their answer does."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.approvals import services as approvals
from itsm.approvals.models import Round
from itsm.audit import services as audit
from itsm.lib.errors import Refused
from itsm.lib.sources import Source
from itsm.workflow import approvals as decisions
from itsm.workflow import conditions
from itsm.workflow.moves import move
from transition.models import ApprovalRule, Change
from transition.reports import change_conflicts, change_risk
from transition.states.changes import ChangeState

#: The question that decides whether it is done, and the one about emergencies afterwards.
BEFORE, AFTER = "implement", "close"
DAYS_AFTER = 7


def rule_of(change: Change) -> ApprovalRule:
    """The rule about a change; ``Refused`` where nobody wrote one."""
    rule = change_risk.rule_for(change.change_type, change.risk_score or 0)
    if rule is None:
        raise Refused(_("No approval rule says who decides about this. A change manager writes one in the settings."))
    return rule


def ask(change: Change, *, actor: User, source: str) -> ApprovalRule:
    """Put the change to whom its rule names. Nobody decides alone about what they asked for, if others can."""
    rule = rule_of(change)
    people = approvals.people_for([rule.approvers], context={})
    others = [one for one in people if one.pk not in (actor.pk, change.requester_id)]
    if rule.rule == Round.Rule.ANY and others:
        people = others
    _forget(change)
    decisions.put(
        change, BEFORE, people, actor=actor, source=source, rule=rule.rule, quorum=rule.quorum, days=rule.days,
        question=_question(change),
    )  # fmt: skip
    return rule


def _question(change: Change) -> str:
    words: dict[str, Any] = {"type": change.get_change_type_display(), "score": change.risk_score}
    if change.risk_score is None:
        return _("%(type)s change: shall it be done?") % words
    return _("%(type)s change with risk %(score)d of 100: shall it be done?") % words


def ask_afterwards(change: Change, *, actor: User, source: str) -> Round:
    """Put an emergency to the board, or to the change managers where there is no board."""
    people = list(User.objects.people().holding(Role.CAB_MEMBER)) or list(
        User.objects.people().holding(Role.CHANGE_MANAGER)
    )
    others = [one for one in people if one.pk != change.assignee_id]
    _forget(change)
    return decisions.put(
        change, AFTER, others or people, actor=actor, source=source, days=DAYS_AFTER,
        question=_("Emergency change: was it right to do it this way?"),
    )  # fmt: skip


def pending(change: Change) -> Round | None:
    """The question that runs about a change, whatever it is about."""
    return Round.objects.pending().filter(subject_type=audit.type_of(change), subject_id=change.pk).first()


def cancel(change: Change, *, actor: User, source: str) -> None:
    """Withdraw what is asked."""
    for round_ in Round.objects.pending().filter(subject_type=audit.type_of(change), subject_id=change.pk):
        approvals.cancel(round_, actor=actor, source=source)
    _forget(change)


def decided(round_: Round, actor: User | None) -> None:
    """The votes add up: an approved change is scheduled, any other answer sends it back."""
    change: Any = Change.objects.filter(pk=round_.subject_id).first()
    if change is None or round_.verb != BEFORE or change.state != ChangeState.AWAITING_APPROVAL:
        return
    why = "; ".join(seat.comment for seat in round_.seats.all() if seat.comment)
    if round_.state == Round.State.CANCELLED:
        return
    if round_.state == Round.State.APPROVED:
        accept(change, words=why)
    else:
        refuse(change, reason=why or str(round_.get_state_display()))


def accept(change: Change, *, words: str = "") -> Change:
    """Those asked said yes; what it collides with at this moment is kept."""
    return move(
        change, "approve", actor=User.objects.system(), source=Source.SYSTEM, body=words,
        clashes=change_conflicts.count(change),
    )  # fmt: skip


def refuse(change: Change, *, reason: str) -> Change:
    return move(change, "reject", actor=User.objects.system(), source=Source.SYSTEM, body=reason, reason=reason)


def rounds(change: Change) -> list[Round]:
    """Every question ever put about it, the newest first."""
    return conditions.rounds(change)


def _forget(change: Change) -> None:
    """What was read about its rounds is not true any more."""
    change.__dict__.pop("_approval_rounds", None)
