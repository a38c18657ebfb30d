"""Which steps a record can take, and what decides about each: the state machine read as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst

from itsm.lib.decisions import ALLOW, Decision
from itsm.tickets.models import Ticket
from itsm.workflow import conditions

if TYPE_CHECKING:
    from itsm.accounts.models import User


@dataclass(frozen=True, slots=True)
class Step:
    """One transition from the record's present state."""

    verb: str
    label: str
    icon: str
    key: str
    tone: str
    inputs: tuple[str, ...]
    transition: Any
    #: Shown as a button; steps that only other code takes are not.
    offered: bool = True

    @property
    def target(self) -> str | None:
        target = self.transition.target
        return target if isinstance(target, str) else None


@dataclass(slots=True)
class Verdict:
    """Whether somebody may take a step now. ``denied`` is about the person, ``refused`` about the world."""

    denied: list[Decision] = field(default_factory=list)
    refused: list[Decision] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        return not (self.denied or self.refused)

    @property
    def reasons(self) -> list[str]:
        return [decision.reason for decision in [*self.denied, *self.refused]]

    @property
    def links(self) -> dict[str, str]:
        """Reason -> where it is dealt with."""
        return {decision.reason: decision.url for decision in self.refused if decision.url}

    def __bool__(self) -> bool:
        return self.allowed


@cache
def _machine(model: Any) -> tuple[tuple[str, Any], ...]:
    """Every transition method of a model with its declaration, in the order of the code."""
    names: dict[str, Any] = {}
    for cls in reversed(model.__mro__):
        for name, attribute in vars(cls).items():
            if hasattr(attribute, "_django_fsm"):
                names[name] = attribute
    return tuple((name, method._django_fsm) for name, method in names.items())


def verbs(model: type) -> list[str]:
    """All verbs of a model's state machine."""
    return [name for name, _meta in _machine(model)]


def state_of(record: Any) -> str:
    return getattr(record, record.state_field)


def _build(verb: str, transition: Any) -> Step:
    custom = transition.custom or {}
    return Step(
        verb=verb,
        label=str(custom.get("label") or capfirst(verb.replace("_", " "))),
        icon=custom.get("icon", "arrow-right"),
        key=custom.get("key", ""),
        tone=custom.get("tone", ""),
        inputs=tuple(custom.get("inputs", ())),
        transition=transition,
        offered=custom.get("offered", True),
    )


def find(record: Any, verb: str) -> Step | None:
    """The step ``verb`` from the record's present state, or ``None`` when there is none."""
    for name, meta in _machine(type(record)):  # type: ignore[arg-type]  # a class is hashable
        if name == verb:
            transition = meta.get_transition(state_of(record))
            return _build(name, transition) if transition else None
    return None


def describe(model: type, verb: str) -> Step | None:
    """The step ``verb`` from any state: for its label and inputs."""
    for name, meta in _machine(model):
        if name == verb:
            return _build(name, next(iter(meta.transitions.values())))
    return None


def available(record: Any) -> Iterator[Step]:
    """Every step that exists from the present state, allowed or not, in the order of the code."""
    for name, meta in _machine(type(record)):  # type: ignore[arg-type]  # a class is hashable
        transition = meta.get_transition(state_of(record))
        if transition is not None:
            yield _build(name, transition)


def judge(record: Any, step: Step, actor: User) -> Verdict:
    """Ask permission, guards and the organisation's own policies about one step."""
    verdict = Verdict()
    permission = step.transition.permission
    answer = permission(record, actor) if callable(permission) else ALLOW
    if not answer:
        verdict.denied.append(answer if isinstance(answer, Decision) else Decision(False, ""))
    for guard in step.transition.conditions:
        answer = guard(record)
        if not answer:
            verdict.refused += answer.parts or [answer]
    if isinstance(record, Ticket):
        denied, refused = conditions.decide(record, step.verb, actor)
        verdict.denied += denied
        verdict.refused += refused
    return verdict


def offers(record: Any, actor: User) -> list[tuple[Step, Verdict]]:
    """The steps to draw as buttons: what the person may do, greyed with reasons where a guard holds it."""
    return [
        (step, verdict)
        for step in available(record)
        if step.offered and not (verdict := judge(record, step, actor)).denied
    ]
