"""Working hours: calendars, their days and editions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models.user import validate_timezone
from itsm.lib.clock import now
from itsm.sla.validators import validate_spans, validate_weekly

STANDARD_WEEK = {str(day): [["09:00", "17:00"]] for day in range(5)}


class WorkCalendar(models.Model):
    """When work is done: weekly hours with breaks, in a time zone, with public holidays and exceptions."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    timezone = models.CharField(_("time zone"), max_length=60, validators=[validate_timezone], default="UTC")
    #: "0" (Monday) to "6" -> list of ["09:00", "17:30"] spans.
    weekly = models.JSONField(_("weekly hours"), default=dict, validators=[validate_weekly])
    country = models.CharField(_("public holidays of"), max_length=2, blank=True)
    subdivision = models.CharField(_("region"), max_length=6, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A day that differs from the weekly hours: a holiday (no spans) or special hours."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    spans = models.JSONField(_("hours"), default=list, blank=True, validators=[validate_spans])
    #: Copied from the public holidays of the calendar's country, and replaced when these are copied again.
    is_public_holiday = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["date"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="sla_calendarday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class CalendarVersion(models.Model):
    """What a calendar said when a clock was read by it. Never changed; a new edition is a new row."""

    calendar = models.ForeignKey(WorkCalendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    #: ``WorkSchedule.to_dict()``
    spec = models.JSONField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["calendar_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="sla_calendarversion_once")]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"
