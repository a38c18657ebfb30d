"""Refusals and failures as pages, or as a toast for htmx. ``server_error`` never touches the database."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from itsm.lib.errors import DomainError, Invalid, Stale
from itsm.ui import htmx

#: Fields whose content is never repeated on an error page.
SECRET_WORDS = ("password", "token", "secret", "code", "credential", "csrf")


def explained(request: HttpRequest, template: str, status: int, context: dict[str, Any]) -> HttpResponse:
    """The page ``template``, or for htmx a toast with the same words that stays until it is dismissed."""
    if htmx.is_htmx(request):
        html = render_to_string("ui/_refused.html", {"tone": "red", **context}, request=request)
        response = HttpResponse(html, status=status)
        htmx.retarget(response, "#toasts", "beforeend")
    else:
        response = HttpResponse(render_to_string(template, context, request=request), status=status)
    # Tells the script that the answer itself says what happened.
    response["X-Explained"] = "1"
    return htmx.vary(response)


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """What the middleware answers when a service raised a ``DomainError``: 403, 409 or 422."""
    status = 409 if isinstance(error, Stale) else error.status
    reasons = (
        [m for messages in error.fields.values() for m in messages] if isinstance(error, Invalid) else error.reasons
    )
    titles = {
        403: _("You may not do this"),
        409: _("Someone else saved first") if isinstance(error, Stale) else _("That is not possible now"),
    }
    context = {
        "title": titles.get(status, _("There is a problem")),
        "message": error.message,
        "reasons": reasons,
        "needs": [(reason, error.links.get(reason, "")) for reason in reasons],
        "current": getattr(error, "current", {}),
        "kept": kept_text(request),
        "back": request.headers.get("Referer", ""),
    }
    return explained(request, "403.html" if status == 403 else "409.html", status, context)


def kept_text(request: HttpRequest) -> list[str]:
    """What the person wrote, so that a refusal does not lose it."""
    if request.method != "POST":
        return []
    return [
        value
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in SECRET_WORDS)
        for value in values
        if len(value) >= 10
    ]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    context = {"title": _("That address or form is not valid"), "reasons": [_("Go back and try again.")]}
    return explained(request, "400.html", 400, context)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception) if exception and str(exception) else _("Your roles do not include this page.")
    return explained(request, "403.html", 403, {"title": _("You may not see this"), "reasons": [reason]})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    context = {
        "title": _("There is no such page"),
        "reasons": [
            _("It does not exist, or you may not see it. Check the number, or search for words from the subject.")
        ],
    }
    return explained(request, "404.html", 404, context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """``CSRF_FAILURE_VIEW``: a form that was open too long, cookies switched off, or a forgery."""
    context = {
        "title": _("This form is too old"),
        "reasons": [
            _(
                "It was opened before you signed in, or cookies are switched off. "
                "Load the page again and send it once more."
            )
        ],
        "kept": kept_text(request),
        "back": request.headers.get("Referer", ""),
    }
    return explained(request, "403_csrf.html", 403, context)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``: no request context, so neither session nor user are read."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=500)
    context = {"request_id": getattr(request, "request_id", "") or getattr(request, "id", "")}
    return HttpResponse(render_to_string("500.html", context), status=500)
