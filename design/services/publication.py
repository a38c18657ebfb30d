"""What an active agreement means for the clocks of tickets: levels, targets and coverage in ``itsm.sla``.

An SLA becomes a support level of its own, which covers its services for its customer from its first to its last day.
An OLA becomes the team's own targets; of several, the strictest counts, because a team's time is measured once.
A contract with a supplier is measured by nobody here: it counts in the check of the chain.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from design.agreement_states import AgreementType
from design.models import Agreement, AgreementTarget
from itsm.accounts.models import Team, User
from itsm.sla.models import Coverage, Metric, SupportLevel, Target
from itsm.sla.services import targets


def publish(agreement: Agreement, *, actor: User, source: str) -> None:
    """Let tickets be measured by it. In the transaction of the step; the clocks of open tickets follow by a job."""
    if agreement.type == AgreementType.SLA:
        _publish_level(agreement, actor=actor, source=source)
    elif agreement.provider_team is not None:
        _follow_team(agreement.provider_team, agreement, actor=actor, source=source)


def end(agreement: Agreement, last: date, *, actor: User, source: str) -> None:
    """Promise nothing for tickets opened after ``last``; what was opened before is owed until it is done."""
    if agreement.published is not None:
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


def _follow_team(team: Team, changed: Agreement, *, actor: User, source: str) -> None:
    """The team's own targets for what the changed agreement is about, from all its active agreements."""
    keys = set(changed.targets.values_list("kind", "priority"))
    rows = AgreementTarget.objects.filter(
        agreement__in=Agreement.objects.active().filter(type=AgreementType.OLA, provider_team=team)
    ).select_related("calendar", "agreement__calendar")
    strictest: dict[tuple[str, int | None], AgreementTarget] = {}
    for row in rows.order_by("-minutes", "-id"):
        strictest[row.kind, row.priority] = row
    for kind, priority in sorted(keys, key=str):
        best = strictest.get((kind, priority))
        if best is not None:
            targets.set_target(
                team, kind=kind, metric=Metric.OLA, priority=priority, minutes=best.minutes,
                warn_percent=best.warn_percent, calendar=best.hours, actor=actor, source=source,
            )  # fmt: skip
            continue
        mine = Q(priority=priority) if priority else Q(priority__isnull=True)
        for old in Target.objects.current().filter(mine, team=team, kind=kind, metric=Metric.OLA):
            targets.withdraw_target(old, actor=actor, source=source)
