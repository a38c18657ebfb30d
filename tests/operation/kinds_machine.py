"""The table of a kind's steps, tried from every state by everybody: shared by the tests of several kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from itsm.lib.errors import Denied, Refused
from itsm.workflow import steps
from itsm.workflow.verbs import perform


@dataclass(frozen=True)
class Row:
    """A verb as the documentation tells it: from where, to where, by whom. An empty target keeps the state."""

    sources: tuple[str, ...]
    target: str
    people: tuple[str, ...]
    data: dict[str, Any] = field(default_factory=dict)


def expected(table: dict[str, Row], state: str, verb: str, person: str) -> str:
    row = table[verb]
    if state not in row.sources:
        return "refused"
    return (row.target or state) if person in row.people else "denied"


def attempt(model: Any, pk: int, verb: str, actor: Any, data: dict[str, Any]) -> str:
    """What comes of a step; the database is as before afterwards."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                step = steps.find(model.objects.get(pk=pk), verb)
                if step is not None and not step.offered and verb in ("approve", "lapse", "end", "reminder"):
                    verdict = steps.judge(model.objects.get(pk=pk), step, actor)
                    if verdict.denied:
                        raise Denied(verdict.denied[0].reason)
                outcome = perform(model.objects.get(pk=pk), verb, actor=actor, source="web", data=data).state
        except (Denied, Refused) as error:
            outcome = "denied" if isinstance(error, Denied) else "refused"
            outcome += "" if error.message else " without a word"
        transaction.set_rollback(True)
    return outcome


def mismatches(table: dict[str, Row], model: Any, pk: int, state: str, people: dict[str, Any]) -> dict[Any, Any]:
    """Where what happened is not what the table says: empty when all is well."""
    wrong = {}
    for verb, row in table.items():
        for who, actor in people.items():
            happened, wanted = attempt(model, pk, verb, actor, row.data), expected(table, state, verb, who)
            if happened != wanted:
                wrong[verb, who] = (happened, wanted)
    return wrong
