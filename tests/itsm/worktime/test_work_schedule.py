import pickle
import threading
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from itsm.worktime import ROUND_THE_CLOCK, NoWorkingTime, WorkSchedule

NINE_TO_FIVE = {day: [("09:00", "17:00")] for day in range(5)}
OFFICE = WorkSchedule("UTC", NINE_TO_FIVE)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(hour, minute=0, day=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (at(10), 60, at(11)),
        (at(16), 60, at(17)),
        (at(16), 61, at(9, 1, day=1)),
        (at(9), 480, at(17)),
        (at(7), 480, at(17)),
        (at(17), 1, at(9, 1, day=1)),
        (at(12, day=5), 1, at(9, 1, day=7)),
        (at(9), 5 * 480, at(17, day=4)),
        (at(10), 0, at(10)),
        (at(9), 0, at(9)),
        (at(8), 0, at(9)),
        (at(17), 0, at(9, day=1)),
        (at(10), 0.5, at(10) + timedelta(seconds=30)),
        (at(10), Fraction(1, 3), at(10) + timedelta(seconds=20)),
        (at(10), Decimal("0.1"), at(10) + timedelta(seconds=6)),
        (at(10), timedelta(hours=8), at(10, day=1)),
        (at(10), 3 * 52 * 5 * 480, at(10, day=3 * 52 * 7)),
    ],
)
def test_add(start, minutes, due):
    assert OFFICE.add(start, minutes) == due


def test_add_answers_in_utc_whatever_zone_it_was_asked_in():
    due = OFFICE.add(datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Kolkata")), 60)
    assert (due, due.tzinfo) == (at(10), UTC)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (at(10), at(12), 120),
        (at(12), at(10), -120),
        (at(6), at(22), 480),
        (at(18), at(8, day=1), 0),
        (at(9), at(9), 0),
        (at(16), at(10, day=7), 2040),
        (at(9), at(9, day=364 * 5), 260 * 5 * 480),
        (at(9, day=364 * 5), at(9), -260 * 5 * 480),
        (at(9, day=-364 * 60), at(9), 52 * 5 * 60 * 480),
    ],
)
def test_between(start, end, minutes):
    assert OFFICE.between(start, end) == timedelta(minutes=minutes)


def test_same_zone_moments_are_compared_as_instants():
    berlin = ZoneInfo("Europe/Berlin")
    start, end = datetime(2026, 3, 29, 1, tzinfo=berlin), datetime(2026, 3, 29, 4, tzinfo=berlin)
    assert ROUND_THE_CLOCK.between(start, end) == timedelta(hours=2)


NAIVE = MONDAY.replace(tzinfo=None)


class NoOffset(tzinfo):
    def utcoffset(self, moment):
        return None


@pytest.mark.parametrize(
    "ask",
    [
        lambda schedule: schedule.add(NAIVE, 1),
        lambda schedule: schedule.between(NAIVE, MONDAY),
        lambda schedule: schedule.between(MONDAY, NAIVE),
        lambda schedule: schedule.is_open(NAIVE),
        lambda schedule: schedule.next_opening(NAIVE),
        lambda schedule: list(schedule.spans(NAIVE, MONDAY)),
        lambda schedule: schedule.add(MONDAY.replace(tzinfo=NoOffset()), 1),
    ],
)
@pytest.mark.parametrize("schedule", [OFFICE, ROUND_THE_CLOCK])
def test_naive_moments_are_refused(ask, schedule):
    with pytest.raises(ValueError, match="time zone"):
        ask(schedule)


@pytest.mark.parametrize("minutes", [-1, -0.01, timedelta(seconds=-1), float("nan"), float("inf"), Decimal("NaN")])
def test_add_refuses_what_is_not_an_amount_of_time(minutes):
    with pytest.raises(ValueError, match=r"taken away|finite"):
        OFFICE.add(MONDAY, minutes)


def test_more_than_the_calendar_holds_is_refused_at_once():
    for schedule in (OFFICE, ROUND_THE_CLOCK):
        with pytest.raises(NoWorkingTime):
            schedule.add(MONDAY, 10**10)


