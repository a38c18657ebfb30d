"""``WorkSchedule``: the working hours of a calendar, and the two sums everything else needs: add and between."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from itsm.worktime.definition import SpanTexts, define, format_spans
from itsm.worktime.table import SECOND, NoWorkingTime, compiled, datetime_of, ticks_of

_MINUTE = 60 * SECOND
_END_OF_TIME = ticks_of(datetime.max.replace(tzinfo=datetime_of(0).tzinfo))

Minutes = int | float | Fraction | Decimal | timedelta


class WorkSchedule:
    """Weekly working hours in one time zone, with holidays and days of special hours. Immutable and hashable.

    * ``weekly`` maps 0 (Monday) to 6 to spans such as ``("09:00", "17:30")``: several a day leave breaks between them.
      An end before its start lies on the next day, ``"24:00"`` is midnight at the end of the day, and equal ends are an
      empty span. Spans of one day must not overlap; where a night runs into the next day's hours, time counts once.
    * A span belongs to the local day on which it begins, so a holiday does not cut the night shift that runs into it.
    * ``holidays`` are days without hours; ``exceptions`` give a date its own spans and win over a holiday.
    * Spans are wall-clock hours and count the time that really passes: one over the spring change is an hour shorter,
      one over the autumn change an hour longer. A wall time that the spring change skips means the end of the gap;
      one that autumn repeats means its first run.

    Moments must be aware; answers are in UTC. A span includes its start and excludes its end.
    """

    __slots__ = ("_definition", "_table")

    def __init__(
        self,
        tz: str,
        weekly: Mapping[int, SpanTexts],
        holidays: Iterable[date] = (),
        exceptions: Mapping[date, SpanTexts] | Iterable[tuple[date, SpanTexts]] = (),
    ) -> None:
        self._definition = define(tz, weekly, holidays, exceptions)
        self._table = compiled(self._definition)

    @property
    def tz(self) -> str:
        """The IANA name of the time zone."""
        return self._definition.tz

    def add(self, start: datetime, minutes: Minutes) -> datetime:
        """The instant when that much working time has passed since ``start``.

        It is the end of a span rather than the start of the next. Zero gives ``start`` itself if that is working time,
        else the next opening. ``ValueError`` when negative, or when the schedule has not so much working time.
        """
        moment, amount = ticks_of(start), _ticks(minutes)
        if amount < 0:
            raise ValueError("Working time can be added, not taken away.")
        if amount > _END_OF_TIME - moment:
            raise NoWorkingTime("That much time does not fit into the calendar.")
        return datetime_of(self._table.reach(moment, amount) if amount else self._table.opening(moment))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; negative when ``end`` comes first."""
        first, last = ticks_of(start), ticks_of(end)
        if first <= last:
            return timedelta(microseconds=self._table.worked(first, last))
        return timedelta(microseconds=-self._table.worked(last, first))

    def is_open(self, at: datetime) -> bool:
        """True when ``at`` is working time."""
        return self._table.is_open(ticks_of(at))

    def next_opening(self, at: datetime) -> datetime:
        """``at`` itself if that is working time, else the start of the next span."""
        return self.add(at, 0)

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The working spans inside a window, clipped to it, in order; touching spans are one."""
        first, last = ticks_of(start), ticks_of(end)
        if first < last:
            for opens, closes in self._table.spans(first, last):
                yield datetime_of(opens), datetime_of(closes)

    def to_dict(self) -> dict[str, Any]:
        """The schedule as JSON-ready data; ``from_dict`` reads it back."""
        definition = self._definition
        return {
            "tz": definition.tz,
            "weekly": {str(day): format_spans(spans) for day, spans in enumerate(definition.weekly) if spans},
            "holidays": [day.isoformat() for day in definition.holidays],
            "exceptions": {day.isoformat(): format_spans(spans) for day, spans in definition.exceptions},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> WorkSchedule:
        """The schedule that ``to_dict`` wrote; every key but ``tz`` may be missing."""
        if "tz" not in data:
            raise ValueError("A schedule needs a time zone.")
        return cls(
            data["tz"],
            {int(day): spans for day, spans in data.get("weekly", {}).items()},
            [date.fromisoformat(day) for day in data.get("holidays", ())],
            {date.fromisoformat(day): spans for day, spans in data.get("exceptions", {}).items()},
        )

    def __eq__(self, other: object) -> bool:
        return self._definition == other._definition if isinstance(other, WorkSchedule) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._definition)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the compiled table, which the receiving process shares with its own equal schedules.
        return WorkSchedule.from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        return f"WorkSchedule.from_dict({self.to_dict()!r})"


def _ticks(minutes: Minutes) -> int:
    if isinstance(minutes, timedelta):
        return minutes // timedelta(microseconds=1)
    if not math.isfinite(minutes):
        raise ValueError("Working time must be a finite number of minutes.")
    return round(minutes * _MINUTE)


#: Every minute of every day.
ROUND_THE_CLOCK = WorkSchedule("UTC", {day: [("00:00", "24:00")] for day in range(7)})
