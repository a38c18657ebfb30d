"""Numbers that a key result can be bound to: KPIs, satisfaction, whatever a stage above registers in ``apps.ready()``.

A measure has a name of two parts, ``source:ref``, such as ``kpi:attainment``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: ``ref`` within its source, what it is called, its unit, and the page that explains it."""

    ref: str
    label: Any
    unit: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """What of it counts: of a service, of a team, or of all."""

    service_id: int | None = None
    team_id: int | None = None


#: Measures of a source; and the exact value of one over the days that end with a day, that included.
Listing = Callable[[], Iterable[Measure]]
Read = Callable[[str, Filter, date, int], Decimal | None]


@dataclass(frozen=True, slots=True)
class Source:
    """``read(ref, only, until, days)`` gives None where there is nothing to measure."""

    code: str
    label: Any
    listing: Listing
    read: Read


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    _sources[source.code] = source


def choices() -> list[tuple[str, str]]:
    """Name and label of every measure, for forms."""
    return [
        (f"{source.code}:{one.ref}", f"{source.label}: {one.label}")
        for source in _sources.values()
        for one in source.listing()
    ]


def find(name: str) -> Measure | None:
    """The measure of this name; None when its stage does not know it (any more)."""
    code, _colon, ref = name.partition(":")
    source = _sources.get(code)
    return next((one for one in source.listing() if one.ref == ref), None) if source else None


def label(name: str) -> str:
    """The words for a measure; the name itself for one that is gone."""
    found = find(name)
    return f"{_sources[name.partition(':')[0]].label}: {found.label}" if found else name


def read(name: str, only: Filter, until: date, days: int) -> Decimal | None:
    """The value; None where there is nothing to measure, or nobody who knows how."""
    code, _colon, ref = name.partition(":")
    return _sources[code].read(ref, only, until, days) if find(name) is not None else None
