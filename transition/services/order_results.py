"""Doing what an offering promises of its fulfilled orders: opening a subscription, registering an asset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.errors import Invalid, Refused
from itsm.lib.sources import Source
from itsm.workflow import records
from transition.models import ConfigurationItem, OrderResult, Subscription
from transition.services import configuration, subscriptions
from transition.states.configuration import CIState

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket


def of_offering(offering_id: int | None) -> OrderResult | None:
    """What orders of the offering leave behind; nothing where nobody said so."""
    if offering_id is None:
        return None
    rows = OrderResult.objects.filter(offering=offering_id, is_active=True)
    return rows.select_related("offering__service", "subscribe_to", "support_level", "item_type").first()


def make(result: OrderResult, order: Ticket, answers: Mapping[str, Any]) -> Subscription | ConfigurationItem:
    """Make what an order leaves behind, by the doors of subscriptions and items; ``Refused`` says what is in the way.

    It happens by itself, in the caller's transaction: whoever may fulfil an order need not keep subscriptions.
    """
    try:
        if result.kind == OrderResult.Kind.SUBSCRIPTION:
            return _subscribe(result, order)
        return _register(result, order, answers)
    except Invalid as wrong:
        raise Refused(_in_words(wrong)) from wrong


def _subscribe(result: OrderResult, order: Ticket) -> Subscription:
    if order.organisation is None:
        words = {"person": order.requester}
        raise Refused(_("%(person)s belongs to no organisation that could be subscribed.") % words)
    how: dict[str, Any] = {"actor": User.objects.system(), "source": Source.SYSTEM}
    made = records.create(
        Subscription, organisation=order.organisation, offering=result.subscribe_to or result.offering,
        support_level=result.support_level, valid_from=clock.now().date(),
        notes=_("Ordered with %(number)s.") % {"number": order.number}, **how,
    )  # fmt: skip
    return subscriptions.activate(made, **how)


def _register(result: OrderResult, order: Ticket, answers: Mapping[str, Any]) -> ConfigurationItem:
    how: dict[str, Any] = {"actor": User.objects.system(), "source": Source.SYSTEM}
    if result.item_type is None:
        raise Refused(_("Nobody said which type of asset it is."))
    asked = result.item_type.schema().get("properties", {})
    made = configuration.create(
        name=f"{result.offering.name} {order.number}"[:160], type=result.item_type, user=order.requester,
        organisation=order.organisation, description=_("Ordered with %(number)s.") % {"number": order.number},
        attributes={name: answers[name] for name in asked if answers.get(name) not in (None, "")},
        lists={"services": [order.service] if order.service else []}, **how,
    )  # fmt: skip
    made = configuration.bring_to(made, CIState.DEPLOYED, **how)
    configuration.link_ticket(order, made, **how)
    return made


def _in_words(wrong: Invalid) -> str:
    found = []
    for said in wrong.fields.values():
        found += [str(one) for one in said] if isinstance(said, list | tuple) else [str(said)]
    return " ".join(found)
