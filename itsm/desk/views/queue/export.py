"""The list as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from itsm.desk.services import export
from itsm.desk.views.queue.access import desk_only, state_of


@require_GET
@desk_only
def csv(request: HttpRequest) -> StreamingHttpResponse:
    user: Any = request.user
    lines = export.export(state_of(request), actor=user)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tickets-{timezone.localtime():%Y-%m-%d-%H%M}.csv"'
    response["Cache-Control"] = "no-store"
    return response
