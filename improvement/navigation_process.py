"""What process analysis registers: its page, suggestions for the improvement register, and activity 20."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement import kpi_policies as policies
from improvement import suggestions
from improvement.reports import findings
from improvement.reports.process.tickets import Question
from improvement.services import analyses
from itsm.desk.reports.service_levels.scope import Period
from itsm.sla.services import measure
from itsm.tickets import kinds
from itsm.ui import lifecycle, nav, times
from itsm.ui.lifecycle import Attention, Figure, Summary

#: So old may be what the home of the stage says about suggestions; their own page reads them anew.
SUGGESTED_SECONDS = 300


def quality(user: Any) -> Summary:
    """Activity 20: how incidents went in the last month, for whoever reads them all, and what data suggest."""
    url = reverse("improvement:process")
    figures = []
    if (user.reads_all or user.is_agent) and any(kind.code == "incident" for kind in kinds.all_kinds()):
        period = Period.read({}, measure.today())
        result = analyses.ask(Question("incident", period.first, period.last)).result
        if result and result["cases"]:
            figures = [
                Figure(_("Incidents as designed"), times.percent(result["conformance"]), "", url),
                Figure(_("Ping-pong"), result["returns"]["cases"], "", url),
            ]
    number, gravest = _suggested(user)
    figures.append(Figure(_("Suggestions"), number, "amber" if number else "green", url))
    return Summary(figures, gravest)


def _suggested(user: Any) -> tuple[int, list[Attention]]:
    """How many suggestions there are and the first two: read from a quarter of a year of tickets, so kept a while."""
    key = f"improvement:suggested:{user.pk}"
    known: tuple[int, list[Attention]] | None = cache.get(key)
    if known is None:
        found = findings.found(user)
        first = [Attention(str(one.title), str(one.detail), "", "blue", one.url, one.icon, 20) for one in found[:2]]
        known = len(found), first
        cache.set(key, known, SUGGESTED_SECONDS)
    return known


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    suggestions.register("process", findings.suggested)
    nav.register(
        "improve", gettext_lazy("Process analysis"), "improvement:process", "workflow", order=60,
        roles=policies.READERS,
    )  # fmt: skip
    lifecycle.register(
        "improvement", 20, gettext_lazy("Service quality and process efficiency"),
        gettext_lazy("How work really goes, and where it waits"), "workflow", quality,
        links=[(gettext_lazy("Process analysis"), "improvement:process")],
    )  # fmt: skip
