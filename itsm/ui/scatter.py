"""A map of points the server draws as SVG: two measures as place, a third as size. It prints and needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from itsm.ui.charts import axis, scale

LEFT, RIGHT, TOP, BOTTOM, WIDTH, HEIGHT = 56, 616, 24, 268, 640, 312


@dataclass(frozen=True, slots=True)
class Point:
    """``size`` is a radius from 4 to 20; ``words`` say what the place says, for the tooltip and for readers."""

    x: float
    y: float
    size: float
    label: str
    words: str
    tone: str = "blue"
    url: str = ""


def scatter(points: Sequence[Point], *, x_name: str, y_name: str, summary: str, diagonal: str = "") -> SafeString:
    """Points over two axes that begin at nothing; ``diagonal`` names the line on which both measures are equal."""
    if not points:
        return mark_safe("")
    _start, x_end, x_step = scale(0, max(max(point.x for point in points), 1))
    _start, y_end, y_step = scale(0, max(max(point.y for point in points), 1))

    def px(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * value / x_end, 1)

    def py(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / y_end, 1)

    lines = format_html_join(
        "", '<line class="rule" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="y" x="{}" y="{}">{}</text>',
        ((LEFT, RIGHT, py(v), py(v), LEFT - 8, py(v) + 4, axis(v)) for v in _steps(y_end, y_step)),
    )  # fmt: skip
    names = format_html_join(
        "", '<text class="x" x="{}" y="{}">{}</text>',
        ((px(v), BOTTOM + 18, axis(v)) for v in _steps(x_end, x_step)),
    )  # fmt: skip
    equal = SafeString("")
    if diagonal:
        end = min(x_end, y_end)
        equal = format_html(
            '<line class="goal" x1="{}" y1="{}" x2="{}" y2="{}"><title>{}</title></line>',
            px(0), py(0), px(end), py(end), diagonal,
        )  # fmt: skip
    # The small ones last, so that none hides under another.
    dots = format_html_join(
        "", "{}", ((_dot(point, px(point.x), py(point.y)),) for point in sorted(points, key=lambda p: -p.size))
    )
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="group" aria-label="{}">{}{}{}'
        '<text class="cap" x="{}" y="12">{}</text><text class="y" x="{}" y="{}">{}</text>{}</svg>',
        WIDTH, HEIGHT, summary, lines, names, equal, 0, y_name, RIGHT, HEIGHT - 6, x_name, dots,
    )  # fmt: skip


def _steps(end: float, step: float) -> list[float]:
    return [at * step for at in range(round(end / step) + 1)]


def _dot(point: Point, x: float, y: float) -> SafeString:
    drawn = format_html(
        '<circle class="spot" data-tone="{}" cx="{}" cy="{}" r="{}"><title>{}: {}</title></circle>',
        point.tone, x, y, round(min(max(point.size, 4), 20), 1), point.label, point.words,
    )  # fmt: skip
    if not point.url:
        return drawn
    return format_html('<a href="{}" aria-label="{}: {}">{}</a>', point.url, point.label, point.words, drawn)
