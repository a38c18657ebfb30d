"""The preview beside the list: what a ticket is about, its last words, and the two things done most."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from itsm.desk.record.page import note_visit
from itsm.desk.reports import queue
from itsm.desk.reports.layout import COLUMNS
from itsm.desk.services import bulk
from itsm.desk.views.queue.access import desk_only
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.ui import htmx
from itsm.ui import pages as ui
from itsm.workflow import conversation, macros

#: Of a long description this much is shown; the rest is one click away.
LONGEST = 1500
ENTRIES = 3


class QuickReplyForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Quick reply"), max_length=conversation.MAX_BODY, widget=forms.Textarea(attrs={"rows": 2})
    )


def _ticket_or_404(request: HttpRequest, number: str) -> Ticket:
    user: Any = request.user
    found = Ticket.objects.visible_to(user).numbered(number).first()
    if found is None:
        raise Http404
    return found


@require_GET
@desk_only
def peek(request: HttpRequest, number: str) -> HttpResponse:
    """The panel; without script the ticket itself is the preview."""
    ticket = _ticket_or_404(request, number)
    if not htmx.is_htmx(request):
        return ui.redirect(request, f"/tickets/{ticket.number}/")
    return _panel(request, ticket.pk)


@require_POST
@desk_only
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the requester from the preview."""
    user: Any = request.user
    ticket = _ticket_or_404(request, number)
    form = QuickReplyForm(request.POST)
    if form.is_valid():
        body = macros.fill_in(form.cleaned_data["body"], ticket, user)
        conversation.reply(ticket, body, actor=user, source="web")
        ui.say(request, _("Reply sent to %s") % ticket.requester)
        form = QuickReplyForm()
    if not htmx.is_htmx(request):
        return ui.redirect(request, f"/tickets/{ticket.number}/")
    return _panel(request, ticket.pk, form=form)


@require_POST
@desk_only
def take(request: HttpRequest, number: str) -> HttpResponse:
    """Assign to me, with undo like every assignment from the list."""
    user: Any = request.user
    ticket = _ticket_or_404(request, number)
    done = bulk.run(bulk.ACTIONS["assign_me"], [ticket.pk], actor=user, data={})
    row = done.rows[0]
    undo = f"/queue/bulk/{done.pk}/undo/" if bulk.can_undo(done) else ""
    if row["ok"]:
        ui.say(request, _("%s assigned to you") % row["number"], undo=undo)
    else:
        ui.say(request, row["reason"], tone="red")
    if not htmx.is_htmx(request):
        return ui.redirect(request, f"/tickets/{ticket.number}/")
    return htmx.trigger(_panel(request, ticket.pk), "queue-changed")


def _panel(request: HttpRequest, pk: int, *, form: QuickReplyForm | None = None) -> HttpResponse:
    user: Any = request.user
    rows = Ticket.objects.visible_to(user).filter(pk=pk).annotate(text=Substr("description", 1, LONGEST + 1))
    row = rows.values(*LIST_FIELDS, "text", "organisation_id", "channel").first()
    if row is None:
        # Given away just now to a team whose tickets this person does not see.
        return HttpResponse("")
    queue.finish([row], user, columns=list(COLUMNS.values()))
    said = TimelineEntry.objects.filter(ticket=pk).exclude(body="").order_by("-at", "-id")
    entries = said.values("kind", "at", "author_label", "by_agent", "public", "body")[:ENTRIES]
    note_visit(Ticket(pk=pk), user, changed=request.method == "POST")
    return ui.render_part(
        request, "desk/queue/_peek.html", ticket=row, entries=list(entries), long=len(row["text"]) > LONGEST,
        text=row["text"][:LONGEST], form=form or QuickReplyForm(), status=422 if form and form.errors else 200,
        writable=user.acts_for_desk and row["phase"] != "closed", mine=row["assignee_id"] == user.pk,
    )  # fmt: skip
