"""The scorecard of a service review: the month in numbers, live while it is a draft, frozen when it was held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils import timezone

from improvement.models import KPI, ReviewAction, ServiceReview
from improvement.reports.kpis import definition, figures
from itsm.accounts.models import User
from itsm.desk.reports.service_levels.scope import DAY, Period, Scope
from itsm.lib import clock
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from operation.models import Outage

if TYPE_CHECKING:
    from itsm.catalogue.models import Service

#: Rows of lists that a scorecard keeps.
MOST = 20


def period_of(review: ServiceReview) -> Period:
    return Period(review.month, review.last_day)


def month_before(review: ServiceReview) -> Period:
    last = review.month - DAY
    return Period(last.replace(day=1), last)


def build(review: ServiceReview) -> dict[str, Any]:
    """Everything the review looks at, as plain data. What is restricted is in nobody's scorecard."""
    period = period_of(review)
    return {
        "first": period.first.isoformat(), "last": period.last.isoformat(), "days": counted_days(period),
        "kpis": kpi_rows(review.service, period, month_before(review)),
        "volume": volume(review.service, period), "major": major(review.service, period),
        "outages": outages(review.service, period), "services": of_services(review.service, period),
    }  # fmt: skip


def counted_days(period: Period) -> int:
    """So many days of the month have been measured."""
    newest = figures.newest_day()
    return max(0, (min(period.last, newest) - period.first).days + 1) if newest else 0


def _scope(service: Service | None) -> Scope:
    """The system reads what everybody may: it belongs to no team that restricted tickets are kept for."""
    return Scope(User.objects.system(), service=service.pk if service else None)


def kpi_rows(service: Service | None, period: Period, before: Period) -> list[dict[str, Any]]:
    """Value, target and the month before of every active KPI."""
    scope = _scope(service)
    weeks = figures.whole_weeks(period.last)
    found = []
    codes = {kpi.code: kpi for kpi in KPI.objects.active()}
    series = figures.read(scope, min(before.first, weeks[0].first), period.last, list(codes))
    for code, days in series.items():
        line = figures.Line(
            days.one, codes[code], days.value(period), days.value(before), [days.value(week) for week in weeks],
            days.sums(period),
        )  # fmt: skip
        found.append({
            "code": code, "name": str(days.one.name), "value": _text(line.value), "shown": line.text,
            "target": line.target_text, "before": line.before_text, "status": line.status, "change": line.change,
            "better": line.better, "of": line.sums[1] or line.sums[0], "trend": line.known,
        })  # fmt: skip
    return found


def _text(value: Any) -> str | None:
    value = figures.rounded(value)
    return None if value is None else str(value)


def volume(service: Service | None, period: Period) -> list[dict[str, Any]]:
    """What came, was solved and is still open at the end, by kind of ticket."""
    start, end = period.bounds
    rows = Ticket.objects.filter(restricted_to__isnull=True)
    rows = rows.filter(service=service) if service else rows
    opened = dict(
        rows.filter(opened_at__gte=start, opened_at__lt=end).order_by().values_list("kind").annotate(n=Count("pk"))
    )
    solved = dict(
        rows.filter(resolved_at__gte=start, resolved_at__lt=end).order_by().values_list("kind").annotate(n=Count("pk"))
    )
    return [
        {"kind": kind.code, "name": str(kind.plural), "opened": opened.get(kind.code, 0),
         "resolved": solved.get(kind.code, 0)}
        for kind in kinds.all_kinds()
        if opened.get(kind.code) or solved.get(kind.code)
    ]  # fmt: skip


def major(service: Service | None, period: Period) -> list[dict[str, Any]]:
    """Major incidents that were opened in the month."""
    start, end = period.bounds
    rows = Ticket.objects.filter(
        is_major=True, restricted_to__isnull=True, opened_at__gte=start, opened_at__lt=end
    ).select_related("service")
    rows = rows.filter(service=service) if service else rows
    return [
        {"number": one.number, "title": one.title, "service": one.service.name if one.service else "",
         "on": _day(one.opened_at)}
        for one in rows.order_by("opened_at")[:MOST]
    ]  # fmt: skip


def _day(moment: datetime) -> str:
    return timezone.localtime(moment, timezone.get_default_timezone()).date().isoformat()


def outages(service: Service | None, period: Period) -> list[dict[str, Any]]:
    """Outages that touched the month, with their minutes in it."""
    start, end = period.bounds
    rows = Outage.objects.overlapping(start, end)
    rows = rows.filter(services=service) if service else rows
    found = []
    for one in rows.order_by("begins_at")[:MOST]:
        until = min(one.ended_at or clock.now(), end)
        seconds = max(0, int((until - max(one.begins_at, start)).total_seconds()))
        found.append({
            "title": one.title, "kind": one.get_kind_display(), "on": _day(one.begins_at), "seconds": seconds,
            "ongoing": one.ended_at is None, "url": one.get_absolute_url(),
        })  # fmt: skip
    return found


def of_services(service: Service | None, period: Period) -> list[dict[str, Any]]:
    """For a review of all: attainment and availability of each service, the worst first."""
    if service is not None:
        return []
    scope = _scope(None)
    attainment, availability = (definition.get(code) for code in ("attainment", "availability"))
    found: dict[int | None, dict[str, Any]] = {}
    for one, name in ((attainment, "attainment"), (availability, "availability")):
        for pk, sums in figures.breakdown(one, scope, period, "service") if one else ():
            value = one.value(*sums) if one else None
            if pk in scope.services and value is not None:
                row = found.setdefault(pk, {"name": scope.services[pk].name, "slug": scope.services[pk].slug})
                row[name], row[f"{name}_shown"] = float(value), figures.shown(one, value) if one else ""
    return sorted(found.values(), key=lambda row: (row.get("attainment", 101.0), row.get("availability", 101.0)))[:MOST]


def carried(review: ServiceReview) -> Iterable[ReviewAction]:
    """What earlier reviews of the service left open."""
    rows = ReviewAction.objects.carried_into(review).select_related("owner", "review__service")
    return list(rows.order_by("due_on", "id")[:100])
