"""Fields that higher packages add to the form of a new ticket, such as what it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django import forms

    from itsm.tickets.models import Ticket

#: Before the names of such fields.
PREFIX = "extra."


@dataclass(frozen=True, slots=True)
class Extra:
    """``field()`` makes the form field; ``keep(ticket, value, actor=…, source=…)`` stores what was answered."""

    name: str
    field: Callable[[], forms.Field]
    keep: Callable[..., Any]


_extras: dict[str, Extra] = {}


def register(name: str, field: Callable[[], forms.Field], keep: Callable[..., Any]) -> None:
    """Ask one more thing of every ticket that the desk opens; called from ``AppConfig.ready``."""
    _extras[name] = Extra(name, field, keep)


def fields() -> dict[str, forms.Field]:
    """New fields by their name in the form."""
    return {f"{PREFIX}{extra.name}": extra.field() for extra in _extras.values()}


def names() -> list[str]:
    """What may be given in the address of the form."""
    return list(_extras)


def keep(ticket: Ticket, answers: dict[str, Any], **who: Any) -> None:
    """Store what was answered; inside the transaction that opened the ticket."""
    for extra in _extras.values():
        value = answers.get(f"{PREFIX}{extra.name}")
        if value not in (None, ""):
            extra.keep(ticket, value, **who)
