"""The only place that reads and writes HX- headers."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString


def is_htmx(request: HttpRequest) -> bool:
    """Whether a fragment is wanted. A boosted link or a restored history entry wants the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )


def target(request: HttpRequest) -> str:
    """The id of the element that gets the answer, or ""."""
    return request.headers.get("HX-Target", "")


def current_url(request: HttpRequest) -> str:
    """The page the person is on, which is not the address of the fragment."""
    return request.headers.get("HX-Current-URL", "")


def redirect(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Go to another page: a header for htmx, a plain 302 for a browser. ``to`` is what ``resolve_url`` takes."""
    url = resolve_url(to, *args, **kwargs)
    if is_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def refresh(request: HttpRequest, fallback: Any = "") -> HttpResponse:
    """Load the current page again; a browser without script goes to ``fallback`` or back to the same address."""
    if is_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return HttpResponseRedirect(resolve_url(fallback) if fallback else request.get_full_path())


def leaves_page(response: HttpResponse) -> bool:
    """The response makes the browser load another page, so what belongs to this one would be lost."""
    return any(name in response for name in ("HX-Redirect", "HX-Refresh", "HX-Location"))


def trigger(response: HttpResponse, event: str, detail: Any = None) -> HttpResponse:
    """Fire ``event`` in the browser beside those already set; the same event again replaces its detail."""
    events: dict[str, Any] = json.loads(response.get("HX-Trigger", "{}"))
    events[event] = detail if detail is not None else {}
    response["HX-Trigger"] = json.dumps(events)  # ASCII by default, which a header needs
    return response


def push_url(response: HttpResponse, url: str) -> HttpResponse:
    """Put ``url`` into the address bar."""
    response["HX-Push-Url"] = url
    return response


def retarget(response: HttpResponse, selector: str, swap: str = "innerHTML") -> HttpResponse:
    """Put the answer somewhere else than the request asked for."""
    response["HX-Retarget"], response["HX-Reswap"] = selector, swap
    return response


def explained(response: HttpResponse) -> HttpResponse:
    """The answer itself says what is wrong: no toast has to."""
    if response.status_code >= 400:
        response["X-Explained"] = "1"
    return response


def only_oob(response: HttpResponse) -> HttpResponse:
    """Swap nothing but the out-of-band parts: the element that asked stays as it is."""
    response["HX-Reswap"] = "none"
    return response


def stop_polling(response: HttpResponse) -> HttpResponse:
    """The last answer of a poll: 286 swaps and stops."""
    response.status_code = 286
    return response


def oob(html: SafeString, element_id: str, swap: str = "innerHTML") -> SafeString:
    """Wrap HTML so that htmx puts it into ``#element_id`` besides the main answer."""
    return format_html('<div hx-swap-oob="{}:#{}">{}</div>', swap, element_id, html)


def vary(response: HttpResponse) -> HttpResponse:
    """The same address answers with a page or a fragment: caches must tell them apart."""
    patch_vary_headers(response, ("HX-Request", "HX-Boosted", "HX-History-Restore-Request"))
    return response
