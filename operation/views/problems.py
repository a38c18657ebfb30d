"""The known-error database, and the ways from an incident to its cause."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import keyset
from itsm.ui import pages as ui
from operation import known_errors
from operation.models import Incident, Problem
from operation.problem_policies import works
from operation.services import problems
from operation.views.portal.home import query_of

PAGE_SIZE = 25


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What is known to be wrong and not removed yet, newest first, with search."""
    user: Any = request.user
    if not user.is_desk:
        raise Http404
    query = query_of(request)
    rows = known_errors.search(user, query).select_related("service")
    page = keyset.paginate(rows, ["-id"], request.GET.get("cursor", ""), PAGE_SIZE)
    counted = known_errors.with_incidents(Problem.objects.for_desk(user).filter(pk__in=[one.pk for one in page]))
    counts = {pk: (all_, open_) for pk, all_, open_ in
              counted.order_by().values_list("pk", "incidents", "open_incidents")}  # fmt: skip
    found = [(one, *counts.get(one.pk, (0, 0))) for one in page]
    return ui.page(
        request, "operation/problem/known_errors.html", part="operation/problem/_known_errors.html",
        title=_("Known errors"), query=query, page=page, rows=found, works=works(user),
    )  # fmt: skip


def _incident(request: HttpRequest, number: str) -> Incident:
    if not request.user.is_desk:
        raise Http404
    incident = get_object_or_404(Incident.objects.visible_to(request.user).numbered(number))
    if not works(request.user):
        raise Denied(_("Only agents and problem managers work problems."))
    return incident  # type: ignore[return-value]


@require_POST
def from_incident(request: HttpRequest, number: str) -> HttpResponse:
    """One click from an incident to the search for its cause."""
    incident = _incident(request, number)
    made = problems.from_incident(incident, actor=request.user, source=Source.WEB)
    return ui.see(request, made, _("%(number)s looks for the cause of %(incident)s")
                  % {"number": made.number, "incident": incident.number})  # fmt: skip


@require_POST
def apply(request: HttpRequest, number: str, problem: str) -> HttpResponse:
    """One click: reply with the workaround, and link; ``wait`` also puts the incident on hold until the fix."""
    incident = _incident(request, number)
    known = get_object_or_404(Problem.objects.for_desk(request.user).numbered(problem))
    wait = request.POST.get("wait") == "1"
    problems.apply_workaround(incident, known, actor=request.user, source=Source.WEB, wait=wait)
    said = _("%(person)s was told what helps.")
    if wait:
        said = _("%(person)s was told what helps. It waits for the fix.")
    return ui.see(request, incident, said % {"person": incident.requester})


@require_POST
def link(request: HttpRequest, number: str, problem: str) -> HttpResponse:
    """The incident is caused by a problem that is known, workaround or not."""
    incident = _incident(request, number)
    known = get_object_or_404(Problem.objects.for_desk(request.user).numbered(problem))
    problems.from_incident(incident, actor=request.user, source=Source.WEB, problem=known)
    return ui.see(request, incident, _("Linked with %(number)s") % {"number": known.number})
