"""Answers of a view: a page, a fragment, "see this record". ``from itsm.ui import pages as ui``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from itsm.ui import htmx
from itsm.ui.htmx import is_htmx, redirect, refresh
from itsm.ui.reference import Column, DeletePage, FormPage, ListPage
from itsm.ui.toasts import say

__all__ = [
    "Column", "DeletePage", "FormPage", "ListPage",
    "is_htmx", "page", "redirect", "refresh", "render_part", "say", "see",
]  # fmt: skip


def page(request: HttpRequest, template: str, *, part: str = "", status: int = 200, **context: Any) -> HttpResponse:
    """Render a page; with ``part`` htmx gets that fragment alone, and the page includes the same file.

    A bound form with errors answers 422 by itself, so htmx swaps it and the browser shows it.
    """
    form = context.get("form")
    if status == 200 and form is not None and getattr(form, "is_bound", False) and form.errors:
        status = 422
    chosen = part if part and is_htmx(request) else template
    return htmx.vary(render(request, chosen, context, status=status))


def render_part(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a fragment that has no page of its own."""
    return htmx.vary(render(request, template, context, status=status))


def see(request: HttpRequest, target: Any, text: object = "", *, undo: str = "", tone: str = "green") -> HttpResponse:
    """The end of a verb: go to the record (has ``get_absolute_url``), URL name or path, saying what was done."""
    if text:
        say(request, text, undo=undo, tone=tone)
    return redirect(request, target)
