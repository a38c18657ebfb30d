"""A clock that ticks through a life minute by minute: slow, and too simple to be wrong."""

from bisect import bisect_right
from datetime import timedelta

from itsm.sla.engine import supplier_waits, team_segments, update_cycles

MINUTE = timedelta(minutes=1)


def is_open(schedule, t):
    """Whether ``t`` is inside the hours of the tests' calendar: weekdays 9 to 12 and 13 to 17, UTC."""
    return schedule is None or (t.weekday() < 5 and (9 <= t.hour < 12 or 13 <= t.hour < 17))


class SlowClock:
    """Ticks through the life minute by minute and writes down when each amount was reached while counting."""

    def __init__(self, history, terms, now, cycle):
        self.terms, self.now = terms, now
        self.intervals = [interval for interval in history.intervals if interval.start <= now]
        self.starts = [interval.start for interval in self.intervals]
        self.replies = [said.at for said in history.exchanges if said.by_agent and said.at <= now]
        self.start, self.stop = self.life(history, cycle)
        self.elapsed, self.reached = 0, {}
        t, counted_before = self.start, False
        while True:
            counts = (self.stop is None or t < self.stop) and self.counts(t)
            if counts and (counted_before or is_open(terms.schedule, t)):
                self.reached.setdefault(self.elapsed, t)
            if t >= now:
                break
            counted_before = counts and is_open(terms.schedule, t)
            self.elapsed += counted_before
            t += MINUTE
        self.running = counts

    def at(self, t):
        return self.intervals[bisect_right(self.starts, t) - 1]

    def counts(self, t):
        interval = self.at(t)
        held = interval.phase == "waiting" and interval.hold_reason in self.terms.pause_reasons
        return interval.phase not in ("resolved", "closed") and not held

    def life(self, history, cycle):
        if self.terms.metric == "update":
            return update_cycles(history.as_of(self.now))[cycle]
        if self.terms.metric == "ola":
            return team_segments(history.as_of(self.now))[cycle][1:]
        if self.terms.metric == "uc":
            return supplier_waits(history.as_of(self.now))[cycle]
        stop, t = None, history.opened_at
        while t <= self.now:
            finished = self.at(t).phase in ("resolved", "closed")
            if self.terms.metric == "first_response":
                if finished or t in self.replies:
                    return history.opened_at, t
            else:
                stop = (stop or t) if finished else None
            t += MINUTE
        return history.opened_at, stop
