"""The operation stage's entries in navigation and create menu, and what it puts on other packages' pages."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.tickets import kinds
from itsm.ui import nav, panels, times
from itsm.workflow import inputs
from operation import policies, reports
from operation.models import Incident, Outage
from operation.models.availability import health_of
from operation.services import reliability
from operation.states import CHOSEN_CODES, IncidentState, ResolutionCode

_RECORD = re.compile(r"/portal/(tickets|approvals|offerings)/[^/]")
#: Days of the strip that shows how a service was.
DAYS = 60


def active_outages(user: Any) -> Any:
    return Outage.objects.visible_to(user).active()


def on_portal(request: Any, _subject: Any) -> dict[str, Any] | None:
    """What is down, above every page of the portal."""
    user = request.user
    if not user.is_authenticated or (user.is_desk and not request.path.startswith("/portal/")):
        return None
    # Pages that tell it themselves, and those about one thing.
    if request.path.startswith(("/portal/status/", "/portal/report/", "/services/")) or _RECORD.match(request.path):
        return None
    found = list(Outage.objects.visible_to(user).active().order_by("begins_at")[:4])
    return {"outages": found[:3], "more": len(found) > 3} if found else None


def at_sign_in(_request: Any, _subject: Any) -> dict[str, Any]:
    """What everybody may know before signing in."""
    found = Outage.objects.public().current().order_by("state", "begins_at").prefetch_related("services")
    return {"outages": list(found[:6])}


def above_service(request: Any, service: Any) -> dict[str, Any] | None:
    """What goes on with a service now, or is announced."""
    rows = Outage.objects.visible_to(request.user).current().filter(services=service).select_related("incident")
    majors: Any = []
    if request.user.is_desk:
        majors = Incident.objects.major().visible_to(request.user).filter(service=service)
    found = list(rows.order_by("state", "begins_at"))
    told = {outage.incident_id for outage in found}
    more = [major for major in majors if major.pk not in told]
    return {"outages": found, "majors": more} if found or more else None


def health_of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """How the service was, day by day, and what is left of its error budget."""
    (reading,) = reliability.read("service", [service], span=DAYS)
    healths = [health_of(one).word for one in reading.days.values()]
    bad = {word: healths.count(word) for word in ("down", "degraded")}
    return {
        "days": reading.strip(times.day),
        "first": min(reading.days),
        "summary": _("%(days)d days: %(down)d with an outage, %(degraded)d degraded") % {"days": len(healths), **bad},
        "reading": reading,
        "month": reading.month,
        "objective": reliability.words_of(reading.terms.objective),
        "address": reverse("operation:application", args=["service", service.pk]),
    }


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """Tell everybody about an incident, or see what they were told."""
    if ticket.kind != "incident" or ticket.service_id is None:
        return None
    found = list(Outage.objects.current().filter(incident=ticket.pk)[:3])
    if not found and not (ticket.phase_open and policies.tells(request.user)):
        return None
    return {"outages": found, "may_tell": policies.tells(request.user)}


#: Running majors are the same for everybody who sees all tickets: read once in this many seconds.
MAJOR_SECONDS = 20
MAJOR_KEY = "operation:majors"


def running_majors(request: Any, _subject: Any) -> dict[str, Any] | None:
    """Major incidents that run now, above every page of the desk; the incident's own page says more itself."""
    user = request.user
    if not user.is_authenticated or not user.is_desk or request.path.startswith("/portal/"):
        return None
    if not (user.is_agent or user.reads_all):
        found = _majors(Incident.objects.visible_to(user))
    elif (found := cache.get(MAJOR_KEY)) is None:
        # Restricted ones are left out for all: the cache is shared.
        found = _majors(Incident.objects.filter(restricted_to__isnull=True))
        cache.set(MAJOR_KEY, found, MAJOR_SECONDS)
    shown = [one for one in found if not request.path.startswith(f"/tickets/{one['number']}/")]
    return {"majors": shown[:3], "more": len(shown) - 3, "now": clock.now()} if shown else None


def _majors(rows: Any) -> list[dict[str, Any]]:
    majors = rows.major().order_by("-major_since", "-pk").only("kind", "title", "next_update_at", "affected_people")
    return [
        {
            "number": major.number,
            "title": major.title,
            "url": major.get_absolute_url(),
            "next_update_at": major.next_update_at,
            "affected": major.affected_people,
        }
        for major in majors[:10]
    ]


