"""The verbs of a change. Each function is the whole business step, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.tickets.states import Channel
from itsm.ui.times import when_words
from itsm.workflow import approvals as decisions
from itsm.workflow import work
from itsm.workflow.files import keep_at_opening
from itsm.workflow.moves import lock, move
from itsm.workflow.opening import open_ticket
from transition.models import Change, ChangeTemplate, ConfigurationItem, Release
from transition.policies import changes as policies
from transition.reports import change_conflicts, change_risk
from transition.services import change_approvals, change_plans, change_votes, configuration
from transition.states.changes import ChangeState, ChangeType, Outcome

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from itsm.catalogue.models import Service


@transaction.atomic
def open(
    *, actor: User, source: str, requester: User | None = None, title: str = "", description: str = "",
    channel: str = Channel.PORTAL, files: Iterable[UploadedFile] = (), services: Iterable[Service] = (),
    items: Iterable[ConfigurationItem] = (), **fields: Any,
) -> Change:  # fmt: skip
    """Raise a change. A template fills in what was not said: title, plans, service, team, tasks, length."""
    verdict = policies.may_raise(actor)
    if not verdict:
        raise Denied(verdict.reason)
    template: ChangeTemplate | None = fields.get("template")
    if template is not None:
        change_plans.from_template(template, fields)
        title, description = title or template.name, description or template.description
    change_plans.check(
        Change(**{name: value for name, value in fields.items() if name in change_plans.PLANNED}), before=None
    )
    made: Change = open_ticket(
        "change", actor=actor, source=source, requester=requester or actor, title=title, description=description,
        channel=channel, **fields,
    )  # fmt: skip
    made.services.set(services)
    for item in items:
        configuration.link_ticket(made, item, actor=actor, source=source)
    for text in template.tasks if template else ():
        work.add_task(made, text, actor=actor, source=source, team=made.team)
    keep_at_opening(made, files, actor=actor, source=source)
    return Change.objects.get(pk=made.pk)


@transaction.atomic
def plan(
    change: Change, *, actor: User, source: str, version: int | None = None,
    services: Iterable[Service] | None = None, **fields: Any,
) -> Change:  # fmt: skip
    """Write down what is changed, how and when, until others decide about it."""
    unknown = {name: _("This cannot be changed.") for name in fields if name not in change_plans.PLANNED}
    if unknown:
        raise Invalid(unknown)
    before = lock(change, version=version)
    after = Change.objects.get(pk=before.pk)
    for name, value in fields.items():
        setattr(after, name, value)
    if after.change_type == ChangeType.STANDARD and after.template is not None:
        # What is approved beforehand is what the template says.
        fields |= {name: getattr(after.template, name) for name in ("implementation_plan", "backout_plan")}
    change_plans.check(after, before)
    change_plans.validate(after)
    if before.risk_score is not None and change_plans.weighs(before, after, services):
        # What it touches is another thing now: the score would be about something else.
        fields |= {"risk_score": None, "risk_level": "", "risk_lines": [], "assessed_at": None}
    wanted = None if services is None else list(services)
    listed = [one.pk for one in before.services.all()]
    same = all(getattr(before, name) == value for name, value in fields.items())
    if same and (wanted is None or sorted(listed) == sorted(one.pk for one in wanted)):
        return before
    moved = move(before, "plan", actor=actor, source=source, **fields)
    if wanted is not None and sorted(listed) != sorted(one.pk for one in wanted):
        names = [sorted(str(one) for one in rows) for rows in (before.services.all(), wanted)]
        moved.services.set(wanted)
        audit.record(moved, "change.plan", actor=actor, source=source, changes={"services": names})
    return moved


@transaction.atomic
def assess(
    change: Change, *, actor: User, source: str, version: int | None = None,
    answers: Mapping[str, str] | None = None,
) -> Change:  # fmt: skip
    """Answer the questions; the blast radius and the track record are counted with them."""
    given = {str(key): str(value) for key, value in (answers or {}).items()}
    known = {str(one.pk): one for one in change_risk.questions()}
    errors = {f"q{key}": _("There is no such question.") for key in given if key not in known}
    for key, one in known.items():
        if one.points_of(given.get(key, "")) is None:
            errors[f"q{key}"] = _("Choose an answer.")
    if errors:
        raise Invalid(errors)
    before = lock(change, version=version)
    risk = change_votes.weigh(before, given)
    moved = move(before, "assess", actor=actor, source=source, answers=given, **risk)
    if moved.state == ChangeState.AWAITING_APPROVAL and risk["score"] != before.risk_score:
        words = {"before": before.risk_score, "after": moved.risk_score}
        why = _("Its risk is another one now: %(after)s of 100 instead of %(before)s.") % words
        return change_votes.ask_again(moved, actor=actor, source=source, why=why)
    return moved


def submit(change: Change, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Change:
    return move(change, "submit", actor=actor, source=source, version=version, body=comment)


def send_back(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    return move(change, "send_back", actor=actor, source=source, version=version, body=reason)


@transaction.atomic
def request_approval(
    change: Change, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> Change:  # fmt: skip
    """Ask whom the risk demands: a change manager, or the board, which finds it on its next agenda.

    The risk is counted anew: items may have come, or similar changes ended, since it was assessed.
    """
    fresh = lock(change, version=version)
    hurried = fresh.change_type == ChangeType.EMERGENCY
    if fresh.state == ChangeState.ASSESSING and (hurried or fresh.risk_score is not None):
        if not hurried and change_risk.unanswered(fresh.answers):
            raise Refused(_("There are other questions about the risk now. Answer them first."))
        risk = change_votes.weigh(fresh, fresh.answers)
        if risk["lines"] != fresh.risk_lines:
            fresh = move(fresh, "assess", actor=actor, source=source, answers=fresh.answers, **risk)
    moved = move(fresh, "request_approval", actor=actor, source=source, body=comment)
    return change_votes.put(moved, actor=actor, source=source)


@transaction.atomic
def hurry(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    """Ask the emergency approvers at once, with what is known of its risk."""
    fresh = lock(change, version=version)
    risk = change_votes.weigh(fresh, fresh.answers)
    moved = move(fresh, "hurry", actor=actor, source=source, body=reason, answers=fresh.answers, **risk)
    return change_votes.put(moved, actor=actor, source=source)


@transaction.atomic
def withdraw(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    """Take the question back; who approved what is taken back hears of it."""
    before = lock(change, version=version)
    moved = move(before, "withdraw", actor=actor, source=source, body=reason)
    if before.state == ChangeState.SCHEDULED:
        decisions.void(moved, change_approvals.BEFORE, actor=actor, source=source, why=reason)
    change_votes.take_back(moved, actor=actor, source=source)
    return moved


def schedule(change: Change, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Change:
    """A standard change needs no other word than its template's."""
    clashes = change_conflicts.count(change)
    return move(change, "schedule", actor=actor, source=source, version=version, body=comment, clashes=clashes)


