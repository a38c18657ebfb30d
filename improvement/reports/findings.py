"""What data suggest to improve: incidents that recur, promises broken in clusters, knowledge that is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from improvement import suggestions
from improvement.improvement_policies import may_suggest
from improvement.suggestions import Suggestion
from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.models import DailyAttainment, Metric
from itsm.sla.services import measure
from itsm.tickets.models import Ticket, TicketCategory
from transition.models import Article

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: What is looked back on, and from how many on it is no accident.
DAYS = timedelta(days=30)
RECURS, BREACHES, ASKED = 5, 5, 5
#: A cluster is where less than this is in time.
LOW = 90
MOST = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that data suggest; ``key`` stays the same while it lasts."""

    key: str
    title: str
    detail: str
    icon: str
    #: The tickets that say so.
    url: str
    service: Service | None = None
    measured_by: str = ""


def found(user: User, service: int | None = None) -> list[Finding]:
    """Everything for one reader, of one service where chosen."""
    mine = Ticket.objects.visible_to(user).filter(restricted_to__isnull=True)
    if service:
        mine = mine.filter(service=service)
    return [*recurring(mine), *clusters(user, service), *without_article(mine)]


def _since() -> Any:
    return clock.now() - DAYS


def _names(rows: Iterable[tuple[Any, ...]]) -> tuple[dict[int, Service], dict[int, str]]:
    rows = list(rows)
    services = {one.pk: one for one in Service.objects.filter(pk__in={row[0] for row in rows})}
    categories = dict(
        TicketCategory.objects.filter(pk__in={row[1] for row in rows if row[1]}).values_list("pk", "name")
    )
    return services, categories


def recurring(mine: Any) -> Iterator[Finding]:
    """Incidents of one service and category that come again and again, with no problem open about the service."""
    rows = list(
        mine.filter(kind="incident", opened_at__gte=_since(), service__isnull=False)
        .exclude(state="cancelled").order_by().values_list("service", "category").annotate(n=Count("pk"))
        .filter(n__gte=RECURS).order_by("-n", "service", "category")[:MOST]
    )  # fmt: skip
    looked_into = set(mine.filter(kind="problem", is_open=True).values_list("service", flat=True))
    services, categories = _names(rows)
    for service, category, amount in rows:
        if service in looked_into:
            continue
        what = f"{services[service]}: {categories[category]}" if category else str(services[service])
        yield Finding(
            f"recurring-{service}-{category or 0}", _("Find the cause: %(what)s") % {"what": what},
            _("%(n)d incidents in 30 days, and no problem is open about it.") % {"n": amount}, "repeat",
            _queue(service, category), services[service], "kpi:problem_ratio",
        )  # fmt: skip


def clusters(user: User, service: int | None) -> Iterator[Finding]:
    """Services and teams whose resolutions come too late again and again."""
    rows = DailyAttainment.objects.filter(metric=Metric.RESOLUTION, day__gte=measure.today() - DAYS)
    rows = rows.exclude(Q(team__is_restricted=True) & ~Q(team__in=user.team_ids))
    if service:
        rows = rows.filter(service=service)
    elif not (user.reads_all or user.is_agent):
        rows = rows.filter(Q(service__in=Service.objects.owned_by(user)) | Q(team__in=user.team_ids))
    grouped = list(
        rows.filter(service__isnull=False).order_by().values_list("service", "team")
        .annotate(late=Sum("breached"), kept=Sum("met")).filter(late__gte=BREACHES)
        .order_by("-late", "service", "team")[:MOST]
    )  # fmt: skip
    services, _categories = _names(grouped)
    teams = dict(Team.objects.filter(pk__in={row[1] for row in grouped if row[1]}).values_list("pk", "name"))
    for pk, team, late, kept in grouped:
        share = 100 * kept / (late + kept)
        if share >= LOW:
            continue
        where = f"{services[pk]}, {teams[team]}" if team else str(services[pk])
        query = urlencode({"service": pk, **({"team": team} if team else {}), "part": "0-rest"})
        yield Finding(
            f"breaches-{pk}-{team or 0}", _("Keep the promise: %(where)s") % {"where": where},
            _("%(late)d resolutions were late in 30 days; %(share)d%% were in time.")
            % {"late": late, "share": round(share)},
            "timer-off", f"{reverse('improvement:kpi-tickets', args=['attainment'])}?{query}", services[pk],
            "kpi:attainment",
        )  # fmt: skip


def without_article(mine: Any) -> Iterator[Finding]:
    """Services people ask about often, for which no article is published."""
    rows = list(
        mine.filter(opened_at__gte=_since(), service__isnull=False).exclude(state="cancelled").order_by()
        .exclude(service__in=Article.objects.filter(published__isnull=False, service__isnull=False).values("service"))
        .values_list("service").annotate(n=Count("pk")).filter(n__gte=ASKED).order_by("-n", "service")[:MOST]
    )  # fmt: skip
    services = Service.objects.in_bulk([service for service, _n in rows])
    for service, amount in rows:
        yield Finding(
            f"article-{service}", _("Write down how: %(what)s") % {"what": services[service]},
            _("%(n)d tickets in 30 days, and no published article helps with it.") % {"n": amount}, "book-open",
            _queue(service, None), services[service], "kpi:first_level",
        )  # fmt: skip


def _queue(service: int, category: int | None) -> str:
    query = {"view": "all", "service": service, **({"category": category} if category else {})}
    return f"{reverse('desk:queue')}?{urlencode(query)}"


def for_page(user: User, service: int | None) -> list[tuple[Finding, str]]:
    """Findings with the address that starts an improvement from each, for those who may suggest one."""
    may = bool(may_suggest(user))
    return [(one, address(one) if may else "") for one in found(user, service)]


def address(one: Finding) -> str:
    """The form of a new improvement with the finding filled in."""
    return suggestions.address(
        title=one.title[:160], description=one.detail, origin=_("Process analysis"), origin_url=one.url,
        service=one.service, measured_by=one.measured_by,
    )  # fmt: skip


def suggested(user: User) -> Iterator[Suggestion]:
    """The same for the improvement register."""
    for one in found(user):
        yield Suggestion(
            key=one.key, title=one.title[:160], description=one.detail, origin=_("Process analysis"),
            origin_url=one.url, service=one.service, measured_by=one.measured_by,
        )  # fmt: skip
