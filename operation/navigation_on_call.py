"""What on-call rotas register: navigation, whom escalations page, and a part of activity 15."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.sla.models import EscalationStep
from itsm.ui import lifecycle, nav
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import escalations
from operation.models import Rota
from operation.services import on_call


def summary(user: Any) -> Summary:
    """Who is there, and where nobody is."""
    now, found, attention = clock.now(), 0, []
    rotas = list(on_call.loaded(Rota.objects.visible_to(user).active().order_by("name"))[:50])
    for rota in rotas:
        shift = on_call.now_on_call(rota, now)
        if shift is None or shift.is_away:
            why = _("Nobody is on call") if shift is None else _("%(person)s is away") % {"person": shift.user}
            attention.append(Attention(rota.name, why, _("on call"), "red", rota.get_absolute_url(), "phone-off", 70))
        else:
            found += 1
    if not rotas:
        return Summary()
    return Summary([Figure(_("On call now"), f"{found}/{len(rotas)}", "red" if found < len(rotas) else "",
                           reverse("operation:on-call"))], attention)  # fmt: skip


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    escalations.register_people(EscalationStep.Action.PAGE_ON_CALL, on_call.people_for)
    nav.register(
        "operations", gettext_lazy("On call"), "operation:on-call", "phone-call", order=60, roles=[
            Role.AGENT, Role.INCIDENT_MANAGER, Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR, Role.AUDITOR,
        ], hint=gettext_lazy("Who answers for each team, now and next"),
    )  # fmt: skip
    lifecycle.extend(15, summary, [(gettext_lazy("On call"), "operation:on-call")])
