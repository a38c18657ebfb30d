"""Replies, work notes, canned texts, macros, and names to mention."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.models import User
from itsm.desk.record import page, presence, trail
from itsm.desk.views.tickets import shared
from itsm.tickets.models import HoldReason, Macro
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.htmx import explained, is_htmx
from itsm.workflow import conversation, macros


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Several files; what is wrong with them is said by the service that stores them."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [one for one in (data if isinstance(data, list | tuple) else [data]) if one]


class MessageForm(forms.Form):
    """What the composer sends."""

    kind = forms.ChoiceField(choices=[("reply", ""), ("note", "")])
    body = forms.CharField(label=gettext_lazy("Message"), required=False, strip=False)
    files = Files(label=gettext_lazy("Files"), required=False)
    then = forms.ChoiceField(choices=[("", ""), ("hold", ""), ("next", "")], required=False)


@require_POST
def message(request: HttpRequest, number: str) -> HttpResponse:
    ticket = shared.writable(request, number)
    form = MessageForm(request.POST, request.FILES)
    entry = attempt(form, lambda **data: _say(request, ticket, **data))
    if entry is None:
        return _again(request, ticket, form)
    presence.tell(ticket, request.user)
    then = form.cleaned_data["then"]
    if then == "next":
        position = trail.around(request.session, ticket.number)
        to = f"/tickets/{position.next}/" if position and position.next else trail.back(request.session)
        ui.say(request, _("%(number)s: sent") % {"number": ticket.number})
        return ui.redirect(request, to or ticket.get_absolute_url())
    empty = _composer(request, shared.desk_ticket(request, number)) if is_htmx(request) else ""
    text = _("Work note added") if form.cleaned_data["kind"] == "note" else _("Reply sent")
    return shared.changed(request, ticket, text, main=empty, at=f"#entry-{entry.pk}")


def _say(request: HttpRequest, ticket: Any, *, kind: str, body: str, files: list[Any], then: str) -> Any:
    said = {"actor": request.user, "source": "web", "files": files}
    if kind == "note":
        return conversation.note(ticket, body, **said)
    if then == "hold":
        asking = HoldReason.objects.filter(party="requester", is_active=True, resumes_on_reply=True).first()
        return conversation.reply_and_hold(ticket, body, hold_reason=asking.code if asking else "", **said)
    return conversation.reply(ticket, body, **said)


def _composer(request: HttpRequest, ticket: Any, **more: Any) -> str:
    context = {
        "ticket": ticket,
        "can_reply": conversation.may_reply(ticket, request.user),
        "can_note": conversation.may_note(ticket, request.user),
        "recipients": page.recipients(ticket, list(ticket.watchers.select_related("user")), request.user),
        "can_hold": any(offer.verb == "put_on_hold" and offer.allowed for offer in page.offers(ticket, request.user)),
        **more,
    }
    return render_to_string("desk/ticket/_composer.html", context, request=request)


def _again(request: HttpRequest, ticket: Any, form: MessageForm) -> HttpResponse:
    """The composer with what was typed and what is wrong; without script the whole page."""
    code = status(form)
    errors = [message for messages in form.errors.values() for message in messages]
    more = {"typed": form.data.get("body", ""), "errors": errors, "mode": form.data.get("kind", "reply")}
    if is_htmx(request):
        return explained(HttpResponse(_composer(request, ticket, **more), status=code))
    context = page.assemble(ticket, request.user)
    context |= {"position": trail.around(request.session, ticket.number), "form": form, **more}
    return ui.page(request, "desk/ticket/ticket.html", title=str(ticket), status=code, **context)


@require_safe
def canned(request: HttpRequest, number: str) -> HttpResponse:
    """Canned texts filled in for this ticket: a menu for the composer, a page without script."""
    ticket = shared.writable(request, number)
    texts = [
        (one.pk, one.name, macros.fill_in(one.body, ticket, request.user)) for one in macros.canned_for(request.user)
    ]
    if is_htmx(request):
        return ui.render_part(request, "desk/ticket/_canned_menu.html", ticket=ticket, texts=texts)
    return shared.dialog(request, _("Canned replies"), "desk/ticket/_canned_page.html", ticket=ticket, texts=texts)


def run_macro(request: HttpRequest, number: str) -> HttpResponse:
    """Choose a macro, and run it."""
    ticket = shared.writable(request, number)
    mine = Macro.objects.filter(kind=ticket.kind, is_active=True).filter(
        Q(team__isnull=True) | Q(team__in=request.user.team_ids)
    )
    if request.method == "POST":
        chosen = request.POST.get("macro", "")
        macro = get_object_or_404(mine, pk=chosen if chosen.isdigit() else 0)
        macros.run(macro, ticket, actor=request.user, source="web")
        return shared.changed(request, ticket, _("%(macro)s: done") % {"macro": macro.name})
    return shared.dialog(request, _("Macros"), "desk/ticket/_macros.html", ticket=ticket, macros=mine)


@require_safe
def suggest_people(request: HttpRequest) -> HttpResponse:
    """People by the beginning of a name or address: options of a list, or names to mention (``?mention=1``)."""
    if not request.user.is_desk:
        return HttpResponse(status=404)
    names = ("q", "person", "requester", "user")
    text = next((request.GET[name] for name in names if request.GET.get(name)), "").replace("\x00", "").strip()[:80]
    mention = "mention" in request.GET
    people = User.objects.people().select_related("organisation")
    if mention:
        people = people.filter(groups__isnull=False).distinct()
    if text:
        people = people.filter(Q(name__icontains=text) | Q(email__istartswith=text))
    template = "desk/ticket/_mentions.html" if mention else "desk/ticket/_people_options.html"
    found = list(people.order_by("name")[:10]) if text or mention else []
    return ui.render_part(request, template, people=found)
