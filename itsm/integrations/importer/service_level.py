"""The promise the mapping may bring along, so that imported tickets have clocks from the start."""

from __future__ import annotations

from typing import Any

from itsm.catalogue.models import Service
from itsm.sla.models import Coverage, SupportLevel, Target, WorkCalendar


def ensure(spec: dict[str, Any], service: Service | None, kind: str) -> None:
    """Make the support level with its targets and attach it to the imported service; keep what is there.

    ``{"name": …, "calendar": name or null, "pause_reasons": […], "targets": {metric: {priority: minutes}}}``
    """
    if not spec or service is None:
        return
    calendar = WorkCalendar.objects.filter(name=spec["calendar"]).first() if spec.get("calendar") else None
    level, created = SupportLevel.objects.get_or_create(
        name=spec["name"],
        defaults={"calendar": calendar, "pause_reasons": spec.get("pause_reasons", []), "description": ""},
    )
    if created:
        Target.objects.bulk_create(
            Target(support_level=level, kind=kind, metric=metric, priority=int(priority), minutes=int(minutes))
            for metric, by_priority in spec.get("targets", {}).items()
            for priority, minutes in by_priority.items()
        )
    if not Coverage.objects.filter(service=service).exists():
        Coverage.objects.create(service=service, support_level=level)
