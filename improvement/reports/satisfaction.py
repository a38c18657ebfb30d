"""How satisfied people are: answers counted by band, by service, by month, for what a person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement.feedback_states import Band
from improvement.measures import Measure, Reading
from improvement.models import Answer, Invitation
from improvement.satisfaction import Counts, Share, share
from improvement.suggestions import Suggestion
from itsm.catalogue.models import Service
from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User

MONTHS = 12
#: Anonymous answers are shown from so many on: fewer would tell who it was.
FEWEST = 5
#: Below this satisfaction, of at least ``FEWEST`` answers, a service is suggested for improvement.
LOW = 70

BANDS = {str(band): Count("pk", filter=Q(band=band)) for band in Band.values}


def counts(rows: Any) -> Counts:
    """The answers of a queryset by band, in one query."""
    return Counts(**rows.order_by().aggregate(**BANDS))


@dataclass(slots=True)
class Figures:
    """What the page shows. Groups with too few anonymous answers are left out, and said so."""

    total: Counts
    asked: int
    answered: int
    months: list[tuple[date, Counts]] = field(default_factory=list)
    services: list[tuple[Any, Counts]] = field(default_factory=list)
    hidden: int = 0

    @property
    def response(self) -> Share | None:
        return share(self.answered, self.asked)


def first_month(months: int = MONTHS) -> date:
    """The first day of the oldest month shown, in the reader's time zone."""
    today = timezone.localtime(clock.now()).date()
    index = today.year * 12 + today.month - months
    return date(index // 12, index % 12 + 1, 1)


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def narrowed(rows: Any, chosen: Mapping[str, Any]) -> Any:
    """Answers that fit the choice: kind, service, survey, month, band."""
    if chosen.get("kind"):
        rows = rows.filter(kind=chosen["kind"])
    if chosen.get("service") == "none":
        rows = rows.filter(service=None)
    elif chosen.get("service"):
        rows = rows.filter(service=chosen["service"])
    if chosen.get("survey"):
        rows = rows.filter(survey=chosen["survey"])
    if chosen.get("band"):
        rows = rows.filter(band=chosen["band"])
    if chosen.get("month"):
        first = chosen["month"]
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        rows = rows.filter(at__gte=start_of(first), at__lt=start_of(following))
    return rows


def figures(user: User, kind: str, service: Any = None) -> Figures:
    """Twelve months of answers of one kind: five queries, however many answers."""
    since = start_of(first_month())
    rows = Answer.objects.counted_for(user).filter(kind=kind, at__gte=since)
    asked = Invitation.objects.filter(survey__kind=kind, at__gte=since, skipped="")
    if service is not None:
        rows = rows.filter(service=service)
        asked = asked.filter(Q(ticket__service=service) | Q(survey__service=service))
    invited = asked.order_by().aggregate(asked=Count("pk"), answered=Count("pk", filter=Q(answered=True)))
    found = Figures(_safe(rows, ()).get((), Counts()), invited["asked"], invited["answered"])
    by_month = _safe(rows.annotate(month=TruncMonth("at")), ("month",))
    months = {key[0].date(): value for key, value in by_month.items()}
    at = first_month()
    for _index in range(MONTHS):
        found.months.append((at, months.get(at, Counts())))
        at = (at.replace(day=28) + timedelta(days=4)).replace(day=1)
    by_service = _safe(rows, ("service",))
    names = Service.objects.in_bulk([key[0] for key in by_service if key[0]])
    found.services = sorted(
        ((names.get(key[0]), value) for key, value in by_service.items()), key=lambda pair: (-pair[1].n, str(pair[0]))
    )
    found.hidden = counts(rows).n - sum(value.n for value in by_service.values())
    return found


def _safe(rows: Any, by: tuple[str, ...]) -> dict[tuple[Any, ...], Counts]:
    """Counts by group; anonymous answers of a group go in only where there are enough of them."""
    grouped = rows.order_by().values(*by, "is_anonymous").annotate(**BANDS)
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(Band.values, 0))
    for row in grouped:
        n = sum(row[band] for band in Band.values)
        if row["is_anonymous"] and n < FEWEST:
            continue
        group = found[tuple(row[name] for name in by)]
        for band in Band.values:
            group[band] += row[band]
    return {key: Counts(**value) for key, value in found.items() if sum(value.values())}


def of_service(user: User, service: Service, days: int = 90) -> Counts:
    """Satisfaction with a service over the last days, for its page."""
    since = clock.now() - timedelta(days=days)
    rows = Answer.objects.counted_for(user).filter(service=service, kind="csat", at__gte=since)
    return _safe(rows, ()).get((), Counts())


def of_survey(user: User, survey: Any) -> Counts:
    """What one survey was answered, ever."""
    return _safe(Answer.objects.counted_for(user).filter(survey=survey), ()).get((), Counts())


# ---------- as measure and as suggestion ----------


def measures() -> list[Measure]:
    return [
        Measure("csat", gettext_lazy("satisfied answers (CSAT)"), "%"),
        Measure("dsat", gettext_lazy("unhappy answers (DSAT)"), "%"),
        Measure("nps", gettext_lazy("recommendation (NPS)"), gettext_lazy("points")),
    ]


def read(ref: str, service: Any, until: date, days: int) -> Reading | None:
    """The measure over the days that end with ``until``: all answers, whoever asks."""
    end = start_of(until + timedelta(days=1))
    rows = Answer.objects.filter(kind="nps" if ref == "nps" else "csat", at__gte=end - timedelta(days=days), at__lt=end)
    if service is not None:
        rows = rows.filter(service=service)
    found = _safe(rows, ()).get((), Counts())
    value = {"csat": found.top, "dsat": found.bottom, "nps": found.nps}[ref]
    return None if value is None else Reading(Decimal(str(round(value.percent, 1))), found.n)


def suggestions(user: User) -> Iterable[Suggestion]:
    """Services that too few people are satisfied with."""
    since = clock.now() - timedelta(days=90)
    rows = Answer.objects.counted_for(user).filter(kind="csat", at__gte=since, service__isnull=False)
    low = {
        key[0]: value for key, value in _safe(rows, ("service",)).items()
        if value.n >= FEWEST and value.top is not None and value.top.percent < LOW
    }  # fmt: skip
    for service in Service.objects.filter(pk__in=low).order_by("name"):
        found = low[service.pk]
        yield Suggestion(
            key=f"service-{service.pk}", title=_("More satisfied people: %(what)s") % {"what": service},
            description=_("%(bad)d of %(n)d answers in the last 90 days are unhappy.")
            % {"bad": found.bad, "n": found.n},
            origin=_("Satisfaction"), service=service, measured_by="satisfaction:csat",
            origin_url=f"{reverse('improvement:answers')}?service={service.pk}",
        )  # fmt: skip