@pytest.mark.parametrize("minutes", [0, 1])
def test_schedule_without_working_time(minutes):
    for schedule in (
        WorkSchedule("UTC", {}),
        WorkSchedule("UTC", {0: [("09:00", "09:00")]}),
        WorkSchedule("UTC", {}, exceptions={date(2020, 1, 1): [("09:00", "10:00")]}),
    ):
        assert schedule.between(MONDAY, at(0, day=400)) == timedelta()
        with pytest.raises(NoWorkingTime, match="working time"):
            schedule.add(MONDAY, minutes)


def test_schedule_of_single_days_ends_with_the_last():
    event = WorkSchedule("UTC", {}, exceptions={date(2026, 3, 7): [("10:00", "12:00")]})
    assert event.add(MONDAY, 120) == at(12, day=5)
    assert event.next_opening(MONDAY) == at(10, day=5)
    with pytest.raises(NoWorkingTime):
        event.add(MONDAY, 121)


def test_breaks_and_nights():
    shifts = WorkSchedule("UTC", {0: [("13:00", "17:00"), ("09:00", "12:00"), ("22:00", "06:00")]})
    assert list(shifts.spans(MONDAY, at(0, day=2))) == [(at(9), at(12)), (at(13), at(17)), (at(22), at(6, day=1))]
    assert shifts.add(at(11), 120) == at(14)
    assert shifts.add(at(11), 60) == at(12)


def test_a_night_that_runs_into_the_next_days_hours_counts_once():
    shifts = WorkSchedule("UTC", {0: [("22:00", "06:00")], 1: [("05:00", "09:00")]})
    assert shifts.between(MONDAY, at(0, day=7)) == timedelta(hours=11)


def test_holiday_keeps_the_night_that_began_before_it():
    nights = WorkSchedule("UTC", {day: [("22:00", "06:00")] for day in range(7)}, holidays=[date(2026, 3, 3)])
    assert list(nights.spans(MONDAY + timedelta(hours=12), at(12, day=3))) == [
        (at(22), at(6, day=1)),
        (at(22, day=2), at(6, day=3)),
    ]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Kolkata", "UTC", "Pacific/Pago_Pago"])
def test_no_night_is_lost_where_one_compiled_block_ends_and_the_next_begins(zone):
    nights = WorkSchedule(zone, {day: [("20:00", "06:00"), ("07:00", "08:00")] for day in range(7)})
    noons = [datetime(2024, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=day) for day in range(1200)]
    assert {nights.between(noon, noon + timedelta(days=1)) for noon in noons} == {timedelta(hours=11)}


