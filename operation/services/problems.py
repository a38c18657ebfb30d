"""The verbs of a problem, and what ties it to incidents and changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib.errors import Denied, DomainError, Invalid, Refused
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket, TicketLink
from itsm.tickets.states import Channel
from itsm.workflow import conversation, links, steps
from itsm.workflow.files import keep_at_opening
from itsm.workflow.moves import lock, move
from itsm.workflow.opening import open_ticket
from operation import problem_policies as policies
from operation.models import Incident, Problem
from operation.problem_states import WAITS_FOR_PROBLEM, ProblemState
from operation.services import incidents
from operation.services.incidents import assign
from operation.states import ResolutionCode
from transition.models import Change

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

log = logging.getLogger(__name__)

__all__ = ["assign"]

MOST_WHYS = 10


@transaction.atomic
def open(
    *, actor: User, source: str, requester: User, title: str, description: str = "", channel: str = Channel.PHONE,
    files: Iterable[UploadedFile] = (), **fields: Any,
) -> Problem:  # fmt: skip
    """Register a problem: something that causes incidents, or may."""
    if not policies.opens(actor):
        raise Denied(_("Only agents, problem managers and improvement managers open problems."))
    made: Problem = open_ticket(
        "problem", actor=actor, source=source, requester=requester, title=title, description=description,
        channel=channel, **fields,
    )  # fmt: skip
    keep_at_opening(made, files, actor=actor, source=source)
    return made


@transaction.atomic
def open_for(causes: Iterable[Incident], *, actor: User, source: str, **given: Any) -> Problem:
    """Register a problem with the incidents it causes."""
    made = open(actor=actor, source=source, **given)
    for incident in causes:
        links.link(incident, made, TicketLink.Kind.CAUSED_BY, actor=actor, source_of_change=source)
    return made


@transaction.atomic
def from_incident(
    incident: Incident, *, actor: User, source: str, title: str = "", problem: Problem | None = None
) -> Problem:
    """Find out why: a new problem that the incident is caused by, or one more incident of a known one."""
    fresh = lock(incident)
    known = cause_of(fresh)
    if known is not None and (problem is None or problem.pk == known.pk):
        words = {"number": fresh.number, "problem": known.number}
        raise Refused(_("%(number)s is caused by %(problem)s already.") % words, code="known")
    if problem is None:
        problem = open(
            actor=actor, source=source, requester=actor, title=title or fresh.title, service=fresh.service,
            category=fresh.category, impact=fresh.impact, urgency=fresh.urgency,
            description=_("From %(number)s: %(title)s") % {"number": fresh.number, "title": fresh.title}
            + f"\n\n{fresh.description}",
        )  # fmt: skip
    links.link(fresh, problem, TicketLink.Kind.CAUSED_BY, actor=actor, source_of_change=source)
    return problem


def cause_of(ticket: Ticket) -> Problem | None:
    """The open problem that causes a ticket."""
    rows: Any = Problem.objects.open().filter(links_to__source=ticket.pk, links_to__kind=TicketLink.Kind.CAUSED_BY)
    return rows.order_by("pk").first()  # type: ignore[no-any-return]


def incidents_of(problem: Problem) -> Any:
    """The incidents it causes."""
    caused = {"links_from__target": problem.pk, "links_from__kind": TicketLink.Kind.CAUSED_BY}
    return Incident.objects.filter(**caused).order_by("pk")


@transaction.atomic
def apply_workaround(incident: Incident, problem: Problem, *, actor: User, source: str, wait: bool = False) -> Incident:
    """Tell the requester what helps until the cause is removed, and tie the two together; ``wait`` for the fix."""
    fresh = lock(incident)
    if not fresh.phase_open:
        raise Refused(_("%(number)s is not open any more.") % {"number": fresh.number}, code="over")
    if not problem.workaround or not problem.is_known_error:
        raise Refused(_("%(number)s has no workaround to give.") % {"number": problem.number}, code="no_workaround")
    if wait and steps.find(fresh, "put_on_hold") is None:
        raise Refused(_("Take %(number)s first, so that it can wait.") % {"number": fresh.number}, code="no_hold")
    conversation.reply(fresh, problem.workaround, actor=actor, source=source)
    if not TicketLink.objects.filter(source=fresh.pk, target=problem.pk, kind=TicketLink.Kind.CAUSED_BY).exists():
        links.link(fresh, problem, TicketLink.Kind.CAUSED_BY, actor=actor, source_of_change=source)
    fresh.refresh_from_db()
    if wait:
        comment = _("Waits until %(number)s is solved.") % {"number": problem.number}
        fresh = incidents.put_on_hold(fresh, actor=actor, source=source, hold_reason=WAITS_FOR_PROBLEM, comment=comment)
    return fresh


# ---------- the verbs ----------


def _step(verb: str) -> Any:
    def take(problem: Problem, *, actor: User, source: str, comment: str = "", version: int | None = None) -> Problem:
        return move(problem, verb, actor=actor, source=source, version=version, body=comment)

    take.__name__ = verb
    return take


assess, investigate, start_fix, close = _step("assess"), _step("investigate"), _step("start_fix"), _step("close")


def publish_workaround(
    problem: Problem, *, actor: User, source: str, workaround: str, version: int | None = None
) -> Problem:
    """Write what helps meanwhile; whoever holds a linked incident reads it there."""
    return move(
        problem, "publish_workaround", actor=actor, source=source, version=version, body=workaround,
        workaround=workaround.strip(),
    )  # fmt: skip


def record_cause(
    problem: Problem, *, actor: User, source: str, root_cause: str, whys: str = "", workaround: str = "",
    version: int | None = None,
) -> Problem:  # fmt: skip
    """The cause is known: a known error from now on."""
    chain = [line.strip() for line in whys.splitlines() if line.strip()]
    if len(chain) > MOST_WHYS:
        raise Invalid({"whys": _("At most %d lines.") % MOST_WHYS})
    return move(
        problem, "record_cause", actor=actor, source=source, version=version, body=root_cause,
        root_cause=root_cause.strip(), whys=chain, workaround=workaround.strip(),
    )  # fmt: skip


@transaction.atomic
def resolve(problem: Problem, *, actor: User, source: str, note: str, version: int | None = None) -> Problem:
    """The cause is gone: incidents that wait for it are resolved, and their requesters told; others get a note."""
    resolved = move(problem, "resolve", actor=actor, source=source, version=version, body=note, note=note)
    system = User.objects.system()
    words = {"number": resolved.number, "note": note}
    for incident in incidents_of(resolved).open():
        if incident.phase == "waiting" and incident.hold_reason == WAITS_FOR_PROBLEM and _can_resolve(incident, system):
            incidents.resolve(
                incident, actor=system, source=Source.SYSTEM, code=ResolutionCode.FIXED,
                note=_("The cause was found and removed: %(note)s") % words,
            )  # fmt: skip
        else:
            conversation.note(incident, _("%(number)s is solved: %(note)s") % words, actor=system, source=Source.SYSTEM)
    return resolved


def _can_resolve(incident: Incident, system: User) -> bool:
    step = steps.find(incident, "resolve")
    return step is not None and steps.judge(incident, step, system).allowed


def reconsider(problem: Problem, *, actor: User, source: str, reason: str, version: int | None = None) -> Problem:
    """What was taken for the cause is not it."""
    return move(problem, "reconsider", actor=actor, source=source, version=version, body=reason)


def reopen(problem: Problem, *, actor: User, source: str, reason: str, version: int | None = None) -> Problem:
    """It came back."""
    return move(problem, "reopen", actor=actor, source=source, version=version, body=reason)


def cancel(problem: Problem, *, actor: User, source: str, reason: str, version: int | None = None) -> Problem:
    """It is not worth the effort, or no problem; incidents that wait for it are told to their holders."""
    with transaction.atomic():
        ended = move(
            problem, "cancel", actor=actor, source=source, version=version, body=reason, reason=reason
        )  # fmt: skip
        said = _("%(number)s will not be solved: %(reason)s") % {"number": ended.number, "reason": reason}
        for incident in incidents_of(ended).open().filter(phase="waiting", hold_reason=WAITS_FOR_PROBLEM):
            incidents.resume(incident, actor=User.objects.system(), source=Source.SYSTEM, comment=said)
        return ended


# ---------- changes that fix ----------

#: States of a change in which work on it has begun.
BEGUN = frozenset({"implementing", "review", "closed"})
#: Outcomes of a closed change with which what it was to fix is fixed.
GOOD = frozenset({"successful", "with_issues"})


def follow_change(change: Change) -> int:
    """A change began or went well: the problems that are fixed by it go on. Returns how many did.

    What a problem was caused by, or is only related to, fixes nothing. Doing it again changes nothing.
    """
    fixed = {"links_from__target": change.pk, "links_from__kind": TicketLink.Kind.FIXED_BY}
    rows: Any = Problem.objects.open().filter(**fixed)
    return sum(_follow(problem, change) for problem in rows.order_by("pk"))


def catch_up() -> int:
    """Let problems follow what their changes did while nobody was there to tell them: a lost message loses nothing."""
    fixes = TicketLink.objects.filter(
        kind=TicketLink.Kind.FIXED_BY, source__kind="problem", source__is_open=True, target__kind="change",
        target__state__in=BEGUN,
    )  # fmt: skip
    changes: Any = Change.objects.filter(pk__in=fixes.values("target"))
    return sum(follow_change(change) for change in changes.order_by("pk"))


def _follow(problem: Problem, change: Change) -> bool:
    given: dict[str, Any] = {"actor": User.objects.system(), "source": Source.SYSTEM}
    try:
        with transaction.atomic():
            # In the order of their keys, as whoever links them does.
            for pk in sorted((problem.pk, change.pk)):
                Ticket.objects.select_for_update().filter(pk=pk).values_list("pk").first()
            change, problem = Change.objects.get(pk=change.pk), Problem.objects.get(pk=problem.pk)
            words = {"number": change.number, "title": change.title}
            if change.state == "closed":
                waits = problem.state in (*ProblemState.KNOWN, ProblemState.ANALYSIS)
                if change.outcome in GOOD and waits and _is_news(problem, change, change.closed_at):
                    resolve(problem, note=_("Removed by %(number)s: %(title)s") % words, **given)
                    return True
            elif (
                change.state in BEGUN and problem.state == ProblemState.KNOWN_ERROR
                and _is_news(problem, change, change.actual_start)
            ):  # fmt: skip
                start_fix(problem, comment=_("%(number)s is being implemented.") % words, **given)
                return True
    except DomainError as refusal:
        log.info("a problem did not follow its change", extra={"ticket": problem.number, "reason": refusal.message})
    return False


def _is_news(problem: Problem, change: Change, moment: datetime | None) -> bool:
    """Whether the problem was fixed by the change, and stood where it stands, when the change did that.

    A problem that somebody took up again since is not resolved a second time by the same success.
    """
    link = TicketLink.objects.filter(source=problem.pk, target=change.pk, kind=TicketLink.Kind.FIXED_BY).first()
    if moment is None or link is None or link.created_at > moment:
        return False
    before = problem.intervals.exclude(state=problem.state).order_by("-from_at", "-id").first()
    since = before.to_at if before is not None and before.to_at is not None else problem.opened_at
    return since <= moment
