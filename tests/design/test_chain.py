"""Hours and minutes of the chain, against slow references that look at every minute and every way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from design import chain, cover
from itsm.worktime import WorkSchedule

MONDAY = date(2026, 6, 1)
FIVE = {day: [("09:00", "17:00")] for day in range(5)}


def times(draw_hours):
    return [(f"{a:02}:00", f"{b:02}:00") for a, b in draw_hours]


@st.composite
def schedules(draw, tz="UTC"):
    weekly = {}
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        start = draw(st.integers(0, 22))
        end = draw(st.integers(1, 24).filter(lambda hour, start=start: hour != start))
        weekly[day] = times([(start, end)])
    return WorkSchedule(tz, weekly)


@settings(max_examples=60, deadline=None)
@given(schedules(), st.lists(schedules(), max_size=3))
def test_weekly_gaps_are_those_of_every_hour_looked_at(need, have):
    found = cover.gaps(need, have, MONDAY, 30).week
    # The second week: what Sunday night leaves to Monday is there.
    start = datetime(2026, 6, 8, tzinfo=UTC)
    for hour in range(7 * 24):
        at = start + timedelta(hours=hour, minutes=30)
        missing = need.is_open(at) and not any(one.is_open(at) for one in have)
        assert missing == any(s <= hour * 3600 + 1800 < e for s, e in found), at


@settings(max_examples=25, deadline=None)
@given(schedules("Europe/Oslo"), schedules("America/New_York"))
def test_gaps_between_time_zones_are_those_of_some_week_of_the_year(need, have):
    found = cover.gaps(need, [have], MONDAY).week
    zone_day = cover.ZoneInfo("Europe/Oslo")
    # A summer week, a winter week, and one when only America has changed its clocks.
    for monday in (date(2026, 7, 6), date(2027, 1, 11), date(2027, 3, 15)):
        for hour in range(7 * 24):
            at = datetime(monday.year, monday.month, monday.day, 0, 30, tzinfo=zone_day) + timedelta(hours=hour)
            if need.is_open(at) and not have.is_open(at):
                assert any(s <= hour * 3600 + 1800 < e for s, e in found), at


def test_holidays_of_those_who_back_are_gaps_of_their_days():
    need = WorkSchedule("Europe/Oslo", FIVE, holidays=[date(2026, 12, 25)])
    have = WorkSchedule("Europe/Oslo", FIVE, holidays=[date(2026, 12, 25), date(2026, 12, 24)])
    found = cover.gaps(need, [have], MONDAY)
    assert (found.week, found.days) == ((), ((date(2026, 12, 24), ((9 * 3600, 17 * 3600),)),))


def test_runs_of_days_with_the_same_hours_are_said_once():
    need, have = cover.always("UTC"), WorkSchedule("UTC", FIVE)
    found = cover.grouped(cover.gaps(need, [have], MONDAY, 7).week)
    night = ((0, 9 * 3600), (17 * 3600, 24 * 3600))
    assert found == [(0, 4, night), (5, 6, ((0, 24 * 3600),))]


# ---------- the chain ----------

ALWAYS = cover.always("UTC")
OFFICE = WorkSchedule("UTC", FIVE)


def promised(minutes, *, priority=1, hours=ALWAYS, metric="resolution", kind="incident"):
    return chain.Promised(kind, metric, priority, minutes, hours)


def link(name, line, *promises, service="Shop"):
    return chain.Link(name, line, service, promises)


def codes(gaps):
    return [gap.code for gap in gaps]


def test_a_chain_that_fits_has_no_gaps():
    links = [link("Desk", 1, promised(60)), link("Network", 2, promised(120)), link("Carrier", 9, promised(60))]
    assert chain.check([promised(240), promised(15, metric="first_response")], links, ["Shop"], MONDAY) == []


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ([], ["unbacked"]),
        ([link("Desk", 1, promised(60), service="Other")], ["unbacked"]),
        ([link("Desk", 1, promised(60, kind="change"))], ["missing"]),
        ([link("Desk", 1, promised(60, priority=2))], ["missing"]),
        ([link("Desk", 1, promised(60, hours=OFFICE))], ["hours"]),
        ([link("Desk", 1, promised(200)), link("Network", 2, promised(120))], ["minutes"]),
        # Two shifts of one line are there together, and the slower one counts once.
        ([link("Day", 1, promised(200)), link("Night", 1, promised(220))], []),
        # The same line for two services: each has to be there by itself.
        ([link("A", 1, promised(9)), link("B", 1, promised(9, hours=OFFICE), service="Net")], ["hours"]),
    ],
)
def test_each_gap_is_named(links, found):
    assert codes(chain.check([promised(240)], links, ["Shop"], MONDAY)) == found


def test_priorities_with_the_same_gap_stand_together():
    links = [link("Desk", 1, promised(90, priority=None))]
    gaps = chain.check([promised(60, priority=None), promised(120, priority=1)], links, ["Shop"], MONDAY)
    assert [(gap.code, gap.priorities, gap.over) for gap in gaps] == [("minutes", (2, 3, 4, 5), 30)]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 400),
    st.lists(st.tuples(st.sampled_from([1, 2, 9]), st.sampled_from(["Shop", "Net"]), st.integers(1, 200)), min_size=1),
)
def test_minutes_over_are_those_of_the_slowest_way(minutes, rows):
    links = [link(f"L{n}", line, promised(m), service=service) for n, (line, service, m) in enumerate(rows)]
    lines = {line: [m for other, _service, m in rows if other == line] for line, _service, _m in rows}
    slowest = max(sum(way) for way in product(*lines.values()))
    gaps = [gap for gap in chain.check([promised(minutes)], links, [], MONDAY) if gap.code == "minutes"]
    assert sum(gap.over for gap in gaps) == max(0, slowest - minutes)
