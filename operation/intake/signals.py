"""One report of a monitoring tool, whichever tool it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

#: 1 is the worst.
CRITICAL, MAJOR, MINOR, INFO = 1, 2, 3, 4

_SEVERITIES = {
    CRITICAL: {"critical", "disaster", "fatal", "emergency", "emerg", "p1", "down", "crit", "5", "blocker"},
    MAJOR: {"major", "high", "error", "err", "p2", "average", "alert", "4", "unreachable"},
    MINOR: {"minor", "warning", "warn", "p3", "medium", "low", "3", "2", "unknown"},
    INFO: {"info", "information", "informational", "notice", "ok", "debug", "p4", "p5", "1", "0", "none"},
}
_BY_WORD = {word: severity for severity, words in _SEVERITIES.items() for word in words}

MOST_LABELS, LONGEST_LABEL = 40, 500


class Malformed(ValueError):
    """What was sent is not what the tool sends."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something fires, or is over. ``fingerprint`` tells one thing from another, again and again the same."""

    fingerprint: str
    firing: bool
    title: str
    severity: int = MINOR
    description: str = ""
    #: Names by which the item may be known, the most exact first.
    hosts: tuple[str, ...] = ()
    service: str = ""
    #: What belongs together when nothing is known of the item.
    group: str = ""
    at: datetime | None = None
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def severity_of(word: Any, default: int = MINOR) -> int:
    """The severity behind a tool's word for it."""
    return _BY_WORD.get(str(word).strip().lower(), default) if word not in (None, "") else default


def fingerprint_of(*parts: Any) -> str:
    """A short name for what the parts say together."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def words(value: Any, longest: int = 200) -> str:
    """A text as it may be shown: one line, no control characters."""
    text = "" if value is None else str(value)
    return " ".join(text.replace("\x00", "").split())[:longest]


def text(value: Any, longest: int = 5_000) -> str:
    """Some lines of text."""
    return ("" if value is None else str(value)).replace("\x00", "").strip()[:longest]


def labels_of(given: Any) -> dict[str, str]:
    """Labels as pairs of short texts."""
    if not isinstance(given, Mapping):
        return {}
    pairs = list(given.items())[:MOST_LABELS]
    return {words(name, 80): words(value, LONGEST_LABEL) for name, value in pairs if not isinstance(value, dict | list)}


def moment(value: Any) -> datetime | None:
    """A time as tools write it: ISO 8601 or seconds since 1970; what nobody can read is nothing."""
    if isinstance(value, bool) or value in (None, "", 0):
        return None
    try:
        if isinstance(value, int | float) or str(value).strip().isdigit():
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    # Year 1 is how some tools say "never".
    return found if found.year > 1970 else None


def hosts_of(*names: Any) -> tuple[str, ...]:
    """Names by which an item may be known: as given, without the port, and without the domain."""
    found: dict[str, None] = {}
    for name in names:
        one = words(name, 200)
        if not one:
            continue
        one = one.split("://", 1)[-1].split("/", 1)[0]
        bare = one.rsplit(":", 1)[0] if one.count(":") == 1 else one
        for each in (one, bare, bare if bare.replace(".", "").isdigit() else bare.split(".", 1)[0]):
            if each:
                found[each] = None
    return tuple(found)


def objects(payload: Any) -> list[dict[str, Any]]:
    """A list of objects, from one object or several."""
    found = payload if isinstance(payload, list) else [payload]
    if not found or not all(isinstance(one, dict) for one in found):
        raise Malformed("Send an object, or a list of objects.")
    return found
