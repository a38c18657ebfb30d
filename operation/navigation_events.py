"""What events register: navigation, settings, panels, and activity 13."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import actions
from itsm.desk.views.settings import sections
from itsm.lib import clock
from itsm.ui import lifecycle, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from operation import event_policies as policies
from operation.models import Event, EventSource, Monitor, Outage
from operation.states import Severity
from operation.views.events import MONITORS, SOURCES

#: A source that is not heard of for so long is worth a look.
SILENT = timedelta(days=2)


def firing(user: Any) -> Any:
    """Critical and major events without end."""
    return Event.objects.visible_to(user).firing().filter(severity__lte=Severity.MAJOR)


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """What monitoring saw of an incident."""
    if ticket.kind != "incident":
        return None
    found = list(Event.objects.visible_to(request.user).filter(incident=ticket.pk).order_by("state", "-last_at")[:8])
    return {"events": found} if found else None


def infrastructure(user: Any) -> Summary:
    """Activity 13."""
    now = clock.now()
    events, address = Event.objects.visible_to(user), reverse("operation:events")
    bad = events.firing().filter(severity__lte=Severity.MAJOR)
    outages = Outage.objects.visible_to(user).active().exclude(kind=Outage.Kind.PLANNED).count()
    figures = [
        Figure(_("Firing"), events.firing().count(), "red" if bad.exists() else "green", address),
        Figure(_("New in 24 hours"), events.filter(first_at__gte=now - timedelta(days=1)).count(), "", address),
        Figure(_("Outages"), outages, "red" if outages else "green", reverse("operation:outages")),
    ]
    attention = [
        Attention(event.title, str(event.service or event.host), event.get_severity_display(), "red",
                  event.get_absolute_url(), "radio-tower", 70)
        for event in bad.filter(incident__isnull=True, suppressed="").select_related("service").order_by("-last_at")[:3]
    ]  # fmt: skip
    if user.holds(*policies.KEEPERS):
        quiet = EventSource.objects.filter(is_active=True, last_heard_at__lt=now - SILENT)
        attention += [
            Attention(str(one), _("Nothing was heard of it for two days"), _("silent"), "amber",
                      reverse("desk:settings-event-sources"), "radio-tower", 35)
            for one in quiet[:2]
        ]  # fmt: skip
        down = [one for one in Monitor.objects.filter(is_active=True, failures__gt=0) if one.is_down]
        attention += [
            Attention(str(one), one.message, _("down"), "red", reverse("desk:settings-monitors"), "activity", 65)
            for one in down[:2]
        ]
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    actions.register({
        "event.incident": gettext_lazy("opened an incident"), "event.close": gettext_lazy("closed"),
        "event_source.token": gettext_lazy("made a new token"),
    })  # fmt: skip
    sections.add(SOURCES)
    sections.add(MONITORS)
    nav.register(
        "operations", gettext_lazy("Events"), "operation:events", "radio-tower", order=10, count=firing, tone="red",
        tip=gettext_lazy("firing"), go="e",
    )  # fmt: skip
    panels.register(
        "ticket", "events", "operation/event/_on_ticket.html", on_ticket, label=gettext_lazy("Monitoring"), order=45,
        roles=(Role.AGENT, Role.INCIDENT_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR),
    )  # fmt: skip
    lifecycle.register(
        "operation", 13, gettext_lazy("Infrastructure"), gettext_lazy("What monitoring sees, and what is down"),
        "radio-tower", infrastructure,
        links=[(gettext_lazy("Events"), "operation:events"), (gettext_lazy("Outages"), "operation:outages")],
    )  # fmt: skip
