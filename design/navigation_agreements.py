"""What agreements register: their kind, guards, navigation, the panel of a service, activity 6."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import agreement_policies as policies
from design.agreement_states import AgreementState, AgreementType
from design.days import today
from design.models import Agreement
from design.reports import agreements as reports
from design.services import agreements, guards
from design.views.agreements import Agreements
from itsm.accounts.roles import Role
from itsm.catalogue import guards as life
from itsm.catalogue.models import Service
from itsm.desk.views import records as pages
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import records

#: Agreements that a page checks; what is above is found in the list.
MOST_CHECKED = 20
#: Somebody should think of what comes after an agreement so long before it ends.
NOTICE = timedelta(days=60)


def register_kinds() -> None:
    records.register(records.RecordKind(
        Agreement, gettext_lazy("agreement"), gettext_lazy("agreements"), "handshake",
        ("title", "type", "customer", "provider_team", "customer_team", "supplier", "contract", "support_level",
         "calendar", "owner", "starts_on", "ends_on", "description"),
        policies.may_write, policies.may_edit, lists=("services",), check=agreements.check,
        services="design.services.agreements",
    ))  # fmt: skip
    life.register("start_design", guards.start_design_needs)
    life.register("accept_design", guards.chain_needs)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """What is promised about a service, by whom it is backed, and whether that is enough."""
    user = request.user
    if not user.is_desk:
        return None
    slas = reports.slas_of(service)
    checked = [(one, chain) for one in slas for chain in reports.chains(one) if chain.service.pk == service.pk]
    others = Agreement.objects.visible_to(user).binding().filter(services=service).exclude(type=AgreementType.SLA)
    backing = list(others.select_related("customer", "provider_team", "customer_team").order_by("type", "id")[:6])
    may_start = service.status not in Service.Status.ENDED and bool(policies.may_write(user))
    if not checked and not backing and not may_start:
        return None
    return {"slas": checked, "backing": backing, "may_start": may_start}


def levels_and_agreements(user: Any) -> Summary:
    """Activity 6."""
    rows = Agreement.objects.visible_to(user)
    active = rows.active().count()
    slas = list(rows.binding().filter(type=AgreementType.SLA).select_related("customer").order_by("-id")[:MOST_CHECKED])
    gaps = [(one, chain) for one in slas for chain in reports.chains(one) if not chain.holds]
    ending = list(rows.active().filter(ends_on__lte=today() + NOTICE).order_by("ends_on", "id")[:3])
    late = list(rows.filter(state=AgreementState.AGREED, starts_on__lt=today()).order_by("starts_on")[:3])
    address = reverse("design:agreement-list")
    figures = [
        Figure(_("Active agreements"), active, "", f"{address}?state=active"),
        Figure(_("Promises not backed"), len(gaps), "red" if gaps else "green", f"{address}?type=sla"),
        Figure(_("End within 60 days"), len(ending), "amber" if ending else "green", f"{address}?state=active"),
    ]
    attention = [
        Attention(f"{one.number} {one}", chain.words[0], _("not backed"), "red", f"{one.get_absolute_url()}#chain",
                  "unlink", 60)
        for one, chain in gaps[:3]
    ] + [
        Attention(str(one), one.period, _("ends"), "amber", one.get_absolute_url(), "calendar-off", 45)
        for one in ending
    ] + [
        Attention(str(one), _("Its first day has come, and it is not active"), one.number, "red",
                  one.get_absolute_url(), "handshake", 65)
        for one in late
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``DesignConfig.ready``."""
    pages.register(
        Agreements, group="services", order=25, key="A", roles=[*policies.WRITERS, Role.AUDITOR],
        tip=gettext_lazy("being drafted"),
        count=lambda user: Agreement.objects.visible_to(user).filter(state=AgreementState.DRAFT),
    )  # fmt: skip
    panels.register(
        "service_design", "agreements", "design/agreement/_of_service.html", of_service,
        label=gettext_lazy("Agreements"),
        order=41, cls="c4",
    )  # fmt: skip
    lifecycle.register(
        "design", 6, gettext_lazy("Service levels and agreements"),
        gettext_lazy("What is promised, to whom, and who stands behind it"), "handshake", levels_and_agreements,
        links=[(gettext_lazy("Agreements"), "design:agreement-list")],
    )  # fmt: skip
