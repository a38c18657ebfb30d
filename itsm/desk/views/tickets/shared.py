"""What the views of a ticket share: fetching it for the desk, and answering after a change."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from itsm.desk.record import page, trail
from itsm.lib.errors import Denied
from itsm.ui import pages as ui
from itsm.ui.htmx import explained, is_htmx, only_oob, retarget, trigger, vary


def desk_ticket(request: HttpRequest, number: str) -> Any:
    """The ticket as its own kind, for staff; 404 for whoever may not see it, and for requesters."""
    ticket = page.fetch(request.user, number) if request.user.is_desk else None
    if ticket is None:
        raise Http404
    return ticket


def writable(request: HttpRequest, number: str) -> Any:
    """The same for somebody who may write; an auditor reads (403)."""
    ticket = desk_ticket(request, number)
    if not request.user.acts_for_desk:
        raise Denied(_("You read tickets and change nothing."))
    return ticket


def sent(request: HttpRequest) -> Any:
    """The data of a form that was sent, also of an empty one; ``None`` when it is only looked at."""
    return request.POST if request.method == "POST" else None


def url_of(ticket: Any, name: str = "ticket", *more: Any) -> str:
    return reverse(f"desk:{name}", args=[ticket.number, *more])


def portal_url(number: str) -> str:
    """Where requesters read their tickets; the portal stands above the desk, so it is known by name only."""
    try:
        return reverse("operation:portal-ticket", args=[number])
    except NoReverseMatch:
        return f"/portal/tickets/{number}/"


def after(request: HttpRequest) -> int | None:
    """The newest entry the page shows, as it says."""
    text = request.POST.get("after") or request.GET.get("after") or ""
    return int(text) if text.isdigit() and int(text) < 2**63 else None


def changed(
    request: HttpRequest, ticket: Any, text: str = "", *, main: str = "", undo: str = "", at: str = ""
) -> HttpResponse:
    """After a change: htmx gets every part of the page that may differ, a browser goes back to the ticket.

    ``main`` is what replaces the element the request was made for; without it nothing is swapped there.
    """
    if text:
        ui.say(request, text, undo=undo)
    fresh = page.fetch(request.user, ticket.number)
    if fresh is None:
        # It was handed to a restricted team: there is nothing left to show.
        return ui.redirect(request, trail.back(request.session) or "/")
    # What a person changed themselves is not news to them in the queue.
    page.note_visit(fresh, request.user, changed=True)
    if not is_htmx(request):
        return ui.redirect(request, fresh.get_absolute_url() + at)
    parts = refreshed(request, fresh)
    response = HttpResponse(main + parts)
    if not main:
        only_oob(response)
    trigger(response, "close-dialog")
    return vary(response)


def refreshed(request: HttpRequest, ticket: Any) -> str:
    """Every part of the page as out-of-band swaps."""
    show = request.POST.get("show") or request.GET.get("show") or "all"
    known = after(request)
    # A request from a page without a timeline has none to add to.
    context = page.assemble(ticket, request.user, show=show, after=2**62 if known is None else known)
    context["grows"] = known is not None
    context["position"] = trail.around(request.session, ticket.number)
    return render_to_string("desk/ticket/_refresh.html", {**context, "oob": True}, request=request)


def dialog(request: HttpRequest, title: str, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A form: inside the dialog for htmx, on a page of its own without script."""
    full = "desk/ticket/dialog.html" if is_htmx(request) else "desk/ticket/form_page.html"
    response = ui.render_part(request, full, status=status, title=title, body=template, **context)
    if is_htmx(request) and request.method == "POST":
        # Asked for from wherever: the answer with its errors belongs into the dialog.
        retarget(response, "#dialog-body", "innerHTML")
    return explained(response)
