"""Addresses that keep the state of the page: the address is the state."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

#: Where the reader is in a list; meaningless once filter or order change.
CURSORS = ("cursor", "page")


def url_with(request_or_query: HttpRequest | QueryDict, **changes: Any) -> str:
    """The query of this page with some parameters changed: ``?state=new&sort=due``.

    ``None`` or "" removes a parameter, a list sets several values. Any change other than of the cursor
    itself goes back to the first page. Returns "?" when nothing is left, which still clears the filters.
    """
    query = request_or_query.GET if isinstance(request_or_query, HttpRequest) else request_or_query
    params = query.copy()
    if not set(changes) <= set(CURSORS):
        for name in CURSORS:
            params.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        elif isinstance(value, list | tuple | set):
            params.setlist(name, [str(v) for v in value])
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """Where to go after a form: ``next`` or the page it was sent from, never another site."""
    for url in (request.POST.get("next"), request.GET.get("next"), request.headers.get("Referer")):
        if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return fallback
