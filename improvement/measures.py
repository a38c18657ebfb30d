"""Numbers that an improvement can be bound to: satisfaction, KPIs, whatever a package registers in ``apps.ready()``.

A measure has a name of two parts, ``source:ref``, such as ``satisfaction:csat`` or ``kpi:first-response``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and how many cases stand behind it."""

    value: Decimal
    cases: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: ``ref`` within its source, what it is called, its unit."""

    ref: str
    label: Any
    unit: Any = ""


#: Measures of a source; and the value of one about a service (or all) over the days that end with a day, that included.
Listing = Callable[[], Iterable[Measure]]
Read = Callable[[str, Any, date, int], Reading | None]

_sources: dict[str, tuple[Any, Listing, Read]] = {}


def register(source: str, label: Any, listing: Listing, read: Read) -> None:
    """Add a source of measures. ``read(ref, service, until, days)`` gives None where there is nothing to measure."""
    _sources[source] = (label, listing, read)


def choices() -> list[tuple[str, str]]:
    """Name and label of every measure, for forms."""
    return [
        (f"{source}:{one.ref}", f"{label}: {one.label}")
        for source, (label, listing, _read) in _sources.items()
        for one in listing()
    ]


def find(name: str) -> Measure | None:
    """The measure of this name; None when its package does not know it (any more)."""
    source, _colon, ref = name.partition(":")
    if source not in _sources:
        return None
    return next((one for one in _sources[source][1]() if one.ref == ref), None)


def label(name: str) -> str:
    """The words for a measure; the name itself for one that is gone."""
    source = name.partition(":")[0]
    found = find(name)
    return f"{_sources[source][0]}: {found.label}" if found else name


def read(name: str, service: Any, until: date, days: int) -> Reading | None:
    """The value now; None where there is nothing to measure or nobody who knows how."""
    source, _colon, ref = name.partition(":")
    if find(name) is None:
        return None
    return _sources[source][2](ref, service, until, days)
