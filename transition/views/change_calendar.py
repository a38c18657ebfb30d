"""The change calendar: a week by service, a month by day, and a list of days on a phone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.accounts.roles import Role
from itsm.desk.reports import services
from itsm.lib import clock
from itsm.ui import pages as ui
from itsm.ui.links import url_with
from itsm.ui.times import day
from transition.policies import changes as policies
from transition.reports import change_calendar
from transition.reports import changes as reports
from transition.states.changes import ChangeType


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Where a change manager starts: what happens when, what collides, and what waits."""
    if not request.user.is_desk:
        raise Http404
    today = timezone.localtime(clock.now()).date()
    shown = _day(request.GET.get("day", "")) or today
    by_month = request.GET.get("view") == "month"
    filters = _filters(request)
    if by_month:
        first = shown.replace(day=1)
        found = change_calendar.month(request.user, first, **_values(filters))
        before, after = first - timedelta(days=1), (first + timedelta(days=32)).replace(day=1)
        title = date_format(first, "F Y")
    else:
        first = shown - timedelta(days=shown.weekday())
        found = change_calendar.week(request.user, first, **_values(filters))
        before, after = first - timedelta(days=7), first + timedelta(days=7)
        title = _("%(first)s to %(last)s") % {"first": day(found.first), "last": day(found.last)}
    good, amount = reports.recent_success(request.user)
    in_week = found.changes
    return ui.page(
        request, "transition/change/calendar.html", title=_("Change calendar"), calendar=found, span=title,
        week=first.isocalendar().week, today=today, by_month=by_month, shown=shown, filters=filters,
        filtered=any(one["value"] for one in filters),
        before_url=url_with(request, day=before.isoformat()), after_url=url_with(request, day=after.isoformat()),
        today_url=url_with(request, day=None),
        week_url=url_with(request, view=None), month_url=url_with(request, view="month"),
        waiting=reports.waiting(request.user), meeting=reports.next_meeting(request.user),
        planned=len(in_week), emergencies=sum(one.change_type == ChangeType.EMERGENCY for one in in_week),
        success=round(100 * good / amount) if amount else None, success_of=amount,
        may_raise=bool(policies.may_raise(request.user)),
        may_keep=request.user.holds(*policies.KEEPERS, Role.ADMINISTRATOR),
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _filters(request: HttpRequest) -> list[dict[str, Any]]:
    found = []
    known = [(str(pk), name) for pk, name in services.names()]
    for name, label, choices in (
        ("change_type", _("Type"), ChangeType.choices), ("service", _("Service"), known),
    ):  # fmt: skip
        value = request.GET.get(name, "")
        found.append(
            {"name": name, "label": label, "choices": choices, "value": value if value in dict(choices) else ""}
        )
    return found


def _values(filters: list[dict[str, Any]]) -> dict[str, Any]:
    values = {one["name"]: one["value"] for one in filters}
    return {"change_type": values["change_type"], "service": int(values["service"]) if values["service"] else None}
