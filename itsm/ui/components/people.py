"""People: initials in a colour of their own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from itsm.ui.icons import icon

TONES = ("blue", "teal", "violet", "amber", "green", "orange", "grey")


def _name(who: Any) -> str:
    if not who:
        return ""
    full = getattr(who, "get_full_name", None)
    return str(full() if full else who)


def _initials(name: str) -> str:
    parts = name.split("@")[0].replace(".", " ").split() if "@" in name else name.split()
    letters = parts[:1] + parts[-1:] if len(parts) > 1 else parts
    return "".join(part[0] for part in letters).upper() or "?"


@lru_cache(maxsize=4096)
def _avatar(name: str, size: str, label: bool, language: str | None) -> SafeString:
    cls = f"avatar {size}".strip()
    if not name:
        nobody = _("Unassigned")
        return format_html(
            '<span class="{} none" title="{}">{}<span class="sr">{}</span></span>', cls, nobody, icon("user"), nobody
        )
    tone = TONES[sum(map(ord, name)) % len(TONES)]
    if not label:
        return format_html('<span class="{}" data-tone="{}" aria-hidden="true">{}</span>', cls, tone, _initials(name))
    return format_html(
        '<span class="{}" data-tone="{}" role="img" aria-label="{}" title="{}">{}</span>',
        cls, tone, name, name, _initials(name),
    )  # fmt: skip


def avatar(who: Any, size: str = "", *, label: bool = True) -> SafeString:
    """Initials of a person (object or name) in a colour of their own; nobody is a dashed ring.

    ``size`` is "", "lg" or "xl". ``label=False`` when the name stands beside it.
    """
    return _avatar(_name(who), size, label, get_language())


def avatars(people: Iterable[Any], limit: int = 5) -> SafeString:
    """A row of avatars, the surplus as a number."""
    everyone = list(people)
    more = len(everyone) - limit
    rest = format_html('<span class="avatar" data-tone="grey">+{}</span>', more) if more > 0 else ""
    shown = mark_safe("".join(avatar(p) for p in everyone[:limit]))  # noqa: S308 - each is safe
    return format_html('<span class="avatars">{}{}</span>', shown, rest)


@lru_cache(maxsize=4096)
def _person(name: str, url: str, language: str | None) -> SafeString:
    words = format_html('<a href="{}">{}</a>', url, name) if url else name or _("Unassigned")
    return format_html('<span class="person">{}<span>{}</span></span>', _avatar(name, "", False, language), words)


def person(who: Any, url: str = "") -> SafeString:
    """Avatar and name."""
    return _person(_name(who), url, get_language())
