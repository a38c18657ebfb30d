"""What the operation stage says of its activities on the stage's page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.lib import house
from itsm.ui import lifecycle
from itsm.ui.keyset import capped_count
from itsm.ui.lifecycle import Attention, Figure, Summary
from operation import navigation_risks
from operation.models import Incident


def security_and_risk(user: Any) -> Summary:
    """Activity 16."""
    return Summary(navigation_risks.figures(user), navigation_risks.attention(user))


def it_support(user: Any) -> Summary:
    """Activity 15: incidents; requests, problems and on-call add theirs."""
    rows: Any = Incident.objects.visible_to(user)
    queue = f"{reverse('desk:queue')}?kind=incident"
    figures = [Figure(_("Open incidents"), capped_count(rows.open()), "", queue)]
    majors = list(rows.major().order_by("-major_since", "-pk").only("kind", "title", "next_update_at")[:3])
    attention = [
        Attention(one.title, _("Major incident"), one.number, "red", one.get_absolute_url(), "flame", 95)
        for one in majors
    ]
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    lifecycle.register(
        "operation", 15, _("IT support"), _("Incidents, requests, problems, access, and who answers at night"),
        "headset", it_support,
        links=[(_("Queue"), "desk:queue"), (_("Known errors"), "operation:known-errors"), (_("Tasks"), "desk:tasks")],
    )  # fmt: skip
    lifecycle.register(
        "operation", 16, _("Security and risk"), _("Incidents nobody else finds, risks, and the controls against them"),
        "shield-check", security_and_risk,
        links=[(house.heading("risk", plural=True), "operation:risk-list"), (_("Heat map"), "operation:risk-map"),
               (_("Controls"), "operation:control-list")],
    )  # fmt: skip
