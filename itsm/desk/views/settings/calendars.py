"""Work calendars: the week, public holidays with a preview, special days, and when work begins next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from itsm.desk.forms.calendars import CalendarForm, DayForm, YearsForm
from itsm.desk.forms.fields import spans_text
from itsm.desk.views.settings.base import LEVEL_MANAGERS, LEVELS, Pages, require
from itsm.desk.views.settings.levels import TermsDelete, TermsEdit
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.lib.sources import Source
from itsm.sla.models import CalendarDay, CalendarVersion, Clock, WorkCalendar
from itsm.sla.services import calendars, targets, terms
from itsm.ui import pages as ui
from itsm.ui import times
from itsm.ui.pages import Column
from itsm.ui.reference import Use
from itsm.worktime import WorkSchedule

PREVIEW_DAYS = 10


class CalendarEdit(TermsEdit):
    template = "desk/settings/calendar.html"

    def more(self, form: Any, instance: Any) -> dict[str, Any]:
        if instance is None:
            return {}
        today = clock.now().astimezone(ZoneInfo(instance.timezone)).date()
        days = list(instance.days.filter(date__gte=date(today.year, 1, 1)).order_by("date"))
        return {"days": days, "edition": terms.version_of(instance), "years": YearsForm(), **preview_of(instance)}

    def success_url(self, obj: Any) -> str:
        return reverse("desk:settings-calendars-edit", args=[obj.pk])


class CalendarDelete(TermsDelete):
    """A calendar that no clock ever ran by takes its editions with it."""

    def uses(self, obj: Any) -> tuple[list[Use], list[Use]]:
        held, lost = super().uses(obj)
        names = CalendarVersion._meta
        editions = {str(names.verbose_name), str(names.verbose_name_plural)}
        return ([use for use in held if use.label not in editions] if not _ran(obj) else held), lost

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            calendar = self.get_object()
            if not _ran(calendar) and not self.uses(calendar)[0]:
                _editions(calendar).delete()
            return super().post(request, *args, **kwargs)


def _editions(calendar: Any) -> QuerySet[Any]:
    return calendar.versions.all()


def _ran(calendar: Any) -> bool:
    return Clock.objects.filter(calendar_version__calendar=calendar).exists()


def preview_of(calendar: WorkCalendar) -> dict[str, Any]:
    """Whether it is open now, when it opens next, and the hours of the next days."""
    schedule = WorkSchedule.from_dict(calendars.spec_of(calendar))
    now = clock.now()
    zone = ZoneInfo(calendar.timezone)
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    hours: dict[date, list[list[str]]] = {start.date() + timedelta(days=n): [] for n in range(PREVIEW_DAYS)}
    for begin, end in schedule.spans(start, start + timedelta(days=PREVIEW_DAYS)):
        local, until = begin.astimezone(zone), end.astimezone(zone)
        closes = "24:00" if until.date() > local.date() and f"{until:%H:%M}" == "00:00" else f"{until:%H:%M}"
        hours.setdefault(local.date(), []).append([f"{local:%H:%M}", closes])
    named = dict(calendar.days.filter(date__in=hours).values_list("date", "name"))
    is_open = schedule.is_open(now)
    return {
        "is_open": is_open,
        "opens": None if is_open else schedule.next_opening(now),
        "ahead": [(day, spans_text(spans), named.get(day, "")) for day, spans in sorted(hours.items())],
        "zone": calendar.timezone,
    }


def day(request: HttpRequest, pk: int, day_pk: int | None = None) -> HttpResponse:
    """Enter or change a special day."""
    require(request.user, *LEVEL_MANAGERS)
    calendar = get_object_or_404(WorkCalendar, pk=pk)
    back = reverse("desk:settings-calendars-edit", args=[pk])
    with transaction.atomic():
        WorkCalendar.objects.select_for_update().get(pk=pk)
        row = get_object_or_404(calendar.days, pk=day_pk) if day_pk else None
        before = targets.values_of(row) if row else None
        form = DayForm(request.POST or None, instance=row, calendar=calendar)
        if form.is_bound and form.is_valid():
            made = form.save()
            targets.saved(made, before, actor=request.user, source=Source.WEB)
            return ui.see(request, back, _("%(day)s saved") % {"day": times.day(made.date)})
    title = times.day(row.date) if row else _("New special day")
    return ui.page(request, "desk/settings/day.html", title=title, calendar=calendar, form=form, row=row, back=back)


@require_POST
def remove_day(request: HttpRequest, pk: int, day_pk: int) -> HttpResponse:
    require(request.user, *LEVEL_MANAGERS)
    row = get_object_or_404(CalendarDay, pk=day_pk, calendar=pk)
    said = _("%(day)s removed") % {"day": times.day(row.date)}
    targets.remove(row, actor=request.user, source=Source.WEB)
    return ui.see(request, reverse("desk:settings-calendars-edit", args=[pk]), said)


def holidays(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the public holidays of some years, then copy them."""
    require(request.user, *LEVEL_MANAGERS)
    calendar = get_object_or_404(WorkCalendar, pk=pk)
    if not calendar.country:
        raise Invalid({"country": _("Choose a country first, and save the calendar.")})
    asked = request.POST if request.method == "POST" else request.GET
    form = YearsForm(asked if "years" in asked or request.method == "POST" else None)
    back = reverse("desk:settings-calendars-edit", args=[pk])
    if request.method == "POST" and form.is_valid():
        there = calendars.import_holidays(
            calendar, form.cleaned_data["years"], actor=request.user, source=Source.WEB
        )  # fmt: skip
        said = ngettext("%(n)d public holiday copied", "%(n)d public holidays copied", there) % {"n": there}
        return ui.see(request, back, said)
    found = _found(calendar, form.cleaned_data["years"]) if form.is_bound and form.is_valid() else []
    return ui.page(
        request, "desk/settings/holidays.html", title=_("Public holidays"), calendar=calendar, form=form, found=found,
        back=back,
    )  # fmt: skip


def _found(calendar: WorkCalendar, years: list[int]) -> list[tuple[date, str, str]]:
    """Each holiday with what becomes of it: new, there already, or kept as somebody entered it."""
    there = {row.date: row for row in calendar.days.filter(date__year__in=years)}
    listed = []
    for when, name in sorted(calendars.public_holidays(calendar.country, calendar.subdivision, years).items()):
        row = there.get(when)
        state = "new" if row is None else "there" if row.is_public_holiday else "own"
        listed.append((when, name, state))
    return listed


PAGES = [
    Pages(
        "calendars", WorkCalendar, CalendarForm, LEVELS, "calendar-clock", gettext_lazy("Work calendars"),
        gettext_lazy("When work is done: weekly hours, public holidays, special days."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("timezone", gettext_lazy("Time zone")),
            Column("country", gettext_lazy("Public holidays of"),
                   lambda c: f"{c.country} {c.subdivision}".strip() or "–", opt=True),
            Column("amount", gettext_lazy("Support levels"), right=True),
        ),
        search=("name", "timezone"), roles=LEVEL_MANAGERS, form_view=CalendarEdit, delete_view=CalendarDelete,
        position=30, rows=lambda: WorkCalendar.objects.annotate(amount=Count("support_levels")),
        more=[
            ("<int:pk>/holidays/", holidays, "settings-calendars-holidays"),
            ("<int:pk>/days/new/", day, "settings-calendars-day-new"),
            ("<int:pk>/days/<int:day_pk>/", day, "settings-calendars-day"),
            ("<int:pk>/days/<int:day_pk>/remove/", remove_day, "settings-calendars-day-remove"),
        ],
    ),
]  # fmt: skip
