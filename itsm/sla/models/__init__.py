"""Calendars, promises, clocks, and what is counted of them."""

from itsm.sla.models.calendars import STANDARD_WEEK, CalendarDay, CalendarVersion, WorkCalendar
from itsm.sla.models.clocks import Clock, ClockEvent, Recalculation
from itsm.sla.models.measures import DailyAttainment, DailyBacklog, DailyReopening, DailyStay, MeasuredDay
from itsm.sla.models.promises import Coverage, EscalationPolicy, EscalationStep, Metric, SupportLevel, Target

__all__ = [
    "STANDARD_WEEK",
    "CalendarDay",
    "CalendarVersion",
    "Clock",
    "ClockEvent",
    "Coverage",
    "DailyAttainment",
    "DailyBacklog",
    "DailyReopening",
    "DailyStay",
    "EscalationPolicy",
    "EscalationStep",
    "MeasuredDay",
    "Metric",
    "Recalculation",
    "SupportLevel",
    "Target",
    "WorkCalendar",
]
