"""Ticket numbers: a prefix per kind and the ticket's id, such as INC-1042."""

from __future__ import annotations

import re

from itsm.tickets import kinds

_NUMBER = re.compile(r"^\s*#?([A-Za-z]{2,5})[-\s]?0*(\d{1,18})\s*$")
_ID = re.compile(r"^\s*#?0*(\d{1,18})\s*$")


def number(kind: str, pk: int) -> str:
    """``INC-1042`` for an incident with id 1042."""
    return f"{kinds.get(kind).prefix}-{pk}"


def parse(text: str) -> tuple[str | None, int] | None:
    """Kind and id of ``INC-1042``, ``inc 1042`` or ``1042``; ``None`` when it is not a number.

    The kind is ``None`` for a bare id. An id too large for the database is no number either.
    """
    if match := _NUMBER.match(text):
        kind = kinds.by_prefix(match[1])
        return (kind.code, int(match[2])) if kind and int(match[2]) < 2**63 else None
    if match := _ID.match(text):
        return (None, int(match[1])) if int(match[1]) < 2**63 else None
    return None
