"""Guards of the service life: each lifecycle stage registers what must be there before a step.

A guard takes the service and yields one ``Requirement`` per item, done or missing, so that a refusal
can say item by item what is missing and link to where it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from itsm.catalogue.models import Service


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a step of the service life needs."""

    label: str
    done: bool
    detail: str = ""
    url: str = ""


Guard = Callable[["Service"], Iterable[Requirement]]

_guards: dict[str, list[Guard]] = {}

#: What was answered already, while a page is drawn: (service, verb) -> requirements.
_answered: ContextVar[dict[tuple[int, str], list[Requirement]] | None] = ContextVar("answered", default=None)


def register(verb: str, guard: Guard) -> None:
    """Let ``guard`` have a say in the step ``verb``; called from ``AppConfig.ready``."""
    if guard not in _guards.setdefault(verb, []):
        _guards[verb].append(guard)


def requirements(service: Service, verb: str) -> list[Requirement]:
    """Everything the step needs, done and missing, in the order of registration."""
    known = _answered.get()
    if known is not None and (service.pk, verb) in known:
        return known[service.pk, verb]
    found = [item for guard in _guards.get(verb, ()) for item in guard(service)]
    if known is not None:
        known[service.pk, verb] = found
    return found


@contextmanager
def asked_once() -> Iterator[None]:
    """Every guard answers once within the block, for pages that show a verdict and its items. Never around a move."""
    token = _answered.set({})
    try:
        yield
    finally:
        _answered.reset(token)
