"""What the page of a change shows besides the frame all tickets share, and what other pages show of changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.catalogue import health
from itsm.catalogue.models import Service
from itsm.lib import clock
from transition.models import Change
from transition.policies import changes as policies
from transition.reports import change_conflicts, change_risk, change_scope
from transition.reports import changes as reports
from transition.services import change_approvals
from transition.states.changes import ChangeState, Decision, Outcome, RiskLevel

KIND = "change"
#: Columns of the schedule on the page.
COLUMNS = 8
MOST_SERVICES = 12
TONES = {RiskLevel.LOW: "green", RiskLevel.MEDIUM: "amber", RiskLevel.HIGH: "red"}


def top(request: Any, ticket: Any) -> dict[str, Any] | None:
    """Stepper, conflicts, schedule, risk, what it touches, plans and votes of a change."""
    if ticket.kind != KIND:
        return None
    change: Change = ticket.specific()
    user = request.user
    scope = change_scope.of(change)
    conflicts = change_conflicts.find(change, user, scope=scope)
    rows = Service.objects.filter(pk__in=scope.services_hit).exclude(status__in=Service.Status.ENDED)
    hit = list(rows.order_by("criticality", "name")[: MOST_SERVICES + 1])
    states = health.of(one.pk for one in hit)
    rounds = change_approvals.rounds(change)
    works = bool(policies.may_work(change, user))
    agenda = list(change.agenda_items.select_related("meeting").order_by("-id")[:3])
    return {
        "change": change, "conflicts": conflicts, "steps": _steps(change), "board": _board(change, conflicts, scope),
        "risk_tone": TONES.get(change.risk_level, ""),  # type: ignore[call-overload]
        "hit": [
            (one, states[one.pk].word, _effect(change, scope, one.pk)) for one in hit[:MOST_SERVICES]
        ],
        "hit_more": max(0, rows.count() - MOST_SERVICES) if len(hit) > MOST_SERVICES else 0,
        "items_hit": len(scope.items_hit), "rounds": [(one, _mine(one, user)) for one in rounds[:4]],
        "vote": next((one for one in rounds if one.state == "pending" and _mine(one, user)), None),
        "rule": change_risk.rule_for(change.change_type, change.risk_score or 0),
        "agenda": agenda, "decided": next((one for one in agenda if one.decision in Decision.FINAL), None),
        "caused": reports.caused(change, user), "outcome_tone": Outcome.TONES.get(change.outcome, ""),
        "can_plan": works and change.is_writable,
        "can_assess": works and change.is_assessable,
        "calendar_url": f"{reverse('transition:change-calendar')}?day={_day(change)}",
        "plans": [
            (_("Implementation"), change.implementation_plan), (_("Test"), change.test_plan),
            (_("Back-out"), change.backout_plan),
        ],
    }  # fmt: skip


def _day(change: Change) -> str:
    return timezone.localtime(change.planned_start or clock.now()).date().isoformat()


def _mine(round_: Any, user: Any) -> bool:
    return any(seat.approver_id == user.pk and not seat.vote for seat in round_.seats.all())


def _effect(change: Change, scope: Any, service: int) -> str:
    if service in scope.services:
        if change.outage_minutes:
            return _("Down for %d minutes") % change.outage_minutes
        return _("Named") if change.outage_minutes is None else _("No outage")
    return _("Depends on it")


def _steps(change: Change) -> list[dict[str, str]]:
    way: list[str] = list(ChangeState.WAY)
    if change.change_type == "standard":
        way = [state for state in way if state not in ("assessing", "awaiting_approval")]
    elif change.change_type == "emergency" and change.state != "assessing":
        way.remove("assessing")
    if change.state not in way:
        # It left the usual way: where it stands is the end of what was done.
        after = {"failed": "implementing", "rejected": "awaiting_approval", "cancelled": "draft"}[change.state]
        way = [*way[: way.index(after) + 1], change.state] if after in way else [way[0], change.state]
    at = way.index(change.state)
    over = change.state == ChangeState.CLOSED
    return [
        {
            "label": str(ChangeState(state).label),
            "state": "done" if number < at or over else "current" if number == at else "",
        }
        for number, state in enumerate(way)
    ]


def _board(change: Change, conflicts: list[Any], scope: Any) -> dict[str, Any] | None:
    """The time around its window with everything that lies in it, true to time."""
    if not (change.planned_start and change.planned_end):
        return None
    length = change.planned_end - change.planned_start
    column = max(timedelta(minutes=30), length / 4)
    column = timedelta(minutes=-(-column.total_seconds() // 60 // 30) * 30)
    begin = change.planned_start - 2 * column
    end = begin + COLUMNS * column

    def bar(start: datetime, stop: datetime) -> tuple[float, float]:
        one, other = max(start, begin), min(stop, end)
        return round((one - begin) / (end - begin) * 100, 1), round(max((other - one) / (end - begin) * 100, 0.5), 1)

    span = (begin, end)
    windows = [
        (one.name, *bar(*occurrence))
        for one in change_conflicts.windows_of(scope.services) for occurrence in one.spans(*span)
    ]  # fmt: skip
    return {
        "marks": [begin + number * column for number in range(COLUMNS)],
        "own": bar(change.planned_start, change.planned_end),
        "changes": [(one, *bar(one.begin, one.end)) for one in conflicts if one.kind == "change"][:6],
        "freezes": [(one, *bar(one.begin, one.end)) for one in conflicts if one.kind == "freeze"][:3],
        "windows": windows[:4], "length": length,
    }  # fmt: skip


def facts(request: Any, ticket: Any) -> dict[str, Any] | None:
    """Beside a change: what was planned and what was."""
    if ticket.kind != KIND:
        return None
    change: Change = ticket.specific()
    prefetch_related_objects([change], "release", "template")
    return {"change": change}


def suspects(request: Any, ticket: Any) -> dict[str, Any] | None:
    """Beside an incident or a problem: what changed before it, and the way to change something because of it."""
    if ticket.kind not in ("incident", "problem") or not request.user.is_desk:
        return None
    found = reports.suspects(ticket, request.user)
    may_raise = bool(policies.may_raise(request.user)) and ticket.phase_open
    if not found and not may_raise:
        return None
    return {"suspects": found, "may_link": request.user.acts_for_desk and ticket.phase_open, "may_raise": may_raise}


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """What is planned on a service, and what was done lately."""
    if not request.user.is_desk:
        return None
    ahead, past = reports.of_service(service, request.user)
    if not ahead and not past:
        return None
    return {
        "ahead": ahead, "past": past, "url": f"{reverse('transition:changes')}?service={service.pk}",
        "releases": list(service.releases.visible_to(request.user).ahead().order_by("planned_for", "id")[:3]),
    }  # fmt: skip


def home(request: Any, subject: Any) -> dict[str, Any] | None:
    """On the start page: changes that wait for this person, and the next ones planned."""
    user = request.user
    waiting = reports.waiting(user, 6)
    begin = clock.now()
    rows = Change.objects.visible_to(user).planned().between(begin, begin + timedelta(days=7))
    mine = rows if policies.leads(user) else rows.filter(team__in=user.team_ids)
    ahead = list(mine.select_related("service").defer(*reports.HEAVY).order_by("planned_start", "id")[:6])
    if not waiting and not ahead:
        return None
    return {"waiting": waiting, "ahead": ahead, "meeting": reports.next_meeting(user)}
