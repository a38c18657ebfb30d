"""How services are doing right now: the stage that knows registers an answer, pages below it ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum


class Health(IntEnum):
    """The worse, the higher."""

    UP = 0
    DEGRADED = 1
    DOWN = 2

    @property
    def word(self) -> str:
        """The value of ``data-health`` in templates."""
        return self.name.lower()


Answer = Callable[[frozenset[int]], Mapping[int, Health]]

_answers: list[Answer] = []


def register(answer: Answer) -> None:
    """Let ``answer(service ids)`` say which of them are not well; called from ``AppConfig.ready``."""
    if answer not in _answers:
        _answers.append(answer)


def of(service_ids: Iterable[int]) -> dict[int, Health]:
    """The health of each service: the worst of all answers, and well when nobody says otherwise."""
    wanted = frozenset(service_ids)
    found = dict.fromkeys(wanted, Health.UP)
    if wanted:
        for answer in _answers:
            for service_id, health in answer(wanted).items():
                found[service_id] = max(found.get(service_id, Health.UP), health)
    return found
