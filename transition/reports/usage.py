"""How much organisations use of services, and what their items are written off by: for the cost of services."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from itsm.accounts.models import User
from itsm.lib import house
from strategy import costing
from transition.models import ConfigurationItem, Subscription
from transition.states.configuration import CIState
from transition.states.delivery import SubscriptionState

USED = (CIState.DEPLOYED, CIState.IN_REPAIR)
BEGUN = (SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED, SubscriptionState.ENDED)

ZERO = Decimal(0)
Units = Mapping[tuple[int, int | None], int]


def subscribers(month: date) -> Units:
    """People with a subscription in a month; where it says no number, the people of the organisation."""
    last = costing.add_months(month, 1) - timedelta(days=1)
    rows = list(
        Subscription.objects.filter(state__in=BEGUN, valid_from__lte=last)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=month))
        .order_by()
        .values_list("offering__service", "organisation", "quantity")
    )
    without = {organisation for _service, organisation, quantity in rows if quantity is None}
    people = dict(
        User.objects.people().filter(organisation__in=without).order_by()
        .values_list("organisation").annotate(n=Count("pk"))
    ) if without else {}  # fmt: skip
    # Several offerings of one service to one organisation are one and the same people.
    found: dict[tuple[int, int | None], int] = {}
    for service, organisation, quantity in rows:
        units = people.get(organisation, 1) if quantity is None else quantity
        found[service, organisation] = max(units, found.get((service, organisation), 0))
    return found


def items(month: date) -> Units:
    """Items in use that support a service, by the organisation of whoever uses them."""
    through = ConfigurationItem.services.through
    rows = (
        through.objects.filter(configurationitem__state__in=USED)
        .order_by()
        .values_list("service", "configurationitem__user__organisation")
        .annotate(n=Count("pk"))
    )
    found: Counter[tuple[int, int | None]] = Counter()
    for service, organisation, count in rows:
        found[service, organisation] += count
    return found


def write_off(month: date) -> Mapping[int, Decimal]:
    """What items bought in the currency of the house lose in value in a month: in equal parts to their services."""
    rows = (
        ConfigurationItem.objects.filter(
            cost__gt=0, currency=house.currency(), purchased_on__isnull=False,
            purchased_on__lt=costing.add_months(month, 1),
            depreciation_months__gt=0, services__isnull=False,
        )
        .exclude(state=CIState.DISPOSED)
        .order_by("pk", "services")
        .values_list("pk", "cost", "purchased_on", "depreciation_months", "services")
    )  # fmt: skip
    parts: dict[int, tuple[Decimal, list[int]]] = {}
    for pk, cost, bought, length, service in rows:
        if pk not in parts:
            first = costing.month_of(bought or month)
            lost = costing.of_month(cost or ZERO, costing.ONE_OFF, first, None, month, spread=length or 1)
            parts[pk] = (lost, [])
        parts[pk][1].append(service)
    found: dict[int, Decimal] = defaultdict(Decimal)
    for lost, services in parts.values():
        if lost:
            for service, part in zip(services, costing.split(lost, [1] * len(services)), strict=True):
                found[service] += part
    return found
