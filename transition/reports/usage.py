"""How much organisations use of services, and what their items are written off by: for the cost of services."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from itsm.accounts.models import User
from itsm.lib import house
from strategy import costing
from strategy.models import CostItem
from transition.models import ConfigurationItem, Contract, Subscription
from transition.states.configuration import CIState, ContractState, Period
from transition.states.delivery import SubscriptionState

USED = (CIState.DEPLOYED, CIState.IN_REPAIR)
BEGUN = (SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED, SubscriptionState.ENDED)

#: How often a contract is paid, in the words of the books. What is paid once is no recurring cost.
RECURRING = {Period.MONTH.value: "monthly", Period.YEAR.value: "yearly"}

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


# ---------- contracts ----------


def contracts(month: date) -> Mapping[int, Decimal]:
    """What contracts in the currency of the house cost in a month, in equal parts to the services they support."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for _contract, parts in _shares(month, Contract.objects.all()):
        for service, part in parts.items():
            found[service] += part
    return found


def contract_lines(user: User, service: int, month: date) -> list[tuple[str, str, Decimal]]:
    """The contracts behind what a service cost in a month, as far as the person reads them."""
    about = Contract.objects.visible_to(user).filter(Q(services=service) | Q(items__services=service)).distinct()
    return [
        (f"{contract.number} {contract}", contract.get_absolute_url(), parts[service])
        for contract, parts in _shares(month, Contract.objects.filter(pk__in=about.order_by().values("pk")))
        if parts.get(service)
    ]


def _shares(month: date, rows: QuerySet[Contract]) -> Iterator[tuple[Contract, dict[int, Decimal]]]:
    """Contracts that cost something in a month, with the part of each service; four queries for any number.

    A contract supports the services that it names, or, where it names none, those that its items support. What a booked
    cost item pays for counts there and not here.
    """
    after = costing.add_months(month, 1)
    rows = (
        rows.filter(state__in=(ContractState.ACTIVE, ContractState.ENDED), starts_on__lt=after, cost__gt=0)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=month), currency=house.currency(), period__in=RECURRING)
        .order_by("pk")
        .prefetch_related("services", "items__services")
    )
    paid = {
        item.contract for item in CostItem.objects.touching(month).exclude(contract="") if item.pays_for(month)
    }  # fmt: skip
    for contract in rows:
        if contract.number in paid:
            continue
        services = sorted({service.pk for service in contract.services.all()}) or sorted(
            {service.pk for item in contract.items.all() for service in item.services.all()}
        )
        amount = _cost_of(contract, month)
        if services and amount:
            yield contract, dict(zip(services, costing.split(amount, [1] * len(services)), strict=True))


def _cost_of(contract: Contract, month: date) -> Decimal:
    """The part of a month; nothing after the month in which the contract ended."""
    last = contract.ends_on
    if contract.state == ContractState.ENDED:
        # What has ended is not written any more: the day it was ended is that of its last change.
        ended = timezone.localtime(contract.updated_at, timezone.get_default_timezone()).date()
        last = min(last or ended, ended)
    first, last = costing.month_of(contract.starts_on), last and costing.month_of(last)
    return costing.of_month(contract.cost or ZERO, RECURRING[contract.period], first, last, month)


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
