"""What the improvement register registers: its kind, pages, and activity 19."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement import improvement_policies as policies
from improvement.demo import improvements as story
from improvement.improvement_states import ImprovementState
from improvement.models import Improvement
from improvement.models.improvement import BENEFITS, CONFIDENCES, EFFORTS, REACHES
from improvement.reports import register as reports
from improvement.services import improvements
from improvement.views.improvements import Improvements
from itsm.desk.views import records as pages
from itsm.lib import chapters, clock, house
from itsm.ui import lifecycle, markdown
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import inputs, records


def register_kinds() -> None:
    inputs.register("reach", *inputs.grade(gettext_lazy("Reach"), REACHES))
    inputs.register("improvement_benefit", *inputs.grade(gettext_lazy("Benefit"), BENEFITS))
    inputs.register("confidence", *inputs.grade(gettext_lazy("Confidence"), CONFIDENCES))
    inputs.register("effort", *inputs.grade(gettext_lazy("Effort"), EFFORTS))
    inputs.register("lesson", *inputs.text(gettext_lazy("Lesson"), hint=gettext_lazy("What would you do otherwise?")))
    inputs.register("realised_benefit", *inputs.amount(
        gettext_lazy("Measured benefit per year"), hint=gettext_lazy("In money, where it can be said.")
    ))  # fmt: skip
    records.register(records.RecordKind(
        Improvement, gettext_lazy("improvement"), gettext_lazy("improvements"), "trending-up",
        ("title", "description", "area", "service", "owner", "due_on", "measured_by", "window_days", "unit",
         "baseline_value", "baseline_on", "target_value", "reach", "benefit", "confidence", "effort", "yearly_benefit",
         "benefit_words", "origin", "origin_url", "feedback", "answer"),
        policies.may_suggest, policies.may_edit, check=improvements.check,
        services="improvement.services.improvements", created=improvements.begin,
        on_round={"approved": "approve", "rejected": "reject"},
    ))  # fmt: skip
    house.counts_amounts(
        "improvement", gettext_lazy("benefits of improvements"),
        Improvement.objects.exclude(yearly_benefit__isnull=True, realised_benefit__isnull=True).count,
    )  # fmt: skip


def improve(user: Any) -> Summary:
    """Activity 19."""
    today = clock.now().date()
    found = reports.register(user, today)
    address = reverse("improvement:improvement-list")
    figures = [
        Figure(_("Active improvements"), found.active, "", address),
        Figure(_("Being measured"), found.measuring, "", f"{address}?state=measuring"),
        Figure(_("Realised this year"), found.realised, "green" if found.realised else "", f"{address}?view=realised"),
    ]
    attention = [
        Attention(str(one), _("It should be done by now"), one.number, "red", one.get_absolute_url(), "trending-up", 55)
        for one in reports.late(user)[:3]
    ] + [
        Attention(str(one), _("Assessed: do it or not?"), _("priority %d") % one.score, "amber",
                  one.get_absolute_url(), "trending-up", 35)
        for one in reports.to_decide(user).filter(state=ImprovementState.ASSESSED).order_by("-score", "-id")[:2]
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    register_kinds()
    markdown.link_numbers("IMP", "/improvement/register/{}/")
    pages.register(
        Improvements, group="improve", order=40, key="M", tip=gettext_lazy("overdue"), tone="red",
        count=lambda user: Improvement.objects.visible_to(user).overdue(clock.now().date()).count() or None,
    )  # fmt: skip
    lifecycle.register(
        "improvement", 19, gettext_lazy("Improvement plans"), gettext_lazy("Make it better, and prove it"),
        "trending-up", improve, links=[(gettext_lazy("Improvement register"), "improvement:improvement-list")],
    )  # fmt: skip
    chapters.register("improvements", story.tell, order=910)
