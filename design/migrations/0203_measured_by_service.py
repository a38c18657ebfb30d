"""Active agreements inside and with suppliers are measured service by service; what was published so far follows.

Targets of a team that an agreement made applied to tickets of every service. They give way to targets of the services
that the agreements name; those that somebody set by hand stay. Open tickets follow by a recalculation.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.utils import timezone

MEASURED = ("resolution", "fulfilment")


def by_service(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model
    agreements = model("design", "Agreement").objects.filter(state="active")
    targets = model("sla", "Target").objects.filter(superseded_at__isnull=True)
    now = timezone.now()
    strictest: dict[tuple[Any, ...], Any] = {}
    of_team: dict[tuple[Any, ...], Any] = {}
    about: set[int] = set()
    teams: set[int] = set()
    for agreement in agreements.filter(type="ola").order_by("id"):
        teams.add(agreement.provider_team_id)
        services = list(agreement.services.order_by("pk").values_list("pk", flat=True))
        for row in agreement.targets.filter(metric__in=MEASURED).order_by("id"):
            said = (row.minutes, row.id, row.calendar_id or agreement.calendar_id, row.warn_percent)
            key = (agreement.provider_team_id, row.kind, row.priority)
            of_team[key] = min(of_team.get(key, said), said)
            for service in services:
                strictest[*key, service] = min(strictest.get((*key, service), said), said)
    for (team, kind, priority), (minutes, _id, calendar, warn) in of_team.items():
        # What agreements published was exactly the strictest of them.
        targets.filter(
            team=team, service__isnull=True, kind=kind, priority=priority, minutes=minutes, calendar=calendar,
            warn_percent=warn,
        ).update(superseded_at=now)  # fmt: skip
    for (team, kind, priority, service), (minutes, _id, calendar, warn) in strictest.items():
        targets.create(
            team_id=team, service_id=service, kind=kind, metric="ola", priority=priority, minutes=minutes,
            calendar_id=calendar, warn_percent=warn, created_at=now,
        )  # fmt: skip
    for agreement in agreements.filter(type="uc", published__isnull=True).order_by("id"):
        level = model("sla", "SupportLevel").objects.create(
            name=f"AGR-{agreement.pk} {agreement.title}"[:60], description=f"UC, {agreement.supplier}"[:200], rank=90,
            calendar_id=agreement.calendar_id, published_by=f"AGR-{agreement.pk}",
        )  # fmt: skip
        model("design", "Agreement").objects.filter(pk=agreement.pk).update(published=level)
        for service in agreement.services.order_by("pk").values_list("pk", flat=True):
            about.add(service)
            for row in agreement.targets.filter(metric__in=MEASURED).order_by("id"):
                targets.create(
                    support_level=level, service_id=service, kind=row.kind, metric="uc", priority=row.priority,
                    minutes=row.minutes, calendar_id=row.calendar_id, warn_percent=row.warn_percent, pause_reasons=[],
                    created_at=now,
                )  # fmt: skip
    if teams or about:
        model("sla", "Recalculation").objects.create(
            scope={"levels": [], "teams": sorted(teams), "coverage": [[pk, None, None] for pk in sorted(about)]},
            reason="Agreements inside and with suppliers are measured by service", requested_at=now,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("design", "0202_performance"), ("sla", "0102_one_service_and_suppliers")]

    operations = [migrations.RunPython(by_service, migrations.RunPython.noop)]
