"""One module per way of reaching people outside the product. Each answers what became of every message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The message was refused. ``final``: trying again is pointless."""

    error: str
    final: bool = False


class Unreachable(Exception):
    """The other side does not answer at all: no message is to blame, all of them wait."""
