"""Charts the server draws as SVG or HTML: they print, mail and work without script.

Every function returns the drawing with a text summary; ``as_table`` gives the twin for readers.
Values are numbers; labels may be hostile and are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from itsm.ui.times import compact, number


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of numbers; ``None`` is a gap."""

    name: str
    data: Sequence[float | None]
    tone: str = "blue"
    strong: bool = False


def _n(value: float) -> str:
    return f"{round(value, 1):g}"


def as_table(head: Sequence[object], rows: Iterable[Sequence[object]], summary: str = "") -> SafeString:
    """The "Show as table" twin of a chart; the first column names the row."""
    heads = format_html_join("", '<th scope="col"{}>{}</th>', ((_right(i), h) for i, h in enumerate(head)))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in rows))
    return format_html(
        '<details class="as-table"><summary>{}</summary><div class="scroll-x"><table class="table">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        summary or _("Show as table"), heads, body,
    )  # fmt: skip


def _right(column: int) -> SafeString:
    return mark_safe(' class="r"') if column else mark_safe("")


def _cells(row: Sequence[object]) -> SafeString:
    first = format_html('<th scope="row">{}</th>', row[0]) if row else ""
    rest = format_html_join("", '<td class="r">{}</td>', (("–" if c is None else c,) for c in row[1:]))
    return format_html("{}{}", first, rest)


def legend(series: Iterable[Series]) -> SafeString:
    """Colour keys in words."""
    keys = format_html_join("", '<span><i data-tone="{}"></i>{}</span>', ((s.tone, s.name) for s in series))
    return format_html('<span class="legend">{}</span>', keys)


def stacked_bar(parts: Sequence[tuple[str, float, str]], label: str = "") -> SafeString:
    """One bar of ``(label, value, tone)`` parts, with the values in words beneath."""
    total = sum(max(0, value) for _name, value, _tone in parts) or 1
    at, rects = 0.0, []
    for name, value, tone in parts:
        width = 100 * max(0, value) / total
        rects.append((tone, _n(at), _n(width), name, number(value)))
        at += width
    drawn = format_html_join(
        "", '<rect data-tone="{}" x="{}%" width="{}%" height="100%"><title>{}: {}</title></rect>', rects
    )
    words = label or ", ".join(f"{name} {number(value)}" for name, value, _tone in parts)
    keys = format_html_join(
        "", '<span><i data-tone="{}"></i>{} <b class="num">{}</b></span>', ((t, n, number(v)) for n, v, t in parts)
    )
    return format_html(
        '<div class="stack tight"><svg class="stacked" role="img" aria-label="{}">{}</svg>'
        '<span class="legend">{}</span></div>',
        words, drawn, keys,
    )  # fmt: skip


def bars(rows: Sequence[tuple[str, float, str]], unit: str = "", tone: str = "blue", label: str = "") -> SafeString:
    """Horizontal bars of ``(label, value, url)``: a list with a bar, so it needs no twin."""
    top = max((value for _name, value, _url in rows), default=0) or 1
    items = format_html_join(
        "",
        '<li><span class="clip">{}</span><svg class="meter" data-tone="{}" aria-hidden="true">'
        '<rect width="{}%" height="100%"/></svg><span class="num">{}{}</span></li>',
        (
            (format_html('<a href="{}">{}</a>', url, name) if url else name, tone, _n(100 * max(0, value) / top),
             number(value), unit)
            for name, value, url in rows
        ),
    )  # fmt: skip
    return format_html('<ul class="bars-list" aria-label="{}">{}</ul>', label, items)


