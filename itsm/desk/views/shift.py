"""My shift: the start page of everybody who works tickets."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.desk.reports import shift
from itsm.lib import clock
from itsm.ui import pages as ui


@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    """What waits for this person now; the lists refresh themselves."""
    if not request.user.is_desk:
        raise Http404
    now = clock.now()
    return ui.page(
        request, "desk/shift/page.html", part="desk/shift/_cards.html", title=_("My shift"),
        shift=shift.read(request.user, now), now=now,
    )  # fmt: skip
