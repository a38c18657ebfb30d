"""The flow map: states in the order of their life, what led from one to the other, how often and how fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from itsm.ui import times

BOX, HEIGHT, GAP = 124, 52, 92
#: Room for ways that go around: above forwards, below backwards.
STEP, MARGIN = 30, 18
#: Rarer ways are only in the table; the picture has the usual ones.
MOST_WAYS = 24


@dataclass(slots=True)
class Node:
    x: int
    y: int
    label: str
    sub: str
    state: str


@dataclass(slots=True)
class Way:
    path: str
    head: str
    label: str
    x: int
    y: int
    weight: int
    tone: str
    url: str
    title: str


@dataclass(slots=True)
class Picture:
    width: int
    height: int
    nodes: list[Node] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)


def draw(
    result: dict[str, Any], order: list[str], label: Callable[[str], str], address: Callable[[str, str], str]
) -> Picture | None:
    """States side by side; a way to the next is a line, any other an arc: forwards above, backwards below."""
    amounts = dict(map(tuple, result["activities"]))
    states = [state for state in order if state in amounts]
    states += sorted(state for state in amounts if state not in states)
    if not states:
        return None
    place = {state: number for number, state in enumerate(states)}
    edges = [edge for edge in result["edges"] if edge["from"] in place and edge["to"] in place][:MOST_WAYS]
    over = [edge for edge in edges if place[edge["to"]] - place[edge["from"]] > 1]
    under = [edge for edge in edges if place[edge["to"]] < place[edge["from"]]]
    levels_over, levels_under = _levels(over, place), _levels(under, place)
    top = MARGIN + STEP * (max(levels_over.values(), default=0))
    drawn = Picture(
        MARGIN * 2 + len(states) * BOX + (len(states) - 1) * GAP,
        top + HEIGHT + MARGIN + 14 + STEP * max(levels_under.values(), default=0),
    )
    for state in states:
        drawn.nodes.append(
            Node(MARGIN + place[state] * (BOX + GAP), top, label(state), times.number(amounts[state]), state)
        )
    most = max((edge["times"] for edge in edges), default=1)
    for edge in edges:
        key = (edge["from"], edge["to"])
        level = levels_over.get(key, 0) or levels_under.get(key, 0)
        source, target = drawn.nodes[place[edge["from"]]], drawn.nodes[place[edge["to"]]]
        path, head, x, y = _line(source, target, level, back=place[edge["to"]] < place[edge["from"]])
        words = f"{times.number(edge['times'])} · {times.duration(edge['median'])}"
        title = f"{source.label} → {target.label}: {words}"
        drawn.ways.append(Way(
            path, head, words, x, y, 1 + round(3 * edge["times"] / most), "" if edge["expected"] else "red",
            address(*key), title,
        ))  # fmt: skip
    return drawn


def _levels(edges: list[dict[str, Any]], place: dict[str, int]) -> dict[tuple[str, str], int]:
    """How far out each arc runs: short ones inside, none over another that it overlaps."""
    taken: list[list[tuple[int, int]]] = []
    found = {}
    for edge in sorted(edges, key=lambda one: abs(place[one["to"]] - place[one["from"]])):
        low, high = sorted((place[edge["from"]], place[edge["to"]]))
        level = next(
            (n for n, row in enumerate(taken) if all(high <= first or low >= last for first, last in row)), len(taken)
        )
        if level == len(taken):
            taken.append([])
        taken[level].append((low, high))
        found[edge["from"], edge["to"]] = level + 1
    return found


def _line(source: Node, target: Node, level: int, *, back: bool) -> tuple[str, str, int, int]:
    """Path, head of the arrow, and where its words stand."""
    if not level:
        y = source.y + HEIGHT // 2
        begin, end = source.x + BOX, target.x
        return f"M{begin} {y}H{end - 6}", f"M{end} {y}l-7 -4v8z", (begin + end) // 2 - 2, y - 6
    begin = source.x + BOX // 2 + (-14 if back else 14)
    end = target.x + BOX // 2 + (14 if back else -14)
    middle = (begin + end) // 2
    if back:
        edge, line = source.y + HEIGHT, source.y + HEIGHT + STEP * level - 6
        head = f"M{end} {edge}l-4 7h8z"
        return f"M{begin} {edge}V{line}H{end}V{edge + 6}", head, middle, line - 4
    edge, line = source.y, source.y - STEP * level + 8
    return f"M{begin} {edge}V{line}H{end}V{edge - 6}", f"M{end} {edge}l-4 -7h8z", middle, line - 4