def heat(
    rows: Sequence[tuple[str, Sequence[float]]], columns: Sequence[str], caption: str, unit: str = ""
) -> SafeString:
    """A heat map: rows of ``(label, values)``. It is a table already; every cell reads its number."""
    top = max((v for _label, values in rows for v in values), default=0) or 1
    heads = format_html_join("", '<th scope="col">{}</th>', ((c,) for c in columns))

    def cells(label: str, values: Sequence[float]) -> SafeString:
        return format_html_join(
            "",
            '<td data-v="{}" title="{}, {}: {}{}"><span class="sr">{}</span></td>',
            ((round(v / top * 10), label, columns[i] if i < len(columns) else "", number(v), unit, number(v))
             for i, v in enumerate(values)),
        )  # fmt: skip

    body = format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', ((label, cells(label, v)) for label, v in rows))
    return format_html(
        '<table class="heat"><caption class="sr">{}</caption><thead><tr><th scope="col"><span class="sr">{}</span></th>'
        "{}</tr></thead><tbody>{}</tbody></table>",
        caption, caption, heads, body,
    )  # fmt: skip


def uptime(days: Sequence[tuple[str, str]], label: str) -> SafeString:
    """A strip of ``(day, health)`` with health up, degraded or down; ``label`` sums it up in words."""
    words = {"up": _("working"), "degraded": _("degraded"), "down": _("down")}
    ticks = format_html_join(
        "",
        '<i data-health="{}" title="{}, {}"></i>',
        ((health, day, words.get(health, health)) for day, health in days),
    )
    return format_html('<div class="uptime" role="img" aria-label="{}">{}</div>', label, ticks)


def axis(value: float) -> str:
    """A value beside an axis: 250, 40k, 1.2m."""
    return compact(value) if abs(value) >= 10_000 else _n(value)


def _scale(low: float, high: float, steps: int = 4) -> tuple[float, float, float]:
    """Round numbers around the values: start, end, step."""
    span = (high - low) or abs(high) or 1.0
    raw = span / steps
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw), raw)
    start = step * (low // step)
    end = start
    while end < high:
        end += step
    return start, end, step


#: Round numbers around the values, for other drawings.
scale = _scale


def line(
    x: Sequence[str],
    series: Sequence[Series],
    *,
    summary: str,
    unit: str = "",
    target: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> SafeString:
    """A line chart with axis, target line and a text summary; put ``as_table`` and ``legend`` beside it."""
    values = [v for s in series for v in s.data if v is not None] + ([target] if target is not None else [])
    if not values or not x:
        return mark_safe("")
    start, end, step = _scale(min(values) if low is None else low, max(values) if high is None else high)
    left, right, top, bottom, width, height = 44, 632, 10, 178, 640, 200

    def px(i: int) -> float:
        return left + (right - left) * (i / max(1, len(x) - 1))

    def py(v: float) -> float:
        return bottom - (bottom - top) * ((v - start) / ((end - start) or 1))

    grid, value = [], start
    while value <= end + step / 2:
        grid.append((left, right, _n(py(value)), _n(py(value)), left - 8, _n(py(value) + 4), axis(value), unit))
        value += step
    every = max(1, -(-len(x) // 12))
    # The last one ends at the edge instead of reaching over it.
    labels = [
        (" end" if i and i == len(x) - 1 else "", _n(px(i)), bottom + 18, text)
        for i, text in enumerate(x)
        if i % every == 0
    ]
    goal: Any = ""
    if target is not None:
        goal = format_html(
            '<line class="goal" x1="{}" x2="{}" y1="{}" y2="{}"/>', left, right, _n(py(target)), _n(py(target))
        )
    lines = format_html_join(
        "",
        '<path class="line{}" data-tone="{}" d="{}"><title>{}</title></path>',
        ((" strong" if s.strong else "", s.tone, _path(s.data, px, py), s.name) for s in series),
    )
    rule = '<line class="rule" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="y" x="{}" y="{}">{}{}</text>'
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        width, height, summary,
        format_html_join("", rule, grid),
        format_html_join("", '<text class="x{}" x="{}" y="{}">{}</text>', labels),
        goal, lines,
    )  # fmt: skip


def _path(data: Sequence[float | None], px: Any, py: Any) -> str:
    drawn, pen = [], "M"
    for i, value in enumerate(data):
        if value is None:
            pen = "M"
            continue
        drawn.append(f"{pen}{_n(px(i))} {_n(py(value))}")
        pen = "L"
    return "".join(drawn)
