from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from itsm.sla.engine import (
    Cycle,
    Exchange,
    History,
    Interval,
    Reading,
    Segment,
    TeamSegment,
    Terms,
    ledger,
    read,
    team_segments,
    update_cycles,
)
from itsm.worktime import WorkSchedule

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
OFFICE = WorkSchedule("UTC", {day: [("09:00", "12:00"), ("13:00", "17:00")] for day in range(5)})
PAUSES = frozenset({"requester", "change"})


def at(hour, minute=0, day=0, second=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


def life(*stays, opened=None, exchanges=()):
    """A history of (start, phase or "waiting:reason" or "cancelled", team) stays."""
    intervals = []
    for start, phase, *team in stays:
        name, _, reason = phase.partition(":")
        phase = "closed" if name == "cancelled" else name
        intervals.append(Interval(start, None, phase, name, reason, *team))
    return History(opened or stays[0][0], tuple(intervals), tuple(Exchange(*exchange) for exchange in exchanges))


def terms(metric="resolution", minutes=120, schedule=OFFICE, warn=0, steps=()):
    return Terms(metric, minutes, schedule, PAUSES, warn, steps)


def brief(reading):
    return reading.state, reading.elapsed_seconds // 60, reading.due_at, reading.stopped_at


OPEN = life((at(10), "new"))


# One reading, whole


def test_reading_while_running():
    assert read(OPEN, terms(warn=75), at(11)) == Reading(
        state="running",
        started_at=at(10),
        stopped_at=None,
        elapsed_seconds=3600,
        target_seconds=7200,
        remaining_seconds=3600,
        due_at=at(12),
        breached_at=None,
        running=True,
        next_event="warn",
        next_event_at=at(11, 30),
        overrun_seconds=0,
        moments=(("warn", at(11, 30)), ("breach", at(12))),
    )


def test_reading_after_breach():
    assert read(OPEN, terms(minutes=60), at(11, 30), frozenset({"breach"})) == Reading(
        state="breached",
        started_at=at(10),
        stopped_at=None,
        elapsed_seconds=5400,
        target_seconds=3600,
        remaining_seconds=0,
        due_at=at(11),
        breached_at=at(11),
        running=True,
        next_event=None,
        next_event_at=None,
        overrun_seconds=1800,
        moments=(("breach", at(11)),),
    )


# Resolution


@pytest.mark.parametrize(
    ("history", "now", "expected"),
    [
        # due at the end of a span, breached from that instant on while running
        (OPEN, at(11, 59, second=59), ("running", 119, at(12), None)),
        (OPEN, at(12), ("breached", 120, at(12), None)),
        (OPEN, at(15), ("breached", 240, at(12), None)),
        # outside hours it runs on without counting
        (life((at(16), "new")), at(20), ("running", 60, at(10, day=1), None)),
        (life((at(20), "new")), at(20), ("running", 0, at(11, day=1), None)),
        # stopped before, at and after the due instant
        (life((at(10), "new"), (at(11), "resolved")), at(20), ("met", 60, at(12), at(11))),
        (life((at(10), "new"), (at(12), "resolved")), at(20), ("met", 120, at(12), at(12))),
        (life((at(10), "new"), (at(12, 1), "resolved")), at(20), ("breached", 120, at(12), at(12, 1))),
        (life((at(10), "new"), (at(11), "resolved"), (at(14), "closed")), at(20), ("met", 60, at(12), at(11))),
        (life((at(10), "closed")), at(20), ("met", 0, at(12), at(10))),
        # another state at the due instant, which is closing time, is no excuse
        (life((at(10), "new"), (at(12), "active")), at(12, 30), ("breached", 120, at(12), None)),
        # on hold for a reason that pauses, and for one that does not
        (life((at(10), "new"), (at(11), "waiting:requester")), at(16), ("paused", 60, None, None)),
        (life((at(10), "new"), (at(11), "waiting:lunch")), at(12, 30), ("breached", 120, at(12), None)),
        (life((at(10), "new"), (at(11), "waiting:change"), (at(14), "active")), at(14), ("running", 60, at(15), None)),
        (life((at(10), "waiting:requester")), at(14), ("paused", 0, None, None)),
        # put on hold at the due instant: nothing left, due when it counts again (at the next opening)
        (life((at(10), "new"), (at(12), "waiting:change")), at(16), ("paused", 120, None, None)),
        (
            life((at(10), "new"), (at(12), "waiting:change"), (at(14), "active")),
            at(14),
            ("breached", 120, at(14), None),
        ),
        (
            life((at(10), "new"), (at(12), "waiting:change"), (at(12, 30), "active")),
            at(12, 45),
            ("running", 120, at(13), None),
        ),
        (
            life((at(10), "new"), (at(12), "waiting:change"), (at(12, 20), "active"), (at(12, 40), "resolved")),
            at(16),
            ("met", 120, at(12, 40), at(12, 40)),
        ),
        # breached stays breached on hold and when resolved
        (life((at(10), "new"), (at(14), "waiting:requester")), at(16), ("breached", 180, at(12), None)),
        # resolved from hold: due as if it had counted on from there
        (
            life((at(10), "new"), (at(11), "waiting:requester"), (at(14), "resolved")),
            at(20),
            ("met", 60, at(15), at(14)),
        ),
        # reopened: counts on with what it had
        (life((at(10), "new"), (at(11), "resolved"), (at(14), "active")), at(14, 30), ("running", 90, at(15), None)),
        (life((at(10), "new"), (at(11), "resolved"), (at(14), "active")), at(16), ("breached", 180, at(15), None)),
        (
            life((at(10), "new"), (at(12), "resolved"), (at(14), "active")),
            at(14),
            ("breached", 120, at(14), None),
        ),
        # cancelled, whether breached before or not
        (life((at(10), "new"), (at(11), "cancelled")), at(20), ("cancelled", 60, None, at(11))),
        (life((at(10), "new"), (at(14), "cancelled")), at(20), ("cancelled", 180, at(12), at(14))),
        (life((at(10), "new"), (at(11), "cancelled"), (at(13), "active")), at(13, 30), ("running", 90, at(14), None)),
        # the ticket was opened before or after its first known interval
        (life((at(11), "new"), opened=at(10)), at(11, 30), ("running", 90, at(12), None)),
        (life((at(9), "new"), (at(9, 30), "active"), opened=at(10)), at(11), ("running", 60, at(12), None)),
        (life((at(8), "new"), (at(9), "closed"), opened=at(10)), at(11), ("met", 0, at(12), at(10))),
    ],
)
def test_resolution(history, now, expected):
    assert brief(read(history, terms(), now)) == expected


def test_cancelled_still_tells_when_it_was_breached():
    reading = read(life((at(10), "new"), (at(14), "cancelled")), terms(warn=50), at(20))
    assert (reading.breached_at, reading.running, reading.next_event) == (at(12), False, None)


def test_only_a_finished_ticket_is_cancelled():
    history = History(at(10), (Interval(at(10), None, "active", "cancelled"),))
    assert brief(read(history, terms(), at(11))) == ("running", 60, at(12), None)


def test_no_schedule_means_round_the_clock():
    assert brief(read(OPEN, terms(schedule=None, minutes=1440), at(9, day=1))) == ("running", 1380, at(10, day=1), None)


def test_reading_of_an_earlier_moment_ignores_what_came_later():
    history = life((at(10), "new"), (at(11), "resolved"), exchanges=[(at(10, 50), True)])
    assert brief(read(history, terms(), at(10, 30))) == ("running", 30, at(12), None)
    assert brief(read(history, terms("first_response"), at(10, 30))) == ("running", 30, at(12), None)
    assert brief(read(history, terms("first_response"), at(10, 50))) == ("met", 50, at(12), at(10, 50))
    assert brief(read(history, terms(), at(11))) == ("met", 60, at(12), at(11))
    assert brief(read(history, terms(), at(9))) == ("running", 0, at(12), None)


def test_schedule_that_runs_out_of_hours_is_never_due():
    sunday = WorkSchedule("UTC", {}, exceptions={MONDAY.date(): [("09:00", "11:00")]})
    assert brief(read(OPEN, terms(schedule=sunday, warn=50), at(10, 30))) == ("running", 30, None, None)
    assert read(OPEN, terms(schedule=sunday, warn=50), at(10, 30)).next_event_at == at(11)
    assert read(OPEN, terms(schedule=sunday), at(20)).next_event is None
    assert brief(read(life((at(10), "new"), (at(16), "closed")), terms(schedule=sunday), at(20))) == (
        "met",
        60,
        None,
        at(16),
    )
    used_up = life((at(10), "new"), (at(11), "waiting:change"), (at(12), "active"), (at(13), "closed"))
    assert brief(read(used_up, terms(schedule=sunday, minutes=60), at(20))) == ("met", 60, at(13), at(13))


def test_parts_of_seconds_do_not_blur_the_due_instant():
    tick = timedelta(microseconds=1)
    history = life((at(10) + 7 * tick, "new"))
    assert read(history, terms(), at(12)).state == "running"
    assert read(history, terms(), at(12)).remaining_seconds == 1
    assert read(history, terms(schedule=None), at(12) + 6 * tick).state == "running"
    assert read(history, terms(schedule=None), at(12) + 7 * tick).state == "breached"


def test_moments_in_one_local_zone_are_instants_too():
    berlin = ZoneInfo("Europe/Berlin")
    history = life((datetime(2026, 3, 29, 1, 30, tzinfo=berlin), "new"))
    reading = read(history, terms(schedule=None), datetime(2026, 3, 29, 3, 30, tzinfo=berlin))
    assert (reading.elapsed_seconds, reading.due_at) == (3600, datetime(2026, 3, 29, 2, 30, tzinfo=UTC))


# First response


@pytest.mark.parametrize(
    ("stays", "exchanges", "expected"),
    [
        ([(at(10), "new")], [(at(10, 5), False)], ("breached", 360, at(12), None)),
        ([(at(10), "new")], [(at(10, 5), False), (at(11), True)], ("met", 60, at(12), at(11))),
        ([(at(10), "new")], [(at(14), True), (at(15), True)], ("breached", 180, at(12), at(14))),
        ([(at(10), "new"), (at(11), "resolved")], [(at(13), True)], ("met", 60, at(12), at(11))),
        # it never restarts
        ([(at(10), "new"), (at(11), "resolved"), (at(13), "active")], [], ("met", 60, at(12), at(11))),
        # paused like any other
        ([(at(10), "new"), (at(11), "waiting:change")], [], ("paused", 60, None, None)),
        # cancellation stops it only when nothing else did; an answer given with it counts
        ([(at(10), "new"), (at(11), "cancelled")], [], ("cancelled", 60, None, at(11))),
        ([(at(10), "new"), (at(11), "cancelled")], [(at(11), True)], ("met", 60, at(12), at(11))),
        ([(at(10), "new"), (at(11, 30), "cancelled")], [(at(11), True)], ("met", 60, at(12), at(11))),
        (
            [(at(10), "new"), (at(11), "resolved"), (at(13), "active"), (at(14), "cancelled")],
            [],
            ("met", 60, at(12), at(11)),
        ),
        # a reply known from before the ticket, as imports have them
        ([(at(10), "new")], [(at(9), True)], ("met", 0, at(12), at(10))),
    ],
)
def test_first_response(stays, exchanges, expected):
    assert brief(read(life(*stays, exchanges=exchanges), terms("first_response"), at(17))) == expected


# Next reply due


@pytest.mark.parametrize(
    ("stays", "exchanges", "cycles"),
    [
        ([(at(9), "new")], [], []),
        ([(at(9), "new")], [(at(10), False)], []),
        ([(at(9), "new")], [(at(10), False), (at(11), True)], []),
        ([(at(9), "new")], [(at(10), True), (at(11), False)], [(at(11), None)]),
        # from the oldest unanswered message
        (
            [(at(9), "new")],
            [(at(10), True), (at(11), False), (at(12), False), (at(13), True), (at(14), True), (at(15), False)],
            [(at(11), at(13)), (at(15), None)],
        ),
        # an answer at the same instant as the question comes first, and so leaves it unanswered
        ([(at(9), "new")], [(at(10), True), (at(11), False), (at(11), True)], [(at(11), None)]),
        # ended by a resolution; a message on a resolved ticket asks for nothing
        (
            [(at(9), "new"), (at(12), "resolved"), (at(14), "closed")],
            [(at(10), True), (at(11), False), (at(13), False)],
            [(at(11), at(12))],
        ),
        # unless the ticket is reopened before anyone answers
        (
            [(at(9), "new"), (at(12), "resolved"), (at(13), "closed"), (at(14), "active")],
            [(at(10), True), (at(12, 30), False)],
            [(at(14), None)],
        ),
        (
            [(at(9), "new"), (at(12), "resolved"), (at(14), "active")],
            [(at(10), True), (at(12, 30), False), (at(13), True)],
            [],
        ),
        (
            [(at(9), "new"), (at(12), "resolved"), (at(14), "active")],
            [(at(10), True), (at(14), False)],
            [(at(14), None)],
        ),
        # a resolution without any reply ends the first response, so later questions have a cycle
        (
            [(at(9), "new"), (at(12), "resolved"), (at(14), "active")],
            [(at(10), False), (at(15), False)],
            [(at(15), None)],
        ),
        # other changes of state do not matter
        (
            [(at(9), "new"), (at(11, 30), "active"), (at(12), "waiting:requester")],
            [(at(10), True), (at(11), False), (at(13), True)],
            [(at(11), at(13))],
        ),
        # resolved and reopened at one instant
        (
            [(at(9), "new"), (at(12), "resolved"), (at(12), "active")],
            [(at(10), True), (at(11), False), (at(13), False)],
            [(at(11), at(12)), (at(13), None)],
        ),
    ],
)
def test_update_cycles(stays, exchanges, cycles):
    assert update_cycles(life(*stays, exchanges=exchanges)) == [Cycle(*cycle) for cycle in cycles]


def test_update_clock_of_each_cycle():
    history = life(
        (at(9), "new"),
        (at(15), "cancelled"),
        exchanges=[(at(10), True), (at(11), False), (at(11, 30), True), (at(13), False)],
    )
    assert brief(read(history, terms("update"), at(14), cycle=0)) == ("met", 30, at(14), at(11, 30))
    assert brief(read(history, terms("update"), at(14), cycle=1)) == ("running", 60, at(15), None)
    assert brief(read(history, terms("update"), at(16), cycle=1)) == ("cancelled", 120, None, at(15))
    with pytest.raises(IndexError):
        read(history, terms("update"), at(12), cycle=1)


# Operational level: a clock per team


STAYS = [
    (at(9), "new"),
    (at(10), "new", 1),
    (at(11), "active", 1),
    (at(12), "waiting:change", 2),
    (at(14), "active", 2),
    (at(15), "active", 1),
    (at(16), "resolved", 1),
    (at(9, day=1), "active", 1),
]


def test_team_segments():
    assert team_segments(life(*STAYS)) == [
        TeamSegment(1, at(10), at(12)),
        TeamSegment(2, at(12), at(15)),
        TeamSegment(1, at(15), at(16)),
        TeamSegment(1, at(9, day=1), None),
    ]


def test_team_segments_leave_out_stays_of_no_length():
    history = life((at(10), "new", 1), (at(11), "active", 2), (at(11), "resolved", 1), (at(11), "active", 1))
    assert team_segments(history) == [TeamSegment(1, at(10), None)]


def test_team_segments_begin_with_the_ticket():
    history = life((at(8), "new", 1), (at(9), "active", 2), opened=at(10))
    assert team_segments(history) == [TeamSegment(2, at(10), None)]


def test_operational_level_clock_of_each_team():
    readings = [read(life(*STAYS), terms("ola", 90), at(10, day=1), cycle=cycle) for cycle in range(4)]
    assert [brief(reading) for reading in readings] == [
        ("breached", 120, at(11, 30), at(12)),
        ("met", 60, at(15, 30), at(15)),
        ("met", 60, at(16, 30), at(16)),
        ("running", 60, at(10, 30, day=1), None),
    ]


# Events


EVENTFUL = terms(warn=75, steps=(50, 100, 150))


@pytest.mark.parametrize(
    ("now", "fired", "expected"),
    [
        (at(10), (), ("step:50", at(11))),
        (at(10), ("step:50",), ("warn", at(11, 30))),
        # past its moment it is still reported, at its true moment
        (at(16), (), ("step:50", at(11))),
        (at(16), ("step:50",), ("warn", at(11, 30))),
        # at one instant the step comes before the breach
        (at(16), ("step:50", "warn"), ("step:100", at(12))),
        (at(16), ("step:50", "warn", "step:100"), ("breach", at(12))),
        (at(16), ("step:50", "warn", "step:100", "breach"), ("step:150", at(14))),
        (at(12), ("step:50", "warn", "step:100", "breach"), ("step:150", at(14))),
        (at(16), ("step:50", "warn", "step:100", "breach", "step:150"), (None, None)),
        (at(16), ("warn", "breach", "step:150"), ("step:50", at(11))),
    ],
)
def test_next_event(now, fired, expected):
    reading = read(OPEN, EVENTFUL, now, frozenset(fired))
    assert (reading.next_event, reading.next_event_at) == expected


@pytest.mark.parametrize("then", ["waiting:requester", "resolved"])
def test_events_of_a_clock_that_no_longer_counts(then):
    history = life((at(10), "new"), (at(11, 15), then))
    late = read(history, EVENTFUL, at(16))
    done = read(history, EVENTFUL, at(16), frozenset({"step:50"}))
    assert (late.next_event, late.next_event_at) == ("step:50", at(11))
    assert (done.next_event, done.next_event_at) == (None, None)


def test_warning_at_the_instant_of_the_pause_waits_for_the_clock():
    history = life((at(10), "new"), (at(11, 30), "waiting:requester"), (at(14), "active"))
    assert read(history, terms(warn=75), at(13)).next_event is None
    assert read(history, terms(warn=75), at(14)).next_event_at == at(14)


def test_other_terms_keep_paused_time_paused():
    history = life((at(10), "new"), (at(11), "waiting:requester"), (at(14), "active"))
    assert brief(read(history, terms(minutes=240), at(15))) == ("running", 120, at(17), None)
    assert brief(read(history, terms(minutes=90), at(15))) == ("breached", 120, at(14, 30), None)


# The ledger


def test_ledger():
    history = life(
        (at(8), "new"),
        (at(9, 30), "active"),
        (at(10), "waiting:requester"),
        (at(14), "active"),
        (at(16), "resolved"),
        (at(16, 30), "closed"),
        (at(16, 45), "active"),
        (at(20), "resolved"),
    )
    assert ledger(history, terms(), at(22)) == [
        Segment(at(8), at(9), False, "outside_hours", 3600),
        Segment(at(9), at(10), True, "working", 3600),
        Segment(at(10), at(14), False, "on_hold:requester", 4 * 3600),
        Segment(at(14), at(16), True, "working", 7200),
        Segment(at(16), at(16, 30), False, "resolved", 1800),
        Segment(at(16, 30), at(16, 45), False, "closed", 900),
        Segment(at(16, 45), at(17), True, "working", 900),
        Segment(at(17), at(20), False, "outside_hours", 3 * 3600),
    ]


def test_ledger_up_to_now_and_of_a_life_of_no_length():
    assert ledger(OPEN, terms(schedule=None), at(10, day=2)) == [
        Segment(at(10), at(10, day=2), True, "working", 48 * 3600)
    ]
    assert ledger(OPEN, terms(), at(10)) == []
    assert ledger(life((at(10), "closed")), terms(), at(11)) == []


def test_ledger_of_one_team():
    assert ledger(life(*STAYS), terms("ola"), at(10, day=1), cycle=1) == [
        Segment(at(12), at(14), False, "on_hold:change", 7200),
        Segment(at(14), at(15), True, "working", 3600),
    ]


def test_ledger_seconds_add_up_with_parts_of_seconds():
    third = timedelta(microseconds=333_333)
    history = life(
        *((at(10) + n * 2 * third, phase) for n, phase in enumerate(["new", "waiting:change", "active"] * 3)),
    )
    rows, reading = ledger(history, terms(), at(11)), read(history, terms(), at(11))
    assert sum(row.seconds for row in rows if row.counted) == reading.elapsed_seconds


# What is refused


class NoOffset(tzinfo):
    def utcoffset(self, moment):
        return None


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Interval(MONDAY.replace(tzinfo=None), None, "new", "new"), "time zone"),
        (lambda: Interval(MONDAY, MONDAY.replace(tzinfo=NoOffset()), "new", "new"), "time zone"),
        (lambda: Exchange(MONDAY.replace(tzinfo=None), True), "time zone"),
        (lambda: read(OPEN, terms(), MONDAY.replace(tzinfo=None)), "time zone"),
        (lambda: Interval(MONDAY, None, "assigned", "assigned"), "phase"),
        (lambda: History(MONDAY, ()), "at least one"),
        (lambda: life((at(11), "new"), (at(10), "active")), "order"),
        (lambda: life((at(10), "new"), exchanges=[(at(11), True), (at(10), True)]), "order"),
        (lambda: terms("resolve"), "metric"),
        (lambda: terms(minutes=0), "above zero"),
        (lambda: terms(warn=-1), "above zero"),
        (lambda: terms(steps=(0,)), "above zero"),
    ],
)
def test_what_makes_no_sense_is_refused(make, word):
    with pytest.raises(ValueError, match=word):
        make()


def test_interval_ends_are_in_utc_too():
    interval = Interval(MONDAY, MONDAY.astimezone(ZoneInfo("Asia/Kolkata")), "new", "new")
    assert interval.end.tzinfo is UTC
