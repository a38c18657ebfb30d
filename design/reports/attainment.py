"""What an agreement covers, and how far it was kept: read from the coverage and the clocks that run by it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from design.agreement_states import AgreementType
from design.days import today
from design.models import Agreement
from itsm.accounts.models import Organisation
from itsm.lib import clock
from itsm.sla.history import CANCELLED
from itsm.sla.models import Clock, Coverage, Metric
from itsm.tickets.models import Ticket, TicketLink

#: How far back the page of an agreement looks.
DAYS = 90
#: Organisations and missed tickets that a page names; the rest is a number.
MOST = 20
_TENTH = Decimal("0.1")
#: The figure of all suppliers is read from every clock of a quarter of a year, so it is kept so long.
SUPPLIERS_SECONDS = 300


# ---------- who is covered ----------


@dataclass(slots=True)
class Reach:
    """The organisations that an SLA is for: with those below its customer that nothing nearer takes away."""

    organisations: list[Organisation] = field(default_factory=list)
    #: Organisation, and in words what applies there instead.
    others: list[tuple[Organisation, str]] = field(default_factory=list)
    more: int = 0


def covers(agreement: Agreement) -> Reach | None:
    """Who is covered while the agreement is in force; ``None`` when it covers nobody (yet). A fixed number of queries.

    An organisation has what was agreed for the nearest one it is part of, itself first; service by service.
    """
    if agreement.type != AgreementType.SLA:
        return None
    services = dict(agreement.services.order_by("name").values_list("pk", "name"))
    tree = Organisation.objects.all()
    if agreement.customer_id:
        tree = tree.and_below([agreement.customer_id])
    rows = list(tree.order_by("name"))
    parents = {one.pk: one.parent_id for one in rows}
    nearest = _owners(services, agreement)
    found = Reach()
    for one in rows:
        instead: dict[str, list[str]] = defaultdict(list)
        for pk, name in services.items():
            other = _walk(one.pk, parents, nearest[pk], agreement.customer_id)
            if other:
                instead[other].append(name)
        if not instead:
            found.organisations.append(one)
        else:
            words = "; ".join(
                other if len(names) == len(services) else f"{', '.join(names)}: {other}"
                for other, names in sorted(instead.items())
            )
            found.others.append((one, words))
    found.more = max(0, len(found.organisations) - MOST)
    found.organisations = found.organisations[:MOST]
    found.others = found.others[:MOST]
    return found


def _owners(services: dict[int, str], agreement: Agreement) -> dict[int, dict[int, str]]:
    """By service, the organisations that have a level of their own now, other than by this agreement."""
    day = max(today(), agreement.starts_on)
    rows = (
        Coverage.objects.filter(service__in=services, offering__isnull=True, organisation__isnull=False)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .exclude(organisation=agreement.customer_id)
        .exclude(support_level=agreement.published_id or 0)
        .order_by("pk")
    )
    found: dict[int, dict[int, str]] = {pk: {} for pk in services}
    for service, organisation, level in rows.values_list("service_id", "organisation_id", "support_level__name"):
        found[service or 0][organisation or 0] = level or _("no service level")
    return found


def _walk(start: int, parents: dict[int, int | None], owners: dict[int, str], stop: int | None) -> str:
    """What the nearest organisation with a level of its own has; empty up to the customer of the agreement."""
    seen: set[int] = set()
    one: int | None = start
    while one is not None and one != stop and one not in seen:
        if one in owners:
            return owners[one]
        seen.add(one)
        one = parents.get(one)
    return ""


# ---------- how far it was kept ----------


@dataclass(frozen=True, slots=True)
class Kept:
    """The clocks of one metric that ended in time and too late, and those that still run and are late."""

    metric: str
    label: str
    met: int
    breached: int
    late: int

    @property
    def percent(self) -> Decimal | None:
        """Kept of all that ended; ``None`` when nothing has."""
        return attainment(self.met, self.breached)

    @property
    def tone(self) -> str:
        return "" if self.percent is None else "green" if not self.breached and not self.late else "amber"


def attainment(met: int, breached: int) -> Decimal | None:
    """Percent, to a tenth, of what ended; undefined where nothing did."""
    ended = met + breached
    return (Decimal(100 * met) / ended).quantize(_TENTH, ROUND_HALF_UP) if ended else None


def clocks_of(agreement: Agreement) -> QuerySet[Clock]:
    """Every clock that ran by the agreement. An OLA: the time of its team with tickets about its services."""
    rows = Clock.objects.filter(withdrawn_at__isnull=True)
    if agreement.type == AgreementType.OLA:
        services = agreement.services.order_by().values("pk")
        return rows.filter(
            metric=Metric.OLA, team=agreement.provider_team_id, target__service__in=services,
            target__team=agreement.provider_team_id,
        )  # fmt: skip
    if agreement.published_id is None:
        return rows.none()
    return rows.filter(target__support_level=agreement.published_id)


def counted(rows: QuerySet[Clock]) -> QuerySet[Clock]:
    """Without tickets that are nobody's achievement: cancelled ones and duplicates."""
    duplicate = TicketLink.objects.filter(source=OuterRef("ticket_id"), kind=TicketLink.Kind.DUPLICATE_OF)
    return rows.exclude(ticket__state=CANCELLED).exclude(Exists(duplicate))


def kept(agreement: Agreement) -> list[Kept]:
    """By metric, over the last days."""
    return tally(counted(clocks_of(agreement)))


def tally(rows: QuerySet[Clock]) -> list[Kept]:
    since = clock.now() - timedelta(days=DAYS)
    breached = Q(state=Clock.State.BREACHED)
    ended = Q(stopped_at__gte=since)
    found = {
        row["metric"]: row
        for row in rows.filter(ended | Q(stopped_at__isnull=True))
        .order_by()
        .values("metric")
        .annotate(
            met=Count("pk", filter=ended & Q(state=Clock.State.MET)),
            breached=Count("pk", filter=ended & breached),
            late=Count("pk", filter=Q(stopped_at__isnull=True) & breached),
        )
    }
    return [
        Kept(metric.value, str(metric.label), *(found[metric.value][name] for name in ("met", "breached", "late")))
        for metric in Metric
        if metric.value in found
    ]


def missed(agreement: Agreement, user: Any) -> list[Clock]:
    """The clocks that ran over last, of tickets that the user may see."""
    since = clock.now() - timedelta(days=DAYS)
    rows = counted(clocks_of(agreement)).filter(breached_at__gte=since)
    seen = rows.filter(ticket__in=Ticket.objects.visible_to(user).order_by().values("pk"))
    return list(seen.select_related("ticket").defer("ticket__description").order_by("-breached_at", "-pk")[:MOST])


def suppliers() -> Kept:
    """Every wait for a supplier that a contract measures; at most ``SUPPLIERS_SECONDS`` old."""
    key = f"design:suppliers:{get_language()}"
    kept: Kept | None = cache.get(key)
    if kept is None:
        kept = _suppliers()
        cache.set(key, kept, SUPPLIERS_SECONDS)
    return kept


def _suppliers() -> Kept:
    found = tally(counted(Clock.objects.filter(withdrawn_at__isnull=True, metric=Metric.UC)))
    return found[0] if found else Kept(Metric.UC.value, str(Metric.UC.label), 0, 0, 0)
