"""Priority and state: the shape says it, colour only repeats it."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

PHASES = frozenset({"new", "active", "waiting", "resolved", "closed"})
#: States that ended badly get a cross instead of a check.
BAD_ENDS = frozenset({"rejected", "cancelled", "failed", "expired", "rolled_back"})
#: How much of the pie is filled for states that are a good way along.
PROGRESS = {
    "in_progress": 50, "fulfilling": 50, "root_cause_analysis": 35, "known_error": 60, "assessing": 25,
    "scheduled": 50, "implementing": 65, "review": 85, "chartered": 20, "in_design": 45, "in_transition": 75,
    "assessed": 15, "measuring": 80,
}  # fmt: skip


@lru_cache(maxsize=256)
def _prio(level: int, language: str | None) -> SafeString:
    name = {1: _("Critical"), 2: _("High"), 3: _("Medium"), 4: _("Low"), 5: _("Planning")}.get(level, "")
    title = _("Priority %(level)s, %(name)s") % {"level": level, "name": name}
    return format_html('<span class="prio" data-prio="{}" title="{}">P{}</span>', level, title, level)


def prio(level: int | None) -> SafeString:
    """The priority mark P1 to P5; nothing for no priority."""
    return mark_safe("") if level is None else _prio(int(level), get_language())


_RING = '<circle cx="7" cy="7" r="5.75" fill="none" stroke="currentColor" stroke-width="1.5"{}/>'
DISC = (
    '<circle cx="7" cy="7" r="6.5" fill="currentColor"/><path class="cut" d="{}" fill="none"'
    ' stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>'
)
CHECK = "m4.4 7.2 1.8 1.8 3.5-3.8"


def _state_glyph(phase: str, key: str, progress: int) -> str:
    """Shape says the phase: dashed ring, ring or pie, pause, check, cross. Colour only repeats it."""
    if key in BAD_ENDS:
        return DISC.format("m5 5 4 4M9 5 5 9")
    if phase == "new":
        return _RING.format(' stroke-dasharray="2.2 1.8"')
    if phase == "waiting":
        pause = '<path d="M5.6 4.9v4.2M8.4 4.9v4.2" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>'
        return _RING.format("") + pause
    if phase in ("resolved", "closed"):
        return DISC.format(CHECK)
    pie = (
        '<circle cx="7" cy="7" r="1.75" fill="none" stroke="currentColor" stroke-width="3.5" pathLength="100"'
        f' stroke-dasharray="{progress} 100" transform="rotate(-90 7 7)"/>'
    )
    return _RING.format("") + (pie if progress else "")


@lru_cache(maxsize=1024)
def _state(label: str, key: str, phase: str, progress: int, form: str) -> SafeString:
    glyph = mark_safe(_state_glyph(phase, key, progress))  # noqa: S308 - constants and an integer
    if form == "glyph":
        return format_html(
            '<span class="state" data-phase="{}" data-state="{}" title="{}">'
            '<svg viewBox="0 0 14 14" aria-hidden="true">{}</svg><span class="sr">{}</span></span>',
            phase, key, label, glyph, label,
        )  # fmt: skip
    return format_html(
        '<span class="state{}" data-phase="{}" data-state="{}">'
        '<svg viewBox="0 0 14 14" aria-hidden="true">{}</svg>{}</span>',
        " pill" if form == "pill" else "", phase, key, glyph, label,
    )  # fmt: skip


def state(
    label: object, key: str = "", phase: str = "active", *, progress: int | None = None, form: str = ""
) -> SafeString:
    """A state with its glyph. ``form``: "" text, "pill" tinted, "glyph" alone (its name stays as tooltip)."""
    share = PROGRESS.get(key, 0) if progress is None else max(0, min(100, int(progress)))
    return _state(str(label), str(key), phase if phase in PHASES else "active", share, form)
