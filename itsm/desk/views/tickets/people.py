"""Who is named on a ticket."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from itsm.desk.record.properties import PersonByWords
from itsm.desk.views.tickets import shared
from itsm.ui.forms import attempt, status
from itsm.workflow import conversation


class WatcherForm(forms.Form):
    person = PersonByWords(
        label=gettext_lazy("Person"), help_text=gettext_lazy("Staff, or somebody of the requester’s organisation.")
    )


def watchers(request: HttpRequest, number: str) -> HttpResponse:
    """Name somebody."""
    ticket = shared.writable(request, number)
    form = WatcherForm(shared.sent(request))
    if request.method == "POST":
        named = attempt(form, lambda person: _watch(request, ticket, person))
        if named is not None:
            return shared.changed(request, ticket, _("%(person)s watches this now") % {"person": named})
    return shared.dialog(
        request, _("Add somebody"), "desk/ticket/_simple_form.html", status=status(form), ticket=ticket, form=form,
        submit=_("Add"), action=shared.url_of(ticket, "ticket-watchers"), people=True,
    )  # fmt: skip


def _watch(request: HttpRequest, ticket: object, person: object) -> object:
    conversation.watch(ticket, person, actor=request.user, source="web")
    return person


@require_POST
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Watch it myself, or not any more."""
    ticket = shared.writable(request, number)
    if ticket.watchers.filter(user=request.user).exists():
        conversation.unwatch(ticket, request.user, actor=request.user, source="web")
        return shared.changed(request, ticket, _("You do not watch this any more"))
    conversation.watch(ticket, request.user, actor=request.user, source="web")
    return shared.changed(request, ticket, _("You watch this now"))


@require_POST
def unwatch(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket = shared.writable(request, number)
    watcher = get_object_or_404(ticket.watchers.select_related("user"), user=pk)
    conversation.unwatch(ticket, watcher.user, actor=request.user, source="web")
    return shared.changed(request, ticket, _("%(person)s does not watch this any more") % {"person": watcher.user})
