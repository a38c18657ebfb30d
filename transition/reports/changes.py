"""Figures about changes: what waits for somebody, how well they go, and what each month was like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from itsm.approvals.models import Seat
from itsm.lib import clock
from itsm.tickets.models import Ticket, TicketLink
from itsm.ui.times import when_words
from transition.models import CABMeeting, Change, TicketCI
from transition.policies import changes as policies
from transition.reports import change_scope
from transition.states.changes import ChangeState, ChangeType, Outcome

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.catalogue.models import Service

SUCCESS_DAYS = 90
#: An incident so soon after a change may have been caused by it.
SUSPICIOUS = timedelta(days=7)
#: Columns that no list needs.
HEAVY = ("description", "implementation_plan", "test_plan", "backout_plan", "review_note", "risk_lines", "answers")


@dataclass(slots=True)
class Waiting:
    """A change that waits for somebody, and why."""

    change: Change
    why: str


def asked(user: User) -> dict[int, Seat]:
    """Votes about changes that are still missing, by change."""
    rows = Seat.objects.filter(approver=user, vote="", round__state="pending", round__subject_type="ticket")
    return {seat.round.subject_id: seat for seat in rows.select_related("round").order_by("-round_id")}


def waiting(user: User, limit: int = 8) -> list[Waiting]:
    """What waits for this person: votes first, then what is to be assessed, implemented and reviewed."""
    seats = asked(user)
    mine = Q(assignee=user) | Q(requester=user)
    if policies.leads(user):
        mine = Q()
    todo = Q(state__in=[ChangeState.ASSESSING, ChangeState.FAILED, ChangeState.REVIEW]) & mine
    due = Q(state=ChangeState.SCHEDULED, assignee=user, planned_start__lte=clock.now() + timedelta(hours=1))
    rows = Change.objects.visible_to(user).filter(Q(pk__in=seats) | todo | due)
    found = [
        Waiting(one, _why(one, seats.get(one.pk)))
        for one in rows.defer(*HEAVY).order_by("planned_start", "id")[: limit * 3]
    ]
    found.sort(key=lambda each: each.change.pk not in seats)
    return found[:limit]


def _why(change: Change, seat: Seat | None) -> str:
    if seat is not None:
        due = seat.round.deadline_at
        return _("your vote, until %(moment)s") % {"moment": when_words(due)} if due else _("your vote")
    return {
        ChangeState.ASSESSING: _("assess it"), ChangeState.FAILED: _("failed: back it out"),
        ChangeState.REVIEW: _("review it"), ChangeState.SCHEDULED: _("it is time to begin"),
    }.get(change.state, "")  # type: ignore[call-overload, no-any-return]  # fmt: skip


def to_decide(user: User) -> int | None:
    """How many changes wait for this person, for the navigation."""
    return len(waiting(user, 20)) or None


def success(rows: Any) -> tuple[int, int]:
    """How many were successful, and of how many."""
    told = rows.aggregate(all=Count("pk"), good=Count("pk", filter=Q(outcome=Outcome.SUCCESSFUL)))
    return told["good"], told["all"]


def recent_success(user: User) -> tuple[int, int]:
    rows = Change.objects.visible_to(user).implemented()
    return success(rows.filter(actual_end__gte=clock.now() - timedelta(days=SUCCESS_DAYS)))


def next_meeting(user: User) -> CABMeeting | None:
    rows = CABMeeting.objects.visible_to(user).planned().filter(starts_at__gte=clock.now())
    return rows.order_by("starts_at", "id").first()


# ---------- what each month was like ----------


@dataclass(slots=True)
class Row:
    """One month of one type, or of all."""

    month: date
    change_type: str
    total: int = 0
    successful: int = 0
    with_issues: int = 0
    failed: int = 0
    backed_out: int = 0
    on_time: int = 0
    collided: int = 0
    caused: int = 0

    @property
    def rate(self) -> float | None:
        return 100 * self.successful / self.total if self.total else None


def by_month(user: User, since: datetime) -> list[Row]:
    """Changes that were implemented, by the month they ended in and their type; two queries."""
    rows = Change.objects.visible_to(user).implemented().filter(actual_end__gte=since)
    told = rows.annotate(month=TruncMonth("actual_end")).order_by().values("month", "change_type")
    found = {}
    for one in told.annotate(
        total=Count("pk"),
        **{code: Count("pk", filter=Q(outcome=code)) for code in Outcome.values},
        on_time=Count("pk", filter=Q(actual_start__gte=F("planned_start") - policies.EARLY,
                                     actual_end__lte=F("planned_end"))),
        collided=Count("pk", filter=Q(clashes__gt=0)),
    ):  # fmt: skip
        month = one.pop("month").date()
        found[month, one["change_type"]] = Row(month, **one)
    causes = TicketLink.objects.filter(kind=TicketLink.Kind.CAUSED_BY, target__in=rows.values("pk"))
    pairs = causes.annotate(month=TruncMonth("target__change__actual_end")).order_by()
    for month, kind, amount in pairs.values_list("month", "target__change__change_type").annotate(n=Count("source")):
        key = month.date(), kind
        if key in found:
            found[key].caused = amount
    return sorted(found.values(), key=lambda row: (row.month, [*ChangeType.values].index(row.change_type)))


def totals(rows: Sequence[Row]) -> Row:
    """All of them as one."""
    told = Row(rows[0].month if rows else date.min, "")
    for row in rows:
        for name in ("total", "successful", "with_issues", "failed", "backed_out", "on_time", "collided", "caused"):
            setattr(told, name, getattr(told, name) + getattr(row, name))
    return told


# ---------- beside other records ----------


@dataclass(slots=True)
class Suspect:
    """A change that ran or ended shortly before something broke."""

    change: Change
    running: bool
    linked: bool = False


def suspects(ticket: Ticket, user: User, limit: int = 6) -> list[Suspect]:
    """What changed on the same or needed services and items in the week before; what runs stands first."""
    items = TicketCI.objects.filter(ticket_id=ticket.pk).values_list("item_id", flat=True)
    scope = change_scope.scope(items, [ticket.service_id] if ticket.service_id else [])
    if not scope.items and not scope.services:
        return []
    begin = ticket.opened_at - SUSPICIOUS
    about = TicketCI.objects.filter(item__in=scope.items | scope.items_needed).values("ticket_id")
    rows = Change.objects.visible_to(user).filter(
        Q(actual_start__lte=ticket.opened_at + timedelta(hours=1))
        & (Q(actual_end__isnull=True) | Q(actual_end__gte=begin)),
        state__in=[ChangeState.IMPLEMENTING, *ChangeState.IMPLEMENTED],
    )
    rows = (rows.touching(scope.services | scope.services_needed) | rows.filter(pk__in=about)).exclude(pk=ticket.pk)
    linked = set(
        TicketLink.objects.filter(source=ticket.pk, kind=TicketLink.Kind.CAUSED_BY).values_list("target_id", flat=True)
    )
    found = [
        Suspect(one, one.actual_end is None, one.pk in linked)
        for one in rows.defer(*HEAVY).distinct().order_by("-actual_start", "-id")[: limit * 2]
    ]
    found.sort(key=lambda one: (not one.linked, not one.running))
    return found[:limit]


def of_service(service: Service, user: User, limit: int = 4) -> tuple[list[Change], list[Change]]:
    """What is planned on a service, and what was done to it lately."""
    rows = Change.objects.visible_to(user).touching([service.pk]).defer(*HEAVY)
    ahead = rows.filter(state__in=[ChangeState.DRAFT, *ChangeState.PLANNED], planned_end__gte=clock.now())
    past = rows.filter(actual_start__isnull=False).exclude(state=ChangeState.IMPLEMENTING)
    return list(ahead.order_by("planned_start", "id")[:limit]), list(past.order_by("-actual_start", "-id")[:limit])


def caused(change: Change, user: User) -> list[Ticket]:
    """Tickets that somebody said it caused."""
    links = TicketLink.objects.filter(target=change.pk, kind=TicketLink.Kind.CAUSED_BY).values("source_id")
    return list(Ticket.objects.visible_to(user).filter(pk__in=links).order_by("-id")[:10])