def forget_majors() -> None:
    """A major incident began, ended or was told about: the next page reads anew."""
    cache.delete(MAJOR_KEY)


def register_kinds() -> None:
    """Incidents, and what their steps ask for; called once from ``OperationConfig.ready``."""
    chosen = [(code.value, code.label) for code in ResolutionCode if code in CHOSEN_CODES]
    inputs.register(
        "code",
        lambda required: forms.ChoiceField(label=gettext_lazy("How was it solved?"), choices=chosen, required=required),
        lambda: {"type": "string", "enum": list(CHOSEN_CODES)},
    )
    inputs.register(
        "affected",
        lambda required: forms.IntegerField(
            label=gettext_lazy("People affected"), min_value=0, max_value=10_000_000, required=required
        ),
        lambda: {"type": "integer", "minimum": 0},
    )
    kinds.register(
        kinds.Kind(
            code="incident",
            prefix="INC",
            model_label="operation.Incident",
            label=gettext_lazy("Incident"),
            plural=gettext_lazy("Incidents"),
            states=IncidentState,
            phases=IncidentState.PHASES,
            services="operation.services.incidents",
            icon="siren",
            process=("reopen_days", "auto_close_days", "reminder_days", "reminders", "major_update_minutes"),
            editable=("affected_people",),
            plain_words={
                "new": gettext_lazy("We have received it"),
                "assigned": gettext_lazy("Waiting for a colleague to start"),
                "in_progress": gettext_lazy("We are working on it"),
                "on_hold": gettext_lazy("Waiting"),
                "resolved": gettext_lazy("Solved: please confirm"),
                "closed": gettext_lazy("Done"),
                "cancelled": gettext_lazy("Cancelled"),
            },
        )
    )


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    panels.register_create(
        "incident", kinds.get("incident").label, "operation:incident-new", icon="siren", key="I",
        roles=(Role.AGENT, Role.INCIDENT_MANAGER, Role.ADMINISTRATOR), order=10,
    )  # fmt: skip
    panels.register("notice", "majors", "operation/incident/_majors.html", running_majors, order=5)
    nav.register("portal", gettext_lazy("Home"), "operation:portal-home", "house", order=10)
    nav.register("portal", gettext_lazy("Catalogue"), "operation:portal-catalogue", "layout-grid", order=20)
    nav.register(
        "portal", gettext_lazy("My requests"), "operation:portal-tickets", "list-checks", order=30,
        count=lambda user: reports.waiting_for(user), tone="amber",
        tip=gettext_lazy("waiting for you"),
    )  # fmt: skip
    nav.register(
        "portal", gettext_lazy("Approvals"), "operation:portal-approvals", "stamp", order=50,
        count=lambda user: reports.approvals_for(user), tone="amber",
        tip=gettext_lazy("waiting for you"),
    )  # fmt: skip
    nav.register("user", gettext_lazy("Portal"), "operation:portal-home", "house", order=10, roles=Role.values)
    nav.register(
        "operations", gettext_lazy("Outages"), "operation:outages", "circle-off", order=20, count=active_outages,
        tone="red", tip=gettext_lazy("now"), go="o",
    )  # fmt: skip
    panels.register_create(
        "outage", gettext_lazy("Outage"), "operation:outage-new", icon="megaphone", key="O", roles=policies.TELLERS,
        order=60,
    )  # fmt: skip
    panels.register("notice", "outages", "operation/outage/_notice.html", on_portal, order=10)
    panels.register("signin", "outages", "operation/outage/_signin.html", at_sign_in, order=10)
    panels.register("service_notice", "outages", "operation/outage/_of_service.html", above_service, order=10)
    panels.register(
        "service", "health", "operation/outage/_health.html", health_of_service, label=gettext_lazy("Health"),
        order=10, cls="c8",
    )  # fmt: skip
    panels.register(
        "ticket", "outage", "operation/outage/_on_ticket.html", on_ticket, label=gettext_lazy("Outage"), order=50,
        roles=(*policies.TELLERS, Role.AUDITOR),
    )  # fmt: skip
