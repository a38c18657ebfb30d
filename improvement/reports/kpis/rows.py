"""The rows that KPIs count: clocks that ended, resolutions, open work, tickets opened, work logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from improvement.feedback_states import SurveyKind
from improvement.models import Answer
from itsm.sla.history import CANCELLED, FINISHED
from itsm.sla.models import Clock
from itsm.sla.services.measure import REOPEN_WINDOW
from itsm.tickets.models import StateInterval, Ticket, TicketLink, WorkLog

#: Open work older than this has been left lying.
OLD = timedelta(days=30)
Rows = Callable[[datetime, datetime], QuerySet[Any]]


def _duplicate(ticket: str) -> Exists:
    return Exists(TicketLink.objects.filter(source=OuterRef(ticket), kind=TicketLink.Kind.DUPLICATE_OF))


def ended_clocks(metric: str) -> Rows:
    """Clocks that ended, met or breached, as the daily service levels count them."""

    def rows(start: datetime, end: datetime) -> QuerySet[Clock]:
        return (
            Clock.objects.filter(stopped_at__gte=start, stopped_at__lt=end, metric=metric, withdrawn_at__isnull=True)
            .filter(state__in=(Clock.State.MET, Clock.State.BREACHED))
            .exclude(ticket__state=CANCELLED)
            .exclude(_duplicate("ticket_id"))
        )

    return rows


def resolutions(start: datetime, end: datetime) -> QuerySet[StateInterval]:
    """Moments at which work on a ticket was done; ``held`` is 0 where it came back within the window."""
    worked = StateInterval.objects.filter(ticket=OuterRef("ticket_id"), to_at=OuterRef("from_at")).exclude(
        phase__in=FINISHED
    )
    again = StateInterval.objects.filter(
        ticket=OuterRef("ticket_id"), from_at__gt=OuterRef("from_at"),
        from_at__lte=OuterRef("from_at") + REOPEN_WINDOW,
    ).exclude(phase__in=FINISHED)  # fmt: skip
    return (
        StateInterval.objects.filter(from_at__gte=start, from_at__lt=end, phase__in=FINISHED)
        .exclude(state=CANCELLED)
        .filter(Exists(worked))
        .exclude(_duplicate("ticket_id"))
        .annotate(held=Case(When(Exists(again), then=Value(0)), default=Value(1), output_field=IntegerField()))
    )


def resolved(start: datetime, end: datetime) -> QuerySet[Ticket]:
    """Tickets by their last resolution."""
    return Ticket.objects.filter(resolved_at__gte=start, resolved_at__lt=end).exclude(_duplicate("pk"))


def open_between(start: datetime, end: datetime) -> QuerySet[StateInterval]:
    """Stays of unfinished tickets that lie over the end of a day: from that of the first, ``start``, to ``end``."""
    return (
        StateInterval.objects.filter(from_at__lt=end)
        .filter(Q(to_at__isnull=True) | Q(to_at__gte=start))
        .exclude(phase__in=FINISHED)
    )


def open_at_end(start: datetime, end: datetime) -> QuerySet[StateInterval]:
    """Stays of unfinished tickets at the end; ``is_old`` is 1 for those opened long before."""
    old = When(ticket__opened_at__lt=end - OLD, then=Value(1))
    return open_between(end, end).annotate(is_old=Case(old, default=Value(0), output_field=IntegerField()))


def one_each(opened: datetime, moment: datetime) -> tuple[int, int]:
    """Every open ticket counts."""
    return 1, 0


def old_of_all(opened: datetime, moment: datetime) -> tuple[int, int]:
    """Those that were opened long before, of all."""
    return int(opened < moment - OLD), 1


def opened(kind: str) -> Rows:
    """Tickets of a kind by their opening, without duplicates and what was cancelled."""

    def rows(start: datetime, end: datetime) -> QuerySet[Ticket]:
        found = Ticket.objects.filter(kind=kind, opened_at__gte=start, opened_at__lt=end)
        return found.exclude(state=CANCELLED).exclude(_duplicate("pk"))

    return rows


def closed_changes(start: datetime, end: datetime) -> QuerySet[Ticket]:
    """Changes that were implemented and closed."""
    found = Ticket.objects.filter(kind="change", state="closed", closed_at__gte=start, closed_at__lt=end)
    return found.exclude(**{"change__outcome": ""})


def answers(start: datetime, end: datetime) -> QuerySet[Answer]:
    """What people answered about their ticket. Anonymous answers know no ticket."""
    return Answer.objects.filter(kind=SurveyKind.CSAT, ticket__isnull=False, at__gte=start, at__lt=end)


def work_with_rate(start: datetime, end: datetime) -> QuerySet[WorkLog]:
    """Work written down by whose hour has a price, by the day it was done."""
    zone = timezone.get_default_timezone()
    first, last = timezone.localtime(start, zone).date(), timezone.localtime(end, zone).date()
    return WorkLog.objects.filter(spent_on__gte=first, spent_on__lt=last, hourly_rate__isnull=False)


def cents(minutes: int, rate: Decimal) -> int:
    """The cost of a work log, in cents."""
    return int((rate * minutes * 100 / 60).quantize(Decimal(1), ROUND_HALF_UP))
