"""A schedule compiled to cumulative working spans: every question is a bisect, never a walk over minutes.

Moments are whole microseconds since 1970 UTC, so results are exact. Spans are compiled on demand in blocks of about a
year, into the past and the future alike. A block never changes once built, and ``dict.setdefault`` is atomic, so
threads share tables without a lock; at worst two of them build the same block.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from itsm.worktime.definition import DAY, Definition, Spans, zone

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PLAIN_EPOCH = EPOCH.replace(tzinfo=None)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TICK = timedelta(microseconds=1)
_BLOCK_DAYS = 366
_BLOCK = _BLOCK_DAYS * DAY * SECOND
_LAST_DAY = date.max.toordinal() - 3
_WEEK = 7 * DAY


class NoWorkingTime(ValueError):
    """The schedule has no working time, or none left, to answer with."""


class Block:
    """The working spans of about one year, with the working time that lies before each of them."""

    __slots__ = ("before", "ends", "starts", "total")

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self.starts, self.ends, self.before, self.total = array("q"), array("q"), array("q"), 0
        for start, end in spans:
            self.starts.append(start)
            self.ends.append(end)
            self.before.append(self.total)
            self.total += end - start

    def worked(self, moment: int) -> int:
        """Working time from the start of the block to ``moment``."""
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return 0
        return self.before[index] + min(moment, self.ends[index]) - self.starts[index]

    def reach(self, amount: int) -> int:
        """When ``amount`` (above 0, at most the total) has passed: the end of a span, not the start of the next."""
        index = bisect_left(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]

    def opening(self, moment: int) -> int | None:
        """``moment`` itself if working time, else the start of the next span in this block."""
        index = bisect_right(self.ends, moment)
        return max(moment, self.starts[index]) if index < len(self.starts) else None


class Always:
    """24x7 without any special day: time simply passes. Answers what ``Table`` answers."""

    def worked(self, start: int, end: int) -> int:
        return end - start

    def reach(self, start: int, amount: int) -> int:
        return start + amount

    def opening(self, moment: int) -> int:
        return moment

    def is_open(self, moment: int) -> bool:
        return True

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        yield start, end


class Table:
    """One compiled schedule, shared by all equal ``WorkSchedule`` objects."""

    __slots__ = ("_blocks", "_last_block", "_special", "_weekly", "_zone")

    def __init__(self, definition: Definition) -> None:
        self._zone = zone(definition.tz)
        self._weekly = definition.weekly
        self._special: dict[int, Spans] = {day.toordinal(): () for day in definition.holidays}
        self._special.update((day.toordinal(), spans) for day, spans in definition.exceptions)
        self._blocks: dict[int, Block] = {}
        # Without weekly hours nothing comes after the last exception, so a search can stop there.
        end = _LAST_DAY if any(self._weekly) else max(self._special, default=_EPOCH_DAY) + 3
        self._last_block = (end - _EPOCH_DAY) // _BLOCK_DAYS

    def worked(self, start: int, end: int) -> int:
        """Working time between two moments, ``start <= end``."""
        first, last = start // _BLOCK, end // _BLOCK
        if first == last:
            block = self._block(first)
            return block.worked(end) - block.worked(start)
        between = sum(self._block(index).total for index in range(first, last))
        return between - self._block(first).worked(start) + self._block(last).worked(end)

    def reach(self, start: int, amount: int) -> int:
        """The earliest moment by which ``amount`` (above 0) of working time has passed since ``start``."""
        first = start // _BLOCK
        amount += self._block(first).worked(start)
        for index in range(first, self._last_block + 1):
            block = self._block(index)
            if amount <= block.total:
                return block.reach(amount)
            amount -= block.total
        raise NoWorkingTime("The schedule has not enough working time.")

    def opening(self, moment: int) -> int:
        """``moment`` itself if working time, else the start of the next span."""
        for index in range(moment // _BLOCK, self._last_block + 1):
            opening = self._block(index).opening(max(moment, index * _BLOCK))
            if opening is not None:
                return opening
        raise NoWorkingTime("The schedule has no working time ahead.")

    def is_open(self, moment: int) -> bool:
        """True inside a span; its start belongs to it, its end does not."""
        return self._block(moment // _BLOCK).opening(moment) == moment

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The working spans inside a window, ``start < end``, clipped to it."""
        return merge(
            (max(opens, start), min(closes, end))
            for index in range(start // _BLOCK, end // _BLOCK + 1)
            for opens, closes in self._spans_from(index, start)
            if opens < end
        )

    def _spans_from(self, index: int, start: int) -> Iterator[tuple[int, int]]:
        block = self._block(index)
        first = bisect_right(block.ends, start)
        return zip(block.starts[first:], block.ends[first:], strict=True)

    def _block(self, index: int) -> Block:
        try:
            return self._blocks[index]
        except KeyError:
            return self._blocks.setdefault(index, self._compile(index))

    def _compile(self, index: int) -> Block:
        low, high = index * _BLOCK, (index + 1) * _BLOCK
        first_day = _EPOCH_DAY + index * _BLOCK_DAYS
        # A day of another zone, or a span past midnight, may reach into the block from two days away.
        days = range(max(first_day - 3, 1), min(first_day + _BLOCK_DAYS + 2, _LAST_DAY) + 1)
        instants = (
            (instant_of(self._zone, day, start), instant_of(self._zone, day, end))
            for day in days
            for start, end in self._hours(day)
        )
        clipped = ((max(start, low), min(end, high)) for start, end in instants)
        return Block(merge((start, end) for start, end in clipped if start < end))

    def _hours(self, day: int) -> Spans:
        hours = self._special.get(day)
        return self._weekly[(day - 1) % 7] if hours is None else hours


@lru_cache(maxsize=256)
def compiled(definition: Definition) -> Table | Always:
    """The table of a definition, built once."""
    ordinary = definition.holidays or definition.exceptions or not _covers_the_week(definition.weekly)
    return Table(definition) if ordinary else Always()


def merge(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join spans (ordered by start) that touch or overlap, so that no moment counts twice."""
    held: tuple[int, int] | None = None
    for span in spans:
        if held is None:
            held = span
        elif span[0] <= held[1]:
            held = (held[0], max(held[1], span[1]))
        else:
            yield held
            held = span
    if held is not None:
        yield held


def instant_of(tz: ZoneInfo, day: int, seconds: int) -> int:
    """The moment at which local clocks first show, or on a skipped hour first pass, this wall time.

    In the doubled hour of autumn that is its first run (``fold=0``), for starts and ends alike: then spans that touch
    on the wall also touch in real time, and 02:00-03:00 lasts the two hours during which clocks show it.
    """
    wall = datetime.fromordinal(day) + timedelta(seconds=seconds)
    ticks = (wall - _PLAIN_EPOCH) // _TICK
    before, after = _offset(wall.replace(tzinfo=tz)), _offset(wall.replace(tzinfo=tz, fold=1))
    return ticks - before if before >= after else _end_of_gap(tz, ticks - after, ticks - before)


def _end_of_gap(tz: ZoneInfo, low: int, high: int) -> int:
    """The change of clocks between ``low`` (before it) and ``high`` (at or after it); always on a whole second."""
    after = _offset(datetime_of(high).astimezone(tz))
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        if _offset(datetime_of(middle).astimezone(tz)) == after:
            high = middle
        else:
            low = middle
    return high


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset // _TICK


def ticks_of(moment: datetime) -> int:
    """Microseconds since 1970; ``ValueError`` for a moment without a time zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"Working time needs moments with a time zone, not {moment!r}.")
    return (moment - EPOCH) // _TICK


def datetime_of(ticks: int) -> datetime:
    """The aware moment, in UTC."""
    return EPOCH + timedelta(microseconds=ticks)


def _covers_the_week(weekly: tuple[Spans, ...]) -> bool:
    # The week before is laid in front, because its last night may run into Monday.
    laid = ((day * DAY + start, day * DAY + end) for day in range(-7, 7) for start, end in weekly[day % 7])
    return any(start <= 0 and end >= _WEEK for start, end in merge(laid))
