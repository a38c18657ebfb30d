"""Checks of calendar input, shared by forms and API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from itsm.worktime import WorkSchedule


def validate_spans(spans: Any) -> None:
    """Refuse what is not a list of non-overlapping ["HH:MM", "HH:MM"] spans."""
    try:
        WorkSchedule("UTC", {0: [tuple(span) for span in spans]})
    except (ValueError, TypeError) as error:
        raise ValidationError(_("Working hours: %(error)s"), params={"error": error}) from error


def validate_weekly(weekly: Any) -> None:
    """Refuse what is not a week of spans, or a week without any working time."""
    if not isinstance(weekly, dict) or not any(weekly.values()):
        raise ValidationError(_("A calendar needs working time on at least one day."))
    try:
        WorkSchedule("UTC", {int(day): [tuple(span) for span in spans] for day, spans in weekly.items()})
    except (ValueError, TypeError) as error:
        raise ValidationError(_("Working hours: %(error)s"), params={"error": error}) from error
