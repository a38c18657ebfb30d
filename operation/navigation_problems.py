"""What problems register: their kind, inputs of steps, the bulk action, navigation, panels, a part of activity 15."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.desk.forms import bulk as bulk_forms
from itsm.desk.navigation import register_kind
from itsm.desk.services import bulk
from itsm.search import registry
from itsm.search.registry import Hit
from itsm.tickets import kinds
from itsm.tickets.models import Ticket, TicketLink
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.ui import lifecycle, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import inputs, registration
from operation import known_errors
from operation.forms.problems import ProblemForm
from operation.models import Problem
from operation.problem_policies import works
from operation.problem_states import WAITS_FOR_PROBLEM, ProblemState
from operation.services import problems

KIND = "problem"
#: Linked incidents that the panel of a problem lists.
MOST_LISTED = 12


def register_kinds() -> None:
    inputs.register("root_cause", *inputs.text(gettext_lazy("Root cause")))
    inputs.register("whys", *inputs.text(
        gettext_lazy("Five whys"), rows=5, hint=gettext_lazy("Why did it happen? And why that? One answer a line.")
    ))  # fmt: skip
    inputs.register("workaround", *inputs.text(
        gettext_lazy("Workaround"), rows=5,
        hint=gettext_lazy("What helps until the cause is removed. It is sent to requesters as it stands here."),
    ))  # fmt: skip
    kinds.register(kinds.Kind(
        code=KIND, prefix="PRB", model_label="operation.Problem", label=gettext_lazy("Problem"),
        plural=gettext_lazy("Problems"), states=ProblemState, phases=ProblemState.PHASES,
        services="operation.services.problems", icon="bug", editable=("root_cause", "workaround"),
        plain_words={
            "new": gettext_lazy("We have received it"), "assessed": gettext_lazy("We look for the cause"),
            "root_cause_analysis": gettext_lazy("We look for the cause"),
            "known_error": gettext_lazy("We know the cause"), "fix_in_progress": gettext_lazy("We remove the cause"),
            "resolved": gettext_lazy("Solved"), "closed": gettext_lazy("Done"), "cancelled": gettext_lazy("Cancelled"),
        },
    ))  # fmt: skip
    registration.register_actions(KIND, Problem, gettext_lazy("problem"))


# ---------- on tickets ----------


def on_incident(request: Any, ticket: Any) -> dict[str, Any] | None:
    """On an incident: its cause, known errors like it with what helps, and the way to a new problem."""
    if ticket.kind != "incident":
        return None
    user = request.user
    rows: Any = Problem.objects.for_desk(user).filter(
        links_to__source=ticket.pk, links_to__kind=TicketLink.Kind.CAUSED_BY
    )
    linked = list(rows.distinct()[:3])
    may = ticket.phase_open and works(user)
    hints = known_errors.suggest(user, ticket) if may and not any(one.phase_open for one in linked) else []
    if not (linked or hints or may):
        return None
    held = ticket.hold_reason == WAITS_FOR_PROBLEM
    can_wait = ticket.state in ("assigned", "in_progress")
    return {"linked": linked, "hints": hints, "may": may, "held": held, "can_wait": can_wait}


def on_problem(request: Any, ticket: Any) -> dict[str, Any] | None:
    """On a problem: what is known, and the incidents it causes."""
    if ticket.kind != KIND:
        return None
    caused: Any = Ticket.objects.visible_to(request.user).filter(
        kind="incident", links_from__target=ticket.pk, links_from__kind=TicketLink.Kind.CAUSED_BY
    )
    rows = list(caused.only(*LIST_FIELDS).order_by("-is_open", "-opened_at", "-id")[: MOST_LISTED + 1])
    waiting = [one for one in rows if one.phase == "waiting" and one.hold_reason == WAITS_FOR_PROBLEM]
    return {
        "problem": ticket, "incidents": rows[:MOST_LISTED], "more": len(rows) > MOST_LISTED,
        "count": caused.count() if len(rows) > MOST_LISTED else len(rows), "waiting": len(waiting),
    }  # fmt: skip


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """On a service: what is known to be wrong with it."""
    if not request.user.is_desk:
        return None
    rows: Any = Problem.objects.for_desk(request.user).open()
    rows = rows.filter(service=service)
    found = list(rows.only(*LIST_FIELDS, "workaround").order_by("priority", "-opened_at", "-id")[:6])
    return {"problems": found[:5], "more": len(found) > 5, "service": service} if found else None


# ---------- the queue ----------


def _from_selection(ticket: Ticket, actor: Any, data: Mapping[str, Any]) -> Any:
    """The first incident opens the problem, the others join it."""
    chosen = data.get("number") or data.get("opened")
    made = problems.from_incident(
        ticket, actor=actor, source="web", title=data.get("title", ""), problem=chosen,  # type: ignore[arg-type]
    )  # fmt: skip
    data["opened"] = made  # type: ignore[index]
    return None


# ---------- search and stage ----------


def find(user: Any, text: str, limit: int) -> list[Hit]:
    """Known errors, for the desk."""
    rows = known_errors.search(user, text).select_related("service").order_by("-known_since", "-id")[:limit]
    return [
        Hit(url=one.get_absolute_url(), title=f"{one.number} {one.title}", hint=str(one.service or one.state_label),
            icon="lightbulb", snippet=one.workaround[:200] or one.root_cause[:200], index="known-errors")
        for one in rows
    ]  # fmt: skip


def summary(user: Any) -> Summary:
    """Part of activity 15."""
    rows: Any = Problem.objects.visible_to(user)
    known = known_errors.with_incidents(rows.known_errors()).filter(open_incidents__gt=0)
    busiest = list(known.order_by("-open_incidents", "-id")[:2])
    bare = rows.filter(state=ProblemState.KNOWN_ERROR, workaround="").order_by("known_since", "id")
    figures = [
        Figure(_("Problems"), rows.open().count(), "", f"{reverse('desk:queue')}?kind={KIND}"),
        Figure(_("Known errors"), rows.known_errors().count(), "", reverse("operation:known-errors")),
    ]
    attention = [
        Attention(one.title, _("%d open incidents") % one.open_incidents, one.number, "amber", one.get_absolute_url(),
                  "bug", 58)
        for one in busiest if one.open_incidents > 1
    ] + [
        Attention(one.title, _("A known error without a workaround"), one.number, "amber", one.get_absolute_url(),
                  "life-buoy", 45)
        for one in bare[:1]
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    register_kind(kinds.get(KIND), order=30, go="b")
    nav.register(
        "desk", gettext_lazy("Known errors"), "operation:known-errors", "lightbulb", order=35,
        hint=gettext_lazy("What is wrong, and what helps meanwhile"),
    )  # fmt: skip
    panels.register_create(
        KIND, gettext_lazy("Problem"), "operation:problem-new", icon="bug", key="P",
        roles=(Role.AGENT, Role.PROBLEM_MANAGER, Role.ADMINISTRATOR), order=14,
    )  # fmt: skip
    panels.register(
        "ticket", "cause", "operation/problem/_on_incident.html", on_incident, label=gettext_lazy("Problem"), order=20
    )
    panels.register(
        "ticket", "problem", "operation/problem/_on_problem.html", on_problem, label=gettext_lazy("Known so far"),
        order=4,
    )  # fmt: skip
    panels.register(
        "service_operation", "problems", "operation/problem/_of_service.html", of_service,
        label=gettext_lazy("Problems"),
        order=45, cls="c4",
    )  # fmt: skip
    bulk.register(bulk.Action(
        "problem", gettext_lazy("Make a problem"), "bug", _from_selection, kinds=frozenset({"incident"}),
        button=gettext_lazy("Link to the problem"),
    ))  # fmt: skip
    bulk_forms.FORMS["problem"] = ProblemForm
    registry.register("known-errors", gettext_lazy("Known errors"), find, icon="lightbulb", desk=True, order=15)
    lifecycle.extend(15, summary)
