"""Work calendars: the week, public holidays, special days."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import dates
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.desk.forms.fields import SpansField
from itsm.desk.forms.people import zones
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.sla.models import CalendarDay, WorkCalendar
from itsm.sla.services import calendars

YEARS_BACK, YEARS_AHEAD = 1, 5


def countries() -> list[tuple[str, str]]:
    """Countries whose public holidays are known, with their names."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - takes a third of a second, for a click of an administrator

    # Names of classes, such as UnitedKingdom: looking at the classes themselves would load 250 modules.
    named = [(codes[1], re.sub(r"(?<=[a-z])(?=[A-Z])", " ", codes[0])) for codes in COUNTRIES.values()]
    return [("", _("None")), *sorted(((code, f"{name} ({code})") for code, name in named), key=lambda pair: pair[1])]


def regions(country: str) -> list[str]:
    """Codes of the regions of a country that have holidays of their own."""
    import holidays  # noqa: PLC0415 - see above

    return list(holidays.list_supported_countries(include_aliases=False).get(country, ()))


class CalendarForm(forms.ModelForm):
    """A calendar with one line of hours per weekday, breaks included."""

    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=lambda: zones()[1:])
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), choices=countries, required=False)
    subdivision = forms.CharField(label=gettext_lazy("Region"), max_length=6, required=False)

    class Meta:
        model = WorkCalendar
        fields = ["name", "timezone", "country", "subdivision"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weekly = self.instance.weekly or {}
        for day in range(7):
            self.fields[f"day_{day}"] = SpansField(
                label=capfirst(str(dates.WEEKDAYS[day])), required=False, max_length=300,
                initial=weekly.get(str(day), []) if self.instance.pk else [["09:00", "17:00"]] * (day < 5),
            )  # fmt: skip
        known = regions(self.instance.country) if self.instance.country else []
        self.fields["subdivision"].help_text = (
            _("One of: %(codes)s. Empty: holidays of the whole country.") % {"codes": ", ".join(known)}
            if known
            else _("Code of a region, such as BY. Empty: holidays of the whole country.")
        )

    @property
    def week(self) -> list[Any]:
        return [self[f"day_{day}"] for day in range(7)]

    @property
    def about(self) -> list[Any]:
        return [self[name] for name in self.Meta.fields]

    def clean_subdivision(self) -> str:
        return self.cleaned_data["subdivision"].strip().upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.instance.weekly = {str(day): spans for day in range(7) if (spans := data.get(f"day_{day}"))}
        if not self.instance.weekly and not any(name.startswith("day_") for name in self.errors):
            self.add_error("day_0", _("A calendar needs working time on at least one day."))
        if data.get("subdivision") and not data.get("country"):
            self.add_error("subdivision", _("Choose a country first."))
        elif data.get("country"):
            try:
                calendars.public_holidays(data["country"], data.get("subdivision", ""), [clock.now().year])
            except Invalid as error:
                for name, messages in error.fields.items():
                    self.add_error(name, messages)
        return data


class DayForm(forms.ModelForm):
    """A day that differs: closed, or with hours of its own."""

    spans = SpansField(
        label=gettext_lazy("Hours"), required=False, max_length=300,
        help_text=gettext_lazy("Such as 09:00-12:00. Empty: closed all day."),
    )  # fmt: skip

    class Meta:
        model = CalendarDay
        fields = ["date", "name", "spans"]

    def __init__(self, *args: Any, calendar: WorkCalendar, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.calendar = calendar

    def clean_date(self) -> date:
        day = self.cleaned_data["date"]
        twin = self.instance.calendar.days.filter(date=day).exclude(pk=self.instance.pk).first()
        if twin is not None:
            raise ValidationError(_("This day is there already: %(name)s."), params={"name": twin.name or twin.date})
        return day

    def save(self, commit: bool = True) -> CalendarDay:
        # Entered by hand from now on: the yearly copy of public holidays leaves it alone.
        self.instance.is_public_holiday = False
        return super().save(commit)


class YearsForm(forms.Form):
    """For which years public holidays are copied."""

    years = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Years"), coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one year.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = clock.now().year
        self.fields["years"].choices = [(y, str(y)) for y in range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1)]
        self.fields["years"].initial = [this_year, this_year + 1]
