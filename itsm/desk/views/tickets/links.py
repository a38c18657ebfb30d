"""Linking, duplicates, follow-ups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from itsm.desk.record import lookalikes
from itsm.desk.views.tickets import shared
from itsm.lib.errors import Invalid
from itsm.tickets.models import Ticket, TicketLink
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.workflow import links


class TicketField(forms.CharField):
    """A ticket by its number, among those the person may see."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "data-ticket-search": "", "placeholder": "INC-1042"})

    def __init__(self, user: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = Ticket.objects.visible_to(self.user).numbered(text).first()
        if found is None:
            raise forms.ValidationError(_("There is no ticket %(number)s.") % {"number": text[:40]})
        return found


def relations() -> list[tuple[str, Any]]:
    """Both directions of every relation, each in its own words."""
    found: list[tuple[str, Any]] = []
    for kind in TicketLink.Kind:
        found.append((kind.value, kind.label))
        if kind != TicketLink.Kind.RELATED_TO:
            found.append((f"{kind.value}:inverse", TicketLink.INVERSE[kind]))
    return found


class LinkForm(forms.Form):
    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relation"] = forms.ChoiceField(label=_("This ticket is"), choices=relations())
        self.fields["other"] = TicketField(
            user, label=_("Ticket"), help_text=_("Its number, or type words of its title to choose.")
        )


def link(request: HttpRequest, number: str) -> HttpResponse:
    ticket = shared.writable(request, number)
    form = LinkForm(request.user, shared.sent(request), initial={"relation": "related_to", **request.GET.dict()})
    if request.method == "POST":
        made = attempt(form, lambda relation, other: _link(request, ticket, relation, other))
        if made is not None:
            return shared.changed(
                request, ticket, _("Linked with %(number)s") % {"number": form.cleaned_data["other"].number}
            )
    return shared.dialog(
        request, _("Link a ticket"), "desk/ticket/_link.html", status=status(form), ticket=ticket, form=form,
        submit=_("Link"), action=shared.url_of(ticket, "ticket-links"),
    )  # fmt: skip


def _link(request: HttpRequest, ticket: Any, relation: str, other: Any) -> TicketLink:
    kind, _colon, inverse = relation.partition(":")
    source, target = (other, ticket) if inverse else (ticket, other)
    return links.link(source, target, kind, actor=request.user, source_of_change="web")


@require_POST
def unlink(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    ticket = shared.writable(request, number)
    rows = TicketLink.objects.filter(Q(source=ticket.pk) | Q(target=ticket.pk)).select_related("source", "target")
    existing = get_object_or_404(rows, pk=pk)
    other = existing.target if existing.source_id == ticket.pk else existing.source
    get_object_or_404(Ticket.objects.visible_to(request.user), pk=other.pk)
    links.unlink(existing, actor=request.user, source_of_change="web")
    return shared.changed(request, ticket, _("Link to %(number)s removed") % {"number": other.number})


@require_safe
def search(request: HttpRequest, number: str) -> HttpResponse:
    """Tickets to choose from while a number or words are typed."""
    ticket = shared.desk_ticket(request, number)
    text = (request.GET.get("other") or request.GET.get("of") or request.GET.get("q") or "")[:200]
    found = lookalikes.find(request.user, text, apart_from=ticket.pk) if text.strip() else []
    return ui.render_part(request, "desk/ticket/_found.html", found=found, text=text)


class DuplicateForm(forms.Form):
    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["of"] = TicketField(
            user, label=_("Duplicate of"), help_text=_("Its number, or type words of its title to choose.")
        )


def duplicate(request: HttpRequest, number: str) -> HttpResponse:
    """Resolve this ticket as a duplicate of another."""
    ticket = shared.writable(request, number)
    mark = getattr(ticket.kind_info.verbs_module, "mark_duplicate", None)
    if mark is None:
        raise Http404
    form = DuplicateForm(request.user, shared.sent(request))
    if request.method == "POST":
        done = attempt(form, lambda of: mark(ticket, _same_kind(ticket, of), actor=request.user, source="web"))
        if done is not None:
            return shared.changed(
                request, ticket, _("Resolved as a duplicate of %(number)s") % {"number": form.cleaned_data["of"].number}
            )
    return shared.dialog(
        request, _("Mark as duplicate"), "desk/ticket/_link.html", status=status(form), ticket=ticket, form=form,
        submit=_("Resolve as duplicate"), action=shared.url_of(ticket, "ticket-duplicate"),
        explain=_("The requester is told, and hears of the other ticket from now on."),
    )  # fmt: skip


def _same_kind(ticket: Any, other: Any) -> Any:
    if other.pk == ticket.pk:
        raise Invalid({"of": _("A ticket is no duplicate of itself.")})
    if other.kind != ticket.kind:
        raise Invalid({"of": _("%(number)s is of another kind.") % {"number": other.number}})
    return other.specific()


class FollowUpForm(forms.Form):
    description = forms.CharField(
        label=gettext_lazy("What is it about now?"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )


def follow_up(request: HttpRequest, number: str) -> HttpResponse:
    """Open a ticket that continues a closed one."""
    ticket = shared.writable(request, number)
    service = getattr(ticket.kind_info.verbs_module, "follow_up", None)
    if service is None or ticket.phase_open:
        raise Http404
    form = FollowUpForm(shared.sent(request))
    if request.method == "POST":
        opened = attempt(
            form, lambda description: service(ticket, actor=request.user, source="web", description=description)
        )
        if opened is not None:
            return ui.see(
                request, opened, _("%(number)s continues %(old)s") % {"number": opened.number, "old": ticket.number}
            )
    return shared.dialog(
        request, _("Follow up"), "desk/ticket/_simple_form.html", status=status(form), ticket=ticket, form=form,
        submit=_("Open a follow-up"), action=shared.url_of(ticket, "ticket-follow-up"),
    )  # fmt: skip
