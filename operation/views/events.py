"""The events console, and the settings of what reports here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from itsm.desk.reports import services
from itsm.desk.views.settings.base import Pages, SettingsForm, require
from itsm.lib.sources import Source
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import ago
from operation import event_policies as policies
from operation.forms.events import MonitorForm, SourceForm
from operation.models import Event, EventSource, Incident, Monitor
from operation.services import events, sources
from operation.states import EventState, Severity

PAGE = 50
GROUP = gettext_lazy("Monitoring")
TONES = {Severity.CRITICAL: "red", Severity.MAJOR: "red", Severity.MINOR: "amber", Severity.INFO: "grey"}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What monitoring sees, the newest first; what fires now unless asked otherwise."""
    if not request.user.is_desk:
        raise Http404
    given = request.GET
    query = " ".join(given.get("q", "").replace("\x00", "").split())[:100]
    state = given.get("state", EventState.FIRING)
    rows = Event.objects.visible_to(request.user).select_related("source", "item", "service", "incident")
    if state in EventState.values:
        rows = rows.filter(state=state)
    else:
        state = ""
    chosen = {"state": state}
    for name, column, known in (
        ("severity", "severity", {str(value) for value in Severity.values}),
        ("service", "service", {str(pk) for pk, _name in services.names()}),
        ("source", "source", {str(pk) for pk in EventSource.objects.values_list("pk", flat=True)}),
    ):
        chosen[name] = given.get(name, "") if given.get(name, "") in known else ""
        if chosen[name]:
            rows = rows.filter(**{column: chosen[name]})
    for word in query.split()[:10]:
        rows = rows.filter(title__icontains=word) | rows.filter(host__icontains=word)
    page = keyset.paginate(rows, ["-last_at", "-id"], given.get("cursor", ""), PAGE)
    page.count = keyset.capped_count(rows)
    return ui.page(
        request, "operation/event/list.html", title=_("Events"), page=page, query=query, chosen=chosen, tones=TONES,
        filters=[
            ("state", _("State"), [("", _("Any")), *EventState.choices]),
            ("severity", _("Severity"), [("", _("Any")), *((str(v), label) for v, label in Severity.choices)]),
            ("service", _("Service"), [("", _("Any")), *((str(pk), name) for pk, name in services.names())]),
            ("source", _("Source"), [("", _("Any")), *((str(s.pk), s.name) for s in EventSource.objects.all())]),
        ],
        filtered=bool(query) or chosen != {"state": EventState.FIRING, "severity": "", "service": "", "source": ""},
        may_set_up=request.user.holds(*policies.KEEPERS), sources=EventSource.objects.exists(),
    )  # fmt: skip


def _one(request: HttpRequest, pk: int) -> Event:
    if not request.user.is_desk:
        raise Http404
    rows = Event.objects.visible_to(request.user).select_related("source", "item", "service", "incident")
    return get_object_or_404(rows, pk=pk)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: what was seen, how often, on what, and what followed."""
    event = _one(request, pk)
    before = Event.objects.visible_to(request.user).filter(source=event.source, fingerprint=event.fingerprint)
    same = before.exclude(pk=event.pk).order_by("-last_at", "-id")[:10]
    return ui.page(
        request, "operation/event/detail.html", title=str(event), event=event, before=list(same), tones=TONES,
        may_handle=bool(policies.may_handle(request.user)),
        incident=event.incident if event.incident and _sees(request, event) else None,
    )  # fmt: skip


def _sees(request: HttpRequest, event: Event) -> bool:
    return Incident.objects.visible_to(request.user).filter(pk=event.incident_id).exists()


@require_POST
def open_incident(request: HttpRequest, pk: int) -> HttpResponse:
    incident = events.open_incident(_one(request, pk), actor=request.user, source=Source.WEB)
    return ui.see(request, incident, _("%(number)s is open.") % {"number": incident.number})


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    event = events.close(_one(request, pk), actor=request.user, source=Source.WEB)
    return ui.see(request, event, _("Closed."))


# ---------- settings ----------


class SourceEdit(SettingsForm):
    """A source; a new one goes on to its address and token, without which no tool can report."""

    template = "operation/event/source.html"

    def success_url(self, obj: Any) -> str:
        if "pk" in self.kwargs:
            return str(super().success_url(obj))
        return reverse("desk:settings-event-source-token", args=[obj.pk])


def token(request: HttpRequest, pk: int) -> HttpResponse:
    """The address of a source, and a new token for it."""
    require(request.user, *policies.KEEPERS)
    source = get_object_or_404(EventSource, pk=pk)
    secret = sources.new_token(source, actor=request.user, channel=Source.WEB) if request.method == "POST" else ""
    return ui.page(
        request, "operation/event/token.html", title=_("Token of %(name)s") % {"name": source}, source=source,
        secret=secret, address=request.build_absolute_uri(f"/api/v1/intake/{source.tool}/"),
        list_url=reverse("desk:settings-event-sources"),
    )  # fmt: skip


def _heard(source: EventSource) -> Any:
    return ago(source.last_heard_at) if source.last_heard_at else _("never")


SOURCES = Pages(
    "event-sources", EventSource, SourceForm, GROUP, "radio-tower", gettext_lazy("Event sources"),
    gettext_lazy("Monitoring tools that report here, each with a token of its own."),
    columns=(
        Column("name", gettext_lazy("Name")), Column("tool", gettext_lazy("Tool")),
        Column("service", gettext_lazy("Service")), Column("heard", gettext_lazy("Last heard of"), cell=_heard),
        Column("is_active", gettext_lazy("Active")),
    ),
    search=("name",), roles=policies.KEEPERS, position=10, form_view=SourceEdit,
    more=(("<int:pk>/token/", token, "settings-event-source-token"),),
    empty=gettext_lazy("Add the tool that watches your systems; its alerts open incidents by themselves."),
)  # fmt: skip


def _answer(monitor: Monitor) -> Any:
    if monitor.tried_at is None:
        return _("not tried yet")
    return f"{monitor.message} ({monitor.took_ms} ms)"


MONITORS = Pages(
    "monitors", Monitor, MonitorForm, GROUP, "activity", gettext_lazy("Monitors"),
    gettext_lazy("Addresses the product tries itself; what fails several times in a row becomes an event."),
    columns=(
        Column("name", gettext_lazy("Name")), Column("target", gettext_lazy("Target")),
        Column("service", gettext_lazy("Service")), Column("answer", gettext_lazy("Last result"), cell=_answer),
        Column("is_active", gettext_lazy("Active")),
    ),
    search=("name", "target"), roles=policies.KEEPERS, position=20,
    empty=gettext_lazy("Let the product try a web address or a port, and open an incident when it does not answer."),
)  # fmt: skip
