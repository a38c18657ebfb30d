"""Chapters of the demo story: each stage tells its own, in one order, whatever stage the teller stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class World:
    """What the story is about: people and services by name, and the time it covers."""

    people: dict[str, Any]
    services: dict[str, Any]
    start: datetime
    now: datetime


When = Literal["before", "after"]

_chapters: dict[str, tuple[When, int, Callable[[World], None]]] = {}


def register(name: str, tell: Callable[[World], None], *, order: int, when: When = "after") -> None:
    """Add a chapter, told ``before`` the months of tickets (the clock stands at their start) or ``after`` them."""
    _chapters[name] = (when, order, tell)


def tell(when: When, world: World) -> None:
    """Tell the chapters of one part in order."""
    for _name, (part, _order, chapter) in sorted(_chapters.items(), key=lambda item: (item[1][1], item[0])):
        if part == when:
            chapter(world)