def test_exceptions_win_over_weekly_hours_and_holidays():
    schedule = WorkSchedule(
        "UTC",
        NINE_TO_FIVE,
        holidays=[date(2026, 3, 2), date(2026, 3, 3)],
        exceptions={
            date(2026, 3, 3): [("09:00", "12:00")],
            date(2026, 3, 4): [],
            date(2026, 3, 7): [("10:00", "11:00")],
        },
    )
    assert list(schedule.spans(MONDAY, at(0, day=7))) == [
        (at(9, day=1), at(12, day=1)),
        (at(9, day=3), at(17, day=3)),
        (at(9, day=4), at(17, day=4)),
        (at(10, day=5), at(11, day=5)),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "span", "start", "hours"),
    [
        # Berlin skips 02:00-03:00 on 29 March 2026 and repeats it on 25 October.
        ("Europe/Berlin", date(2026, 3, 29), ("00:00", "24:00"), "2026-03-28T23:00Z", 23),
        ("Europe/Berlin", date(2026, 3, 29), ("01:30", "02:30"), "2026-03-29T00:30Z", 0.5),
        ("Europe/Berlin", date(2026, 3, 29), ("02:30", "04:00"), "2026-03-29T01:00Z", 1),
        ("Europe/Berlin", date(2026, 3, 28), ("22:00", "06:00"), "2026-03-28T21:00Z", 7),
        ("Europe/Berlin", date(2026, 10, 25), ("00:00", "24:00"), "2026-10-24T22:00Z", 25),
        ("Europe/Berlin", date(2026, 10, 25), ("01:00", "02:30"), "2026-10-24T23:00Z", 1.5),
        ("Europe/Berlin", date(2026, 10, 25), ("02:30", "04:00"), "2026-10-25T00:30Z", 2.5),
        ("Europe/Berlin", date(2026, 10, 25), ("02:00", "03:00"), "2026-10-25T00:00Z", 2),
        ("Europe/Berlin", date(2026, 10, 25), ("02:15", "02:45"), "2026-10-25T00:15Z", 0.5),
        # Lord Howe moves by half an hour: 02:00 becomes 02:30 on 4 October 2026.
        ("Australia/Lord_Howe", date(2026, 10, 4), ("02:10", "03:00"), "2026-10-03T15:30Z", 0.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), ("01:00", "03:00"), "2026-04-04T14:00Z", 2.5),
        # Samoa had no 30 December 2011 at all: all of its wall times are the end of that gap.
        ("Pacific/Apia", date(2011, 12, 29), ("22:00", "06:00"), "2011-12-30T08:00Z", 2),
    ],
)
def test_spans_on_days_when_clocks_change(zone, day, span, start, hours):
    schedule = WorkSchedule(zone, {}, exceptions={day: [span]})
    opens = datetime.fromisoformat(start.replace("Z", "+00:00"))
    window = opens - timedelta(days=3), opens + timedelta(days=3)
    assert list(schedule.spans(*window)) == [(opens, opens + timedelta(hours=hours))]


def test_a_day_that_never_was_has_no_hours():
    schedule = WorkSchedule("Pacific/Apia", {}, exceptions={date(2011, 12, 30): [("09:00", "17:00")]})
    assert list(schedule.spans(datetime(2011, 12, 1, tzinfo=UTC), datetime(2012, 1, 31, tzinfo=UTC))) == []


def test_is_open_includes_the_start_and_excludes_the_end():
    assert [OFFICE.is_open(moment) for moment in (at(8, 59), at(9), at(16, 59), at(17), at(12, day=5))] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_next_opening():
    assert [OFFICE.next_opening(moment) for moment in (at(8), at(9), at(12), at(17), at(18, day=4))] == [
        at(9),
        at(9),
        at(12),
        at(9, day=1),
        at(9, day=7),
    ]


def test_next_opening_more_than_a_year_ahead():
    christmas = WorkSchedule("UTC", {}, exceptions={date(2029, 12, 25): [("09:00", "12:00")]})
    assert christmas.next_opening(MONDAY) == datetime(2029, 12, 25, 9, tzinfo=UTC)


def test_spans_are_clipped_and_whole_across_the_years():
    nearly_always = WorkSchedule("UTC", {day: [("00:00", "24:00")] for day in range(7)}, [date(2020, 1, 1)])
    assert list(OFFICE.spans(at(10), at(10, day=1))) == [(at(10), at(17)), (at(9, day=1), at(10, day=1))]
    assert list(OFFICE.spans(at(17), at(9, day=1))) == []
    assert list(nearly_always.spans(MONDAY, at(0, day=3000))) == [(MONDAY, at(0, day=3000))]


@pytest.mark.parametrize("schedule", [OFFICE, ROUND_THE_CLOCK])
def test_spans_of_an_empty_or_reversed_window(schedule):
    assert list(schedule.spans(at(12), at(12))) == []
    assert list(schedule.spans(at(12), at(11))) == []


