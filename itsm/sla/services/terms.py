"""Which promises apply to a ticket now: support level, targets, calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from itsm.accounts.models import Organisation
from itsm.sla import engine
from itsm.sla.models import CalendarVersion, Clock, Coverage, EscalationStep, Metric, SupportLevel, Target, WorkCalendar
from itsm.tickets.models import Ticket
from itsm.worktime import WorkSchedule


@dataclass(frozen=True, slots=True)
class Applied:
    """The terms one metric of one ticket runs by, ready to be copied to a clock."""

    target: Target
    label: str
    calendar_version_id: int | None
    pause_reasons: tuple[str, ...]
    steps: tuple[tuple[int, int], ...]

    def copy_to(self, row: Clock) -> None:
        row.target = self.target
        row.label = self.label[:80]
        row.calendar_version_id = self.calendar_version_id
        row.target_seconds = self.target.minutes * 60
        row.warn_percent = self.target.warn_percent
        row.pause_reasons = list(self.pause_reasons)
        row.steps = [list(step) for step in self.steps]

    def differs_from(self, row: Clock) -> bool:
        return (
            row.target_id != self.target.pk
            or row.calendar_version_id != self.calendar_version_id
            or set(row.pause_reasons) != set(self.pause_reasons)
            or [tuple(step) for step in row.steps] != list(self.steps)
        )


class Book:
    """All promises that some tickets can have, read in at most four queries however many tickets they are.

    ``team_ids``: the teams that held one of them. ``waited``: one of them waited for a supplier.
    """

    def __init__(self, tickets: Iterable[Ticket], team_ids: Collection[int] = (), *, waited: bool = False) -> None:
        tickets = list(tickets)
        self._coverage = list(
            _coverage_of(tickets).select_related("support_level").only("valid_from", "valid_to", "service_id",
            "offering_id", "organisation_id", "support_level__name", "support_level__is_active",
            "support_level__pause_reasons", "support_level__escalation_policy_id")
        )  # fmt: skip
        self._above = _parents_of(tickets, self._coverage)
        levels = {row.support_level.pk: row.support_level for row in self._coverage if row.support_level}
        services = {ticket.service_id for ticket in tickets if ticket.service_id is not None}
        self._targets: dict[tuple[str, str, int | None, int | None], dict[int | None, Target]] = defaultdict(dict)
        for target in _targets_of({ticket.kind for ticket in tickets}, [*levels], team_ids, services, waited=waited):
            owner = {Metric.OLA: target.team_id, Metric.UC: None}.get(Metric(target.metric), target.support_level_id)
            alike = self._targets[target.kind, target.metric, owner, target.service_id]
            # Several suppliers stand behind one service: the quickest of their promises is what may be expected.
            alike[target.priority] = min(alike.get(target.priority, target), target, key=lambda one: one.minutes)
        policies = {level.escalation_policy_id for level in levels.values() if level.escalation_policy_id}
        self._steps: dict[int, list[EscalationStep]] = defaultdict(list)
        if policies:
            for step in EscalationStep.objects.filter(policy__in=policies):
                self._steps[step.policy_id].append(step)

    def level_for(self, ticket: Ticket) -> SupportLevel | None:
        """The support level of the most specific coverage; ``None`` when nothing is promised.

        Coverage counts by the day the ticket was opened: what was promised then is owed until it is done.
        """
        day = day_of_opening(ticket)
        distance = self._distances(ticket)
        best = max(
            (row for row in self._coverage if _matches(row, ticket, day, distance)),
            key=lambda row: (
                row.offering_id is not None,
                row.service_id is not None,
                row.organisation_id is not None,
                -distance.get(row.organisation_id, 0),
                row.pk,
            ),
            default=None,
        )
        level = best.support_level if best else None
        return level if level and level.is_active else None

    def _distances(self, ticket: Ticket) -> dict[int | None, int]:
        """The ticket's organisation and those it is part of, by how far above they are."""
        found: dict[int | None, int] = {}
        one = ticket.organisation_id
        while one is not None and one not in found:
            found[one] = len(found)
            one = self._above.get(one)
        return found

    def for_ticket(self, ticket: Ticket) -> dict[str, Applied]:
        """Terms by metric from the ticket's support level; empty when there is none."""
        level = self.level_for(ticket)
        found: dict[str, Applied] = {}
        promised = (Metric.FIRST_RESPONSE, Metric.RESOLUTION, Metric.UPDATE, Metric.FULFILMENT)
        for metric in promised if level else ():
            target = self._target(ticket, metric, level.pk)  # type: ignore[union-attr]
            if target is not None:
                found[metric] = self._of_level(level, target)  # type: ignore[arg-type]
        return found

    def for_team(self, ticket: Ticket, team_id: int) -> Applied | None:
        """A team's OLA for the ticket's service, kind and priority; without one, what it promises of every service.

        It has no pauses: only the team's own time counts.
        """
        target = self._target(ticket, Metric.OLA, team_id, ticket.service_id) if ticket.service_id else None
        target = target or self._target(ticket, Metric.OLA, team_id)
        if target is None:
            return None
        return Applied(target, str(target.team), target.version_id, (), ())  # type: ignore[attr-defined]

    def for_supplier(self, ticket: Ticket) -> Applied | None:
        """The contract that underpins the ticket's service. Only the time that is waited for the supplier counts."""
        target = self._target(ticket, Metric.UC, None, ticket.service_id) if ticket.service_id else None
        if target is None:
            return None
        return Applied(target, str(target.support_level), target.version_id, (), ())  # type: ignore[attr-defined]

    def _of_level(self, level: SupportLevel, target: Target) -> Applied:
        steps = self._steps[level.escalation_policy_id] if level.escalation_policy_id else []
        return Applied(
            target=target,
            label=level.name,
            calendar_version_id=target.version_id,  # type: ignore[attr-defined]
            pause_reasons=tuple(sorted(level.pause_reasons if target.pause_reasons is None else target.pause_reasons)),
            steps=tuple((step.percent, step.pk) for step in steps if step.metric in ("", target.metric)),
        )

    def _target(
        self, ticket: Ticket, metric: str, owner_id: int | None, service_id: int | None = None
    ) -> Target | None:
        by_priority = self._targets.get((ticket.kind, metric, owner_id, service_id), {})
        return by_priority.get(int(ticket.priority)) or by_priority.get(None)


