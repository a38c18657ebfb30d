"""What performance targets register: their kind, a guard, navigation, the panel of a service, activity 5."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import performance_policies as policies
from design.models import PerformanceTarget, delivered
from design.models.delivered import Statement, with_unit
from design.performance_states import PerformanceState
from design.views.performance import VERDICTS, Performance
from itsm.accounts.roles import Role
from itsm.catalogue import guards as life
from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service
from itsm.desk.views import records as pages
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import records

#: Designs that the stage's page computes; what is above is found in the list.
MOST_COMPUTED = 20


def register_kinds() -> None:
    records.register(records.RecordKind(
        PerformanceTarget, gettext_lazy("performance target"), gettext_lazy("performance targets"), "gauge",
        ("service", *PerformanceTarget.PROMISED, "own_availability", "own_latency_ms", "capacity",
         "own_recovery_minutes", "own_data_loss_minutes", "demand", "headroom_percent", "description"),
        policies.may_write, policies.may_edit,
    ))  # fmt: skip
    life.register("accept_design", accept_design_needs)


def accept_design_needs(service: Service) -> Iterable[Requirement]:
    """Where performance is promised, the design can deliver it."""
    target = PerformanceTarget.objects.filter(service=service).first()
    if target is not None:
        gaps = delivered.shortfalls(target)
        yield Requirement(
            _("Promised performance can be delivered"), not gaps, " ".join(gaps), target.get_absolute_url()
        )


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Promise against computation, on the page of a service."""
    user = request.user
    if not user.is_desk:
        return None
    target = PerformanceTarget.objects.visible_to(user).filter(service=service).first()
    if target is None:
        in_pipeline = service.status in Service.Status.PIPELINE
        return {"may_start": True} if in_pipeline and policies.may_write(user) else None
    found = delivered.statement(service)
    return {
        "target": target, "problem": found.problem, "weakest": found.weakest,
        "lines": [
            (line.label, with_unit(line.promised, line.unit), with_unit(line.computed, line.unit),
             VERDICTS[line.verdict][0] if line.verdict else "", VERDICTS[line.verdict][1])
            for line in found.lines if line.promised is not None or line.computed is not None
        ],
    }  # fmt: skip


def _short(found: Statement) -> bool:
    return bool(found.problem) or any(line.verdict == "gap" for line in found.lines)


def end_to_end(user: Any) -> Summary:
    """Activity 5."""
    rows = PerformanceTarget.objects.visible_to(user)
    promised = rows.exclude(availability=None, latency_ms=None, throughput=None, rto_minutes=None, rpo_minutes=None)
    latest = list(promised.select_related("service").order_by("-updated_at", "-id")[:MOST_COMPUTED])
    short = [target for target in latest if _short(delivered.statement(target.service))]
    bare = Service.objects.visible_to(user).filter(status=Service.Status.IN_DESIGN, performance__isnull=True)
    without = bare.count()
    address = reverse("design:performance-list")
    figures = [
        Figure(_("Services with targets"), promised.count(), "", address),
        Figure(_("Promise more than they can"), len(short), "red" if short else "green", address),
        Figure(_("In design without targets"), without, "amber" if without else "green", reverse("desk:services")),
    ]
    attention = [
        Attention(str(one.service), delivered.shortfalls(one)[0], _("gap"), "red", one.get_absolute_url(), "gauge", 58)
        for one in short[:3]
    ] + [
        Attention(one.name, _("In design, and nobody said how well it has to perform"), _("to do"), "amber",
                  f"{reverse('design:performance-new')}?service={one.pk}", "gauge", 35)
        for one in bare.order_by("name")[:2]
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``DesignConfig.ready``."""
    pages.register(
        Performance, group="services", order=28, roles=[*policies.WRITERS, Role.AUDITOR], tip=gettext_lazy("drafts"),
        count=lambda user: PerformanceTarget.objects.visible_to(user).filter(
            state=PerformanceState.DRAFT
        ),
    )  # fmt: skip
    panels.register(
        "service_design", "performance", "design/performance/_of_service.html", of_service,
        label=gettext_lazy("Promised performance"), order=43, cls="c8",
    )  # fmt: skip
    lifecycle.register(
        "design", 5, gettext_lazy("End-to-end performance"),
        gettext_lazy("How available, fast and large, and whether the design can do it"), "gauge", end_to_end,
        links=[(gettext_lazy("Performance targets"), "design:performance-list")],
    )  # fmt: skip
