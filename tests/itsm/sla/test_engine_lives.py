"""Random lives: the engine against a clock that ticks minute by minute, and what must hold for every life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from itsm.sla.engine import (
    Exchange,
    History,
    Interval,
    Terms,
    ledger,
    read,
    supplier_waits,
    team_segments,
    update_cycles,
)
from itsm.worktime import WorkSchedule
from tests.slow_clock import MINUTE, SlowClock

SECOND = timedelta(seconds=1)
FIRST = datetime(2026, 3, 5, tzinfo=UTC)  # a Thursday, so that a weekend follows
OFFICE = WorkSchedule("UTC", {day: [("09:00", "12:00"), ("13:00", "17:00")] for day in range(5)})
PAUSES = frozenset({"requester"})


@st.composite
def histories(draw):
    minute = draw(st.integers(0, 2 * 1440))
    intervals = []
    for _ in range(draw(st.integers(1, 8))):
        phase = draw(st.sampled_from(["new", "active", "active", "waiting", "waiting", "resolved", "closed"]))
        reason = draw(st.sampled_from(["requester", "vendor"])) if phase == "waiting" else ""
        intervals.append(
            Interval(
                FIRST + minute * MINUTE,
                None,
                phase,
                draw(st.sampled_from(["closed", "cancelled"])) if phase == "closed" else phase,
                reason,
                draw(st.sampled_from([None, 1, 1, 2])),
                supplier=reason == "vendor",
            )
        )
        minute += draw(st.integers(1, 900))
    first = intervals[0].start
    spoken = sorted(draw(st.lists(st.integers(0, 4000), max_size=6)))
    exchanges = tuple(Exchange(first + n * MINUTE, draw(st.booleans())) for n in spoken)
    return History(first, tuple(intervals), exchanges)


@st.composite
def clocks(draw):
    history = draw(histories())
    metric = draw(st.sampled_from(["resolution", "resolution", "first_response", "update", "ola", "uc"]))
    terms = Terms(
        metric, 4 * draw(st.integers(1, 200)), draw(st.sampled_from([OFFICE, OFFICE, None])), PAUSES, 75, (50, 150)
    )
    now = history.opened_at + draw(st.integers(0, 5500)) * MINUTE
    known = history.as_of(now)
    lives = {"update": update_cycles, "ola": team_segments, "uc": supplier_waits}.get(metric, lambda _: [()])(known)
    assume(lives)
    return history, terms, now, draw(st.integers(0, len(lives) - 1))


@settings(max_examples=150, deadline=None)
@given(clocks())
def test_read_against_a_ticking_clock(clock):
    history, terms, now, cycle = clock
    slow, reading = SlowClock(history, terms, now, cycle), read(history, terms, now, cycle=cycle)
    assert (reading.started_at, reading.stopped_at) == (slow.start, slow.stop)
    assert reading.elapsed_seconds == slow.elapsed * 60
    assert reading.breached_at == slow.reached.get(terms.minutes)
    assert reading.running == slow.running
    if reading.state != "cancelled":
        expected = "breached" if terms.minutes in slow.reached else "met" if slow.stop else None
        assert reading.state == (expected or ("running" if slow.running else "paused"))
        moments = [(name, slow.reached.get(terms.minutes * percent // 100)) for name, percent in EVENTS]
        fired = set()
        for name, moment in moments:
            reading = read(history, terms, now, frozenset(fired), cycle=cycle)
            past = reading.next_event_at is not None and reading.next_event_at <= now
            assert (reading.next_event, reading.next_event_at) == (name, moment) if moment else not past
            fired.add(name)


EVENTS = [("step:50", 50), ("warn", 75), ("breach", 100), ("step:150", 150)]


@settings(max_examples=150, deadline=None)
@given(clocks())
def test_ledger_tiles_the_life_and_adds_up(clock):
    history, terms, now, cycle = clock
    rows, reading = ledger(history, terms, now, cycle=cycle), read(history, terms, now, cycle=cycle)
    end = reading.stopped_at or now
    edges = [reading.started_at, *(row.end for row in rows)]
    assert [row.start for row in rows] == edges[:-1]
    assert edges[-1] == end
    assert all(row.start < row.end for row in rows)
    assert all(one.why != two.why for one, two in pairwise(rows))
    assert sum(row.seconds for row in rows if row.counted) == reading.elapsed_seconds
    assert sum(row.seconds for row in rows) == (end - reading.started_at) // SECOND
    assert reading.elapsed_seconds + reading.remaining_seconds - reading.overrun_seconds == reading.target_seconds


@settings(max_examples=150, deadline=None)
@given(clocks())
def test_due_and_next_event_come_true_when_nothing_else_happens(clock):
    history, terms, now, cycle = clock
    known = history.as_of(now)
    reading = read(known, terms, now, cycle=cycle)
    if reading.running and reading.state == "running":
        before = read(known, terms, reading.due_at - SECOND, cycle=cycle) if reading.due_at > now else reading
        after = read(known, terms, reading.due_at, cycle=cycle)
        assert (before.state, after.state) == ("running", "breached")
        assert (before.due_at, after.breached_at) == (reading.due_at, reading.due_at)
    if reading.running and reading.next_event_at > now:
        then = read(known, terms, reading.next_event_at, cycle=cycle)
        assert (then.next_event, then.next_event_at) == (reading.next_event, reading.next_event_at)


@settings(max_examples=100, deadline=None)
@given(clocks(), st.integers(1, 900))
def test_other_terms_change_the_verdict_and_not_the_time(clock, minutes):
    history, terms, now, cycle = clock
    other = replace(terms, minutes=minutes)
    one, two = (read(history, each, now, cycle=cycle) for each in (terms, other))
    assert (one.elapsed_seconds, one.running, one.stopped_at) == (two.elapsed_seconds, two.running, two.stopped_at)
    assert ledger(history, terms, now, cycle=cycle) == ledger(history, other, now, cycle=cycle)


@settings(max_examples=100, deadline=None)
@given(clocks(), st.integers(0, 3000))
def test_time_never_runs_back(clock, later):
    history, terms, now, cycle = clock
    earlier, after = (read(history, terms, t, cycle=cycle) for t in (now, now + later * MINUTE))
    if terms.metric not in ("ola", "uc") or earlier.started_at == after.started_at:
        assert after.elapsed_seconds >= earlier.elapsed_seconds
        assert earlier.breached_at in (None, after.breached_at)
