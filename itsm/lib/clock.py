"""The time. All code asks here, so that imports and demo data can live a life in the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from django.utils import timezone

_moved: ContextVar[datetime | None] = ContextVar("moved_clock", default=None)

#: Sorts after every real moment: keeps keyset columns NOT NULL where "no due date" is legal.
FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The current moment, aware, in UTC; or the moment a ``moved_to`` block pretends it is."""
    return _moved.get() or timezone.now()


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Let ``now()`` answer ``moment`` inside the block (history imports and demo data)."""
    if moment.tzinfo is None:
        raise ValueError("The clock takes aware moments only.")
    token = _moved.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _moved.reset(token)
