"""The service level chip: what is left, in words first."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.ui.components.states import CHECK, DISC
from itsm.ui.times import duration

TRACK = '<circle class="ring" cx="7" cy="7" r="5.5" fill="none" stroke-width="2.5"/>'
_SLA_GLYPH = {
    "breached": '<circle cx="7" cy="7" r="6.5" fill="currentColor"/>'
    '<path d="M7 3.8v3.6M7 9.9v.1" class="cut" stroke-width="1.6" stroke-linecap="round"/>',
    "paused": TRACK
    + '<path d="M5.7 5.2v3.6M8.3 5.2v3.6" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>',
    "met": DISC.format(CHECK),
    "none": TRACK,
}


@lru_cache(maxsize=256)
def _sla_glyph(kind: str, share: int) -> str:
    drawn = _SLA_GLYPH.get(kind)
    if drawn is None:
        drawn = TRACK + (
            '<circle class="used" cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5"'
            f' pathLength="100" stroke-dasharray="{share} 100" transform="rotate(-90 7 7)"/>'
        )
    return f'<svg viewBox="0 0 14 14" aria-hidden="true">{drawn}</svg>'


@lru_cache(maxsize=32)
def _sla_words(language: str | None) -> dict[str, str]:
    return {
        "left": escape(_("{} left")), "over": escape(_("{} over")), "paused": escape(_("Paused")),
        "breached": escape(_("Breached")), "met": escape(_("Met")), "met in": escape(_("Met in {}")),
        "none": escape(_("No target")),
    }  # fmt: skip


def _share(now: datetime, started_at: datetime | None, due_at: datetime) -> int:
    if started_at is None or due_at <= started_at:
        return 0
    return round(100 * (now - started_at) / (due_at - started_at))


def sla(
    clock_state: str,
    due_at: datetime | None = None,
    *,
    now: datetime | None = None,
    warn_at: datetime | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    share: int | None = None,
    elapsed: float | None = None,
    title: str = "",
    live: bool = True,
) -> SafeString:
    """The service level chip: "38m left", "25m over", "Paused", "Met in 4m", "No target".

    ``clock_state`` is running, paused, met, breached or none. A running clock past ``due_at`` reads as
    breached, past ``warn_at`` (or three quarters of ``share``) as at risk. ``share`` is the percentage of the
    target used in working time; without it the calendar time since ``started_at`` is taken. ``elapsed``
    seconds are for "Met in"; ``ended_at`` freezes an overrun. ``live`` lets the browser count on.
    """
    words, now = _sla_words(get_language()), now or clock.now()
    kind, used, text, counting = clock_state, 0, "", ""
    if due_at is None and kind == "running":
        kind = "none"
    if kind in ("running", "breached") and due_at is not None:
        at = ended_at or now
        seconds = (due_at - at).total_seconds()
        used = _share(at, started_at, due_at) if share is None else share
        if seconds <= 0 or kind == "breached":
            kind, text = "breached", words["over"].format(duration(max(0, -seconds)))
        else:
            risky = at >= warn_at if warn_at else used >= 75
            kind, text = "risk" if risky else "ok", words["left"].format(duration(seconds))
        if live and ended_at is None:
            counting = f' data-due="{int(due_at.timestamp())}"'
            if warn_at and kind == "ok":
                counting += f' data-warn="{int(warn_at.timestamp())}"'
    elif kind == "met":
        if elapsed is None and started_at and ended_at:
            elapsed = (ended_at - started_at).total_seconds()
        text = words["met"] if elapsed is None else words["met in"].format(duration(elapsed))
    else:
        # A promise that was broken stays so when the ticket is done and nothing is due any more.
        kind = kind if kind in ("paused", "breached") else "none"
        text = words[kind]
    tip = f' title="{escape(title)}"' if title else ""
    # Steps of five: the ring is 14 px wide, and so the glyph comes from the cache.
    glyph = _sla_glyph(kind, max(0, min(100, used)) // 5 * 5)
    return mark_safe(f'<span class="sla" data-sla="{kind}"{counting}{tip}>{glyph}{text}</span>')  # noqa: S308
