"""Votes about a change are about what will happen: when that becomes something else they are void, and asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib.decisions import ALLOW, Decision
from itsm.lib.sources import Source
from itsm.workflow import approvals as decisions
from itsm.workflow.moves import move
from transition.policies import changes as policies
from transition.reports import change_risk
from transition.services import cab, change_approvals
from transition.states.changes import ChangeState, ChangeType

if TYPE_CHECKING:
    from transition.models import Change, ConfigurationItem


def weigh(change: Change, answers: Mapping[str, str]) -> dict[str, Any]:
    """The risk of a change as its steps keep it: score, level, lines."""
    risk = change_risk.assess(change, answers)
    return {"score": risk.score, "level": risk.level, "lines": [line.plain() for line in risk.lines]}


def put(change: Change, *, actor: User, source: str) -> Change:
    """Ask whom its rule names, and let the board find it on its next agenda where the rule wants that."""
    rule = change_approvals.ask(change, actor=actor, source=source)
    if rule.in_meeting:
        cab.put_on_agenda(change, actor=actor, source=source)
    return change


def take_back(change: Change, *, actor: User, source: str) -> None:
    """Nobody is asked about it any more."""
    change_approvals.cancel(change, actor=actor, source=source)
    cab.take_off_agenda(change, actor=actor, source=source)


def counts_on_votes(change: Change) -> bool:
    """People vote on it, or have approved it; a standard change is approved by its template."""
    voted = (ChangeState.AWAITING_APPROVAL, ChangeState.SCHEDULED)
    return change.change_type != ChangeType.STANDARD and change.state in voted


@transaction.atomic
def ask_again(change: Change, *, actor: User, source: str, why: str) -> Change:
    """Void the votes, count the risk anew, and ask those who decide about what it is now.

    The timeline tells why; whoever has voted hears that it does not count, and whoever decides now is asked.
    """
    decisions.void(change, change_approvals.BEFORE, actor=actor, source=source, why=why)
    take_back(change, actor=actor, source=source)
    moved = move(
        change, "ask_again", actor=User.objects.system(), source=Source.SYSTEM, body=why,
        **weigh(change, change.answers),
    )  # fmt: skip
    return put(moved, actor=actor, source=source)


# ---------- what is changed from the side ----------


def may_edit(change: Change, changed: set[str]) -> Decision:
    """Its service is what it touches: what is approved is not turned into something else."""
    return policies.has_open_scope(change) if "service_id" in changed else ALLOW


def edited(change: Change, changed: set[str], *, actor: User, source: str) -> Change:
    if "service_id" not in changed or change.state != ChangeState.AWAITING_APPROVAL:
        return change
    words = {"service": change.service or "–"}
    why = _("It touches another service now: %(service)s.") % words
    return ask_again(change, actor=actor, source=source, why=why)


def items_changed(change: Change, item: ConfigurationItem, *, added: bool, actor: User, source: str) -> None:
    if change.state != ChangeState.AWAITING_APPROVAL:
        return
    words = {"item": f"{item.number} {item}"}
    why = _("It touches %(item)s as well now.") if added else _("It does not touch %(item)s any more.")
    ask_again(change, actor=actor, source=source, why=why % words)
