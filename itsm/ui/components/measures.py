"""Small measures drawn with SVG attributes: no style attribute, so a strict Content-Security-Policy holds."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from itsm.ui.components.clocks import TRACK


def _bounded(value: float) -> float:
    return round(max(0.0, min(100.0, float(value))), 1)


def spark(values: Sequence[float], tone: str = "blue", *, area: bool = True, label: str = "") -> SafeString:
    """A sparkline without axes; the number beside it carries the value, ``label`` says it to a reader."""
    if len(values) < 2:
        return mark_safe("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    last = len(values) - 1
    points = [f"{round(i * 72 / last, 1):g} {round(25 - (v - low) / span * 22, 1):g}" for i, v in enumerate(values)]
    line = "M" + "L".join(points)
    hidden = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    fill = format_html('<path class="area" d="{}L72 28L0 28Z"/>', line) if area else ""
    return format_html(
        '<svg class="spark" data-tone="{}" viewBox="0 0 72 28" preserveAspectRatio="none" {}>{}<path d="{}"/></svg>',
        tone, hidden, fill, line,
    )  # fmt: skip


def meter(percent: float, tone: str = "blue", label: str = "", cls: str = "") -> SafeString:
    """A bar drawn with SVG attributes: no style attribute, so a strict Content-Security-Policy holds."""
    share = _bounded(percent)
    words = label or _("%(n)s percent") % {"n": f"{share:g}"}
    return format_html(
        '<svg class="{}" data-tone="{}" role="img" aria-label="{}"><rect width="{}%" height="100%"/></svg>',
        f"meter {cls}".strip(), tone, words, f"{share:g}",
    )  # fmt: skip


def bullet(percent: float, target: float, tone: str = "blue", label: str = "") -> SafeString:
    """A value against its target, both in percent of the scale."""
    return format_html(
        '<svg class="bullet" data-tone="{}" role="img" aria-label="{}"><rect class="val" y="28%" height="44%" '
        'width="{}%" rx="2"/><rect class="goal" x="{}%" width="2" y="10%" height="80%"/></svg>',
        tone, label, f"{_bounded(percent):g}", f"{_bounded(target):g}",
    )  # fmt: skip


def dots(count: int, of: int = 5, label: str = "", tone: str = "blue") -> SafeString:
    """A rating as dots."""
    words = _("%(label)s %(count)s of %(of)s") % {"label": label, "count": count, "of": of}
    marks = mark_safe("".join("<i class=on></i>" if i < count else "<i></i>" for i in range(of)))  # noqa: S308
    return format_html(
        '<span class="dots" data-tone="{}" role="img" aria-label="{}">{}</span>', tone, words.strip(), marks
    )


def ring(percent: float, tone: str = "blue", label: str = "") -> SafeString:
    """A progress ring the size of a letter."""
    share = _bounded(percent)
    return format_html(
        '<svg class="progress-ring" data-tone="{}" viewBox="0 0 14 14" role="img" aria-label="{}">{}</svg>',
        tone,
        label or _("%(n)s percent") % {"n": f"{share:g}"},
        mark_safe(  # noqa: S308 - a constant and a number
            TRACK + '<circle class="used" cx="7" cy="7" r="5.5" fill="none" stroke-width="2.5" pathLength="100"'
            f' stroke-dasharray="{share:g} 100" transform="rotate(-90 7 7)"/>'
        ),
    )
