"""Work inside a ticket: tasks that others may do, and the time people spend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.tickets.models import Ticket, TicketTask, TimelineEntry, WorkLog
from itsm.tickets.services import timeline
from itsm.workflow.moves import is_supplier, lock

if TYPE_CHECKING:
    from itsm.accounts.models import Team

State = TicketTask.State


def may_plan(ticket: Ticket, user: User) -> Decision:
    """The desk plans tasks until the ticket is resolved."""
    if not user.acts_for_desk:
        return deny(_("Tasks are for the desk."))
    return ALLOW if ticket.phase_open else deny(_("This is resolved: no more tasks."))


def may_finish(ticket: Ticket, user: User) -> Decision:
    """The desk finishes tasks, also those that are left to do after the ticket is done."""
    if not user.acts_for_desk:
        return deny(_("Tasks are for the desk."))
    if ticket.phase_open or any(task.is_left for task in ticket.tasks.all()):
        return ALLOW
    return deny(_("This is resolved: no more tasks."))


def may_log(ticket: Ticket, user: User) -> Decision:
    """The desk logs its time, also when the ticket is done."""
    return ALLOW if user.acts_for_desk else deny(_("Only the desk logs time."))


@transaction.atomic
def add_task(
    ticket: Ticket,
    title: str,
    *,
    actor: User,
    source: str,
    team: Team | None = None,
    assignee: User | None = None,
    due_at: datetime | None = None,
) -> TicketTask:
    """Plan a piece of work; the ticket is not resolved before it is done or skipped."""
    fresh = _locked(ticket, actor)
    title = " ".join(title.split())
    _refuse_bad(title, team, assignee)
    last = fresh.tasks.aggregate(last=Max("position"))["last"]
    task = TicketTask.objects.create(
        ticket_id=fresh.pk, title=title, team=team, assignee=assignee, due_at=due_at,
        position=0 if last is None else min(last + 1, 32_000),
    )  # fmt: skip
    _tell(fresh, task, "added", actor=actor, source=source, changes={"task": [None, title]})
    return task


@transaction.atomic
def change_task(
    task: TicketTask,
    *,
    actor: User,
    source: str,
    title: str,
    team: Team | None,
    assignee: User | None,
    due_at: datetime | None,
) -> TicketTask:
    """Give a task to somebody else, or say it better."""
    fresh = _locked(task.ticket, actor)
    task = TicketTask.objects.get(pk=task.pk)
    title = " ".join(title.split())
    _refuse_bad(title, team, assignee)
    before = audit.snapshot(task)
    task.title, task.team, task.assignee, task.due_at = title, team, assignee, due_at
    changes = audit.diff(before, audit.snapshot(task))
    if changes:
        task.save()
        _tell(fresh, task, "changed", actor=actor, source=source, changes=changes)
    return task


def finish_task(task: TicketTask, *, actor: User, source: str) -> TicketTask:
    """The work is done."""
    return _set(task, State.DONE, "done", actor=actor, source=source)


def skip_task(task: TicketTask, *, actor: User, source: str) -> TicketTask:
    """The work turned out not to be needed."""
    return _set(task, State.SKIPPED, "skipped", actor=actor, source=source)


def reopen_task(task: TicketTask, *, actor: User, source: str) -> TicketTask:
    """It has to be done after all."""
    return _set(task, State.OPEN, "reopened", actor=actor, source=source)


@transaction.atomic
def take_task(task: TicketTask, *, actor: User, source: str) -> TicketTask:
    """Whoever takes a task does it; two who take the same one find out at once."""
    fresh = _locked(task.ticket, actor, may=may_finish)
    task = TicketTask.objects.get(pk=task.pk)
    if not task.is_left:
        raise Refused(_("This task is %(state)s already.") % {"state": task.get_state_display().lower()})
    if task.assignee_id == actor.pk:
        return task
    if task.assignee_id is not None:
        raise Refused(_("%(person)s has taken it meanwhile.") % {"person": task.assignee}, code="taken")
    if task.team_id is not None and task.team_id not in actor.team_ids:
        raise Denied(_("This task is for %(team)s.") % {"team": task.team})
    task.assignee = actor
    task.save(update_fields=["assignee"])
    _tell(fresh, task, "changed", actor=actor, source=source, changes={"assignee_id": [None, actor.pk]})
    return task


#: What can be done to a task, by the word in its address.
TASK_STEPS = {"done": finish_task, "skip": skip_task, "reopen": reopen_task}


@transaction.atomic
def _set(task: TicketTask, state: str, news: str, *, actor: User, source: str) -> TicketTask:
    fresh = _locked(task.ticket, actor, may=may_finish)
    task = TicketTask.objects.get(pk=task.pk)
    if task.state == state:
        return task
    if task.state == State.WAITING and state != State.SKIPPED:
        raise Refused(_("This task waits for the tasks before it."), code="waits")
    if not task.is_left and state != State.OPEN:
        raise Refused(_("This task is %(state)s already.") % {"state": task.get_state_display().lower()})
    before, task.state = task.state, state
    finished = state != State.OPEN
    task.done_at = clock.now() if finished else None
    task.done_by = actor if finished else None
    task.save()
    _tell(fresh, task, news, actor=actor, source=source, changes={"state": [before, state]})
    if task.step:
        _take_turns(fresh, source=source)
    react = getattr(fresh.kind_info.verbs_module, "tasks_changed", None)
    if react is not None:
        react(fresh, actor=actor, source=source)
    return task


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a plan: what is done, by whom, in which step, and how many days it may take."""

    title: str
    step: int = 1
    team: Team | None = None
    assignee: User | None = None
    days: int | None = None


