"""Orders that leave something behind: made once with the fulfilment; what is in the way becomes a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.errors import Refused
from itsm.lib.sources import Source
from itsm.workflow import work
from itsm.workflow.moves import lock
from operation.models import OrderOutcome, ServiceRequest
from transition.models import ConfigurationItem, Subscription
from transition.services import order_results

if TYPE_CHECKING:
    from transition.models import OrderResult


class Undelivered(Refused):
    """What the order leaves behind could not be made: it is not fulfilled."""

    def __init__(self, result: OrderResult, why: str) -> None:
        if result.kind == result.Kind.SUBSCRIPTION:
            said = _("The subscription cannot be opened. %(why)s") % {"why": why}
        else:
            said = _("The asset cannot be registered. %(why)s") % {"why": why}
        super().__init__(said, code="undelivered")


def deliver(order: ServiceRequest) -> None:
    """Make what the offering promises, in the transaction that fulfils the order. Once: a second delivery of a
    reopened order makes nothing more."""
    result = order_results.of_offering(order.offering_id)
    if result is None:
        return
    kept = OrderOutcome.objects.select_related("task", "subscription", "item").filter(order=order).first()
    if kept is not None and (kept.made is not None or kept.is_waived):
        return
    try:
        with transaction.atomic():
            made = order_results.make(result, order, order.form)
    except Refused as refusal:
        raise Undelivered(result, refusal.message) from refusal
    now = clock.now()
    OrderOutcome.objects.update_or_create(
        order=order,
        defaults={
            "subscription": made if isinstance(made, Subscription) else None,
            "item": made if isinstance(made, ConfigurationItem) else None, "made_at": now, "updated_at": now,
        },
    )  # fmt: skip


@transaction.atomic
def ask_for_help(order: ServiceRequest, trouble: Undelivered) -> None:
    """A task says what is in the way. Finished, the order is fulfilled with what it leaves behind; skipped, without."""
    fresh: Any = lock(order)
    kept = OrderOutcome.objects.select_related("task").filter(order=fresh).first()
    if not fresh.phase_open or (kept is not None and kept.task is not None and kept.task.is_left):
        return
    title = _("%(trouble)s Skip this to deliver without.") % {"trouble": trouble.message}
    task = work.add_task(
        fresh, title if len(title) <= 200 else title[:199] + "…", actor=User.objects.system(), source=Source.SYSTEM,
        team=fresh.team,
    )  # fmt: skip
    OrderOutcome.objects.update_or_create(order=fresh, defaults={"task": task, "updated_at": clock.now()})


def of_order(order: ServiceRequest) -> dict[str, Any]:
    """For the page: what was made, or what will be."""
    kept = OrderOutcome.objects.filter(order=order.pk).select_related("subscription__organisation",
        "subscription__offering", "item", "task").first()  # fmt: skip
    if kept is not None and kept.made is not None:
        return {"made": kept.made, "promise": None}
    promise = order_results.of_offering(order.offering_id) if order.phase_open else None
    return {"made": None, "promise": promise}
