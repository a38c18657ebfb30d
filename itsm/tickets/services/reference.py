"""Reading reference data that every ticket needs: the priority matrix, process settings, hold reasons."""

from __future__ import annotations

from collections.abc import Iterable

from itsm.tickets.models import HoldReason, PriorityRule, ProcessSetting


def priority_for(impact: int, urgency: int) -> int:
    """Priority from the organisation's impact x urgency matrix; the middle one where a cell is missing."""
    cell = PriorityRule.objects.filter(impact=impact, urgency=urgency).values_list("priority", flat=True).first()
    return cell or 3


def settings_for(kind: str) -> ProcessSetting:
    """How this kind of ticket is run."""
    setting, _created = ProcessSetting.objects.get_or_create(kind=kind)
    return setting


def settings_of(kinds: Iterable[str]) -> dict[str, ProcessSetting]:
    """How each of these kinds is run: one query, once all of them have their settings."""
    wanted = list(kinds)
    found = {setting.kind: setting for setting in ProcessSetting.objects.filter(kind__in=wanted)}
    return {kind: found.get(kind) or settings_for(kind) for kind in wanted}


def hold_reason(code: str) -> HoldReason | None:
    return HoldReason.objects.filter(code=code).first()
