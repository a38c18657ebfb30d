"""The arithmetic of availability against a reference that steps through every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.worktime import WorkSchedule
from operation.availability import Burn, History, Tally, budget_of, burn, burn_rate, merged, tally, within, without

#: The night in which Oslo's clocks go back lies inside.
BEGIN = datetime(2026, 10, 23, tzinfo=UTC)
MINUTE, DAYS = timedelta(minutes=1), 4
LENGTH = DAYS * 24 * 60
OFFICE = WorkSchedule(
    "Europe/Oslo", {day: [("08:00", "12:00"), ("13:00", "17:30")] for day in range(5)} | {5: [("22:00", "24:00")],
    6: [("00:00", "04:00")]}, holidays=[date(2026, 10, 26)],
)  # fmt: skip


def at(minute):
    return BEGIN + minute * MINUTE


@st.composite
def spans(draw):
    """Some spans of whole minutes, in any order, over each other, before and after the time looked at."""
    begins = draw(st.lists(st.integers(-300, LENGTH + 300), max_size=5))
    return [(at(begin), at(begin + draw(st.integers(0, 900)))) for begin in begins]


def covers(some, moment):
    return any(begin <= moment < end for begin, end in some)


def stepped(schedule, down, degraded, planned, first, last):
    """The same by looking at every minute."""
    agreed = bad = slow = work = 0
    for minute in range(first, last):
        moment = at(minute)
        if schedule is not None and not schedule.is_open(moment):
            continue
        if covers(planned, moment):
            work += 1
            continue
        agreed += 1
        is_down = covers(down, moment)
        bad += is_down
        slow += covers(degraded, moment) and not is_down
    failures = 0
    for begin, end in merged(down):
        moment = begin
        while moment < end:
            if (schedule is None or schedule.is_open(moment)) and not covers(planned, moment):
                failures += at(first) <= moment < at(last)
                break
            moment += MINUTE
    return Tally(agreed * MINUTE, bad * MINUTE, slow * MINUTE, work * MINUTE, failures)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([None, OFFICE]), spans(), spans(), spans(), st.integers(0, LENGTH), st.integers(0, LENGTH)
)  # fmt: skip
def test_as_when_every_minute_is_looked_at(schedule, down, degraded, planned, one, other):
    first, last = min(one, other), max(one, other)
    found = tally(schedule, History.of(down, degraded, planned), at(first), at(last))
    assert found == stepped(schedule, down, degraded, planned, first, last)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([None, OFFICE]), spans(), spans(), spans(), st.lists(st.integers(0, LENGTH), max_size=4))
def test_parts_add_up_to_the_whole(schedule, down, degraded, planned, cuts):
    history = History.of(down, degraded, planned)
    edges = [0, *sorted(cuts), LENGTH]
    parts = [tally(schedule, history, at(a), at(b)) for a, b in pairwise(edges)]
    assert sum(parts, Tally()) == tally(schedule, history, at(0), at(LENGTH))


@settings(max_examples=60, deadline=None)
@given(spans(), spans())
def test_inside_and_outside_are_all_of_it(some, others):
    some, others = merged(some), merged(others)
    assert merged([*within(some, others), *without(some, others)]) == some
    assert within(within(some, others), without(some, others)) == []


def test_the_formulas():
    month = Tally(agreed=timedelta(hours=200), down=timedelta(hours=2), failures=4, budget=timedelta(hours=1))
    assert month.availability == pytest.approx(99.0)
    assert month.mtbf == timedelta(hours=49.5)
    assert month.mtrs == timedelta(minutes=30)
    assert month.mtbsi == month.mtbf + month.mtrs
    assert month.budget_left == timedelta(hours=-1)
    assert month.budget_left_percent == pytest.approx(-100.0)


def test_what_is_undefined_is_nothing():
    assert (Tally().availability, Tally().mtbf, Tally().mtrs, Tally().budget_left_percent) == (None,) * 4
    assert burn_rate(Tally(), Decimal("99.9")) is None
    assert burn_rate(Tally(agreed=timedelta(1)), Decimal(100)) is None
    assert burn_rate(Tally(agreed=timedelta(1)), None) is None
    assert budget_of(timedelta(1), None) is None


def test_budget_is_exact():
    assert budget_of(timedelta(days=30), Decimal("99.9")) == timedelta(minutes=43, seconds=12)
    assert budget_of(timedelta(days=365), Decimal("99.999")) == timedelta(seconds=315, milliseconds=360)


def test_a_burn_is_fast_when_both_short_windows_say_so():
    now = at(3000)
    going_on = History.of(down=[(now - timedelta(minutes=10), now)])
    over = History.of(down=[(now - timedelta(minutes=40), now - timedelta(minutes=20))])
    assert burn(None, going_on, now, Decimal("99.9")).is_fast
    assert not burn(None, over, now, Decimal("99.9")).is_fast, "it has stopped"
    assert burn(None, over, now, Decimal("99.9")).is_slow
    assert burn(None, over, now, None) == Burn()
    assert burn(None, History(), now, Decimal("99.9")) == Burn(0.0, 0.0, 0.0)
