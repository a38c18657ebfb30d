"""Refusals become answers people can read; toasts reach their page; an ended session reaches htmx.

Stands after the authentication and the message middleware.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from itsm.lib.errors import DomainError
from itsm.ui import errors, htmx, toasts


class UiMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if htmx.is_htmx(request):
            response = self._whole_page_for_login(request, response)
        toasts.deliver(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError) and not request.path.startswith("/api/"):
            return errors.refused(request, exception)
        return None

    @staticmethod
    def _whole_page_for_login(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """A session that ran out must not put the sign-in form into a table cell."""
        if not isinstance(response, HttpResponseRedirect):
            return response
        login = resolve_url(settings.LOGIN_URL)
        if urlsplit(response.url).path != login:
            return response
        here = urlsplit(htmx.current_url(request))
        back = here.path + (f"?{here.query}" if here.query else "")
        query = f"?next={quote(back)}" if back else ""
        return htmx.redirect(request, login + query)
