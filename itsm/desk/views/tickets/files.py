"""Downloads: always as a file, never shown in the page's own name."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from itsm.tickets.models import Attachment, Ticket
from itsm.tickets.services.access import sees_inside


@require_safe
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """A file of a ticket the person may see; requesters get public ones only."""
    found = get_object_or_404(Attachment, pk=pk)
    rows = Ticket.objects.visible_to(request.user).only("pk", "requester_id", "restricted_to_id")
    ticket = get_object_or_404(rows, pk=found.ticket_id)
    if not (found.public or sees_inside(ticket, request.user)):
        raise Http404
    if not found.file.storage.exists(found.file.name):
        raise Http404
    response = FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.name, content_type=found.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    # Should a browser show it after all: no scripts, no origin.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
