"""Looking closer: how clocks were counted, who sees the ticket, who changed what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.accounts.models import User
from itsm.desk.record import changes, clocks
from itsm.desk.views.tickets import shared
from itsm.lib import clock
from itsm.sla.services import ledger
from itsm.tickets.services.access import explain
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.ui.htmx import is_htmx

PER_PAGE = 50


@require_safe
def sla(request: HttpRequest, number: str) -> HttpResponse:
    """Every clock, every minute; one clock alone for the panel (``?clock=``)."""
    ticket = shared.desk_ticket(request, number)
    now = clock.now()
    explained = ledger.of_ticket(ticket, now=now)
    wanted = request.GET.get("clock", "")
    if wanted:
        explained = [one for one in explained if str(one.clock.pk) == wanted]
    context = {"ticket": ticket, "ledgers": [(clocks.view(one.clock, now), one) for one in explained]}
    if wanted and is_htmx(request):
        return ui.render_part(request, "desk/ticket/_ledger.html", **context)
    title = _("%(number)s: how the clocks were counted") % {"number": ticket.number}
    return ui.page(request, "desk/ticket/sla.html", title=title, **context)


@require_safe
def access(request: HttpRequest, number: str) -> HttpResponse:
    """Why can I see this, and who else may."""
    ticket = shared.desk_ticket(request, number)
    who = request.GET.get("person", "").strip().replace("\x00", "")
    person = User.objects.people().filter(email__iexact=who).first() if who else request.user
    return shared.dialog(
        request, _("Who sees this ticket"), "desk/ticket/_access.html", ticket=ticket, person=person, who=who,
        found=explain(person, ticket) if person else None, watchers=ticket.watchers.select_related("user")[:50],
    )  # fmt: skip


@require_safe
def audit(request: HttpRequest, number: str) -> HttpResponse:
    """Who changed which field, when, from what to what."""
    ticket = shared.desk_ticket(request, number)
    page = keyset.paginate(changes.entries_of(ticket), ["-id"], request.GET.get("cursor", ""), PER_PAGE)
    title = _("%(number)s: audit") % {"number": ticket.number}
    return ui.page(
        request,
        "desk/ticket/audit.html",
        title=title,
        ticket=ticket,
        page=page,
        rows=changes.readable(ticket, page.items),
    )
