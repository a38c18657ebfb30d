"""Deliveries: asking for acceptance, early-life support, and what going live needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.catalogue.guards import Requirement
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.tickets.models import Ticket
from itsm.workflow import records
from itsm.workflow.moves import move
from transition.models import Delivery

if TYPE_CHECKING:
    from datetime import date

    from itsm.accounts.models import User
    from itsm.catalogue.models import Service

#: A customer who does not answer within so many days is asked anew.
ACCEPT_DAYS = 10


@transaction.atomic
def ask_acceptance(
    delivery: Delivery, *, actor: User, source: str, comment: str = "", version: int | None = None
) -> Delivery:
    """Ask the customer to accept what was delivered and measured."""
    moved = move(delivery, "ask_acceptance", actor=actor, source=source, version=version, body=comment)
    records.ask(
        moved, [moved.customer] if moved.customer else [], actor=actor, source=source, days=ACCEPT_DAYS,
        question=_("Do you accept “%(title)s”? All %(count)d checks have passed.")
        % {"title": moved.title, "count": moved.checks.count()},
    )  # fmt: skip
    return moved


@transaction.atomic
def take_back(delivery: Delivery, *, actor: User, source: str, reason: str, version: int | None = None) -> Delivery:
    """Withdraw the question and check again."""
    moved = move(delivery, "take_back", actor=actor, source=source, version=version, reason=reason)
    records.withdraw(moved, actor=actor, source=source)
    return moved


def start_early_life(
    delivery: Delivery, *, actor: User, source: str, early_life_until: date, version: int | None = None
) -> Delivery:
    return _until(delivery, "start_early_life", early_life_until, actor=actor, source=source, version=version)


def extend(
    delivery: Delivery, *, actor: User, source: str, early_life_until: date, reason: str, version: int | None = None
) -> Delivery:
    return _until(delivery, "extend", early_life_until, actor=actor, source=source, version=version, reason=reason)


def _until(delivery: Delivery, verb: str, day: date, **how: Any) -> Delivery:
    if day <= clock.now().date():
        raise Invalid({"early_life_until": _("Choose a day to come.")})
    return move(delivery, verb, early_life_until=day, **how)


def go_live_needs(service: Service) -> list[Requirement]:
    """A delivery whose quality is proven and that the customer has accepted."""
    found = list(Delivery.objects.filter(service=service).order_by("-id")[:20])
    good = any(one.state in Delivery.State.GOOD for one in found)
    latest = next(iter(found), None)
    detail = ""
    if not good:
        detail = (
            _("The delivery %(number)s is not accepted yet.") % {"number": latest.number}
            if latest
            else _("No delivery was checked yet.")
        )
    where = latest.get_absolute_url() if latest else f"{reverse('transition:delivery-new')}?service={service.pk}"
    return [Requirement(_("Delivery quality checks passed and accepted"), good, detail, where)]


def decommission_needs(service: Service) -> list[Requirement]:
    """Nobody waits for an answer about it."""
    left = Ticket.objects.open().filter(service=service).count()
    detail = ngettext("%d ticket is still open.", "%d tickets are still open.", left) % left if left else ""
    where = f"{reverse('desk:queue')}?service={service.pk}"
    return [Requirement(_("No open tickets"), not left, detail, where)]
