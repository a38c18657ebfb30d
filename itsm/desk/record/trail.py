"""Where a ticket stands in the list somebody came from: the list leaves a trail in the session, records follow it."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

KEY = "trail"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Position:
    """The neighbours of a ticket; numbers are empty at the ends."""

    previous: str
    next: str
    place: int
    total: str
    url: str
    label: str


def remember(
    session: MutableMapping[str, Any], *, url: str, label: str, numbers: Sequence[str], start: int = 1, total: str = ""
) -> None:
    """Leave the trail of a list page: the numbers it shows in order, its address, and how many there are in all."""
    trail = {"url": url, "label": label, "numbers": list(numbers)[:LONGEST], "start": start, "total": total}
    # A session that did not change is not written again.
    if session.get(KEY) != trail:
        session[KEY] = trail


def around(session: MutableMapping[str, Any], number: str) -> Position | None:
    """The neighbours of ``number`` on the trail; ``None`` when the person did not come from a list."""
    trail = session.get(KEY)
    if not isinstance(trail, dict) or number not in trail.get("numbers", ()):
        return None
    numbers = trail["numbers"]
    at = numbers.index(number)
    return Position(
        previous=numbers[at - 1] if at else "",
        next=numbers[at + 1] if at + 1 < len(numbers) else "",
        place=trail.get("start", 1) + at,
        total=str(trail.get("total", "") or len(numbers)),
        url=trail.get("url", ""),
        label=trail.get("label", ""),
    )


def back(session: MutableMapping[str, Any]) -> str:
    """The address of the list somebody came from; empty when they came from none."""
    trail = session.get(KEY)
    return trail.get("url", "") if isinstance(trail, dict) else ""
