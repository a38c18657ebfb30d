"""What an active agreement means for the clocks of tickets: levels, targets and coverage in ``itsm.sla``.

An SLA becomes a support level of its own, which covers its services for its customer from its first to its last day.
An OLA becomes the team's own targets for its services; of several about one service the strictest counts, because a
team's time with a ticket is measured once. A contract becomes targets for the waits of its services for the supplier.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from design.agreement_states import AgreementType, Promise
from design.models import Agreement, AgreementTarget
from itsm.accounts.models import Team, User
from itsm.sla.models import Coverage, Metric, SupportLevel, Target
from itsm.sla.services import targets

#: What is measured of teams and suppliers: the time until it is done.
MEASURED = (Promise.RESOLUTION, Promise.FULFILMENT)
#: Levels of suppliers stand behind those that customers get.
LAST = 90


def publish(agreement: Agreement, *, actor: User, source: str) -> None:
    """Let tickets be measured by it. In the transaction of the step; the clocks of open tickets follow by a job."""
    if agreement.type == AgreementType.SLA:
        _publish_level(agreement, actor=actor, source=source)
    elif agreement.provider_team is None:
        _publish_supplier(agreement, actor=actor, source=source)
    else:
        _follow_team(agreement.provider_team, agreement, actor=actor, source=source)


def end(agreement: Agreement, last: date, *, actor: User, source: str) -> None:
    """Promise nothing for tickets opened after ``last``; what was opened before is owed until it is done."""
    if agreement.type == AgreementType.UC:
        for old in Target.objects.current().filter(support_level=agreement.published_id).order_by("pk"):
            targets.withdraw_target(old, actor=actor, source=source, published=True)
    elif agreement.published is not None:
        for row in Coverage.objects.filter(support_level=agreement.published):
            if row.valid_from is not None and row.valid_from > last:
                targets.remove(row, actor=actor, source=source, published=True)
            elif row.valid_to is None or row.valid_to > last:
                row.valid_to = last
                targets.store(row, actor=actor, source=source, published=True)
    elif agreement.provider_team is not None:
        _follow_team(agreement.provider_team, agreement, actor=actor, source=source)


def _publish_level(agreement: Agreement, *, actor: User, source: str) -> None:
    base = agreement.support_level
    level = SupportLevel(
        name=f"{agreement.number} {agreement}"[:60], published_by=agreement.number, calendar=agreement.calendar,
        description=f"{agreement.short_type}, {agreement.parties}"[:200], rank=base.rank if base else 10,
        escalation_policy=base.escalation_policy if base else None,
    )  # fmt: skip
    how: dict[str, Any] = {"actor": actor, "source": source}
    targets.store(level, **how, published=True)
    for row in agreement.targets.select_related("calendar"):
        targets.set_target(
            level, kind=row.kind, metric=row.metric, priority=row.priority, minutes=row.minutes,
            warn_percent=row.warn_percent, calendar=row.calendar, pause_reasons=sorted(row.pause_reasons), **how,
            published=True,
        )  # fmt: skip
    agreement.published = level
    agreement.save(update_fields=["published"])
    for service in agreement.services.order_by("pk"):
        covered = Coverage(
            service=service, organisation=agreement.customer, support_level=level, valid_from=agreement.starts_on,
            valid_to=agreement.ends_on,
        )  # fmt: skip
        targets.store(covered, **how, published=True)


def _publish_supplier(agreement: Agreement, *, actor: User, source: str) -> None:
    """A level that covers nobody: its targets say how long each service may wait for the supplier."""
    level = SupportLevel(
        name=f"{agreement.number} {agreement}"[:60], published_by=agreement.number, calendar=agreement.calendar,
        description=f"{agreement.short_type}, {agreement.parties}"[:200], rank=LAST,
    )  # fmt: skip
    how: dict[str, Any] = {"actor": actor, "source": source, "published": True}
    targets.store(level, **how)
    rows = list(agreement.targets.filter(metric__in=MEASURED).select_related("calendar"))
    for service in agreement.services.order_by("pk"):
        for row in rows:
            targets.set_target(
                level, kind=row.kind, metric=Metric.UC, priority=row.priority, minutes=row.minutes, service=service,
                warn_percent=row.warn_percent, calendar=row.calendar, pause_reasons=[], **how,
            )  # fmt: skip
    agreement.published = level
    agreement.save(update_fields=["published"])


def _follow_team(team: Team, changed: Agreement, *, actor: User, source: str) -> None:
    """The team's targets for the services of the changed agreement, from all its active agreements about each."""
    kept = AgreementTarget.objects.filter(metric__in=MEASURED).select_related("calendar", "agreement__calendar")
    active = Agreement.objects.active().filter(type=AgreementType.OLA, provider_team=team)
    how: dict[str, Any] = {"actor": actor, "source": source, "published": True}
    for service in changed.services.order_by("pk"):
        strictest: dict[tuple[str, int | None], AgreementTarget] = {}
        for row in kept.filter(agreement__in=active.filter(services=service)).order_by("-minutes", "-id"):
            strictest[row.kind, row.priority] = row
        for old in Target.objects.current().filter(team=team, service=service, metric=Metric.OLA).order_by("pk"):
            if (old.kind, old.priority) not in strictest:
                targets.withdraw_target(old, **how)
        for (kind, priority), best in sorted(strictest.items(), key=str):
            targets.set_target(
                team, kind=kind, metric=Metric.OLA, priority=priority, minutes=best.minutes, service=service,
                warn_percent=best.warn_percent, calendar=best.hours, **how,
            )  # fmt: skip
