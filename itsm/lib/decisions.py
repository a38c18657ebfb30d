"""The answer of a policy or a guard: allowed or not, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something may happen, and the sentence to show when it may not.

    A policy or guard returns one; its truth value is ``allowed``, so the same function
    draws a button, greys it with its reason, refuses the request and explains itself.
    ``url`` leads to where the missing thing is done. A guard that asks for several things gives one decision
    for each that is missing as ``parts``.
    """

    allowed: bool
    reason: str = ""
    url: str = ""
    parts: tuple[Decision, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


ALLOW = Decision(True)


def deny(reason: object, url: str = "") -> Decision:
    """Refuse with a (translated) sentence that says what is missing."""
    return Decision(False, str(reason), url)
