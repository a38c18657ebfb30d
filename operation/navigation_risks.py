"""The risk register's entries in navigation, create menu, search and on the pages of services and stages."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.desk.views import records as pages
from itsm.lib import clock
from itsm.ui import panels
from itsm.ui.lifecycle import Attention, Figure
from itsm.workflow import inputs, records
from operation import risk_policies as policies
from operation.models import Control, Risk
from operation.models.risk import IMPACTS, LIKELIHOODS, tone_of
from operation.services import risks
from operation.states import ControlState, Treatment
from operation.views.risks import Controls, Risks


def register_kinds() -> None:
    """The kinds of record and what their steps ask."""
    inputs.register("likelihood", *inputs.grade(gettext_lazy("Likelihood"), LIKELIHOODS))
    inputs.register("risk_impact", *inputs.grade(gettext_lazy("Impact"), IMPACTS))
    inputs.register("residual_likelihood", *inputs.grade(gettext_lazy("Likelihood after treatment"), LIKELIHOODS))
    inputs.register("residual_impact", *inputs.grade(gettext_lazy("Impact after treatment"), IMPACTS))
    inputs.register("treatment", *inputs.choice(gettext_lazy("Treatment"), Treatment))
    inputs.register("plan", *inputs.text(gettext_lazy("What is done"), rows=5))
    inputs.register("treat_until", *inputs.day(gettext_lazy("Done until")))
    inputs.register("review_on", *inputs.day(gettext_lazy("Review on")))
    inputs.register("passed", *inputs.yes_no(
        gettext_lazy("Does it work?"), gettext_lazy("It works"), gettext_lazy("It does not work")
    ))  # fmt: skip
    inputs.register("test_note", *inputs.text(gettext_lazy("What was seen")))
    records.register(records.RecordKind(
        Risk, gettext_lazy("risk"), gettext_lazy("risks"), "shield-alert",
        ("title", "description", "owner", "likelihood", "impact", "review_on"), policies.may_report, policies.may_edit,
        lists=("services", "controls"), check=risks.check, services="operation.services.risks",
    ))  # fmt: skip
    records.register(records.RecordKind(
        Control, gettext_lazy("control"), gettext_lazy("controls"), "shield",
        ("title", "description", "owner", "test_every_days"), policies.may_create_control, policies.may_edit_control,
        services="operation.services.risks",
    ))  # fmt: skip


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Open risks of a service, on its page."""
    found = list(Risk.objects.visible_to(request.user).open().filter(services=service).order_by("-score", "-id")[:5])
    return {"risks": found} if found else None


def figures(user: Any) -> list[Figure]:
    """High risks that are open, and the share of controls whose test is not overdue."""
    found = []
    high = Risk.objects.visible_to(user).high().count()
    found.append(Figure(_("High risks"), high, "red" if high else "green", reverse("operation:risk-list")))
    if policies.reads(user):
        active = Control.objects.filter(state=ControlState.ACTIVE)
        total, due = active.count(), active.filter(next_test_on__lte=clock.now().date()).count()
        share = None if not total else round(100 * (total - due) / total)
        tone = "" if share is None else "green" if share >= 90 else "amber"
        shown = None if share is None else f"{share}%"
        found.append(Figure(_("Controls tested"), shown, tone, reverse("operation:control-list")))
    return found


def attention(user: Any) -> list[Attention]:
    """Risks whose review or treatment is overdue."""
    today = clock.now().date()
    rows = Risk.objects.visible_to(user).overdue(today).order_by("-score", "-id")[:3]
    return [
        Attention(
            f"{risk.number} {risk}", _("Review or treatment overdue"),
            _("%d of 25") % risk.score if risk.score else _("not assessed"), tone_of(risk.score or None) or "amber",
            risk.get_absolute_url(), "shield-alert", 20 + 2 * risk.score,
        )
        for risk in rows
    ]  # fmt: skip


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    keepers = [*policies.READERS, Role.SERVICE_OWNER]
    pages.register(
        Risks, group="govern", order=40, key="H", roles=keepers, tone="red",
        count=lambda user: Risk.objects.visible_to(user).overdue(clock.now().date()),
        tip=gettext_lazy("overdue"),
    )  # fmt: skip
    pages.register(Controls, group="govern", order=50, roles=policies.READERS)
    panels.register(
        "service_operation", "risks", "operation/risk/_of_service.html", of_service, label=gettext_lazy("Risks"),
        order=70,
        cls="c4", roles=keepers,
    )  # fmt: skip
