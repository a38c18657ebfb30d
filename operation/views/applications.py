"""Applications and services: how they are, how they were, and how much of the error budget is left."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from itsm.catalogue.models import Service
from itsm.desk.views.settings.base import Pages
from itsm.ui import csv_export, keyset, times
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from operation import event_policies as policies
from operation.forms.availability import ApplicationTypeForm, ObjectiveForm
from operation.models import ApplicationType, AvailabilityDay, AvailabilityObjective, Event, Outage
from operation.models.availability import health_of
from operation.services import availability, reliability
from transition.models import ConfigurationItem

PAGE = 25
#: Days of the strip and of the table of months.
STRIP, YEAR = 90, 365
TABS = {"services": gettext_lazy("Services"), "applications": gettext_lazy("Applications")}


def _require_desk(request: HttpRequest) -> None:
    if not request.user.is_desk:
        raise Http404


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Services or applications with the last 30 days."""
    _require_desk(request)
    view = request.GET.get("view") if request.GET.get("view") in TABS else "services"
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    if view == "services":
        rows = Service.objects.visible_to(request.user).live()
        kind: availability.Kind = "service"
    else:
        visible = ConfigurationItem.objects.visible_to(request.user)
        rows = availability.applications().filter(pk__in=visible.values("pk"))
        kind = "item"
    if query:
        rows = rows.filter(name__icontains=query)
    page = keyset.paginate(rows, ["name", "id"], request.GET.get("cursor", ""), PAGE)
    page.count = keyset.capped_count(rows)
    tabs = [{"label": label, "url": f"?view={name}", "current": name == view} for name, label in TABS.items()]
    return ui.page(
        request, "operation/application/list.html", part="operation/application/_rows.html",
        title=_("Applications and services"), view=view, query=query, tabs=tabs, page=page, kind=kind,
        rows=[(one, one.month, one.strip(times.day)) for one in reliability.read(kind, page.items, user=request.user)],
        may_set_up=request.user.holds(*policies.OBJECTIVE_KEEPERS),
    )  # fmt: skip


def _one(request: HttpRequest, kind: str, pk: int) -> Any:
    _require_desk(request)
    if kind == "service":
        return get_object_or_404(Service.objects.visible_to(request.user), pk=pk)
    return get_object_or_404(ConfigurationItem.objects.visible_to(request.user).select_related("type"), pk=pk)


@require_GET
def detail(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One of them: figures, error budget, the strip, months, what was down, last changes beside open incidents."""
    subject = _one(request, kind, pk)
    (reading,) = reliability.read(kind, [subject], span=YEAR)
    recent = dict(sorted(reading.days.items())[-STRIP:])
    if kind == "service":
        outages = Outage.objects.visible_to(request.user).filter(services=subject)
        events = Event.objects.visible_to(request.user).filter(service=subject).firing()
    else:
        outages = Outage.objects.visible_to(request.user).filter(incident__ticket_items__item=subject)
        events = Event.objects.visible_to(request.user).filter(item=subject)
    down = [day for day, one in recent.items() if one.down]
    return ui.page(
        request, "operation/application/detail.html", title=str(subject), kind=kind, subject=subject, reading=reading,
        month=reading.month, objective=reliability.words_of(reading.terms.objective),
        strip=[(times.day(day), health_of(one).word) for day, one in recent.items()],
        first=min(recent, default=None), months=reading.months()[:12],
        summary=_("%(days)d days, %(down)d of them with time down") % {"days": len(recent), "down": len(down)},
        outages=list(outages.order_by("-begins_at", "-id")[:10]),
        events=list(events.order_by("severity", "-last_at", "-id")[:10]),
        incidents=reliability.open_incidents(kind, subject, request.user),
        changes=reliability.last_changes(kind, subject, request.user),
        hours=availability.hours_in_words(reading.terms.calendar_version),
        may_set_up=request.user.holds(*policies.OBJECTIVE_KEEPERS),
    )  # fmt: skip


@require_GET
def export(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The kept days as CSV, the latest first."""
    subject = _one(request, kind, pk)
    rows = AvailabilityDay.objects.filter(**{kind: subject}).order_by("-day")
    head = ["day", "agreed_minutes", "down_minutes", "degraded_minutes", "planned_minutes", "failures", "availability",
            "objective"]  # fmt: skip

    def lines() -> Any:
        for row in rows.iterator(chunk_size=1000):
            one = row.tally
            minutes = [
                round(span.total_seconds() / 60, 3) for span in (one.agreed, one.down, one.degraded, one.planned)
            ]
            share = "" if one.availability is None else round(one.availability, 4)
            yield [row.day.isoformat(), *minutes, one.failures, share, row.objective or ""]

    return csv_export.stream(f"availability-{kind}-{subject.pk}.csv", head, lines())


def address(kind: str, pk: int) -> str:
    return reverse("operation:application", args=[kind, pk])


# ---------- settings ----------

GROUP = gettext_lazy("Monitoring")

OBJECTIVES = Pages(
    "availability-objectives", AvailabilityObjective, ObjectiveForm, GROUP, "target",
    gettext_lazy("Availability objectives"),
    gettext_lazy("Which share of the agreed time a service or an application has to work; it makes the error budget."),
    columns=(
        Column("service", gettext_lazy("Service")), Column("item", gettext_lazy("Application")),
        Column("percent", gettext_lazy("Available"), cell=lambda one: reliability.words_of(one.percent), right=True),
    ),
    order=("service__name", "item__name", "id"), search=("service__name", "item__name"),
    roles=policies.OBJECTIVE_KEEPERS, position=30,
    empty=gettext_lazy("Without an objective availability is measured, but nobody can say whether it is enough."),
)  # fmt: skip

TYPES = Pages(
    "application-types", ApplicationType, ApplicationTypeForm, GROUP, "app-window", gettext_lazy("Applications"),
    gettext_lazy("Types of items whose availability is measured like that of services."),
    columns=(Column("type", gettext_lazy("Type of item")),),
    order=("type__name", "id"), search=("type__name",), roles=policies.KEEPERS, position=40,
    empty=gettext_lazy("Choose which types of items are applications."),
)  # fmt: skip
