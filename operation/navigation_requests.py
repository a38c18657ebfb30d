"""What service requests and requests for access register: their kinds, inputs of steps, navigation, portal words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.catalogue import questions
from itsm.desk.navigation import register_kind
from itsm.lib import clock, house
from itsm.tickets import kinds
from itsm.tickets.models import TicketTask
from itsm.ui import lifecycle, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import approvals, inputs, registration
from operation.models import AccessRequest, ServiceRequest
from operation.order_states import AccessState, RequestState
from operation.services import access, ordering, outcomes


def _approver(*, required: bool) -> forms.Field:
    return inputs.PersonField(
        User.objects.people(), label=_("Who decides"), required=required, widget=forms.TextInput,
        help_text=_("Email address. Empty: whom the offering names."),
    )  # fmt: skip


def register_kinds() -> None:
    inputs.register(
        "approver", _approver, lambda: {"type": ["integer", "string"], "description": "User id or email"}
    )  # fmt: skip
    inputs.register("until_day", *inputs.day(gettext_lazy("Until")))
    kinds.register(kinds.Kind(
        code="request", prefix="REQ", model_label="operation.ServiceRequest", label=gettext_lazy("Service request"),
        plural=gettext_lazy("Service requests"), states=RequestState, phases=RequestState.PHASES,
        services="operation.services.requests", icon="package", done_metric="fulfilment", opening="ordered",
        new_page="operation:request-new", process=("reopen_days", "auto_close_days", "reminder_days", "reminders"),
        plain_words={
            "submitted": gettext_lazy("We have received it"),
            "awaiting_approval": gettext_lazy("Waiting for approval"),
            "approved": gettext_lazy("Approved, work begins soon"), "fulfilling": gettext_lazy("We are working on it"),
            "on_hold": gettext_lazy("Waiting"), "fulfilled": gettext_lazy("Delivered: please check"),
            "closed": gettext_lazy("Done"), "rejected": gettext_lazy("Not approved"),
            "cancelled": gettext_lazy("Cancelled"),
        },
    ))  # fmt: skip
    kinds.register(kinds.Kind(
        code="access", prefix="ACC", model_label="operation.AccessRequest", label=gettext_lazy("Access request"),
        plural=gettext_lazy("Access requests"), states=AccessState, phases=AccessState.PHASES,
        services="operation.services.access", icon="key-round", done_metric="fulfilment", opening="ordered",
        new_page="operation:request-new", process=(),
        plain_words={
            "requested": gettext_lazy("We have received it"),
            "awaiting_approval": gettext_lazy("Waiting for approval"),
            "approved": gettext_lazy("Approved, you get it soon"),
            "granted": gettext_lazy("You have access: please check"), "verified": gettext_lazy("You have access"),
            "ending": gettext_lazy("Your access ends now"), "revoked": gettext_lazy("Ended"),
            "rejected": gettext_lazy("Not approved"), "cancelled": gettext_lazy("Cancelled"),
        },
    ))  # fmt: skip
    registration.register_actions("request", ServiceRequest, gettext_lazy("service request"))
    registration.register_actions("access", AccessRequest, gettext_lazy("access request"))
    for kind in ordering.KINDS:
        approvals.on_decided(f"ticket:{kind}", ordering.decided)


# ---------- on the ticket ----------


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """What was ordered: answers and price, and the beginning and end of a right."""
    if ticket.kind not in ordering.KINDS:
        return None
    return {
        "order": ticket, "answers": questions.in_words(ticket.questions, ticket.form),
        "today": access.today(), "is_access": ticket.kind == "access",
        **(outcomes.of_order(ticket.specific()) if ticket.kind == "request" else {}),
    }  # fmt: skip


# ---------- tasks ----------


def tasks_waiting(user: Any) -> Any:
    """Tasks of one's own, and those of one's teams that nobody has."""
    if not user.is_agent or not user.team_ids:
        return None
    return TicketTask.objects.visible_to(user).of(user).filter(state=TicketTask.State.OPEN)


# ---------- the stage ----------


def summary(user: Any) -> Summary:
    """Part of activity 15: what is ordered, and what waits for a decision."""
    rows: Any = ServiceRequest.objects.visible_to(user)
    asked = rows.filter(state=RequestState.AWAITING_APPROVAL)
    stuck = rows.filter(state=RequestState.SUBMITTED).order_by("opened_at")
    queue = reverse("desk:queue")
    late = TicketTask.objects.visible_to(user).filter(state=TicketTask.State.OPEN, due_at__lt=clock.now())
    words = house.own_term("request", plural=True) or _("Requests")
    figures = [
        Figure(words, rows.open().count(), "", f"{queue}?kind=request"),
        Figure(_("Await approval"), asked.count(), "", f"{queue}?kind=request&hold=approval"),
    ]
    attention = [
        Attention(one.title, _("Nobody could be asked for approval"), one.number, "amber", one.get_absolute_url(),
                  "stamp", 60)
        for one in stuck[:3]
    ]  # fmt: skip
    overdue = late.count()
    if overdue:
        attention.append(Attention(
            _("Tasks are late"), "", str(overdue), "amber", f"{reverse('desk:tasks')}?list=all", "list-checks", 55
        ))  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    register_kind(kinds.get("request"), order=20, go="r")
    register_kind(kinds.get("access"), order=26)
    nav.register(
        "top", gettext_lazy("Tasks"), "desk:tasks", "list-checks", order=15, roles=[Role.AGENT], count=tasks_waiting,
        tip=gettext_lazy("for you and your teams"), go="t", hint=gettext_lazy("Steps of requests and other tickets"),
    )  # fmt: skip
    panels.register_create(
        "request", kinds.get("request").label, "operation:request-new", icon="package", key="R",
        roles=(Role.AGENT, Role.INCIDENT_MANAGER, Role.ADMINISTRATOR), order=12,
    )  # fmt: skip
    panels.register(
        "ticket", "order", "operation/request/_on_ticket.html", on_ticket, label=gettext_lazy("Order"), order=5
    )
    lifecycle.extend(15, summary)
