"""What could be improved, found by other parts of the product: each offers it with its fields filled in.

``register`` lets a package list suggestions, which the register shows with a button; ``address`` makes a link to
the form of a new improvement with fields filled in, for a page that offers "create improvement from this".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

log = logging.getLogger(__name__)

MOST = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One improvement that data suggest. ``key`` tells it from others of its source and stays the same."""

    key: str
    title: str
    description: str = ""
    origin: str = ""
    origin_url: str = ""
    area: str = "process"
    service: Any = None
    measured_by: str = ""
    unit: str = ""
    baseline_value: Any = None
    target_value: Any = None


#: What this person may be shown.
Find = Callable[[Any], Iterable[Suggestion]]

_sources: dict[str, Find] = {}


def register(source: str, find: Find) -> None:
    """Add a source of suggestions; called from ``AppConfig.ready``."""
    _sources[source] = find


def found(user: Any) -> list[tuple[str, Suggestion]]:
    """Suggestions of all sources. A source that fails is left out: the register is worth more."""
    everything: list[tuple[str, Suggestion]] = []
    for source, find in _sources.items():
        try:
            everything += [(source, one) for one in list(find(user))[:MOST]]
        except Exception:
            # A source belongs to another package and may fail in any way; the others suggest.
            log.exception("a source of suggestions failed", extra={"source": source})
    return everything


def address(**fields: Any) -> str:
    """The form of a new improvement with these fields, such as ``title``, ``service``, ``origin``, ``measured_by``."""
    values = {name: getattr(value, "pk", value) for name, value in fields.items() if value not in (None, "")}
    return f"{reverse('improvement:improvement-new')}?{urlencode(values)}"
