"""Reading: what pages, API and panels say of services and applications. From kept days; only today is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from itsm.catalogue import health
from itsm.catalogue.health import Health
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.services.measure import DAY, bounds, today
from itsm.sla.services.terms import schedule_of
from itsm.tickets.models import Ticket
from operation.availability import THREE_DAYS, Burn, History, Tally, burn
from operation.models import AvailabilityDay, Event
from operation.models.availability import health_of
from operation.services.availability import Kind, Terms, days, histories, of_day, terms
from operation.states import Severity
from transition.models import Change, TicketCI

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Days that the figures are about, today among them.
MONTH = 30
#: How far back "last changes" goes.
CHANGES = timedelta(days=14)


@dataclass(slots=True)
class Reading:
    """One service or application: how it is, how it was, and how much of its error budget is left."""

    kind: Kind
    subject: Any
    terms: Terms
    days: dict[date, Tally]
    burn: Burn
    health: Health = Health.UP
    incidents: int = 0
    change: Ticket | None = None

    @property
    def month(self) -> Tally:
        """The last 30 days together."""
        first = max(self.days, default=date.min) - (MONTH - 1) * DAY if self.days else date.min
        return sum((one for day, one in self.days.items() if day >= first), Tally())

    @property
    def is_met(self) -> bool | None:
        """Whether what was measured is what was promised."""
        if self.terms.objective is None or self.month.availability is None:
            return None
        return self.month.availability >= float(self.terms.objective)

    @property
    def tone(self) -> str:
        """Of the error budget: red when it is used up, amber when little of it is left."""
        left = self.month.budget_left_percent
        return "" if left is None else "red" if left <= 0 else "amber" if left < 25 else "green"

    @property
    def objective(self) -> str:
        return words_of(self.terms.objective)

    def strip(self, words: Any) -> list[tuple[str, str]]:
        """Pairs of a day in words and its health, for the strip."""
        return [(words(day), health_of(one).word) for day, one in sorted(self.days.items())]

    def months(self) -> list[tuple[date, Tally]]:
        """Tallies by calendar month, the latest first."""
        found: dict[date, Tally] = {}
        for day, one in self.days.items():
            month = day.replace(day=1)
            found[month] = found.get(month, Tally()) + one
        return sorted(found.items(), reverse=True)


def read(kind: Kind, subjects: Iterable[Any], *, span: int = MONTH, user: User | None = None) -> list[Reading]:
    """How each of them is and was over ``span`` days; with a user also the incidents and changes that he may see.

    So many queries whatever the number: the rows of days, today's happenings, terms, health, incidents, changes.
    """
    found = list(subjects)
    ids = [one.pk for one in found]
    now, last = clock.now(), today()
    first = last - (span - 1) * DAY
    held = terms(kind, ids)
    kept: dict[int, dict[date, Tally]] = {pk: {} for pk in ids}
    rows = list(AvailabilityDay.objects.filter(**{f"{kind}__in": ids}, day__range=(first, last - DAY)))
    for row in rows:
        kept[getattr(row, f"{kind}_id")][row.day] = row.tally
    gap = min((day for one in found for day in _missing(one, kept[one.pk], first, last)), default=last)
    since = min(bounds(gap)[0], now - THREE_DAYS)
    happened = histories(kind, ids, since, now, held=held, rows=rows, since=first) if ids else {}
    doing = _health(kind, ids, happened, now)
    readings = []
    for one in found:
        own, past = held[one.pk], happened.get(one.pk, History())
        for day in [*_missing(one, kept[one.pk], first, last), last]:
            begin, end = bounds(day)
            fresh = AvailabilityDay(calendar_version_id=own.calendar_version, objective=own.objective)
            kept[one.pk][day] = of_day(fresh, past, begin, min(end, now), one.created_at)
        readings.append(Reading(
            kind, one, own, kept[one.pk], burn(schedule_of(own.calendar_version), past, now, own.objective),
            doing.get(one.pk, Health.UP),
        ))  # fmt: skip
    if user is not None:
        _tickets(kind, readings, user, now)
    return readings


def _missing(subject: Any, kept: dict[date, Tally], first: date, last: date) -> list[date]:
    """Days that are over, on which it existed, and that nobody has measured yet."""
    return [day for day in days(first, last - DAY) if day not in kept and subject.created_at < bounds(day)[1]]


def _health(kind: Kind, ids: Sequence[int], happened: dict[int, History], now: datetime) -> dict[int, Health]:
    """Right now: services by whoever knows, applications by their events and outages."""
    if kind == "service":
        return health.of(ids)
    found = {}
    for pk, past in happened.items():
        # What goes on has no end yet: it was read until a moment after this one.
        if any(begin <= now <= end for begin, end in past.down):
            found[pk] = Health.DOWN
        elif any(begin <= now <= end for begin, end in past.degraded):
            found[pk] = Health.DEGRADED
    worse = Event.objects.firing().filter(item__in=ids, severity=Severity.MAJOR, suppressed="")
    for pk in worse.values_list("item_id", flat=True):
        found[pk] = max(found.get(pk, Health.UP), Health.DEGRADED)
    return found


def _about(kind: Kind, ids: Sequence[int]) -> Q:
    return Q(service__in=ids) if kind == "service" else Q(ticket_items__item__in=ids)


def _changes_of(kind: Kind, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of a service or an item, and a change that is about it or touches it."""
    if kind == "item":
        return list(TicketCI.objects.filter(item__in=ids, ticket__kind="change").values_list("item", "ticket"))
    own = Change.objects.filter(service__in=ids).values_list("service", "pk")
    return [*own, *Change.services.through.objects.filter(service__in=ids).values_list("service_id", "change_id")]


