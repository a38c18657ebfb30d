"""What KPIs register: their definitions, pages, search, a measure for improvements, and activity 18."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement import kpi_policies as policies
from improvement import measures
from improvement.demo import kpis as story
from improvement.models import KPI
from improvement.reports.kpis import catalogue, definition, figures
from itsm.audit import actions
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import chapters
from itsm.search import registry
from itsm.search.registry import Hit
from itsm.sla.services import measure
from itsm.ui import lifecycle, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary

#: What the page of a service shows.
OF_SERVICE = ("attainment", "availability", "first_response", "csat", "reopen", "backlog")


def last_month() -> Period:
    return Period.read({}, measure.today() - measure.DAY)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """The KPIs of a service on its page."""
    if not request.user.is_desk:
        return None
    scope = Scope(request.user, service=service.pk)
    if scope.is_empty:
        return None
    lines = [line for line in figures.lines(scope, last_month()) if line.one.code in OF_SERVICE]
    known = [line for line in lines if line.value is not None]
    return {"lines": known, "url": f"{reverse('improvement:kpis')}?service={service.pk}"} if known else None


def evaluation(user: Any) -> Summary:
    """Activity 18: how many KPIs are where they should be."""
    scope = Scope(user)
    lines = figures.lines(scope, last_month())
    off = [line for line in lines if line.status == figures.OFF]
    good = sum(line.status == figures.ON_TARGET for line in lines)
    aimed = sum(line.status in (figures.ON_TARGET, figures.NEAR, figures.OFF) for line in lines)
    url = reverse("improvement:kpis")
    found = [
        Figure(_("KPIs on target"), _("%(n)s of %(all)s") % {"n": good, "all": aimed} if aimed else "–", "", url),
        Figure(_("Off target"), len(off), "red" if off else "green", url),
    ]
    return Summary(found, [
        Attention(
            str(line.one.name), _("%(value)s, target %(target)s") % {"value": line.text, "target": line.target_text},
            line.status_words, "amber", line.kpi.get_absolute_url(), "gauge", 35,
        )
        for line in off[:3]
    ])  # fmt: skip


def find(user: Any, text: str, limit: int) -> Iterable[Hit]:
    """KPIs by name and question."""
    words = text.lower().split()[:10]
    known = set(KPI.objects.visible_to(user).values_list("code", flat=True))
    hits = [
        Hit(reverse("improvement:kpi", args=[one.code]), str(one.name), "", str(one.question), "gauge", index="kpi")
        for one in definition.all_of_them()
        if one.code in known and words and all(word in f"{one.name} {one.question}".lower() for word in words)
    ]
    return hits[:limit]


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    catalogue.register_all()
    actions.register({"kpi.decide": gettext_lazy("decided")})
    measures.register("kpi", gettext_lazy("KPI"), figures.measures, figures.reading)
    nav.register(
        "improve", gettext_lazy("KPIs"), "improvement:kpis", "gauge", order=10, roles=policies.READERS, go="m"
    )  # fmt: skip
    registry.register("kpi", gettext_lazy("KPIs"), find, icon="gauge", desk=True, order=70)
    panels.register(
        "service_improvement", "kpis", "improvement/kpi/_of_service.html", of_service, label=gettext_lazy("KPIs"),
        order=45,
        cls="c4",
    )  # fmt: skip
    lifecycle.register(
        "improvement", 18, gettext_lazy("Evaluation"), gettext_lazy("What the numbers say, looked at together"),
        "gauge", evaluation, links=[(gettext_lazy("KPIs"), "improvement:kpis")],
    )  # fmt: skip
    chapters.register("kpis", story.tell, order=960)
