"""Request plumbing that knows nothing of the product: request id, access log, headers, language and time zone."""

from __future__ import annotations

import logging
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.utils import timezone, translation

from . import house, metrics
from .context import request_id

access = logging.getLogger("itsm.access")

_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
#: Asked every few seconds by machines: counted, but not worth a line each.
_QUIET = {"/healthz", "/readyz", "/metrics"}

Handler = Callable[[Any], Any]


class RequestId:
    """Gives each request an id (or keeps the caller's), counts it, and writes its line in the access log."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        offered = request.headers.get("X-Request-ID", "")
        request.id = offered if _SAFE_ID.fullmatch(offered) else uuid.uuid4().hex
        token = request_id.set(request.id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request.id
            self._note(request, response, time.perf_counter() - started)
        finally:
            request_id.reset(token)
        return response

    def _note(self, request: Any, response: Any, seconds: float) -> None:
        match = request.resolver_match
        view = match.view_name or match.route if match else "none"
        method = request.method if request.method in _METHODS else "other"
        metrics.REQUESTS.labels(method, view, response.status_code).inc()
        metrics.LATENCY.labels(view).observe(seconds)
        if access.isEnabledFor(logging.INFO) and request.path not in _QUIET:
            # Only a user that this request already loaded: the log must not cost a query.
            user = getattr(request, "_cached_user", None)
            access.info(
                "%s %s %s",
                request.method,
                request.path,
                response.status_code,
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "ms": round(seconds * 1000, 1),
                    "view": view,
                    "user": getattr(user, "pk", None),
                },
            )


class Headers:
    """Headers that Django and django-csp do not send."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class ContentSecurityPolicy(CSPMiddleware):  # type: ignore[misc]
    """The strict policy everywhere but in the database admin, whose theme needs inline code."""

    def get_policy_parts(self, request: Any, response: Any, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.replace is None and request.path_info.startswith("/admin/"):
            parts.replace = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class UserPreferences:
    """Activates the language and the time zone of the person who asks, for the time of the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        user = request.user
        if not user.is_authenticated:
            # No session said which version of the house is stored: somebody signing in, or a machine with a token.
            house.refresh()
            return self.get_response(request)
        with timezone.override(_zone(getattr(user, "timezone", ""))):
            language = getattr(user, "language", "")
            if not language or not translation.check_for_language(language):
                return self.get_response(request)
            with translation.override(language):
                request.LANGUAGE_CODE = translation.get_language()
                response = self.get_response(request)
                response.headers["Content-Language"] = translation.get_language()
                return response


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    if not name:
        return timezone.get_default_timezone()  # type: ignore[return-value]
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()  # type: ignore[return-value]
