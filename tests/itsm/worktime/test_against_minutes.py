"""The compiled schedule against a slow and obvious one that looks at every minute of a wall clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.worktime import WorkSchedule

MINUTE = timedelta(minutes=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC")
#: Two weeks from each of these; most contain a change of clocks in some zone, one a year's end.
WINDOWS = [
    datetime(2026, *month_day, tzinfo=UTC)
    for month_day in ((3, 2), (3, 23), (3, 30), (4, 1), (8, 31), (9, 28), (10, 19), (10, 26), (12, 24))
]


class SlowSchedule:
    """Steps through every minute of a window; a span runs from the first minute whose wall clock reaches its start."""

    def __init__(self, zone, weekly, holidays, exceptions, first, days):
        self.first = first - timedelta(days=3)
        minutes = range((days + 6) * 1440)
        walls = [(self.first + n * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for n in minutes]
        self.open = [False] * len(walls)
        day = walls[0].date() + timedelta(days=1)
        while day < walls[-1].date() - timedelta(days=2):
            spans = [] if day in holidays else weekly.get(day.weekday(), [])
            for start, end in exceptions.get(day, spans):
                opens, closes = self.wall(day, start), self.wall(day, end)
                if opens > closes:
                    closes += timedelta(days=1)
                for n in range(self.reached(walls, opens), self.reached(walls, closes)):
                    self.open[n] = True
            day += timedelta(days=1)

    def wall(self, day, text):
        hours, minutes = map(int, text.split(":"))
        return datetime.combine(day, datetime.min.time()) + timedelta(hours=hours, minutes=minutes)

    def reached(self, walls, wall):
        # Walls jump back an hour at most, so two days before is early enough to look.
        begin = max(0, int((wall - walls[0]) / MINUTE) - 2880)
        return next(n for n in range(begin, len(walls)) if walls[n] >= wall)

    def index(self, moment):
        return int((moment - self.first) / MINUTE)

    def between(self, start, end):
        return sum(self.open[self.index(start) : self.index(end)])

    def add(self, start, minutes):
        n = self.index(start)
        while minutes or not self.open[n]:
            minutes -= self.open[n]
            n += 1
            if not minutes and self.open[n - 1]:
                break
        return self.first + n * MINUTE


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def day_spans(draw):
    edges = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
    spans = [(clock(a * 15), clock(b * 15)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if spans and draw(st.booleans()):
        # The last span runs into the night, perhaps over the next day's first hours.
        last_start = edges[2 * len(spans) - 2] * 15
        spans[-1] = (clock(last_start), clock(draw(st.integers(0, max(0, last_start - 1)))))
    return spans


@st.composite
def cases(draw):
    first = draw(st.sampled_from(WINDOWS))
    dates = st.dates(first.date(), first.date() + timedelta(days=13))
    definition = (
        draw(st.sampled_from(ZONES)),
        draw(st.dictionaries(st.integers(0, 6), day_spans(), max_size=7)),
        draw(st.lists(dates, max_size=2)),
        draw(st.dictionaries(dates, day_spans(), max_size=2)),
    )
    moments = st.integers(0, 14 * 1440).map(lambda n: first + n * MINUTE)
    return definition, first, draw(moments), draw(moments)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_between_and_spans_count_the_open_minutes(case):
    definition, first, a, b = case
    schedule, slow = WorkSchedule(*definition), SlowSchedule(*definition, first, 14)
    a, b = sorted((a, b))
    expected = timedelta(minutes=slow.between(a, b))
    assert schedule.between(a, b) == expected
    assert schedule.between(b, a) == -expected
    assert sum((end - start for start, end in schedule.spans(a, b)), timedelta()) == expected
    assert schedule.is_open(a) == slow.open[slow.index(a)]


@settings(max_examples=60, deadline=None)
@given(cases(), st.floats(0, 1))
def test_add_stops_when_the_minutes_are_counted(case, share):
    definition, first, start, _ = case
    schedule, slow = WorkSchedule(*definition), SlowSchedule(*definition, first, 14)
    minutes = int(share * slow.between(start, first + timedelta(days=14)))
    if minutes or any(slow.open[slow.index(start) :]):
        assert schedule.add(start, minutes) == slow.add(start, minutes)


SCHEDULES = [
    WorkSchedule(
        "Europe/Berlin", {day: [("08:00", "13:00"), ("14:00", "18:00")] for day in range(5)}, [date(2026, 5, 1)]
    ),
    WorkSchedule("America/New_York", {day: [("22:00", "06:00")] for day in range(7)}),
    WorkSchedule("Australia/Lord_Howe", {day: [("00:00", "24:00")] for day in range(7)}, [date(2026, 4, 5)]),
    WorkSchedule("Asia/Kolkata", {5: [("10:00", "16:00")]}),
    WorkSchedule("UTC", {day: [("00:00", "24:00")] for day in range(7)}),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.tz)
@settings(max_examples=60, deadline=None)
@given(
    passed=st.integers(0, 20 * 365 * 24 * 3600 * 10**6),
    ticks=st.integers(1, 400 * 24 * 3600 * 10**6),
)
def test_add_is_the_inverse_of_between_to_the_microsecond(schedule, passed, ticks):
    start = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(microseconds=passed)
    amount = timedelta(microseconds=ticks)
    due = schedule.add(start, amount)
    assert schedule.between(start, due) == amount
    # Due is the earliest such instant, so the last moment before it was working time.
    assert schedule.is_open(due - timedelta(microseconds=1))
    assert schedule.add(start, amount + timedelta(microseconds=1)) > due
