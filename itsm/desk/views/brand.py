"""What browsers fetch to show the organisation's colour and logo; open to everybody, as the sign-in page is."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from itsm.accounts.models import Logo
from itsm.lib import house
from itsm.ui import shades

#: The address changes with what is behind it.
FOREVER = "public, max-age=31536000, immutable"
_COLOUR = re.compile(r"[0-9a-f]{6}\Z")


@login_not_required
@require_safe
def style(request: HttpRequest, version: int) -> HttpResponse:
    """The accent as a style sheet."""
    here = house.current()
    if here.version != version:
        # This process may not know yet what the page that names this address was drawn with.
        house.forget()
        here = house.current()
    answer = HttpResponse(shades.of(here.accent).css() if here.accent else "", content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = FOREVER if here.version == version else "no-cache"
    return answer


@login_not_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Shades of any colour, for the preview in the settings alone."""
    colour = request.GET.get("accent", "")
    if not _COLOUR.match(colour):
        raise Http404
    css = shades.of(f"#{colour}").css().replace(":root", ".brand-preview")
    answer = HttpResponse(css, content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = FOREVER
    return answer


@login_not_required
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The picture; opened by itself it may run and load nothing."""
    found = Logo.objects.filter(digest=digest).first()
    if found is None:
        raise Http404
    answer = HttpResponse(bytes(found.data), content_type=found.content_type)
    answer["Cache-Control"] = FOREVER
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer["Content-Disposition"] = "inline"
    return answer


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="{}"/>'
    '<path d="M9 17.5l5 5L23 11" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round"'
    ' stroke-linejoin="round"/></svg>'
)


@login_not_required
@require_safe
def icon(request: HttpRequest, version: int) -> HttpResponse:
    """The product's sign in the organisation's colour, for the tab of the browser."""
    here = house.current()
    colour = shades.of(here.accent).accent[0] if here.accent else "#3353c9"
    answer = HttpResponse(ICON.format(colour), content_type="image/svg+xml")
    answer["Cache-Control"] = FOREVER if here.version == version else "no-cache"
    return answer
