"""What a schedule says, checked and in one normal form; not yet what it means on a given day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 24 * 3600

#: (start, end) in seconds after local midnight; an end after ``DAY`` lies on the next day.
Span = tuple[int, int]
Spans = tuple[Span, ...]
SpanTexts = Iterable[Sequence[str]]

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Definition:
    """A schedule in normal form: hashable, so equal schedules share one compiled table."""

    tz: str
    weekly: tuple[Spans, ...]
    holidays: tuple[date, ...]
    exceptions: tuple[tuple[date, Spans], ...]


def define(
    tz: str,
    weekly: Mapping[int, SpanTexts],
    holidays: Iterable[date],
    exceptions: Mapping[date, SpanTexts] | Iterable[tuple[date, SpanTexts]],
) -> Definition:
    """Check the parts of a schedule and bring them into normal form; ``ValueError`` says what is wrong."""
    zone(tz)
    if unknown := [day for day in weekly if day not in range(7)]:
        raise ValueError(f"Weekdays are 0 (Monday) to 6 (Sunday), not {unknown[0]!r}.")
    return Definition(
        tz=tz,
        weekly=tuple(parse_spans(weekly.get(day, ())) for day in range(7)),
        holidays=tuple(sorted({_plain_date(day) for day in holidays})),
        exceptions=tuple(sorted((_plain_date(day), parse_spans(spans)) for day, spans in dict(exceptions).items())),
    )


@lru_cache(maxsize=1024)
def zone(tz: str) -> ZoneInfo:
    """The time zone of an IANA name; ``ValueError`` for any other name."""
    try:
        return ZoneInfo(tz)
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"Unknown time zone {tz!r}.") from error


def parse_spans(texts: SpanTexts) -> Spans:
    """The spans of one day in order. Empty ones (09:00 to 09:00) are dropped, overlapping ones refused."""
    spans = sorted(span for start, end in texts if (span := _parse_span(start, end)))
    for earlier, later in pairwise(spans):
        if later[0] < earlier[1]:
            raise ValueError(f"Working times overlap: {'-'.join(_texts(earlier))} and {'-'.join(_texts(later))}.")
    return tuple(spans)


def format_spans(spans: Spans) -> list[list[str]]:
    """The inverse of ``parse_spans``."""
    return [_texts(span) for span in spans]


@lru_cache(maxsize=4096)
def _parse_span(start_text: str, end_text: str) -> Span | None:
    start, end = _seconds(start_text), _seconds(end_text)
    if start == DAY:
        raise ValueError("Working time cannot start at 24:00; the next day starts at 00:00.")
    if start == end:
        return None
    return (start, end if end > start else end + DAY)


def _seconds(text: str) -> int:
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (99, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY:
        raise ValueError(f"Not a time of day: {text!r}. Write it as 09:00; 24:00 may end a span.")
    return total


def _texts(span: Span) -> list[str]:
    start, end = span
    return [_text(start), _text(end if end <= DAY else end - DAY)]


def _text(total: int) -> str:
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" if seconds else f"{hours:02}:{minutes:02}"


def _plain_date(day: date) -> date:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError(f"Holidays and exceptions are dates, not {day!r}.")
    return day
