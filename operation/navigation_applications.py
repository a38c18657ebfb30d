"""What availability registers: settings, navigation, and activity 14."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design.models import PerformanceTarget
from itsm.desk.views.settings import sections
from itsm.ui import lifecycle, nav
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import percent
from operation.services import availability, reliability
from operation.views.applications import OBJECTIVES, TYPES, address

#: The stage's page shows all services together: worked out once in so many seconds for the whole desk.
SECONDS = 60
KEY = "operation:reliability"


def by_design(kind: availability.Kind, ids: Collection[int]) -> dict[int, Decimal]:
    """The availability that the design of a service promises, once it is agreed."""
    if kind != "service":
        return {}
    rows = PerformanceTarget.objects.filter(service__in=ids, state="agreed", availability__isnull=False)
    return {pk: share for pk, share in rows.values_list("service_id", "availability") if share is not None}


def _standing() -> dict[str, Any]:
    """Numbers of all live services with an objective, and the worst of them; the desk sees every service."""
    found: dict[str, Any] | None = cache.get(KEY)
    if found is None:
        readings = reliability.with_objective()
        judged = [one for one in readings if one.is_met is not None]
        total = sum((one.month for one in readings), reliability.Tally())
        found = {
            "judged": len(judged), "met": sum(1 for one in judged if one.is_met), "availability": total.availability,
            "bad": [
                (one.subject.name, one.subject.pk, one.burn.is_fast, one.burn.hour, one.month.budget_left_percent)
                for one in reliability.burning(readings)
            ][:3],
        }  # fmt: skip
        cache.set(KEY, found, SECONDS)
    return found


def applications(user: Any) -> Summary:
    """Activity 14."""
    now, here = _standing(), reverse("operation:applications")
    if not now["judged"]:
        return Summary([Figure(_("With an objective"), 0, "", here)])
    share = now["met"] / now["judged"]
    figures = [
        Figure(_("Objectives met"), f"{now['met']} / {now['judged']}", "green" if share == 1 else "red", here),
        Figure(_("Availability, 30 days"), percent(now["availability"], 2), "", here),
        Figure(_("Budgets in danger"), len(now["bad"]), "red" if now["bad"] else "green", here),
    ]
    attention = [
        Attention(
            name, _("The error budget burns %(rate).0f times too fast") % {"rate": hour} if fast
            else _("The error budget is used up") if left <= 0 else _("The error budget will not last"),
            percent(max(left, 0)), "red" if fast or left <= 0 else "amber", address("service", pk), "gauge",
            85 if fast else 55,
        )
        for name, pk, fast, hour, left in now["bad"]
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    availability.promised_by(by_design)
    sections.add(OBJECTIVES)
    sections.add(TYPES)
    nav.register(
        "operations", gettext_lazy("Applications"), "operation:applications", "app-window", order=15,
        hint=gettext_lazy("Availability, error budgets, last changes"),
    )  # fmt: skip
    lifecycle.register(
        "operation", 14, gettext_lazy("Applications"),
        gettext_lazy("How available services and applications are, and what is left of the error budget"),
        "app-window", applications,
        links=[(gettext_lazy("Applications and services"), "operation:applications")],
    )  # fmt: skip
