"""Services: the list, the page of one, and the steps of its life."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.catalogue import health
from itsm.catalogue.models import Service
from itsm.catalogue.states import ServiceStatus
from itsm.desk.reports import services as reports
from itsm.lib.sources import Source
from itsm.ui import keyset, lifecycle, panels
from itsm.ui import pages as ui
from itsm.workflow import inputs, steps
from itsm.workflow.moves import move

#: Tabs of the list: name -> statuses.
TABS = {
    "catalogue": (lambda: _("In use"), ServiceStatus.CATALOGUE),
    "pipeline": (lambda: _("Coming"), ServiceStatus.PIPELINE),
    "ended": (lambda: _("Ended"), ServiceStatus.ENDED),
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    user = request.user
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    rows = Service.objects.visible_to(user)
    if query:
        rows = rows.filter(name__icontains=query)
    context: dict[str, Any] = {"query": query, "title": _("Services")}
    if not user.is_desk:
        rows = rows.for_customers().select_related("category").order_by("name")
        state = health.of(service.pk for service in rows)
        context["services"] = [(service, state[service.pk].word) for service in rows]
        return ui.page(request, "desk/services/portal_list.html", **context)
    view = request.GET.get("view", "catalogue")
    view = view if view in TABS else "catalogue"
    rows = rows.filter(status__in=TABS[view][1]).select_related("owner", "support_team", "category")
    page = keyset.paginate(rows, ["name", "id"], request.GET.get("cursor", ""), 50)
    page.count = keyset.capped_count(rows)
    ids = [service.pk for service in page]
    state, open_counts = health.of(ids), reports.counts(ids, user)
    context |= {
        "page": page,
        "view": view,
        "rows": [(service, state[service.pk].word, open_counts.get(service.pk, 0)) for service in page],
        "tabs": [
            {"label": label(), "url": f"?view={name}", "current": name == view} for name, (label, _s) in TABS.items()
        ],
    }
    return ui.page(request, "desk/services/list.html", part="desk/services/_rows.html", **context)


def _service(request: HttpRequest, slug: str) -> Service:
    rows = Service.objects.visible_to(request.user).select_related("owner", "support_team", "category")
    return get_object_or_404(rows, slug=slug)


@require_GET
def service(request: HttpRequest, slug: str) -> HttpResponse:
    found = _service(request, slug)
    if not request.user.is_desk:
        state = health.of([found.pk])[found.pk].word
        offerings = found.offerings.offered_to(request.user).filter(kind="report").distinct()
        return ui.page(
            request, "desk/services/portal.html", service=found, health=state, title=found.name,
            offerings=list(offerings),
        )  # fmt: skip
    tab = request.GET.get("tab", "")
    tabs = _tabs(found, request.user, tab)
    if not any(one["current"] for one in tabs):
        raise Http404
    context = {
        "service": found, "title": found.name, "tabs": tabs, "tab": tab, "journey": reports.journey(found),
        "next_steps": reports.next_steps(found, request.user),
        "offerings": list(found.offerings.filter(is_active=True, kind="report")[:20]),
    }  # fmt: skip
    if tab:
        context["health"] = health.of([found.pk])[found.pk].word
        context["place"] = f"service_{tab}"
    else:
        tickets, by_kind = reports.open_tickets(found, request.user)
        drawn = reports.dependency_map(found, request.user)
        context |= {
            "map": drawn, "health": drawn.self.health, "levels": reports.levels(found), "tickets": tickets,
            "by_kind": by_kind, "open_count": sum(by_kind.values()),
        }  # fmt: skip
    return ui.page(request, "desk/services/service.html", **context)


def _tabs(service: Service, user: Any, current: str) -> list[dict[str, Any]]:
    """The overview, and what each lifecycle stage knows of the service."""
    address = service.get_absolute_url()
    shown = [stage for stage in lifecycle.STAGES if panels.panels(f"service_{stage.code}", user)]
    return [
        {"label": label, "url": f"{address}?tab={code}" if code else address, "current": code == current}
        for code, label in [("", _("Overview")), *((stage.code, stage.label) for stage in shown)]
    ]


def step(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """A step of the service's life; one that asks something shows its form first."""
    found = _service(request, slug)
    known = steps.describe(Service, verb)
    if not request.user.is_desk or known is None:
        raise Http404
    form = (
        inputs.form_class(tuple(known.inputs))(request.POST if request.method == "POST" else None)
        if known.inputs
        else None
    )
    if request.method == "POST" and (form is None or form.is_valid()):
        given = form.cleaned_data if form else {}
        version = request.POST.get("version", "")
        moved = move(
            found, verb, actor=request.user, source=Source.WEB, version=int(version) if version.isdigit() else None,
            **given,
        )  # fmt: skip
        words = {"name": moved.name, "status": moved.get_status_display()}
        return ui.see(request, moved, _("%(name)s is now: %(status)s.") % words)
    return ui.page(
        request, "desk/services/step.html", service=found, step=known, form=form, title=known.label,
        judged=steps.find(found, verb) and steps.judge(found, steps.find(found, verb), request.user),
    )  # fmt: skip
