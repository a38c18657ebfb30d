"""Reporting a problem, and what is offered while somebody writes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib.sources import Source
from itsm.tickets.states import Channel
from itsm.ui import pages as ui
from itsm.workflow.conversation import MAX_BODY
from operation import reports
from operation.forms.portal import ReportForm
from operation.models import Incident, Outage
from operation.services import portal
from operation.views.portal import orders


def report(request: HttpRequest) -> HttpResponse:
    """Anything: the service may be unknown."""
    return _report(request, None)


def offering(request: HttpRequest, slug: str) -> HttpResponse:
    """What is offered is reported or ordered, as its kind says."""
    offered = ServiceOffering.objects.offered_to(request.user)
    found = get_object_or_404(offered.select_related("service__owner").distinct(), slug=slug)
    return orders.order(request, found) if found.is_ordered else _report(request, found)


def _report(request: HttpRequest, found: ServiceOffering | None) -> HttpResponse:
    checking = "check" in request.POST
    if request.method == "POST" and not checking:
        form = ReportForm(request.POST, request.FILES, user=request.user, offering=found)
        if form.is_valid():
            opened = portal.report(
                actor=request.user, device=form.cleaned_data.get("device"), channel=Channel.PORTAL, **form.values()
            )
            return ui.redirect(request, "operation:portal-ticket-sent", opened.number)
    else:
        # Looking for known answers creates nothing and complains about nothing: what was typed comes back.
        typed = request.POST.dict() if checking else {"service": request.GET.get("service", ""),
                                                     "title": request.GET.get("title", "")[:200],
                                                     "device": request.GET.get("device", "")}  # fmt: skip
        form = ReportForm(user=request.user, offering=found, initial={k: v for k, v in typed.items() if v})
        form.lost_files = checking and bool(request.FILES)
    text = f"{request.POST.get('title', '')} {request.POST.get('description', '')[:500]}"
    service = found.service if found else _service(request, request.POST.get("service") or request.GET.get("service"))
    return ui.page(
        request, "operation/portal/report.html", form=form, offering=found, checking=checking,
        known=reports.known(request.user, text, service),
        title=found.name if found else _("Report a problem"),
    )  # fmt: skip


def _service(request: HttpRequest, slug: str | None) -> Service | None:
    return Service.objects.offered_to(request.user).filter(slug=slug).first() if slug else None


@require_GET
def known(request: HttpRequest) -> HttpResponse:
    """What fits the words typed so far."""
    found = ServiceOffering.objects.offered_to(request.user).filter(slug=request.GET.get("offering", "")).first()
    service = found.service if found else _service(request, request.GET.get("service"))
    text = request.GET.get("title", "").replace("\x00", "")[:500]
    return ui.render_part(
        request, "operation/portal/_known.html", known=reports.known(request.user, text, service), checking=False
    )


@require_POST
def me_too(request: HttpRequest) -> HttpResponse:
    """The same happens to me: what was typed goes along."""
    given: dict[str, Any] = {
        "actor": request.user,
        "source": Source.WEB,
        "description": request.POST.get("description", "").replace("\x00", "")[:MAX_BODY],
        "files": request.FILES.getlist("files"),
    }
    chosen = request.POST.get("outage", "")
    if chosen:
        outages = Outage.objects.visible_to(request.user).select_related("incident__service")
        outage = get_object_or_404(outages, pk=int(chosen) if chosen.isdigit() and len(chosen) < 19 else 0)
        opened = portal.me_too(outage, **given)
    else:
        offered = Service.objects.offered_to(request.user)
        majors = Incident.objects.major().filter(service__in=offered, restricted_to__isnull=True)
        opened = portal.join(get_object_or_404(majors.numbered(request.POST.get("major", ""))), **given)
    return ui.redirect(request, reverse("operation:portal-ticket-sent", args=[opened.number]))
