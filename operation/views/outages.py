"""Announcing outages: list, form, steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from itsm.catalogue.models import Service
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.workflow import steps
from operation import policies
from operation.forms.outages import OutageForm
from operation.models import Incident, Outage
from operation.services import outages


def _staff(request: HttpRequest) -> None:
    if not request.user.is_desk:
        raise Http404


def _teller(request: HttpRequest) -> None:
    _staff(request)
    if not policies.tells(request.user):
        raise Denied(_("Only the service desk announces outages."))


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    _staff(request)
    rows = Outage.objects.visible_to(request.user).prefetch_related("services").select_related("incident")
    ended = rows.filter(state=Outage.State.ENDED)
    page = keyset.paginate(ended, ["-begins_at", "-id"], request.GET.get("cursor", ""), 25)
    return ui.page(
        request, "operation/outage/list.html", title=_("Outages"), page=page,
        current=list(rows.current().order_by("state", "begins_at")), may_tell=policies.tells(request.user),
    )  # fmt: skip


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    _staff(request)
    rows = Outage.objects.visible_to(request.user).select_related("incident", "created_by").prefetch_related("services")
    outage = get_object_or_404(rows, pk=pk)
    incident = outage.incident
    if incident is not None and not Incident.objects.visible_to(request.user).filter(pk=incident.pk).exists():
        incident = None
    return ui.page(
        request, "operation/outage/detail.html", title=outage.title, outage=outage, incident=incident,
        steps=steps.offers(outage, request.user), may_tell=policies.tells(request.user),
    )  # fmt: skip


def create(request: HttpRequest) -> HttpResponse:
    """Announce; ``?incident=`` and ``?service=`` fill the form."""
    _teller(request)
    incident = None
    if number := request.GET.get("incident"):
        incidents = Incident.objects.visible_to(request.user).select_related("service")
        incident = get_object_or_404(incidents.numbered(number))
    form = OutageForm(request.POST if request.method == "POST" else None, initial=_initial(request, incident))
    if form.is_bound and form.is_valid():
        made = outages.announce(actor=request.user, source=Source.WEB, incident=incident, **form.values())
        return ui.see(request, made, _("Announced."))
    return ui.page(
        request, "operation/outage/form.html", form=form, incident=incident, title=_("Announce an outage"),
        submit=_("Announce"),
    )  # fmt: skip


def _initial(request: HttpRequest, incident: Incident | None) -> dict[str, Any]:
    if incident is not None:
        return {
            "kind": Outage.Kind.OUTAGE,
            "title": incident.title[:160],
            "services": [incident.service_id] if incident.service_id else [],
            "begins_at": _minute(incident.opened_at),
        }
    service = Service.objects.filter(slug=request.GET.get("service", "")).first()
    kind = request.GET.get("kind", "")
    return {
        "kind": kind if kind in Outage.Kind.values else Outage.Kind.OUTAGE,
        "services": [service.pk] if service else [],
    }


def _minute(moment: datetime | None) -> datetime | None:
    """A moment as the browser's picker knows it."""
    return timezone.localtime(moment).replace(second=0, microsecond=0) if moment else None


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    _teller(request)
    outage = get_object_or_404(Outage.objects.visible_to(request.user), pk=pk)
    initial = {
        "services": [service.pk for service in outage.services.all()],
        **{name: getattr(outage, name) for name in ("title", "message", "kind")},
        **{name: _minute(getattr(outage, name)) for name in ("begins_at", "ends_at")},
    }
    form = OutageForm(request.POST if request.method == "POST" else None, initial=initial, outage=outage)
    if form.is_bound and form.is_valid():
        values = form.values()
        # The form knows minutes: a moment that was not touched keeps its seconds.
        for name in ("begins_at", "ends_at"):
            if name not in form.changed_data:
                values.pop(name)
        outages.edit(outage, actor=request.user, source=Source.WEB, version=form.cleaned_data.get("version"), **values)
        return ui.see(request, outage, _("Saved."))
    return ui.page(
        request, "operation/outage/form.html", form=form, outage=outage, title=_("Edit outage"), submit=_("Save")
    )


@require_POST
def step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    _staff(request)
    outage = get_object_or_404(Outage.objects.visible_to(request.user), pk=pk)
    moved = outages.perform(outage, verb, actor=request.user, source=Source.WEB)
    return ui.see(request, moved, _("%(title)s: %(state)s.") % {
        "title": moved.title, "state": moved.get_state_display(),
    })  # fmt: skip


@require_POST
def announce_from(request: HttpRequest, number: str) -> HttpResponse:
    """Tell everybody about an incident in one step."""
    _teller(request)
    incidents = Incident.objects.visible_to(request.user).select_related("service")
    incident = get_object_or_404(incidents.numbered(number))
    made = outages.announce_from(
        incident, actor=request.user, source=Source.WEB, title=request.POST.get("title", ""),
        message=request.POST.get("message", ""),
    )  # fmt: skip
    return ui.see(request, made, _("Announced. Add what people can do meanwhile."))
