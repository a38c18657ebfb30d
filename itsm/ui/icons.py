"""Lucide icons as inline SVG, drawn once per process."""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from zipfile import ZipFile

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

log = logging.getLogger(__name__)

_OPEN = (
    '<svg class="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
)


class UnknownIcon(LookupError):
    """No icon of that name in the installed set."""


@cache
def _archive() -> ZipFile:
    # Held in memory (under a megabyte): no file stays open for the life of the process.
    return ZipFile(BytesIO(resources.files("lucide").joinpath("lucide.zip").read_bytes()))


@cache
def _shapes(name: str) -> str:
    try:
        svg = _archive().read(f"{name}.svg").decode()
    except KeyError:
        raise UnknownIcon(name) from None
    inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)
    return re.sub(r"\s+", " ", inner.group(1) if inner else "").replace("> <", "><").strip()


@lru_cache(maxsize=1024)
def icon(name: str, cls: str = "") -> SafeString:
    """The icon ``name``; decorative, so the words beside it carry the meaning."""
    try:
        shapes = _shapes(name)
    except UnknownIcon:
        if settings.DEBUG:
            raise
        # A misspelt name must not take a page down; the tests find it.
        log.warning("unknown icon", extra={"icon": name})
        shapes = '<circle cx="12" cy="12" r="9"/>'
    return mark_safe(_OPEN.format(escape(f"i {cls}".strip()), shapes))  # noqa: S308 - shapes come from the package
