"""Maintenance windows are no agreed time: for days, error budgets and KPIs, against a reference of every minute."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from improvement.reports.kpis import figures
from improvement.reports.kpis.figures import Period, Scope
from improvement.services import kpis
from itsm.lib import clock
from itsm.sla.models import Coverage
from itsm.sla.services.terms import schedule_of
from operation.availability import Tally
from operation.models import AvailabilityDay, AvailabilityObjective, Outage
from operation.services import availability, reliability
from tests import factories
from tests.pages import enter, words
from transition.models import MaintenanceWindow

from .conftest import NOW
from .test_days import HOUR, at, browse, day_of, outage

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def window(*services, weekday=0, starts=time(10), minutes=120, zone="UTC", **more):
    made = MaintenanceWindow.objects.create(
        name=f"Window {MaintenanceWindow.objects.count()}", weekday=weekday, starts_at=starts, minutes=minutes,
        timezone=zone, **more,
    )  # fmt: skip
    made.services.set(services)
    return made


def test_a_window_is_no_agreed_time(shop, frontend):
    AvailabilityObjective.objects.create(service=shop, percent=99)
    window(shop)  # Monday, ten to twelve
    window(shop, weekday=1, is_active=False)
    window(factories.ServiceFactory(), weekday=1)
    outage(shop, at(15, 9, 30), at(15, 11))  # an hour and a half, one hour of it in the window
    availability.measure(date(2026, 6, 15), date(2026, 6, 16))
    monday, tuesday = day_of(shop, 15), day_of(shop, 16)
    assert (monday.agreed, monday.planned, monday.down, monday.failures) == (6 * HOUR, 2 * HOUR, HOUR / 2, 1)
    assert monday.budget == 6 * HOUR / 100
    assert monday.tally.availability == pytest.approx(100 * 5.5 / 6)
    assert (tuesday.agreed, tuesday.planned) == (8 * HOUR, 0 * HOUR)
    assert (day_of(frontend, 15).agreed, day_of(frontend, 16).agreed) == (6 * HOUR, 8 * HOUR), "that of its service"


def test_what_fails_in_a_window_only_is_no_failure(shop):
    window(shop)
    outage(shop, at(15, 10, 15), at(15, 11, 45))
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    assert (day_of(shop, 15).down, day_of(shop, 15).failures) == (0 * HOUR, 0)


def test_the_windows_of_a_day_are_kept(shop):
    was = window(shop)
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    was.delete()
    window(shop, starts=time(14), minutes=60)
    outage(shop, at(15, 9), at(15, 10))
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    assert (day_of(shop, 15).agreed, day_of(shop, 15).down) == (6 * HOUR, HOUR)
    # A day that was measured before windows were left out stays as it was told.
    AvailabilityDay.objects.update(windows=None)
    availability.measure(date(2026, 6, 15), date(2026, 6, 15))
    assert day_of(shop, 15).agreed == 8 * HOUR


def test_today_and_the_burn_leave_it_out(shop):
    AvailabilityObjective.objects.create(service=shop, percent=Decimal("99.9"))
    window(shop, weekday=2, starts=time(11), minutes=120)  # Wednesday: now
    outage(shop, NOW - 50 * MINUTE, None)
    reading = reliability.read("service", [shop])[0]
    assert (reading.month.down, reading.burn.is_fast, reading.tone) == (0 * HOUR, False, "green")
    assert reading.days[NOW.date()].agreed == 2 * HOUR
    page = words(enter(factories.person("Ada", roles=("agent",))).get(f"/operation/applications/service/{shop.pk}/"))
    assert "Error budget" in page


def test_the_kpi_says_what_the_service_says(shop, agent):
    """Office hours less windows, in both; also for days that nobody has kept, and for what is learned late."""
    window(shop)
    outage(shop, at(15, 9, 30), at(15, 11))
    manager = factories.person("Mia", roles=("improvement_manager",))
    days = Period(date(2026, 6, 13), date(2026, 6, 16))

    def counted(period=days):
        kpis.back_fill(days.first, days.last, codes=["availability"], again=True)
        return figures.read(Scope(manager), days.first, days.last)["availability"].sums(period)

    assert counted() == ((14 - 0.5) * 3600, 14 * 3600)
    availability.measure(days.first, days.last)
    assert counted() == ((14 - 0.5) * 3600, 14 * 3600)
    outage(shop, at(16, 9), at(16, 10))
    with clock.moved_to(NOW + DAY):
        availability.catch_up()
        kpis.catch_up()
        series = figures.read(Scope(manager), days.first, days.last)["availability"]
        tuesday = date(2026, 6, 16)
        assert series.sums(Period(tuesday, tuesday)) == (7 * 3600, 8 * 3600)
    sunday = date(2026, 6, 14)
    assert figures.read(Scope(manager), days.first, days.last)["availability"].value(Period(sunday, sunday)) is None
    assert browse(agent).get(f"/operation/applications/service/{shop.pk}/").status_code == 200


# ---------- every minute ----------


def in_window(one, moment):
    zone = ZoneInfo(one.timezone)
    today = moment.astimezone(zone).date()
    for back in range(-1, 4):
        begins = datetime.combine(today - back * DAY, one.starts_at, zone)
        opens = begins.astimezone(UTC)
        if begins.weekday() == one.weekday and opens <= moment < opens + one.minutes * MINUTE:
            return True
    return False


def stepped(service, first, last):
    """Agreed and down of each day by looking at every minute, and failures of all."""
    schedule = schedule_of(availability.terms("service", [service.pk])[service.pk].calendar_version)
    weekly = list(service.maintenance_windows.filter(is_active=True))
    told = [(one.kind, one.begins_at, one.ended_at or clock.now()) for one in Outage.objects.filter(services=service)]
    found = {}
    for number in range((last - first).days + 1):
        day = first + number * DAY
        agreed = down = 0
        moment = datetime.combine(day, time(), UTC)
        for _minute in range(24 * 60):
            planned = any(kind == "planned" and begin <= moment < end for kind, begin, end in told)
            is_open = (schedule is None or schedule.is_open(moment)) and not planned
            if is_open and not any(in_window(one, moment) for one in weekly):
                agreed += 1
                down += any(kind == "outage" and begin <= moment < end for kind, begin, end in told)
            moment += MINUTE
        found[day] = (agreed * MINUTE, down * MINUTE)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_as_when_every_minute_is_looked_at(shop, seed):
    dice = random.Random(seed)
    if seed % 2:
        # Around the clock.
        Coverage.objects.all().delete()
    first, last = date(2026, 6, 11), date(2026, 6, 16)
    for _number in range(3):
        window(
            shop, weekday=dice.randrange(7), starts=time(dice.randrange(24), dice.choice([0, 15, 30])),
            minutes=dice.choice([15, 90, 240, 1500]), zone=dice.choice(["UTC", "Asia/Kolkata", "America/New_York"]),
        )  # fmt: skip
    for _number in range(8):
        begins = at(10, 12) + dice.randrange(6 * 24 * 60) * MINUTE
        ends = min(begins + dice.randrange(1, 900) * MINUTE, NOW)
        outage(shop, begins, ends, kind=dice.choice(["outage", "outage", "planned", "degradation"]))
    expected = stepped(shop, first, last)
    assert any(agreed for agreed, _down in expected.values())
    lazily = {day: (one.agreed, one.down) for day, one in reliability.read("service", [shop])[0].days.items()}
    assert {day: lazily[day] for day in expected} == expected
    availability.measure(first, last)
    rows = AvailabilityDay.objects.filter(service=shop)
    assert {row.day: (row.agreed, row.down) for row in rows} == expected
    total = sum((row.tally for row in rows), Tally())
    kpis.back_fill(first, last, codes=["availability"])
    manager = factories.person("Mia", roles=("improvement_manager",))
    sums = figures.read(Scope(manager), first, last)["availability"].sums(Period(first, last))
    assert sums == ((total.agreed - total.down).total_seconds(), total.agreed.total_seconds())