#: Books by what they are about, where nobody changes a promise meanwhile.
_shelf: ContextVar[dict[Any, Book] | None] = ContextVar("shelf", default=None)


@contextmanager
def unchanged() -> Iterator[None]:
    """Within the block nobody changes a promise, so that each is read once: for a history that is told at once."""
    token = _shelf.set({})
    try:
        yield
    finally:
        _shelf.reset(token)


def book_of(tickets: Collection[Ticket], team_ids: Collection[int], *, waited: bool) -> Book:
    """The book of these tickets; see ``Book`` and ``unchanged``."""
    shelf = _shelf.get()
    if shelf is None:
        return Book(tickets, team_ids, waited=waited)
    about = frozenset((one.kind, one.service_id, one.offering_id, one.organisation_id) for one in tickets)
    key = about, frozenset(team_ids), waited
    if key not in shelf:
        shelf[key] = Book(tickets, team_ids, waited=waited)
    return shelf[key]


def day_of_opening(ticket: Ticket) -> date:
    """The calendar day of the installation on which the ticket was opened, whoever asks from wherever."""
    return timezone.localtime(ticket.opened_at, timezone.get_default_timezone()).date()


def _coverage_of(tickets: list[Ticket]) -> QuerySet[Coverage]:
    found = Coverage.objects.order_by("pk")
    for name in ("service", "offering"):
        ids = {getattr(ticket, f"{name}_id") for ticket in tickets} - {None}
        found = found.filter(Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__in": ids}))
    above = Organisation.objects.and_above(_organisations(tickets)).order_by().values("pk")
    return found.filter(Q(organisation__isnull=True) | Q(organisation__in=above))


def _organisations(tickets: Iterable[Ticket]) -> set[int]:
    return {ticket.organisation_id for ticket in tickets if ticket.organisation_id is not None}


def _parents_of(tickets: Iterable[Ticket], coverage: Iterable[Coverage]) -> dict[int, int | None]:
    """What the organisations of the tickets are part of, up to the top; nothing where coverage does not ask for it."""
    own = _organisations(tickets)
    named = {row.organisation_id for row in coverage} - {None}
    if not named or (len(own) == 1 and named == own):
        return {}
    return dict(Organisation.objects.and_above(own).order_by().values_list("pk", "parent_id"))


def _matches(row: Coverage, ticket: Ticket, day: date, organisations: Mapping[int | None, int]) -> bool:
    return (
        row.service_id in (None, ticket.service_id)
        and row.offering_id in (None, ticket.offering_id)
        and (row.organisation_id is None or row.organisation_id in organisations)
        and (row.valid_from is None or row.valid_from <= day)
        and (row.valid_to is None or day <= row.valid_to)
    )


def _targets_of(
    kinds: Collection[str], levels: Collection[int], teams: Collection[int], services: Collection[int], *, waited: bool
) -> QuerySet[Target]:
    """Current targets with the newest edition of the calendar each runs by, its own first, as ``version_id``."""
    newest = CalendarVersion.objects.filter(calendar=OuterRef("hours")).order_by("-number").values("pk")[:1]
    wanted = Q(support_level__in=levels) | Q(team__in=teams)
    if waited:
        wanted |= Q(metric=Metric.UC)
    return (
        Target.objects.current()
        .filter(wanted, Q(service__isnull=True) | Q(service__in=services), kind__in=kinds)
        .order_by("pk")
        .select_related("team", "support_level")
        .annotate(hours=Coalesce("calendar_id", "support_level__calendar_id"))
        .annotate(version_id=Subquery(newest))
    )


def version_of(calendar: WorkCalendar | None) -> CalendarVersion | None:
    """The newest edition of a calendar; ``None`` stands for around the clock."""
    return calendar.versions.order_by("-number").first() if calendar else None


@lru_cache(maxsize=256)
def _schedule(version_id: int) -> WorkSchedule:
    # Versions never change, so neither does what is cached.
    spec: dict[str, Any] = CalendarVersion.objects.values_list("spec", flat=True).get(pk=version_id)
    return WorkSchedule.from_dict(spec)


def schedule_of(version_id: int | None) -> WorkSchedule | None:
    """The working hours of a calendar version; ``None`` means around the clock."""
    return _schedule(version_id) if version_id else None


def terms_of(row: Clock) -> engine.Terms:
    """The terms copied to a clock, as the engine takes them."""
    return engine.Terms(
        metric=row.metric,  # type: ignore[arg-type]
        minutes=row.target_seconds // 60,
        schedule=schedule_of(row.calendar_version_id),
        pause_reasons=frozenset(row.pause_reasons),
        warn_percent=row.warn_percent,
        steps=tuple(sorted({percent for percent, _id in row.steps})),
        team_id=row.team_id,
    )