@transaction.atomic
def plan_tasks(ticket: Ticket, lines: Sequence[Planned], *, source: str, due_at: datetime | None = None) -> None:
    """Write the tasks of a plan. Tasks of a step wait until those of the steps before it are done or skipped.

    It happens by itself, hence nobody is asked for permission. ``due_at`` is for tasks without days of their own.
    """
    fresh, system = lock(ticket), User.objects.system()
    last = fresh.tasks.aggregate(last=Max("position"))["last"]
    first = min((line.step for line in lines), default=1)
    for position, line in enumerate(sorted(lines, key=lambda line: line.step), 0 if last is None else last + 1):
        now = line.step == first
        task = TicketTask.objects.create(
            ticket_id=fresh.pk, title=line.title, team=line.team, assignee=line.assignee, step=line.step,
            days=line.days, position=min(position, 32_000), state=State.OPEN if now else State.WAITING,
            due_at=_due(line.days) or due_at if now else due_at,
        )  # fmt: skip
        _tell(fresh, task, "added", actor=system, source=source, changes={"task": [None, task.title]})


def _due(days: int | None) -> datetime | None:
    return clock.now() + timedelta(days=days) if days else None


def _take_turns(ticket: Ticket, *, source: str) -> None:
    """Whose predecessors are done is open now; whose are not (any more) waits."""
    tasks = list(ticket.tasks.filter(step__gt=0).left().order_by("step", "position", "id"))
    turn = min((task.step for task in tasks), default=0)
    for task in tasks:
        state = State.OPEN if task.step == turn else State.WAITING
        if task.state == state:
            continue
        before, task.state = task.state, state
        if state == State.OPEN:
            task.due_at = _due(task.days) or task.due_at
        task.save(update_fields=["state", "due_at"])
        _tell(
            ticket, task, "ready" if state == State.OPEN else "held", actor=User.objects.system(), source=source,
            changes={"state": [before, state]},
        )  # fmt: skip


@transaction.atomic
def log_work(
    ticket: Ticket, minutes: int, *, actor: User, source: str, note: str = "", spent_on: date | None = None
) -> WorkLog:
    """Write down time spent. The person's rate of today is copied, so that a later raise leaves history alone."""
    fresh = lock(ticket)
    verdict = may_log(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    today = timezone.localtime(clock.now()).date()
    spent_on = spent_on or today
    if not 1 <= minutes <= 1440:
        raise Invalid({"minutes": _("Between 1 minute and a day.")})
    if spent_on > today:
        raise Invalid({"spent_on": _("This day is yet to come.")})
    if len(note) > 200:
        raise Invalid({"note": _("At most 200 characters.")})
    entry = WorkLog.objects.create(
        ticket_id=fresh.pk, user=actor, minutes=minutes, note=note.strip(), spent_on=spent_on,
        hourly_rate=actor.hourly_rate, created_at=clock.now(),
    )  # fmt: skip
    audit.record(
        fresh,
        f"{fresh.kind}.worklog",
        actor=actor,
        source=source,
        changes={"minutes": [None, minutes], "note": [None, entry.note]},
    )
    emit(f"{fresh.kind}.worklog", fresh, actor=actor, source=source, worklog=entry.pk, minutes=minutes)
    return entry


def _locked(ticket: Ticket, actor: User, may: Callable[[Ticket, User], Decision] = may_plan) -> Ticket:
    fresh = lock(ticket)
    verdict = may(fresh, actor)
    if not verdict:
        raise (Refused if actor.acts_for_desk else Denied)(verdict.reason)
    return fresh


def _refuse_bad(title: str, team: Team | None, assignee: User | None) -> None:
    if not title:
        raise Invalid({"title": _("Say what is to be done.")})
    if len(title) > 200:
        raise Invalid({"title": _("At most 200 characters.")})
    if team and assignee and team.pk not in assignee.team_ids:
        raise Invalid({"assignee": _("%(person)s is not in team %(team)s.") % {"person": assignee, "team": team}})


def _tell(ticket: Ticket, task: TicketTask, news: str, *, actor: User, source: str, changes: dict[str, Any]) -> None:
    ticket.version += 1
    ticket.updated_at = clock.now()
    ticket.save(update_fields=["version", "updated_at"])
    code = f"{ticket.kind}.task"
    entry = audit.record(ticket, code, actor=actor, source=source, changes={"task_id": task.pk, **changes})
    told = timeline.write(
        ticket, TimelineEntry.Kind.SYSTEM, actor=actor, source=source, by_agent=is_supplier(ticket, actor),
        audit_entry=entry, task=task.pk, news=f"task_{news}", title=task.title,
        who=str(task.assignee or task.team or ""),
    )  # fmt: skip
    emit(
        code, ticket, actor=actor, source=source, entry=told, task=task.pk, news=news, assignee=task.assignee_id,
        team=task.team_id, title=task.title, open=task.state == State.OPEN,
    )  # fmt: skip
