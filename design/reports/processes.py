"""Processes as others see them: the flow that is expected, where a ticket is in it, and the picture of the flow."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from design import process_flow as flow
from design.models import ProcessDefinition, ProcessStep
from design.process_states import Duty, StepType


def in_force(kind: str) -> ProcessDefinition | None:
    """The published process that governs a kind of ticket."""
    return ProcessDefinition.objects.published().filter(kind=kind).first() if kind else None


def expected_flow(kind: str) -> set[tuple[str, str]] | None:
    """Changes of state that the published process of a kind names; none when no process governs it."""
    process = in_force(kind)
    return None if process is None else flow.expected(process.steps.all())


def steps_of(process: ProcessDefinition) -> list[ProcessStep]:
    """Steps in order with their duties, in three queries."""
    return list(process.steps.all())


def parties(step: ProcessStep, duty: str) -> list[str]:
    return [row.party for row in step.duties.all() if row.duty == duty]


@dataclass(frozen=True, slots=True)
class Row:
    """A step as a row of the table that says what the picture shows."""

    step: ProcessStep
    duties: list[tuple[str, str, list[str]]]
    following: list[tuple[int, str, str]]
    from_state: str
    to_state: str


def table(process: ProcessDefinition, steps: Sequence[ProcessStep]) -> list[Row]:
    names = {step.position: step.name for step in steps}
    return [
        Row(
            step,
            [(duty.value, str(duty.label), who) for duty in Duty if (who := parties(step, duty))],
            [(number, names.get(number, ""), label) for number, label in flow.ways(step, steps)],
            state_label(process.kind, step.from_state), state_label(process.kind, step.to_state),
        )
        for step in steps
    ]  # fmt: skip


def state_label(kind: str, state: str) -> str:
    if not state or not flow.is_known(kind):
        return state
    return flow.kinds.get(kind).state_label(state)


# ---------- the picture ----------

BOX, GAP, HEIGHT, HEAD = 148, 62, 54, 128
#: A lane is a box with room above and below; ways that go around boxes run in the room below.
ABOVE, BELOW, SHIFT = 16, 26, 6


@dataclass(slots=True)
class Node:
    """A step as it is drawn."""

    step: ProcessStep
    x: int
    y: int
    lines: list[tuple[int, str]]
    sub: str
    tone: str
    shape: str


@dataclass(slots=True)
class Way:
    path: str
    head: str
    label: str
    x: int
    y: int


@dataclass(slots=True)
class Lane:
    label: list[tuple[int, str]]
    title: str
    y: int
    height: int


@dataclass(slots=True)
class Picture:
    width: int
    height: int
    lanes: list[Lane] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)


TONES = {StepType.START: "green", StepType.TASK: "blue", StepType.DECISION: "amber", StepType.END: "grey"}


def picture(process: ProcessDefinition, steps: Sequence[ProcessStep]) -> Picture | None:
    """Lanes for those responsible, a column for each step in order; nothing while there are no steps.

    A way to the next column is a line; any other leaves below its box, runs along the foot of the lane, and enters its
    target through the gap before it: no line crosses a box.
    """
    if not steps:
        return None
    lane_of = {step.pk: (parties(step, Duty.RESPONSIBLE) or [str(_("Nobody yet"))])[0] for step in steps}
    order = list(dict.fromkeys(lane_of.values()))
    column = {step.position: place for place, step in enumerate(steps)}
    row = {step.position: order.index(lane_of[step.pk]) for step in steps}
    routes = [
        (step, number, label) for step in steps for number, label in flow.ways(step, steps) if number in column
    ]  # fmt: skip
    around = Counter(row[step.position] for step, number, _l in routes if column[number] != column[step.position] + 1)
    tops, y = [], 0
    for place in range(len(order)):
        tops.append(y)
        y += ABOVE + HEIGHT + BELOW + SHIFT * max(0, around[place] - 1)
    drawn = Picture(HEAD + len(steps) * (BOX + GAP) + 8, y)
    for place, name in enumerate(order):
        height = (tops[place + 1] if place + 1 < len(order) else y) - tops[place]
        middle = tops[place] + ABOVE + HEIGHT // 2
        drawn.lanes.append(Lane(_lines(name, middle, 16), name, tops[place], height))
    for step in steps:
        x, top = HEAD + GAP // 2 + column[step.position] * (BOX + GAP), tops[row[step.position]] + ABOVE
        drawn.nodes.append(_node(process, step, x, top))
    used: Counter[int] = Counter()
    for step, number, label in routes:
        source, target = drawn.nodes[column[step.position]], drawn.nodes[column[number]]
        if column[number] == column[step.position] + 1:
            drawn.ways.append(_straight(source, target, label))
            continue
        lane = row[step.position]
        foot = tops[lane] + ABOVE + HEIGHT + 12 + SHIFT * used[lane]
        drawn.ways.append(_around(source, target, label, foot, used[lane]))
        used[lane] += 1
    return drawn


def _lines(text: str, middle: int, width: int) -> list[tuple[int, str]]:
    """The text broken to at most two lines around a middle."""
    found = textwrap.wrap(text, width, max_lines=2, placeholder="…") or [""]
    top = middle + 4 - 7 * (len(found) - 1)
    return [(top + 14 * place, line) for place, line in enumerate(found)]


def _node(process: ProcessDefinition, step: ProcessStep, x: int, y: int) -> Node:
    states = [state_label(process.kind, one) for one in (step.from_state, step.to_state) if one]
    sub = textwrap.shorten(" → ".join(dict.fromkeys(states)), 27, placeholder="…")
    right, low, middle = x + BOX, y + HEIGHT, y + HEIGHT // 2
    if step.type == StepType.DECISION:
        shape = f"M{x + 12} {y}H{right - 12}L{right} {middle}L{right - 12} {low}H{x + 12}L{x} {middle}Z"
    else:
        r = HEIGHT // 2 if step.type in (StepType.START, StepType.END) else 7
        shape = (
            f"M{x + r} {y}H{right - r}Q{right} {y} {right} {y + r}V{low - r}Q{right} {low} {right - r} {low}"
            f"H{x + r}Q{x} {low} {x} {low - r}V{y + r}Q{x} {y} {x + r} {y}Z"
        )
    lines = _lines(str(step), middle - (7 if sub else 0), 19)
    return Node(step, x, y, lines, sub, TONES[StepType(step.type)], shape)


def _head(x: int, y: int) -> str:
    """The point of an arrow that comes from the left."""
    return f"M{x} {y}l-7 -4v8z"


def _straight(source: Node, target: Node, label: str) -> Way:
    begin, end = source.x + BOX, target.x
    one, other = source.y + HEIGHT // 2, target.y + HEIGHT // 2
    turn = begin + GAP // 2
    path = f"M{begin} {one}H{end - 6}" if one == other else f"M{begin} {one}H{turn}V{other}H{end - 6}"
    return Way(path, _head(end, other), _short(label), begin + 4, one - 5)


def _around(source: Node, target: Node, label: str, foot: int, nth: int) -> Way:
    begin, other = source.x + BOX // 2 + 10 * (nth % 3 - 1), target.y + HEIGHT // 2
    turn = target.x - GAP // 2 + 4 * (nth % 3)
    path = f"M{begin} {source.y + HEIGHT}V{foot}H{turn}V{other}H{target.x - 6}"
    back = target.x < source.x
    return Way(path, _head(target.x, other), _short(label), begin - 5 if back else begin + 5, foot - 3)


def _short(label: str) -> str:
    return textwrap.shorten(label, 16, placeholder="…")
