"""Agreements as others see them: what backs a promise, where the chain does not hold, and what applies to a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from design import chain, cover, days
from design.agreement_states import AgreementState, AgreementType, Promise
from design.days import today
from design.models import Agreement, AgreementTarget
from design.models.needs import needs_of_all, reach
from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.sla.models import WorkCalendar
from itsm.sla.services import calendars
from itsm.tickets import kinds
from itsm.ui import times
from itsm.worktime import WorkSchedule

#: Where a team or a supplier stands in the chain.
LINES = {Team.Tier.FIRST: 1, Team.Tier.SECOND: 2, Team.Tier.THIRD: 3}
SUPPLIER = 9
#: Single days that a gap names; the rest is a number.
MOST_DAYS = 4

#: An agreement that backs others, and the ids of its services.
Backing = tuple[Agreement, set[int]]


@dataclass(frozen=True, slots=True)
class Chain:
    """What backs an SLA for one of its services."""

    service: Service
    links: list[Agreement]
    gaps: list[chain.Gap]
    words: list[str]

    @property
    def holds(self) -> bool:
        return not self.gaps


def chains(agreement: Agreement) -> list[Chain]:
    """The check of an SLA, service by service."""
    return chains_of([agreement])[agreement]


def chains_of(agreements: Iterable[Agreement]) -> dict[Agreement, list[Chain]]:
    """The same of several; the same number of queries however many there are (and one for each calendar)."""
    slas = list(agreements)
    prefetch_related_objects(slas, "services", "targets__calendar", "calendar")
    needs = needs_of_all()
    near = {service.pk: reach(service.pk, needs) for sla in slas for service in sla.services.all()}
    wanted = {pk for ids in near.values() for pk in ids}
    backing = _backing(wanted)
    names = dict(Service.objects.filter(pk__in=wanted).values_list("pk", "name"))
    hours = Hours()
    return {sla: _chains(sla, near, backing, names, hours) for sla in slas}


def _chains(
    agreement: Agreement, near: Mapping[int, Sequence[int]], all_backing: Sequence[Backing], names: Mapping[int, str],
    hours: Hours,
) -> list[Chain]:  # fmt: skip
    services = sorted(agreement.services.all(), key=lambda one: (one.name, one.pk))
    begin = max(agreement.starts_on, today())
    wanted = {pk for service in services for pk in near[service.pk]}
    backing = _running(all_backing, wanted, begin, agreement.ends_on)
    promises = [hours.promised(one, agreement) for one in agreement.targets.all()]
    found = []
    for service in services:
        links, behind = [], []
        for other, covered in backing:
            own = [pk for pk in near[service.pk] if pk in covered]
            if own:
                behind.append(other)
            made = tuple(hours.promised(one, other) for one in other.targets.all())
            links += [chain.Link(other.number, line_of(other), names[pk], made) for pk in own]
        gaps = chain.check(promises, links, [names[pk] for pk in near[service.pk]], begin)
        titles = {one.number: str(one) for one in behind}
        found.append(Chain(service, behind, gaps, [in_words(gap, titles) for gap in gaps]))
    return found


def line_of(agreement: Agreement) -> int:
    team = agreement.provider_team
    return SUPPLIER if team is None else LINES[Team.Tier(team.tier)]


def _backing(services: set[int]) -> list[Backing]:
    """OLAs and contracts that both sides agreed on, with the ids of their services."""
    rows = (
        Agreement.objects.binding()
        .filter(type__in=[AgreementType.OLA, AgreementType.UC], services__in=services)
        .distinct()
        .select_related("provider_team", "customer_team", "calendar")
        .prefetch_related("targets__calendar", "services")
        .order_by("id")
    )
    return [(row, {service.pk for service in row.services.all()}) for row in rows]


def _running(backing: Iterable[Backing], services: set[int], begin: date, end: date | None) -> list[Backing]:
    """Those about the services that run on at least one of the days; of the versions of one the right one."""
    rows = {
        row: about
        for row, about in backing
        if about & services and (row.ends_on is None or row.ends_on >= begin) and (end is None or row.starts_on <= end)
    }
    newest: dict[int, Agreement] = {}
    for row in rows:
        # Of two versions the one that runs at the beginning counts.
        kept = newest.get(row.first_id or row.pk)
        if kept is None or kept.starts_on > begin >= row.starts_on:
            newest[row.first_id or row.pk] = row
    return [(row, rows[row]) for row in newest.values()]


class Hours:
    """Calendars as schedules, each read once."""

    def __init__(self) -> None:
        self._found: dict[int | None, WorkSchedule] = {None: cover.always(timezone.get_default_timezone_name())}

    def of(self, calendar: WorkCalendar | None) -> WorkSchedule:
        pk = calendar.pk if calendar else None
        if pk not in self._found and calendar is not None:
            self._found[pk] = WorkSchedule.from_dict(calendars.spec_of(calendar))
        return self._found[pk]

    def promised(self, target: AgreementTarget, agreement: Agreement) -> chain.Promised:
        hours = self.of(target.calendar or agreement.calendar)
        return chain.Promised(target.kind, target.metric, target.priority, target.minutes, hours)


# ---------- in words ----------


def in_words(gap: chain.Gap, titles: dict[str, str]) -> str:
    """One gap as a sentence, exact to the minute."""
    if gap.code == "unbacked":
        return _("No agreement inside or with a supplier backs “%(service)s”.") % {"service": gap.service}
    words: dict[str, Any] = {
        "what": _what(gap), "line": line_label(gap.line),
        "links": ", ".join(f"{name} {titles.get(name, '')}".strip() for name in gap.links), "service": gap.service,
    }  # fmt: skip
    if gap.code == "missing":
        if not gap.links:
            return _("%(what)s: no agreement that backs it says how long it takes.") % words
        return _("%(what)s: %(line)s of “%(service)s” (%(links)s) promises nothing for it.") % words
    if gap.code == "hours":
        words["hours"] = hours_words(gap.uncovered)
        return _("%(what)s: %(line)s of “%(service)s” (%(links)s) is not there %(hours)s.") % words
    words |= {
        "sum": " + ".join(f"{times.duration(minutes * 60)} ({name})" for _line, name, minutes in gap.parts),
        "promised": times.duration(gap.promised * 60), "over": gap.over,
    }  # fmt: skip
    return _("%(what)s: %(sum)s are %(over)d minutes more than the promised %(promised)s.") % words


def _what(gap: chain.Gap) -> str:
    kind = dict(kinds.choices()).get(gap.kind, gap.kind)
    which = priorities_words(gap.priorities)
    return f"{kind}, {str(Promise(gap.metric).label).lower()} {which}".strip()


def priorities_words(numbers: Sequence[int]) -> str:
    if len(numbers) == len(chain.PRIORITIES):
        return ""
    if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"P{numbers[0]}–P{numbers[-1]}"
    return ", ".join(f"P{number}" for number in numbers)


def line_label(line: int) -> str:
    names = {1: _("the first line"), 2: _("the second line"), 3: _("the third line")}
    return str(names.get(line, _("the supplier")))


def hours_words(gaps: cover.Gaps) -> str:
    """``Mon–Fri 17:00–24:00, Sat–Sun 00:00–24:00, on 24 Dec 2026 12:00–17:00 (Europe/Oslo)``."""
    parts = []
    for first, last, spans in cover.grouped(gaps.week):
        day = str(WEEKDAYS_ABBR[first]) if first == last else f"{WEEKDAYS_ABBR[first]}–{WEEKDAYS_ABBR[last]}"
        parts.append(f"{day} {_spans(spans)}")
    single = [f"{days.in_words(day)} {_spans(spans)}" for day, spans in gaps.days[:MOST_DAYS]]
    rest = len(gaps.days) - MOST_DAYS
    if rest > 0:
        single.append(_("%(n)d more days") % {"n": rest})
    if single:
        parts.append(_("on %(days)s") % {"days": ", ".join(single)})
    return f"{', '.join(parts)} ({gaps.tz})"


def _spans(spans: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in spans)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


# ---------- what applies ----------


def slas_of(service: Service) -> Any:
    """SLAs about a service that are in force or coming, those in force first."""
    order = [AgreementState.ACTIVE, AgreementState.AGREED, AgreementState.DRAFT]
    rows = Agreement.objects.filter(services=service, type=AgreementType.SLA, state__in=order)
    return sorted(rows.select_related("customer").order_by("-id"), key=lambda one: order.index(one.state))


def backed_by(agreement: Agreement) -> list[Agreement]:
    """SLAs that an OLA or a contract backs: about one of its services, or about one that needs them."""
    needs = needs_of_all()
    own = set(agreement.services.values_list("pk", flat=True))
    above = {service for service in list(needs) if own & set(reach(service, needs))} | own
    rows = Agreement.objects.binding().filter(type=AgreementType.SLA, services__in=above).distinct()
    return list(rows.order_by("-updated_at")[:20])
