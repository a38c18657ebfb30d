"""Who is on call, against a slow reference that walks turn by turn."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operation.services import on_call

ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")


class Rows(list):
    """What a related manager gives, without a database."""

    def all(self):
        return self


def person(pk):
    return SimpleNamespace(pk=pk, is_active=True, away_from=None, away_until=None)


def rota_of(zone, starts_on, handover, days, people, overrides):
    return SimpleNamespace(
        timezone=zone, starts_on=starts_on, handover=handover, days=days,
        members=Rows(SimpleNamespace(user=person(n)) for n in range(people)),
        overrides=Rows(
            SimpleNamespace(user=person(100 + n), begins_at=begin, ends_at=end)
            for n, (begin, end) in enumerate(overrides)
        ),
    )  # fmt: skip


def slowly(rota, moment):
    """Count handovers one by one from the first day on, by the wall clock of the zone."""
    for row in rota.overrides:
        if row.begins_at <= moment < row.ends_at:
            return row.user.pk
    zone, day, number = ZoneInfo(rota.timezone), rota.starts_on, -1
    while datetime.combine(day, rota.handover, tzinfo=zone).timestamp() <= moment.timestamp():
        number += 1
        day += timedelta(days=rota.days)
    return None if number < 0 else number % len(rota.members)


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES), start=st.dates(date(2025, 1, 1), date(2025, 12, 31)),
    handover=st.times().map(lambda t: t.replace(second=0, microsecond=0)), days=st.integers(1, 10),
    people=st.integers(1, 5), ahead=st.integers(-60, 400),
    minutes=st.lists(st.integers(0, 40_000), min_size=4, max_size=8),
    swaps=st.lists(st.tuples(st.integers(0, 20_000), st.integers(30, 9_000)), max_size=4),
)  # fmt: skip
def test_the_schedule_is_the_slow_one(zone, start, handover, days, people, ahead, minutes, swaps):
    begin = datetime.combine(start, time(0), UTC) + timedelta(days=ahead)
    overrides, at = [], begin - timedelta(days=1)
    for wait, length in swaps:
        at += timedelta(minutes=wait)
        overrides.append((at, at + timedelta(minutes=length)))
        at += timedelta(minutes=length)
    rota = rota_of(zone, start, handover, days, people, overrides)
    end = begin + timedelta(minutes=40_000)
    shifts = on_call.schedule(rota, begin, end)
    assert all(one.begins_at < one.ends_at for one in shifts)
    assert all(one.ends_at <= two.begins_at for one, two in itertools.pairwise(shifts))
    for minute in minutes:
        moment = begin + timedelta(minutes=minute)
        if moment >= end:
            continue
        now = [shift.user.pk for shift in shifts if shift.begins_at <= moment < shift.ends_at]
        wanted = slowly(rota, moment)
        assert now == ([] if wanted is None else [wanted]), moment
    covered = sum((one.ends_at - one.begins_at for one in shifts), timedelta())
    holes = sum((b - a for a, b in on_call.gaps(shifts, begin, end)), timedelta())
    assert covered + holes == end - begin


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)])
def test_a_turn_over_the_change_of_clocks(day, hours):
    rota = rota_of("Europe/Oslo", day, time(9), 1, 2, [])
    assert on_call.turn_begins(rota, 1) - on_call.turn_begins(rota, 0) == timedelta(hours=hours)
