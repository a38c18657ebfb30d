"""The ticket itself, its timeline, and the pulse that keeps it fresh."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from itsm.desk.record import page, presence, timeline, trail
from itsm.desk.views.tickets import shared
from itsm.tickets.models import CannedReply, Ticket
from itsm.ui import pages as ui
from itsm.ui.htmx import is_htmx, only_oob, stop_polling, target
from itsm.workflow import macros


@require_safe
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    found = page.fetch(request.user, number) if request.user.is_desk else None
    if found is None:
        return _to_portal(request, number)
    if found.number != number:
        return redirect(found.get_absolute_url())
    page.note_visit(found, request.user)
    presence.tell(found, request.user)
    show = request.GET.get("show", "all")
    context = page.assemble(found, request.user, show=show, before=request.GET.get("before", ""))
    context["position"] = trail.around(request.session, found.number)
    context["typed"] = _prefilled(request, found)
    context["swapped"] = is_htmx(request) and target(request) == "activity"
    part = "desk/ticket/_activity.html" if context["swapped"] else ""
    return ui.page(request, "desk/ticket/ticket.html", part=part, title=f"{found.number} {found.title}", **context)


def _to_portal(request: HttpRequest, number: str) -> HttpResponse:
    """Whoever reads it as its requester only reads it on the portal."""
    found = Ticket.objects.visible_to(request.user).numbered(number).only("id", "kind").first()
    if found is None:
        raise Http404
    return redirect(shared.portal_url(found.number))


def _prefilled(request: HttpRequest, found: Ticket) -> str:
    """A canned reply chosen on its page, for those without script."""
    chosen = request.GET.get("canned", "")
    if not chosen.isdigit():
        return ""
    canned = macros.canned_for(request.user).filter(pk=chosen[:18]).first()
    return macros.fill_in(canned.body, found, request.user) if isinstance(canned, CannedReply) else ""


@require_safe
def earlier(request: HttpRequest, number: str) -> HttpResponse:
    """The page of entries before a cursor, to stand above those that are shown."""
    found = shared.desk_ticket(request, number)
    show = request.GET.get("show", "all")
    context = page.assemble(found, request.user, show=show, before=request.GET.get("before", ""))
    return ui.page(
        request, "desk/ticket/ticket.html", part="desk/ticket/_earlier.html", title=f"{found.number} {found.title}",
        position=trail.around(request.session, found.number), typed="", **context,
    )  # fmt: skip


@require_safe
def pulse(request: HttpRequest, number: str) -> HttpResponse:
    """Every 15 seconds: tell who is here; when something happened, bring it along."""
    found = page.fetch(request.user, number) if request.user.is_desk else None
    if found is None:
        return stop_polling(HttpResponse())
    presence.tell(found, request.user, request.GET.get("writing", ""))
    here = {"others": presence.others(found, request.user), "ticket": found, "oob": True}
    html = render_to_string("desk/ticket/_presence.html", here, request=request)
    known = shared.after(request)
    newest = timeline.newest(found)
    stale = request.GET.get("version", "") != str(found.version)
    if known is not None and (stale or newest > known):
        html += shared.refreshed(request, found)
        page.note_visit(found, request.user)
    return only_oob(HttpResponse(html))
