"""Subscriptions: what they publish to the portal and to the clocks, and what time does to them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from itsm.accounts.models import Organisation, User
from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.sla.models import Coverage, SupportLevel
from itsm.sla.services import targets, terms
from itsm.tickets.models import Ticket
from itsm.workflow.moves import move
from transition.models import Subscription
from transition.states.delivery import SubscriptionState as State

if TYPE_CHECKING:
    from datetime import date

    from design.models import Agreement

log = logging.getLogger(__name__)


def check(subscription: Subscription, lists: Mapping[str, Any]) -> dict[str, Any]:
    """It ends after it begins, its agreement is about it, and there is one at a time for an offering."""
    # Two people who subscribe the same organisation at once wait for each other here.
    Organisation.objects.select_for_update().filter(pk=subscription.organisation_id).values_list("pk").first()
    errors: dict[str, Any] = {}
    if subscription.agreement is not None and (why := _misfit(subscription, subscription.agreement)):
        errors["agreement"] = why
    if subscription.support_level is not None and subscription.support_level.published_by:
        errors["support_level"] = _("This level belongs to an agreement: choose the agreement instead.")
    if subscription.valid_from and subscription.valid_to and subscription.valid_to < subscription.valid_from:
        errors["valid_to"] = _("It ends before it begins.")
    elif (other := overlapping(subscription)) is not None:
        errors["valid_from"] = _("%(number)s covers these days already: %(from)s to %(to)s.") % {
            "number": other.number, "from": other.valid_from, "to": other.valid_to or _("open end"),
        }  # fmt: skip
    return errors


def _misfit(subscription: Subscription, agreement: Agreement) -> str:
    """Why the agreement cannot be that of the subscription; empty when it can."""
    if agreement.type != agreement.Type.SLA:
        return _("%(number)s is not an agreement with customers.") % {"number": agreement.number}
    if agreement.customer_id not in (None, subscription.organisation_id):
        words = {"number": agreement.number, "customer": agreement.customer}
        return _("%(number)s is an agreement with %(customer)s.") % words
    service = subscription.offering.service
    if not agreement.services.filter(pk=service.pk).exists():
        return _("%(number)s does not cover %(service)s.") % {"number": agreement.number, "service": service}
    if agreement.ends_on is not None and subscription.valid_from and agreement.ends_on < subscription.valid_from:
        return _("%(number)s ends before the subscription begins.") % {"number": agreement.number}
    return ""


def applied_level(subscription: Subscription) -> SupportLevel | None:
    """The support level that an incident of the organisation about the offering would get today."""
    ticket = Ticket(
        kind="incident", priority=3, service=subscription.offering.service, offering=subscription.offering,
        organisation=subscription.organisation, opened_at=clock.now(),
    )  # fmt: skip
    return terms.Book([ticket]).level_for(ticket)


def overlapping(subscription: Subscription) -> Subscription | None:
    """Another open subscription of the organisation to the offering that has a day in common with this one."""
    if not subscription.valid_from or not subscription.organisation_id or not subscription.offering_id:
        return None
    others = Subscription.objects.filter(
        organisation=subscription.organisation_id, offering=subscription.offering_id, state__in=State.OPEN
    ).exclude(pk=subscription.pk)
    others = others.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=subscription.valid_from))
    if subscription.valid_to:
        others = others.filter(valid_from__lte=subscription.valid_to)
    found: Subscription | None = others.order_by("valid_from").first()
    return found


@transaction.atomic
def activate(subscription: Subscription, *, actor: User, source: str, version: int | None = None) -> Subscription:
    """Offer it on the portal and let its support level count from its first day."""
    moved = move(subscription, "activate", actor=actor, source=source, version=version)
    offering = moved.offering
    limited = offering.subscribers_only or offering.entitled.exists()
    if limited and not offering.entitled.filter(pk=moved.organisation_id).exists():
        offering.entitled.add(moved.organisation_id)
        moved.granted = True
        Subscription.objects.filter(pk=moved.pk).update(granted=True)
    if moved.support_level_id and moved.coverage_id is None:
        row = Coverage(
            organisation=moved.organisation, offering=offering, service=offering.service,
            support_level=moved.support_level, valid_from=moved.valid_from, valid_to=moved.valid_to,
        )  # fmt: skip
        targets.store(row, actor=actor, source=source)
        Subscription.objects.filter(pk=moved.pk).update(coverage=row)
        moved.coverage = row
    return moved


@transaction.atomic
def suspend(
    subscription: Subscription, *, actor: User, source: str, reason: str, version: int | None = None
) -> Subscription:
    """Take it off the portal for a while."""
    moved = move(subscription, "suspend", actor=actor, source=source, version=version, reason=reason)
    _withdraw(moved)
    return moved


@transaction.atomic
def end(
    subscription: Subscription, *, actor: User, source: str, reason: str, version: int | None = None
) -> Subscription:
    """Take it off the portal; what was promised until today stays promised."""
    moved = move(
        subscription, "end", actor=actor, source=source, version=version, reason=reason, today=clock.now().date()
    )
    _withdraw(moved)
    if moved.coverage is not None:
        moved.coverage.valid_to = moved.valid_to
        targets.store(moved.coverage, actor=actor, source=source)
    return moved


def _withdraw(subscription: Subscription) -> None:
    """The organisation is entitled no more, unless another subscription says so or it was before."""
    if not (subscription.granted or subscription.offering.subscribers_only):
        return
    same = Subscription.objects.filter(
        organisation=subscription.organisation_id, offering=subscription.offering_id, state=State.ACTIVE
    ).exclude(pk=subscription.pk)
    if not same.exists():
        subscription.offering.entitled.remove(subscription.organisation_id)
    subscription.granted = False
    Subscription.objects.filter(pk=subscription.pk).update(granted=False)


def turn(today: date | None = None) -> int:
    """Begin and end what is due by today; a transaction each, so that one that cannot does not hold the others."""
    today = today or clock.now().date()
    done = 0
    system = User.objects.system()
    for row in list(Subscription.objects.to_begin(today)):
        done += _try(activate, row, actor=system, source=Source.SYSTEM)
    for row in list(Subscription.objects.to_end(today)):
        done += _try(end, row, actor=system, source=Source.SYSTEM, reason=_("Its time is over."))
    return done


def _try(step: Any, row: Subscription, **how: Any) -> bool:
    try:
        step(row, **how)
    except DomainError as refusal:
        # Such as an agreement that is not in force yet: the page says so, and the next run tries again.
        log.info("a subscription waits", extra={"subscription": row.pk, "reason": str(refusal)})
        return False
    except Exception:
        # A step may be refused or fail in the level it publishes; the other subscriptions turn on their day.
        log.exception("a subscription could not be turned", extra={"subscription": row.pk})
        return False
    return True
