"""The verbs of a service request. Each function is the whole business step, in one transaction."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.accounts.models import User
from itsm.lib.sources import Source
from itsm.workflow import steps
from itsm.workflow.moves import move
from operation.models import ServiceRequest
from operation.order_states import RequestState
from operation.services import ordering, outcomes
from operation.services.incidents import assign, put_on_hold, resume, start
from operation.services.ordering import ask_approval, cancel, reject, resubmit

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket

#: The kind's verbs live in this module; those it shares are written next door.
__all__ = ["ask_approval", "assign", "cancel", "put_on_hold", "reject", "resubmit", "resume", "start"]


def open(**given: Any) -> ServiceRequest:
    """Order something: ``offering`` and ``form`` (the answers), for ``requester``; approvals are asked for at once."""
    made: ServiceRequest = ordering.order("request", **given)
    return made


def fulfil(
    request: ServiceRequest, *, actor: User, source: str, note: str, version: int | None = None
) -> ServiceRequest:
    """Everything is there: the clocks stop, and whoever asked for it is told.

    What the offering leaves behind, such as a subscription, is made with it. Where that cannot be made the order is
    not fulfilled, and a task says why.
    """
    try:
        with transaction.atomic():
            moved = move(
                request, "fulfil", actor=actor, source=source, version=version, body=note, public=True, note=note
            )  # fmt: skip
            outcomes.deliver(moved)
            return moved
    except outcomes.Undelivered as trouble:
        outcomes.ask_for_help(request, trouble)
        raise


def confirm(
    request: ServiceRequest, *, actor: User, source: str, comment: str = "", version: int | None = None
) -> ServiceRequest:
    """The requester says that everything is there."""
    return move(request, "confirm", actor=actor, source=source, version=version, body=comment, public=True)


def reopen(
    request: ServiceRequest, *, actor: User, source: str, reason: str, version: int | None = None
) -> ServiceRequest:
    """Something is missing: back to work, with what the requester says on the timeline."""
    return move(request, "reopen", actor=actor, source=source, version=version, body=reason, public=True)


@transaction.atomic
def tasks_changed(request: Ticket, *, actor: User, source: str) -> None:
    """A task was finished, skipped or opened again: work has begun, and with the last one it is done."""
    own: Any = request.specific()
    planned = [task for task in own.tasks.all() if task.step]
    finished = [task for task in planned if not task.is_left]
    if not finished:
        return
    system = User.objects.system()
    if own.state == RequestState.APPROVED:
        own = move(own, "start", actor=system, source=Source.SYSTEM, team=own.team, assignee=own.assignee)
    if own.tasks.left().exists() or not steps.find(own, "fulfil"):
        return
    step = steps.find(own, "fulfil")
    if step is not None and steps.judge(own, step, system):
        done = [task.title for task in planned if task.state == task.State.DONE]
        note = ngettext("%(n)d step is done: %(what)s.", "All %(n)d steps are done: %(what)s.", len(done)) % {
            "n": len(done), "what": "; ".join(done),
        } if done else _("No step was needed.")  # fmt: skip
        with contextlib.suppress(outcomes.Undelivered):
            fulfil(own, actor=system, source=Source.SYSTEM, note=note)
