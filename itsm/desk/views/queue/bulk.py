"""Doing something to many tickets, and taking it back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from itsm.desk.forms.bulk import form_for
from itsm.desk.models import BulkAction
from itsm.desk.services import bulk
from itsm.desk.views.queue.access import desk_only, state_of
from itsm.lib.errors import Invalid
from itsm.tickets.models import Ticket
from itsm.ui import htmx
from itsm.ui import pages as ui
from itsm.ui.links import safe_next


@require_POST
@desk_only
def index(request: HttpRequest) -> HttpResponse:
    """Ask what the action needs, or do it at once when it needs nothing."""
    user: Any = request.user
    action = bulk.ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise Http404
    ids = selected(request)
    chosen = set(
        Ticket.objects.visible_to(user).filter(pk__in=ids).order_by().values_list("kind", flat=True).distinct()
    )
    if not chosen:
        raise Invalid({"ids": _("Choose at least one ticket.")})
    applied = "apply" in request.POST
    form = form_for(action, user, chosen, request.POST if applied else None)
    if form is not None and not (applied and form.is_valid()):
        title = ngettext("%(action)s: %(n)d ticket", "%(action)s: %(n)d tickets", len(ids)) % {
            "action": action.label, "n": len(ids),
        }  # fmt: skip
        return ui.page(
            request, "desk/queue/bulk.html", part="desk/queue/_bulk_form.html", title=title, form=form, action=action,
            ids=ids, next=back_of(request),
        )  # fmt: skip
    done = bulk.run(action, ids, actor=user, data=form.cleaned_data if form is not None else {})
    return _outcome(request, done)


def selected(request: HttpRequest) -> list[int]:
    """The ids that were ticked, or all of the list when that box was ticked."""
    user: Any = request.user
    if request.POST.get("all") and "apply" not in request.POST:
        state = state_of(request, request.POST.get("query", ""))
        rows = state.filters.tickets(user).order_by(*state.sort.order)
        ids = list(rows.values_list("pk", flat=True)[: bulk.MOST + 1])
    else:
        ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isascii() and pk.isdigit() and int(pk) < 2**63]
    if len(ids) > bulk.MOST:
        raise Invalid({"ids": _("At most %d tickets at a time. Narrow the list down first.") % bulk.MOST})
    return list(dict.fromkeys(ids))


def back_of(request: HttpRequest) -> str:
    return safe_next(request, reverse("desk:queue"))


def _outcome(request: HttpRequest, done: BulkAction) -> HttpResponse:
    """All well: a toast with undo on the list. Otherwise a page or panel that names every refusal."""
    good = sum(row["ok"] for row in done.rows)
    undo = reverse("desk:bulk-undo", args=[done.pk]) if bulk.can_undo(done) else ""
    text = ngettext("%(action)s: %(n)d ticket done", "%(action)s: %(n)d tickets done", good) % {
        "action": done.label, "n": good,
    }  # fmt: skip
    if good == len(done.rows):
        ui.say(request, text, undo=undo)
        return _list_again(request, HttpResponse(""))
    context = {
        "title": text, "rows": done.rows, "good": good, "bad": len(done.rows) - good, "undo": undo,
        "next": back_of(request),
    }  # fmt: skip
    response = ui.page(request, "desk/queue/bulk_result.html", part="desk/queue/_bulk_result.html", **context)
    return _list_again(request, response) if htmx.is_htmx(request) else response


def _list_again(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The list draws itself anew; without script the browser goes back to it."""
    if htmx.is_htmx(request):
        return htmx.trigger(response, "queue-changed")
    return ui.redirect(request, back_of(request))


@require_POST
@desk_only
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what the action changed."""
    user: Any = request.user
    done = get_object_or_404(BulkAction, pk=pk, actor=user)
    rows = bulk.undo(done, actor=user)
    bad = [row for row in rows if not row.ok]
    good = len(rows) - len(bad)
    if bad:
        named = "; ".join(f"{row.ticket.number}: {row.reason}" for row in bad[:5])
        more = f" (+{len(bad) - 5})" if len(bad) > 5 else ""
        ui.say(
            request,
            _("%(good)d of %(all)d put back. %(named)s") % {"good": good, "all": len(rows), "named": named + more},
            tone="amber",
        )
    else:
        ui.say(request, ngettext("%d ticket put back", "%d tickets put back", good) % good, tone="grey")
    return _list_again(request, HttpResponse(status=204))
