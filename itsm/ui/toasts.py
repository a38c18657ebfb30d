"""Toasts: what was just done, with undo. One call serves htmx (a header) and full pages (a message)."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from itsm.ui import htmx

LEVELS = {"green": messages.SUCCESS, "grey": messages.INFO, "amber": messages.WARNING, "red": messages.ERROR}
_TONES = {"success": "green", "info": "grey", "debug": "grey", "warning": "amber", "error": "red"}


class Toast(NamedTuple):
    text: str
    tone: str = "green"
    undo: str = ""


def say(request: HttpRequest, text: object, *, undo: str = "", tone: str = "green") -> None:
    """Tell the person what happened; ``undo`` is an address that takes it back by POST.

    The middleware delivers it: with the htmx response, or on the next full page.
    """
    waiting = request.__dict__.setdefault("_ui_toasts", [])
    waiting.append(Toast(str(text), tone if tone in LEVELS else "green", undo))


def deliver(request: HttpRequest, response: HttpResponse) -> None:
    """Send what was said in this request with the response, or keep it for the page that comes next."""
    waiting: list[Toast] = request.__dict__.pop("_ui_toasts", [])
    if not waiting:
        return
    if htmx.is_htmx(request) and not htmx.leaves_page(response):
        for toast in waiting:
            htmx.trigger(response, "toast", toast._asdict())
        return
    for toast in waiting:
        tags = f"tone={toast.tone}" + (f" undo={toast.undo}" if toast.undo else "")
        messages.add_message(request, LEVELS[toast.tone], toast.text, extra_tags=tags, fail_silently=True)


def toast_parts(message: Any = None, text: object = "", tone: str = "", undo: str = "") -> Toast:
    """Template helper: text, tone and undo of a Django message or of plain values."""
    if not message:
        return Toast(str(text or ""), tone or "green", undo or "")
    tags = dict(part.split("=", 1) for part in (message.extra_tags or "").split() if "=" in part)
    undo = tags.get("undo", "")
    # Only our own addresses: a message is data, and this becomes the action of a form.
    local = undo.startswith("/") and not undo.startswith("//")
    return Toast(str(message), tags.get("tone") or _TONES.get(message.level_tag, "grey"), undo if local else "")