@transaction.atomic
def reschedule(
    change: Change, *, actor: User, source: str, planned_start: datetime, planned_end: datetime, reason: str = "",
    version: int | None = None,
) -> Change:  # fmt: skip
    """Move it to another time. Votes are about what will happen: those cast are void, and all are asked anew."""
    before = lock(change)
    after = Change.objects.get(pk=before.pk)
    after.planned_start, after.planned_end = planned_start, planned_end
    change_plans.check(after, before)
    if before.state in ("awaiting_approval", "scheduled"):
        verdict = policies.outside_freezes(after)
        if not verdict:
            raise Refused(verdict.reason)
    same = (before.planned_start, before.planned_end) == (planned_start, planned_end)
    moved = move(
        before, "reschedule", actor=actor, source=source, version=version, body=reason, planned_start=planned_start,
        planned_end=planned_end,
    )  # fmt: skip
    if same or not change_votes.counts_on_votes(moved):
        return moved
    words = {"begin": when_words(planned_start), "end": when_words(planned_end)}
    why = _("It is planned for another time now: %(begin)s to %(end)s.") % words
    return change_votes.ask_again(moved, actor=actor, source=source, why=why)


def start(change: Change, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Change:
    return move(change, "start", actor=actor, source=source, version=version, body=comment)


@transaction.atomic
def implement(change: Change, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Change:
    """It is done. An emergency is put before the board at once."""
    moved = move(change, "implement", actor=actor, source=source, version=version, body=comment)
    return _look_at(moved, actor, source)


def fail(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    return move(change, "fail", actor=actor, source=source, version=version, body=reason, reason=reason)


@transaction.atomic
def back_out(change: Change, *, actor: User, source: str, version: int | None = None, comment: str) -> Change:
    """What failed is undone; now everybody learns from it."""
    moved = move(change, "back_out", actor=actor, source=source, version=version, body=comment)
    return _look_at(moved, actor, source)


def _look_at(change: Change, actor: User, source: str) -> Change:
    if change.change_type == ChangeType.EMERGENCY:
        change_approvals.ask_afterwards(change, actor=actor, source=source)
    return change


@transaction.atomic
def ask_review(change: Change, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Change:
    moved = move(change, "ask_review", actor=actor, source=source, version=version, body=comment)
    change_approvals.ask_afterwards(moved, actor=actor, source=source)
    return moved


def close(
    change: Change, *, actor: User, source: str, version: int | None = None, outcome: str, review_note: str
) -> Change:  # fmt: skip
    """Say what came of it. What failed is not called successful."""
    if change.stop_reason and outcome in Outcome.GOOD:
        raise Invalid({"outcome": _("It failed on the way: it was backed out, or failed.")})
    return move(
        change, "close", actor=actor, source=source, version=version, body=review_note, outcome=outcome,
        review_note=review_note,
    )  # fmt: skip


def reopen(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    return move(change, "reopen", actor=actor, source=source, version=version, body=reason)


@transaction.atomic
def cancel(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    moved = move(change, "cancel", actor=actor, source=source, version=version, body=reason, reason=reason)
    change_votes.take_back(moved, actor=actor, source=source)
    return moved


def revise(change: Change, *, actor: User, source: str, version: int | None = None, reason: str) -> Change:
    return move(change, "revise", actor=actor, source=source, version=version, body=reason)


@transaction.atomic
def join(change: Change, release: Release | None, *, actor: User, source: str) -> Change:
    """Make a change part of a release, or take it out."""
    return plan(change, actor=actor, source=source, release=release)
