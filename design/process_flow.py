"""The graph of a process: where steps lead, and what does not fit together. Works on any rows with the same names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.process_states import Duty, StepType
from itsm.tickets import kinds
from itsm.workflow import steps as machine

Pair = tuple[str, str]


def ways(step: Any, ordered: Sequence[Any]) -> list[tuple[int, str]]:
    """Numbers of the steps that follow, each with the answer that leads there; by default the one after it."""
    if step.type == StepType.END:
        return []
    if step.next_steps:
        return [(one["step"], one.get("label", "")) for one in step.next_steps]
    later = [other.position for other in ordered if other.position > step.position]
    return [(min(later), "")] if later else []


def expected(steps: Iterable[Any]) -> set[Pair]:
    """Changes of state that the steps name."""
    return {(s.from_state, s.to_state) for s in steps if s.from_state and s.to_state and s.from_state != s.to_state}


def possible(kind: str) -> set[Pair]:
    """Every change of state that the state machine of a ticket kind knows."""
    model = kinds.get(kind).model
    found: set[Pair] = set()
    for verb in machine.verbs(model):
        for source, way in getattr(model, verb)._django_fsm.transitions.items():
            targets = [way.target] if isinstance(way.target, str) else getattr(way.target, "allowed_states", None) or []
            found |= {(source, target) for target in targets if source != target}
    return found


def is_known(kind: str) -> bool:
    return any(one.code == kind for one in kinds.all_kinds())


def label_of(kind: str) -> str:
    """The kind in words; its code when it is not installed."""
    return next((str(one.label) for one in kinds.all_kinds() if one.code == kind), kind)


def duty_gaps(steps: Iterable[Any]) -> list[str]:
    """Steps without exactly one accountable or without anybody responsible, each named."""
    found = []
    for step in steps:
        held = [duty.duty for duty in step.duties.all()]
        accountable = held.count(Duty.ACCOUNTABLE)
        if accountable != 1:
            found.append(
                _("Step %(step)s: nobody is accountable.") % {"step": step}
                if not accountable
                else _("Step %(step)s: %(n)d are accountable, exactly one must be.") % {"step": step, "n": accountable}
            )
        if Duty.RESPONSIBLE not in held:
            found.append(_("Step %(step)s: nobody is responsible.") % {"step": step})
    return found


def flow_gaps(steps: Sequence[Any]) -> list[str]:
    """What keeps the steps from being one flow from a start to an end."""
    if not steps:
        return [_("There are no steps yet.")]
    found = []
    starts = [step for step in steps if step.type == StepType.START]
    if len(starts) != 1:
        found.append(
            ngettext("There is %(n)d start; exactly one is needed.", "There are %(n)d starts; exactly one is needed.",
                     len(starts)) % {"n": len(starts)}
        )  # fmt: skip
    if not any(step.type == StepType.END for step in steps):
        found.append(_("There is no end."))
    by_number = {step.position: step for step in steps}
    for step in steps:
        following = ways(step, steps)
        for number, _label in following:
            if number not in by_number:
                words = {"step": step, "n": number}
                found.append(_("Step %(step)s leads to step %(n)d, which does not exist.") % words)
        if step.type == StepType.DECISION and len(following) < 2:
            found.append(_("Step %(step)s decides, but leads only one way.") % {"step": step})
        if step.type != StepType.END and not following:
            found.append(_("Step %(step)s leads nowhere and is no end.") % {"step": step})
    if len(starts) == 1:
        reached, todo = set(), [starts[0].position]
        while todo:
            number = todo.pop()
            if number in reached or number not in by_number:
                continue
            reached.add(number)
            todo += [target for target, _label in ways(by_number[number], steps)]
        lost = [step for step in steps if step.position not in reached]
        found += [_("No way leads to step %(step)s.") % {"step": step} for step in lost]
    return found


def state_gaps(kind: str, steps: Iterable[Any]) -> list[str]:
    """Changes of state that tickets of the kind cannot make."""
    if not kind:
        return []
    if not is_known(kind):
        return [_("There are no tickets of the kind “%(kind)s”.") % {"kind": kind}]
    info, known = kinds.get(kind), possible(kind)
    return [
        _("Step %(step)s: a ticket cannot go from “%(one)s” to “%(other)s”.")
        % {"step": step, "one": info.state_label(step.from_state), "other": info.state_label(step.to_state)}
        for step in steps
        if step.from_state and step.to_state and step.from_state != step.to_state
        and (step.from_state, step.to_state) not in known
    ]  # fmt: skip
