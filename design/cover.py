"""Hours of cover as sets of time: which hours that one calendar promises no other calendar has.

Pure: no framework, no database. Weeks are seconds from Monday 00:00 in the time zone of whoever promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from itsm.worktime import WorkSchedule

DAY = 24 * 3600
WEEK = 7 * DAY
#: Days that are looked at for holidays and for clocks that change at different dates.
YEAR = 366

Span = tuple[int, int]
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not covered: hours of every week, and hours of single days beyond those (holidays)."""

    week: Spans = ()
    days: tuple[tuple[date, Spans], ...] = ()
    #: The time zone these hours are in.
    tz: str = ""

    def __bool__(self) -> bool:
        return bool(self.week or self.days)


def always(tz: str) -> WorkSchedule:
    """Around the clock, in a time zone to show it in."""
    return WorkSchedule(tz, {day: [("00:00", "24:00")] for day in range(7)})


def gaps(need: WorkSchedule, have: Sequence[WorkSchedule], first: date, days: int = YEAR) -> Gaps:
    """The hours of ``need`` that none of ``have`` covers.

    Time zones shift against each other when their clocks change; an hour counts as a gap when it is one in any of the
    weeks. Single days are the holidays and special days of all calendars from ``first`` on.
    """
    if need in have:
        return Gaps()
    if have and not _special(need) and week_of(need) == ((0, WEEK),):
        # Around the clock is so everywhere: the hours are said as those who miss them say them.
        need = always(have[0].tz)
    wanted = week_of(need)
    missing: list[Span] = []
    for shifts in _shifts(need, have, first, days):
        covered = merge(
            span for schedule, shift in zip(have, shifts, strict=True) for span in _turn(week_of(schedule), shift)
        )
        missing += subtract(wanted, covered)
    week = merge(missing)
    return Gaps(week, tuple(_single_days(need, have, first, days, week)), need.tz)


def week_of(schedule: WorkSchedule) -> Spans:
    """The ordinary week of a schedule. A night shift of Sunday runs into Monday."""
    found: list[Span] = []
    for day, spans in schedule.to_dict()["weekly"].items():
        for start, end in spans:
            begin, stop = _seconds(start), _seconds(end)
            stop = stop if stop > begin else stop + DAY
            found += _wrap(int(day) * DAY + begin, int(day) * DAY + stop)
    return merge(found)


def merge(spans: Iterable[Span]) -> Spans:
    """Spans in order; those that touch or overlap are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def subtract(these: Sequence[Span], those: Sequence[Span]) -> Spans:
    """What of ``these`` lies in none of ``those``; both merged."""
    found: list[Span] = []
    for start, end in these:
        at = start
        for begin, stop in those:
            if stop <= at or begin >= end:
                continue
            if begin > at:
                found.append((at, begin))
            at = max(at, stop)
        if at < end:
            found.append((at, end))
    return tuple(found)


def by_day(week: Spans) -> list[tuple[int, Spans]]:
    """Weekdays with their hours, those without left out; hours as seconds of the day."""
    found = []
    for day in range(7):
        low = day * DAY
        spans = tuple((max(s, low) - low, min(e, low + DAY) - low) for s, e in week if s < low + DAY and e > low)
        if spans:
            found.append((day, spans))
    return found


def grouped(week: Spans) -> list[tuple[int, int, Spans]]:
    """First and last weekday of runs with the same hours."""
    found: list[tuple[int, int, Spans]] = []
    for day, spans in by_day(week):
        if found and found[-1][1] == day - 1 and found[-1][2] == spans:
            found[-1] = (found[-1][0], day, spans)
        else:
            found.append((day, day, spans))
    return found


def length(spans: Iterable[Span]) -> int:
    """Seconds in all."""
    return sum(end - start for start, end in spans)


def _seconds(text: str) -> int:
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)


def _wrap(start: int, end: int) -> list[Span]:
    """A span on the circle of the week, cut where the week begins again."""
    if end - start >= WEEK:
        return [(0, WEEK)]
    start, end = start % WEEK, start % WEEK + end - start
    return [(start, end)] if end <= WEEK else [(start, WEEK), (0, end - WEEK)]


def _turn(week: Spans, shift: int) -> list[Span]:
    return [part for start, end in week for part in _wrap(start + shift, end + shift)]


def _shifts(need: WorkSchedule, have: Sequence[WorkSchedule], first: date, days: int) -> list[tuple[int, ...]]:
    """By how much the clocks of ``need`` are ahead of each of ``have``, every way that occurs."""
    if all(schedule.tz == need.tz for schedule in have):
        return [(0,) * len(have)]
    found: dict[tuple[int, ...], None] = {}
    noon = datetime.combine(first, time(12), UTC)
    zones = [ZoneInfo(schedule.tz) for schedule in have]
    for number in range(days):
        at = noon + timedelta(days=number)
        own = _offset(ZoneInfo(need.tz), at)
        found[tuple(own - _offset(zone, at) for zone in zones)] = None
    return list(found)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _single_days(
    need: WorkSchedule, have: Sequence[WorkSchedule], first: date, days: int, week: Spans
) -> Iterable[tuple[date, Spans]]:
    last = first + timedelta(days=days)
    special = {day for schedule in have for day in _special(schedule)} | _special(need)
    # Another time zone's holiday reaches into the day before or after.
    near = {day + timedelta(days=by) for day in special for by in (-1, 0, 1)}
    usual = dict(by_day(week))
    zone = ZoneInfo(need.tz)
    for day in sorted(one for one in near if first <= one < last):
        start = datetime.combine(day, time(0), zone).astimezone(UTC)
        end = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
        if (end - start).total_seconds() != DAY:
            continue  # the clocks change: hours of the day are not seconds of the day
        wanted = _within(need, start, end)
        covered = merge(span for schedule in have for span in _within(schedule, start, end))
        missing = subtract(subtract(wanted, covered), usual.get(day.weekday(), ()))
        if missing:
            yield day, missing


def _within(schedule: WorkSchedule, start: datetime, end: datetime) -> Spans:
    """Working time of one day, as seconds of that day."""
    return tuple(
        (int((opens - start).total_seconds()), int((closes - start).total_seconds()))
        for opens, closes in schedule.spans(start, end)
    )


def _special(schedule: WorkSchedule) -> set[date]:
    said = schedule.to_dict()
    return {date.fromisoformat(day) for day in [*said["holidays"], *said["exceptions"]]}
