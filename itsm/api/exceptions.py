"""Every refusal of the API as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelInvalid
from django.core.signals import got_request_exception
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from itsm.lib import context
from itsm.lib.errors import DomainError, Invalid, Stale

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: What a client should wait for a busy database, in seconds.
BUSY_SECONDS = 2
#: PostgreSQL: lock not available, deadlock, serialization failure, statement timeout, too many connections, shutdown.
BUSY_STATES = {"55P03", "40P01", "40001", "57014", "53300", "57P01", "57P02", "57P03"}


class BadQuery(exceptions.APIException):
    """A parameter of the address that makes no sense (400)."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "bad_query"

    def __init__(self, parameter: str, message: object) -> None:
        self.errors = {parameter: [str(message)]}
        super().__init__(str(message))


class TooLarge(exceptions.APIException):
    """A body beyond the limit (413)."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(_("At most %d bytes.") % limit)


class InsufficientScope(exceptions.PermissionDenied):
    """The token does not cover what is asked (403); ``WWW-Authenticate`` names the scope (RFC 6750)."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        self.headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        super().__init__(_("This token lacks the scope “%(scope)s”.") % {"scope": scope})


TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Internal error",
    503: "Try again",
}


def problem(
    code: int,
    detail: object,
    kind: str,
    *,
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem document; ``kind`` is the stable word programs look at, ``errors`` are messages by field."""
    body: dict[str, Any] = {
        "type": f"urn:itsm:problem:{kind}",
        "title": TITLES.get(code, "Error"),
        "status": code,
        "detail": str(detail),
        "code": kind,
    }
    if errors:
        body["errors"] = dict(errors)
    body.update({name: value for name, value in more.items() if value})
    if context.request_id.get():
        body["request_id"] = context.request_id.get()
    return Response(body, status=code, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def answer(error: Exception, view_context: dict[str, Any]) -> Response | None:
    """The ``EXCEPTION_HANDLER`` of the REST framework."""
    request = view_context.get("request")
    response = _answer(error)
    if response is None:
        # Django's handler would answer with a page. What it does besides: tell Sentry, tests and the log.
        got_request_exception.send(sender=None, request=getattr(request, "_request", request))
        log.exception("API request failed", exc_info=error)
        response = problem(500, _("Something went wrong here. It has been logged."), "internal")
    return response


def _answer(error: Exception) -> Response | None:
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, Http404):
        return problem(404, _("There is no such record, or you may not see it."), "not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or _("You may not do this."), "denied")
    if isinstance(error, ModelInvalid):
        return _invalid(_model_errors(error))
    if isinstance(error, RequestDataTooBig):
        return problem(413, _("The body is too large."), "too_large")
    if isinstance(error, MultiPartParserError | SuspiciousOperation):
        return problem(400, _("The body cannot be read."), "parse_error")
    if isinstance(error, DatabaseError | InterfaceError):
        return _database(error)
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    return None


def _domain(error: DomainError) -> Response:
    if isinstance(error, Invalid):
        return _invalid(error.fields)
    current = error.current if isinstance(error, Stale) else None
    links = [{"reason": reason, "url": url} for reason, url in error.links.items()]
    return problem(error.status, error.message, error.code, reasons=error.reasons, links=links, current=current)


def _invalid(errors: Mapping[str, list[str]]) -> Response:
    named = {("non_field_errors" if name in ("__all__", "") else name): texts for name, texts in errors.items()}
    first = next((text for texts in named.values() for text in texts), _("Invalid input."))
    return problem(422, first, "invalid", errors=named)


def _model_errors(error: ModelInvalid) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {name: list(texts) for name, texts in error.message_dict.items()}
    return {"": list(error.messages)}


def _database(error: Exception) -> Response | None:
    if isinstance(error, IntegrityError):
        return problem(409, _("That conflicts with another record. Somebody may have been faster."), "conflict")
    text = str(error)
    if not (isinstance(error, OperationalError | InterfaceError) and ("locked" in text or _is_busy(error.__cause__))):
        return None
    log.warning("database busy", extra={"error": text})
    return problem(
        503, _("The database is busy. Try again."), "busy", headers={"Retry-After": str(BUSY_SECONDS)}
    )  # fmt: skip


def _is_busy(cause: BaseException | None) -> bool:
    """What PostgreSQL says of itself. No state at all: the server was not reached."""
    for name in ("sqlstate", "pgcode"):
        if hasattr(cause, name):
            state = getattr(cause, name)
            return state is None or state in BUSY_STATES
    return False


def _framework(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = dict(getattr(error, "headers", {}))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.ValidationError):
        return _invalid(flat(error.detail))
    if isinstance(error, exceptions.Throttled):
        wait = max(1, round(error.wait or 1))
        text = _("Too many requests. Try again in %d s.") % wait
        return problem(429, text, "throttled", headers={**headers, "Retry-After": str(wait)})
    kind = error.get_codes()
    return problem(
        error.status_code, error.detail, kind if isinstance(kind, str) else "error",
        errors=getattr(error, "errors", None), headers=headers,
    )  # fmt: skip


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages of a serializer by dotted path: ``members.0.user``."""
    if isinstance(detail, dict):
        pairs = [(f"{path}.{name}" if path else str(name), value) for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = [(f"{path}.{index}" if path else str(index), item) for index, item in enumerate(detail) if item]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {path: [str(text) for text in texts]}
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        name = name.removesuffix(".non_field_errors") or "non_field_errors"
        for key, texts in flat(value, name).items():
            found.setdefault(key, []).extend(texts)
    return found
