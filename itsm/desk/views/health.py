"""Answers for machines that watch the installation."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from itsm.desk import health
from itsm.lib import metrics


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive and answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    checks = health.report()
    ready = all(check.ok for check in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": {name: asdict(c) for name, c in checks.items()}}
    response = JsonResponse(body, status=200 if ready else 503)
    # Not ready is an answer, not an error of this page: it needs no line in the log every few seconds.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@login_not_required
@require_safe
@never_cache
def metrics_page(request: HttpRequest) -> HttpResponse:
    if not _may_scrape(request):
        return HttpResponse("Metrics need the token of METRICS_TOKEN.\n", status=403, content_type="text/plain")
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_scrape(request: HttpRequest) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        return secrets.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy every request comes from this machine, so the address proves nothing there.
    return not settings.PROXY_COUNT and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
