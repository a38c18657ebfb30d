"""Figures of assets and configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service
from itsm.tickets.models import Ticket
from transition.models import CIRelation, ConfigurationItem, Contract, Licence, TicketCI
from transition.states.configuration import REVERSED, CIState, RelationKind

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: A warranty ends soon within so many days.
WARRANTY_SOON = timedelta(days=30)
#: Items beside each item of a ticket that are shown, and relations that are looked at for them.
MOST_NEIGHBOURS, MOST_RELATIONS = 6, 200


@dataclass(slots=True)
class OnTicket:
    """An item on a ticket, and how many other open tickets of this reader are about it."""

    item: ConfigurationItem
    others: int
    #: What stands beside it: how, and the other item.
    neighbours: list[tuple[str, ConfigurationItem]]


def on_ticket(ticket: Ticket, user: User) -> list[OnTicket]:
    """The items a ticket is about with what stands beside them, three queries for any number."""
    links = TicketCI.objects.filter(ticket_id=ticket.pk).select_related("item__type")
    items = [link.item for link in links]
    open_ = Ticket.objects.visible_to(user).open()
    rows = TicketCI.objects.filter(item__in=items, ticket__in=open_).exclude(ticket_id=ticket.pk)
    counts = dict(rows.order_by().values_list("item_id").annotate(amount=Count("pk")))
    beside = _neighbours([item.pk for item in items])
    return [OnTicket(item, counts.get(item.pk, 0), beside[item.pk]) for item in items]


def _neighbours(ids: list[int]) -> dict[int, list[tuple[str, ConfigurationItem]]]:
    """The first few items related to each of these, in the words from its side."""
    found: dict[int, list[tuple[str, ConfigurationItem]]] = {pk: [] for pk in ids}
    relations = CIRelation.objects.of(ids).select_related("source", "target").order_by("id")
    for one in relations[:MOST_RELATIONS]:
        for pk, words, other in (
            (one.source_id, one.get_kind_display(), one.target),
            (one.target_id, str(REVERSED[RelationKind(one.kind)]), one.source),
        ):
            if pk in found and len(found[pk]) < MOST_NEIGHBOURS:
                found[pk].append((words, other))
    return found


def likely(ticket: Ticket, known: Iterable[int], limit: int = 4) -> list[ConfigurationItem]:
    """What a ticket may be about: devices of whoever asks, and what its service runs on."""
    supports = ConfigurationItem.services.through.objects.filter(service=ticket.service_id)
    rows = ConfigurationItem.objects.present().filter(
        Q(user=ticket.requester_id, type__is_asset=True) | Q(pk__in=supports.values("configurationitem"))
    )
    return list(rows.exclude(pk__in=list(known)).select_related("type").order_by("-updated_at")[:limit])


def of_service(service: Service, user: User) -> tuple[list[ConfigurationItem], int]:
    """Items that support a service, those in repair first, and how many there are."""
    rows = ConfigurationItem.objects.visible_to(user).present().filter(services=service)
    # "in_repair" sorts behind "in_stock" and "deployed": what needs a look stands first.
    return list(rows.select_related("type").order_by("-state", "name")[:8]), rows.count()


def go_live_needs(service: Service) -> list[Requirement]:
    """At least one item in use says what the service runs on."""
    deployed = ConfigurationItem.objects.filter(services=service, state=CIState.DEPLOYED).exists()
    detail = "" if deployed else _("No deployed item supports it yet.")
    return [Requirement(_("Configuration items registered"), deployed, detail, _address(service))]


def decommission_needs(service: Service) -> list[Requirement]:
    """Nothing is left running for a service that is gone: items in use serve other services, or none."""
    left = ConfigurationItem.objects.in_use().filter(services=service)
    amount = left.count()
    detail = _("%d items in use still support it.") % amount if amount else ""
    return [Requirement(_("No items in use"), not amount, detail, _address(service))]


def _address(service: Service) -> str:
    return f"{reverse('transition:ci-list')}?service={service.pk}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What needs a look among assets."""

    items: int
    in_repair: int
    #: Assets whose warranty ends soon.
    warranty: list[ConfigurationItem]
    contracts: list[Contract]
    #: How many contracts end soon or want notice; ``contracts`` has the first of them.
    ending: int
    #: Licences used more than entitled, with how often.
    licences: list[tuple[Licence, int]]


def figures(user: User, today: date) -> Figures:
    """Counts and the first few of what needs attention, of what this person may see."""
    items = ConfigurationItem.objects.visible_to(user)
    expiring = Contract.objects.visible_to(user).expiring(today)
    over: Any = Licence.objects.visible_to(user).over_used().order_by("pk")[:3]
    return Figures(
        items.filter(state=CIState.DEPLOYED).count(),
        items.filter(state=CIState.IN_REPAIR).count(),
        list(items.warranty_ends(today, today + WARRANTY_SOON).order_by("warranty_until", "pk")[:3]),
        list(expiring.select_related("supplier").order_by("ends_on")[:3]),
        expiring.count(),
        [(licence, licence.used) for licence in over],
    )
