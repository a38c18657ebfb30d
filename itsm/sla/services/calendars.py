"""Calendars: publishing an edition for the clocks to read by, and copying public holidays."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import DomainError, Invalid
from itsm.lib.sources import Source
from itsm.sla.models import CalendarDay, CalendarVersion, SupportLevel, Target, WorkCalendar
from itsm.sla.services import recalculation
from itsm.sla.services.terms import version_of
from itsm.worktime import WorkSchedule

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)

#: How many years ahead public holidays are kept.
YEARS_AHEAD = 2


def spec_of(calendar: WorkCalendar) -> dict[str, Any]:
    """What a calendar says now, in the form clocks keep; ``Invalid`` when it makes no sense."""
    days = list(calendar.days.all())
    try:
        schedule = WorkSchedule(
            calendar.timezone,
            {int(day): [tuple(span) for span in spans] for day, spans in calendar.weekly.items()},
            holidays=[day.date for day in days if not day.spans],
            exceptions={day.date: [tuple(span) for span in day.spans] for day in days if day.spans},
        )
    except (ValueError, TypeError) as error:
        raise Invalid({"weekly": _("Working hours: %(error)s") % {"error": error}}) from error
    if not any(calendar.weekly.values()):
        raise Invalid({"weekly": _("A calendar needs working time on at least one day.")})
    return schedule.to_dict()


@transaction.atomic
def publish(calendar: WorkCalendar, *, actor: User | None, source: str) -> CalendarVersion:
    """Make what the calendar says now its newest edition, and let running clocks follow it.

    Nothing happens when it says what it said before. Clocks that have stopped keep the edition they ran by.
    """
    WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    spec, newest = spec_of(calendar), version_of(calendar)
    if newest is not None and newest.spec == spec:
        return newest
    number = newest.number + 1 if newest else 1
    edition = CalendarVersion.objects.create(calendar=calendar, number=number, spec=spec, created_at=clock.now())
    audit.record(calendar, "changed", actor=actor, source=source, changes={"edition": [number - 1 or None, number]})
    if newest is not None:
        recalculation.request(
            reason=_("Calendar “%(name)s”, edition %(number)d") % {"name": calendar.name, "number": number},
            actor=actor, levels=levels_by(calendar), teams=teams_by(calendar),
        )  # fmt: skip
    return edition


def levels_by(calendar: WorkCalendar) -> list[int]:
    """Support levels with at least one target that runs by this calendar."""
    own = Target.objects.current().filter(calendar=calendar, support_level__isnull=False)
    rows = SupportLevel.objects.filter(Q(calendar=calendar) | Q(pk__in=own.values("support_level")))
    return list(rows.values_list("pk", flat=True))


def teams_by(calendar: WorkCalendar) -> list[int]:
    """Teams whose own targets run by this calendar."""
    targets = Target.objects.current().filter(calendar=calendar, team__isnull=False)
    return [pk for pk in targets.values_list("team_id", flat=True) if pk]


def public_holidays(country: str, subdivision: str, years: Iterable[int]) -> dict[Any, str]:
    """Public holidays by date; ``Invalid`` for a country or region nobody knows."""
    import holidays  # noqa: PLC0415 - takes a third of a second and 20 MB, for a click of an administrator

    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=list(years)))
    except NotImplementedError as error:
        field = "subdivision" if country in holidays.list_supported_countries(include_aliases=True) else "country"
        raise Invalid({field: _("Public holidays of this country or region are not known.")}) from error


@transaction.atomic
def import_holidays(calendar: WorkCalendar, years: Iterable[int], *, actor: User | None, source: str) -> int:
    """Copy the public holidays of the calendar's country for these years; returns how many it has now.

    They replace those copied before. A day somebody entered by hand stays as it is. The calendar is published anew
    when that changes its hours.
    """
    WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    if not calendar.country:
        raise Invalid({"country": _("Choose a country first.")})
    years = sorted(set(years))
    found = public_holidays(calendar.country, calendar.subdivision, years)
    before = {(day.date, day.name) for day in calendar.days.filter(is_public_holiday=True, date__year__in=years)}
    own = set(calendar.days.filter(is_public_holiday=False).values_list("date", flat=True))
    after = {(date, name[:120]) for date, name in found.items() if date not in own}
    if after != before:
        calendar.days.filter(is_public_holiday=True, date__year__in=years).delete()
        CalendarDay.objects.bulk_create(
            CalendarDay(calendar=calendar, date=date, name=name, is_public_holiday=True) for date, name in sorted(after)
        )
        audit.record(
            calendar, "changed", actor=actor, source=source,
            changes={"public_holidays": [len(before), len(after)], "years": [None, years]},
        )  # fmt: skip
        publish(calendar, actor=actor, source=source)
    return len(after)


def extend_holidays() -> None:
    """Keep this year's and the next years' public holidays in every calendar with a country: laws change."""
    this_year = clock.now().year
    years = range(this_year, this_year + YEARS_AHEAD + 1)
    for calendar in WorkCalendar.objects.exclude(country="").order_by("pk"):
        try:
            import_holidays(calendar, years, actor=None, source=Source.SYSTEM)
        except DomainError as error:
            log.warning("public holidays not copied", extra={"calendar": calendar.name, "error": error.message})
