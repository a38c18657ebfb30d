"""The map of an impact analysis, drawn by the server as SVG; the table below it says the same in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from transition.models import ConfigurationItem
from transition.reports.impact import Analysis

#: More than this nobody takes in; the table has them all.
MOST_NODES, MOST_IN_COLUMN = 40, 10
WIDE, HIGH, GAP_X, GAP_Y, EDGE = 170, 40, 44, 12, 8
LONGEST = 22

TONES = {
    "ordered": "violet", "in_stock": "violet", "deployed": "green", "in_repair": "amber", "retired": "grey",
    "disposed": "grey",
}  # fmt: skip


@dataclass(slots=True)
class Map:
    """A drawing, and how many of what was reached it does not show."""

    svg: SafeString
    hidden: int = 0


@dataclass(slots=True)
class _Node:
    item: ConfigurationItem
    x: float
    y: float
    root: bool = field(default=False)


def draw(found: Analysis) -> Map:
    """Columns by number of steps, the root at the left; an arrow says what goes on to what."""
    columns: dict[int, list[ConfigurationItem]] = {0: [found.root]}
    for reached in found.reached[: MOST_NODES - 1]:
        column = columns.setdefault(reached.steps, [])
        if len(column) < MOST_IN_COLUMN:
            column.append(reached.item)
    tallest = max(len(column) for column in columns.values())
    nodes: dict[int, _Node] = {}
    for place, (step, items) in enumerate(sorted(columns.items())):
        top = (tallest - len(items)) * (HIGH + GAP_Y) / 2
        for row, item in enumerate(items):
            x, y = EDGE + place * (WIDE + GAP_X), EDGE + top + row * (HIGH + GAP_Y)
            nodes[item.pk] = _Node(item, x, y, root=step == 0)
    width = 2 * EDGE + len(columns) * (WIDE + GAP_X) - GAP_X
    height = 2 * EDGE + tallest * (HIGH + GAP_Y) - GAP_Y
    label = _("Map: %(item)s and what hangs together with it") % {"item": found.root}
    svg = format_html(
        '<svg class="ci-map" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{edges}'
        "{nodes}</svg>",
        w=_n(width), h=_n(height), label=label,
        edges=format_html_join("", "{}", ((_edge(nodes[a], nodes[b]),) for a, b, _kind in _shown(found, nodes))),
        nodes=format_html_join("", "{}", ((_node(node),) for node in nodes.values())),
    )  # fmt: skip
    return Map(svg, hidden=len(found.reached) + 1 - len(nodes))


def _shown(found: Analysis, nodes: dict[int, _Node]) -> list[tuple[int, int, str]]:
    return [edge for edge in found.edges if edge[0] in nodes and edge[1] in nodes]


def _n(value: float) -> str:
    return f"{round(value, 1):g}"


def _edge(begin: _Node, end: _Node) -> SafeString:
    """A curve from the right side of one to the left side of the other; back over the top when it goes back."""
    ahead = end.x > begin.x
    x1, x2 = (begin.x + WIDE, end.x) if ahead else (begin.x + WIDE / 2, end.x + WIDE / 2)
    y1, y2 = begin.y + HIGH / 2, end.y + HIGH / 2
    bend = (x2 - x1) / 2 if ahead else 0
    path = f"M{_n(x1)} {_n(y1)}C{_n(x1 + bend)} {_n(y1)} {_n(x2 - bend)} {_n(y2)} {_n(x2)} {_n(y2)}"
    tip = f"M{_n(x2 - 6)} {_n(y2 - 4)}L{_n(x2)} {_n(y2)}L{_n(x2 - 6)} {_n(y2 + 4)}" if ahead else ""
    return format_html('<path class="edge" d="{}{}"/>', path, tip)


def _node(node: _Node) -> Any:
    item = node.item
    name = str(item)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return format_html(
        '<a href="{url}"><title>{number} {name}, {state}</title>'
        '<rect class="node{root}" data-tone="{tone}" x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>'
        '<text x="{tx}" y="{y1}">{short}</text><text class="dim" x="{tx}" y="{y2}">{number} · {type}</text></a>',
        url=item.get_absolute_url(), number=item.number, name=name, state=item.get_state_display(),
        root=" root" if node.root else "", tone=TONES[item.state], x=_n(node.x), y=_n(node.y), w=WIDE, h=HIGH,
        tx=_n(node.x + 12), y1=_n(node.y + 17), y2=_n(node.y + 32), short=short, type=str(item.type)[:20],
    )  # fmt: skip