def _tickets(kind: Kind, readings: list[Reading], user: User, now: datetime) -> None:
    """Open incidents, and the last change of the last two weeks."""
    ids = [one.subject.pk for one in readings]
    key = "service_id" if kind == "service" else "ticket_items__item"
    seen = Ticket.objects.visible_to(user).filter(_about(kind, ids), kind="incident").open()
    counts = dict(seen.order_by().values_list(key).annotate(n=Count("pk")))
    pairs = _changes_of(kind, ids)
    rows = Ticket.objects.visible_to(user).filter(pk__in={ticket for _pk, ticket in pairs})
    recent = rows.filter(updated_at__gte=now - CHANGES).exclude(phase="new").in_bulk()
    latest: dict[int, Ticket] = {}
    for pk, ticket in pairs:
        change, known = recent.get(ticket), latest.get(pk)
        if change is not None and (known is None or change.updated_at > known.updated_at):
            latest[pk] = change
    for one in readings:
        one.incidents = counts.get(one.subject.pk, 0)
        one.change = latest.get(one.subject.pk)


def open_incidents(kind: Kind, subject: Any, user: User, most: int = 10) -> list[Ticket]:
    rows = Ticket.objects.visible_to(user).filter(_about(kind, [subject.pk]), kind="incident").open()
    return list(rows.order_by("priority", "-opened_at", "-pk")[:most])


def last_changes(kind: Kind, subject: Any, user: User, most: int = 10) -> list[Ticket]:
    """Changes of it, the latest first, whatever became of them."""
    found = {ticket for _pk, ticket in _changes_of(kind, [subject.pk])}
    return list(Ticket.objects.visible_to(user).filter(pk__in=found).order_by("-updated_at", "-pk")[:most])


def with_objective(most: int = 500) -> list[Reading]:
    """Live services that have an objective; for the stage's page."""
    return [one for one in read("service", Service.objects.live().order_by("name")[:most]) if one.terms.objective]


def burning(readings: Iterable[Reading]) -> list[Reading]:
    """What burns its error budget too fast or has used it up, the worst first."""
    found = [one for one in readings if one.burn.tone or one.tone == "red"]
    return sorted(found, key=lambda one: (not one.burn.is_fast, one.month.budget_left_percent or 0))


def words_of(objective: Decimal | None) -> str:
    return _("none set") if objective is None else f"{objective.normalize():f}%"
