"""What security incidents register: their kind, inputs of steps, settings, navigation, and a part of activity 16."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.desk.navigation import register_kind
from itsm.desk.views.settings import sections
from itsm.lib import clock
from itsm.tickets import kinds
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import when
from itsm.workflow import inputs, registration
from operation import security_policies as policies
from operation.models import SecurityIncident
from operation.models.security import SEVERITIES
from operation.states import SecurityState, Threat
from operation.views.security import PLAYBOOKS

KIND = "security_incident"


def register_kinds() -> None:
    inputs.register("threat", *inputs.choice(gettext_lazy("What is it?"), Threat))
    inputs.register("threat_severity", *inputs.grade(gettext_lazy("How bad is it?"), SEVERITIES))
    inputs.register("personal_data", *inputs.yes_no(
        gettext_lazy("Is personal data concerned?"), gettext_lazy("Yes"), gettext_lazy("No")
    ))  # fmt: skip
    inputs.register("lessons", *inputs.text(gettext_lazy("What was learned?")))
    inputs.register("notification", *inputs.text(
        gettext_lazy("What the authority was told, or why nothing is to be told"), rows=4
    ))  # fmt: skip
    kinds.register(kinds.Kind(
        code=KIND, prefix="SEC", model_label="operation.SecurityIncident", label=gettext_lazy("Security incident"),
        plural=gettext_lazy("Security incidents"), states=SecurityState, phases=SecurityState.PHASES,
        services="operation.services.security", icon="shield-alert",
        plain_words={
            "new": gettext_lazy("We have received it"), "triaged": gettext_lazy("We are working on it"),
            "contained": gettext_lazy("We are working on it"), "eradicated": gettext_lazy("We are working on it"),
            "recovered": gettext_lazy("Solved"), "closed": gettext_lazy("Done"),
            "cancelled": gettext_lazy("No danger"),
        },
    ))  # fmt: skip
    registration.register_actions(KIND, SecurityIncident, gettext_lazy("security incident"))


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """On an incident the way to security; on a security incident what it is and until when authorities are told."""
    if ticket.kind == "incident":
        return {"incident": ticket} if ticket.phase_open and request.user.acts_for_desk else None
    if ticket.kind != KIND:
        return None
    late = bool(ticket.report_until and not ticket.notified_at and ticket.report_until < clock.now())
    return {"security": ticket, "late": late}


def summary(user: Any) -> Summary:
    """Its part of activity 16: only what the person may see, hence nothing for most."""
    rows: Any = SecurityIncident.objects.visible_to(user).open()
    if not user.holds(Role.SECURITY_OFFICER) and not rows.exists():
        return Summary()
    found = list(rows.order_by("severity", "opened_at")[:50])
    bad = [one for one in found if one.severity <= 2]
    address = f"{reverse('desk:queue')}?kind={KIND}"
    figures = [Figure(kinds.get(KIND).plural, len(found), "red" if bad else "", address)]
    attention = [
        Attention(one.title, _("Severity %d") % one.severity, one.number, "red", one.get_absolute_url(),
                  "shield-alert", 90)
        for one in bad[:2]
    ] + [
        Attention(one.title, _("Tell the authority until %s") % when(one.report_until), one.number, "red",
                  one.get_absolute_url(), "landmark", 95)
        for one in found if one.report_until and not one.notified_at
    ][:2]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    sections.add(PLAYBOOKS)
    register_kind(kinds.get(KIND), order=15, allowed=policies.knows)
    panels.register_create(
        KIND, kinds.get(KIND).label, "operation:security-incident-new", icon="shield-alert", key="S",
        order=20, allowed=lambda user: bool(user.acts_for_desk),
    )  # fmt: skip
    panels.register(
        "ticket", "security", "operation/security/_on_ticket.html", on_ticket, label=gettext_lazy("Security"), order=48
    )
    lifecycle.extend(16, summary)