@pytest.mark.parametrize(
    "weekly",
    [
        {day: [("00:00", "24:00")] for day in range(7)},
        {day: [("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "06:00")] for day in range(7)},
    ],
)
def test_round_the_clock_is_only_the_passing_of_time(weekly):
    schedule = WorkSchedule("Europe/Berlin", weekly)
    late = at(0, day=365 * 4000)
    assert schedule.add(MONDAY, 365 * 4000 * 1440) == late
    assert schedule.add(MONDAY, 0) == MONDAY
    assert schedule.between(MONDAY, late) == late - MONDAY
    assert schedule.between(late, MONDAY) == MONDAY - late
    assert schedule.is_open(MONDAY)
    assert list(schedule.spans(MONDAY, late)) == [(MONDAY, late)]


@pytest.mark.parametrize("gap", [{0: [("00:00", "23:59")]}, {6: []}, {2: [("00:01", "24:00")]}])
def test_nearly_round_the_clock(gap):
    schedule = WorkSchedule("UTC", {day: [("00:00", "24:00")] for day in range(7)} | gap)
    assert schedule.between(MONDAY, at(0, day=7)) < timedelta(days=7)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("Mars/Olympus", NINE_TO_FIVE), "time zone"),
        (("../etc/passwd", NINE_TO_FIVE), "time zone"),
        (("Europe", NINE_TO_FIVE), "time zone"),
        ((None, NINE_TO_FIVE), "time zone"),
        (("UTC", {7: []}), "Weekdays"),
        (("UTC", {"mon": []}), "Weekdays"),
        (("UTC", {0: [("09:00", "12:00"), ("11:59", "17:00")]}), "overlap: 09:00-12:00 and 11:59-17:00"),
        (("UTC", {0: [("22:00", "06:00"), ("23:00", "24:00")]}), "overlap: 22:00-06:00 and 23:00-24:00"),
        (("UTC", {0: [("24:00", "06:00")]}), "24:00"),
        (("UTC", {0: [("09:00", "24:01")]}), "time of day"),
        (("UTC", {0: [("09:60", "12:00")]}), "time of day"),
        (("UTC", {0: [("09:00:60", "12:00")]}), "time of day"),
        (("UTC", {0: [("25:00", "12:00")]}), "time of day"),
        (("UTC", {0: [("nine", "five")]}), "time of day"),
        (("UTC", {0: [(9, 17)]}), "time of day"),
        (("UTC", {0: [("09:00",)]}), "unpack"),
        (("UTC", {}, ["2026-12-25"]), "dates"),
        (("UTC", {}, [datetime(2026, 12, 25, tzinfo=UTC)]), "dates"),
        (("UTC", {}, (), {"2026-12-25": []}), "dates"),
        (("UTC", {}, (), {date(2026, 12, 25): [("x", "y")]}), "time of day"),
    ],
)
def test_wrong_definitions_are_refused(arguments, word):
    with pytest.raises(ValueError, match=word):
        WorkSchedule(*arguments)


DATA = {
    "tz": "Europe/Berlin",
    "weekly": {"0": [["09:00", "17:30"]], "4": [["06:00:30", "07:00"], ["18:00", "24:00"]], "5": [["22:00", "06:00"]]},
    "holidays": ["2026-12-25"],
    "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
}


def test_to_dict_and_back():
    schedule = WorkSchedule.from_dict(DATA)
    assert schedule.to_dict() == DATA
    assert WorkSchedule.from_dict(schedule.to_dict()) == schedule
    assert WorkSchedule.from_dict({"tz": "UTC"}) == WorkSchedule("UTC", {})
    assert (repr(schedule), schedule.tz) == (f"WorkSchedule.from_dict({DATA!r})", "Europe/Berlin")


def test_from_dict_needs_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        WorkSchedule.from_dict({})


def test_equal_definitions_are_equal_schedules():
    one = WorkSchedule("UTC", {0: [("9:00", "12:00"), ("13:00", "00:00")]}, [date(2026, 1, 1), date(2026, 5, 1)])
    two = WorkSchedule(
        "UTC", {0: (["13:00", "24:00"], ["09:00", "12:00"]), 1: []}, (date(2026, 5, 1), date(2026, 1, 1))
    )
    assert one == two
    assert hash(one) == hash(two)
    assert one._table is two._table
    assert one != OFFICE
    assert one != "UTC"
    assert pickle.loads(pickle.dumps(one)) == one


def test_threads_share_a_table():
    schedule = WorkSchedule("America/New_York", NINE_TO_FIVE, exceptions=[(date(2026, 3, 2), [("09:00", "09:01")])])
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(schedule.between(MONDAY, at(0, day=3000)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
