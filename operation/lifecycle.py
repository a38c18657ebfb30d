"""What the operation stage says of its activities on the stage's page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from itsm.ui import lifecycle
from itsm.ui.lifecycle import Summary
from operation import navigation_risks


def security_and_risk(user: Any) -> Summary:
    """Activity 16."""
    return Summary(navigation_risks.figures(user), navigation_risks.attention(user))


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    lifecycle.register(
        "operation", 16, _("Security and risk"), _("Incidents nobody else finds, risks, and the controls against them"),
        "shield-check", security_and_risk,
        links=[(_("Risks"), "operation:risk-list"), (_("Heat map"), "operation:risk-map"),
               (_("Controls"), "operation:control-list")],
    )  # fmt: skip
