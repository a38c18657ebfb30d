"""Ordering from the catalogue: for oneself, a colleague, or whoever calls the desk."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.accounts.models import User
from itsm.catalogue.models import ServiceOffering
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.tickets import kinds
from itsm.tickets.states import Channel
from itsm.ui import pages as ui
from itsm.ui.forms import attempt
from operation import reports
from operation.forms.orders import OTHER, OrderForm
from operation.views.portal.home import query_of


def order(request: HttpRequest, found: ServiceOffering) -> HttpResponse:
    """One form for everything that is ordered; its questions are the offering's."""
    user: Any = request.user
    email = request.GET.get("for", "")[:254]
    initial = {"for_whom": OTHER, "person": email} if email else {}
    if request.method == "POST":
        form = OrderForm(request.POST, request.FILES, user=user, offering=found)
        by_desk = user.is_agent and form.is_valid() and form.requester.pk != user.pk
        channel = Channel.PHONE if by_desk else Channel.PORTAL
        made = attempt(form, lambda **_data: _open(found, form, user, channel))
        if made is not None:
            if by_desk:
                return ui.see(request, made, _("%(number)s is ordered") % {"number": made.number})
            return ui.redirect(request, "operation:portal-ticket-sent", made.number)
    else:
        form = OrderForm(user=user, offering=found, initial=initial)
    for_whom = _for_whom(form, user, email)
    return ui.page(
        request, "operation/portal/order.html", title=found.name, form=form, offering=found,
        outlook=reports.outlook(found, for_whom), for_whom=for_whom,
    )  # fmt: skip


def _open(found: ServiceOffering, form: OrderForm, user: User, channel: str) -> Any:
    given = form.values()
    return kinds.get(found.kind).verbs_module.open(actor=user, source=Source.WEB, channel=channel, **given)


def _for_whom(form: OrderForm, user: User, email: str) -> User:
    """Whose manager and cost centre the summary names."""
    if form.is_bound:
        return getattr(form, "requester", user)
    return (form.colleague(email) if email else None) or user


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The desk orders for somebody: what, then the same form as on the portal."""
    user: Any = request.user
    if not user.is_desk:
        raise Http404
    if not user.acts_for_desk:
        raise Denied(_("You read tickets and change nothing."))
    query, email = query_of(request), request.GET.get("for", "").strip()[:254]
    person = User.objects.people().filter(email__iexact=email).first() if email else None
    return ui.page(
        request, "operation/request/choose.html", part="operation/request/_offerings.html",
        title=_("New %(kind)s") % {"kind": kinds.get("request").phrase}, query=query, email=email, person=person,
        shelves=reports.orderable(person or user, query), free_url=reverse("operation:request-free"),
    )  # fmt: skip
