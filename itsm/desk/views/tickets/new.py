"""Opening a ticket on somebody's behalf: by phone, from a mail, at the counter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.desk.record import extras, lookalikes, page
from itsm.desk.record.properties import PersonByWords, custom_field
from itsm.desk.views.tickets import shared
from itsm.desk.views.tickets.conversation import Files
from itsm.lib.errors import Denied
from itsm.tickets import kinds
from itsm.tickets.models import TicketCategory, TicketLink
from itsm.tickets.states import Channel, Impact, Urgency
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.workflow import custom, links

CHANNELS = (Channel.PHONE, Channel.EMAIL, Channel.CHAT)


class NewForm(forms.Form):
    """What an agent writes down while somebody reports; custom fields of the kind follow."""

    requester = PersonByWords(label=gettext_lazy("Requester"), help_text=gettext_lazy("Address or full name."))
    channel = forms.ChoiceField(
        label=gettext_lazy("Reported by"), choices=[(channel.value, channel.label) for channel in CHANNELS],
        widget=forms.RadioSelect,
    )  # fmt: skip
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    service = forms.ModelChoiceField(Service.objects.none(), label=gettext_lazy("Service"), required=False)
    category = forms.ModelChoiceField(TicketCategory.objects.none(), label=gettext_lazy("Category"), required=False)
    impact = forms.TypedChoiceField(label=gettext_lazy("Impact"), choices=Impact.choices, coerce=int)
    urgency = forms.TypedChoiceField(label=gettext_lazy("Urgency"), choices=Urgency.choices, coerce=int)
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True), label=gettext_lazy("Team"), required=False,
        empty_label=gettext_lazy("By category and service"),
    )  # fmt: skip
    files = Files(label=gettext_lazy("Files"), required=False)

    def __init__(self, kind: kinds.Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extra = custom.fields_of(kind.code)
        self.fields["service"].queryset = Service.objects.live().order_by("name")  # type: ignore[attr-defined]
        self.fields["category"].queryset = TicketCategory.objects.filter(  # type: ignore[attr-defined]
            Q(kind="") | Q(kind=kind.code), is_active=True
        )
        for extra in self.extra:
            self.fields[f"custom.{extra.code}"] = custom_field(extra)
        self.fields |= extras.fields()
        self.order_fields([*(n for n in self.fields if n != "files"), "files"])

    def keywords(self) -> dict[str, Any]:
        """The cleaned values as the kind's ``open`` takes them."""
        data = {
            name: value for name, value in self.cleaned_data.items() if not name.startswith(("custom.", extras.PREFIX))
        }
        if data["team"] is None:
            del data["team"]
        answers = {extra.code: self.cleaned_data.get(f"custom.{extra.code}") for extra in self.extra}
        data["answers"] = {
            code: value.isoformat() if hasattr(value, "isoformat") else value
            for code, value in answers.items()
            if value not in (None, "")
        }
        return data


def _kind(request: HttpRequest, code: str) -> kinds.Kind:
    known = next((kind for kind in kinds.all_kinds() if kind.code == code), None)
    if known is None or not request.user.is_desk or not hasattr(known.verbs_module, "open"):
        raise Http404
    if not request.user.acts_for_desk:
        raise Denied(_("You read tickets and change nothing."))
    return known


def new(request: HttpRequest, kind: str) -> HttpResponse:
    known = _kind(request, kind)
    if known.new_page:
        query = request.GET.urlencode()
        return redirect(reverse(known.new_page) + (f"?{query}" if query else ""))
    return form(request, kind)


def form(request: HttpRequest, kind: str) -> HttpResponse:
    """The form itself, also for a kind with a page of its own that leads here for what is unusual."""
    known = _kind(request, kind)
    parent = page.fetch(request.user, request.GET["parent"]) if request.GET.get("parent") else None
    asked = NewForm(
        known,
        shared.sent(request),
        request.FILES if request.method == "POST" else None,
        initial=_start(request, parent),
    )
    if request.method == "POST":
        opened = attempt(asked, lambda **_data: _open(request, known, asked, parent))
        if opened is not None and not page.sees(request.user, opened.pk):
            said = _("%(number)s is open. Only its team reads it.") % {"number": opened.number}
            return ui.see(request, "desk:queue", said)
        if opened is not None:
            return ui.see(request, opened, _("%(number)s opened") % {"number": opened.number})
    title = _("New %(kind)s") % {"kind": known.phrase}
    return ui.page(
        request, "desk/ticket/new.html", title=title, status=status(asked), form=asked, kind=known, parent=parent,
        similar=_similar(request, asked.data) if asked.is_bound else [], typed=asked.data,
    )  # fmt: skip


def _start(request: HttpRequest, parent: Any) -> dict[str, Any]:
    start = {"channel": Channel.PHONE, "impact": Impact.LOW, "urgency": Urgency.MEDIUM}
    if parent is not None:
        start |= {
            "requester": parent.requester, "service": parent.service_id, "category": parent.category_id,
            "impact": parent.impact, "urgency": parent.urgency,
        }  # fmt: skip
    asked = {name: request.GET[name] for name in ("requester", "service", "category", "title") if name in request.GET}
    more = {f"{extras.PREFIX}{name}": request.GET[name] for name in extras.names() if name in request.GET}
    return start | asked | more


@transaction.atomic
def _open(request: HttpRequest, known: kinds.Kind, form: NewForm, parent: Any) -> Any:
    opened = known.verbs_module.open(actor=request.user, source="web", **form.keywords())
    extras.keep(opened, form.cleaned_data, actor=request.user, source="web")
    if parent is not None:
        links.link(opened, parent, TicketLink.Kind.CHILD_OF, actor=request.user, source_of_change="web")
    return opened


@require_safe
def similar(request: HttpRequest, kind: str) -> HttpResponse:
    """Open tickets that look alike, while the title is typed."""
    _kind(request, kind)
    similar = _similar(request, request.GET)
    return ui.render_part(request, "desk/ticket/_similar.html", similar=similar, typed=request.GET)


def _similar(request: HttpRequest, data: Any) -> list[Any]:
    title = data.get("title", "")[:200]
    return lookalikes.similar(request.user, title) if title.strip() else []
