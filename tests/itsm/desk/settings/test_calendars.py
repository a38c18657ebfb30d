from datetime import UTC, date, datetime

import pytest

from itsm.lib import clock
from itsm.sla.models import CalendarDay, CalendarVersion, WorkCalendar
from itsm.sla.services import recalculation
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)  # a Friday evening


@pytest.fixture
def calendar():
    return factories.calendar()


def url(calendar, more="") -> str:
    return f"/settings/calendars/{calendar.pk}/{more}"


def test_a_new_calendar_is_published_at_once(admin, entries):
    data = {"name": "Halden", "timezone": "Europe/Oslo", "country": "NO",
            "day_0": "9-12:30, 13:30-17", "day_5": "10:00 – 24:00"}  # fmt: skip
    assert admin.post("/settings/calendars/new/", data).status_code == 302
    made = WorkCalendar.objects.get(name="Halden")
    assert made.weekly == {"0": [["09:00", "12:30"], ["13:30", "17:00"]], "5": [["10:00", "24:00"]]}
    assert made.versions.get().number == 1
    assert [action for action, _changes in entries(made)] == ["created", "changed"]


def test_changed_hours_make_a_new_edition_and_move_due_times(admin, filled, calendar, requester, service):
    factories.cover(factories.support_level(hours=calendar, resolution=60), service)
    with clock.moved_to(NOW):
        ticket = factories.incident(requester, service=service)
        assert ticket.clocks.get().due_at == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        assert admin.post(url(calendar), filled(admin, url(calendar), day_0="07:00-15:00")).status_code == 302
        recalculation.work_off()
        assert ticket.clocks.get().due_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert list(calendar.versions.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_saving_the_same_hours_makes_no_edition(admin, filled, calendar):
    admin.post(url(calendar), filled(admin, url(calendar), name="Renamed"))
    assert CalendarVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"day_0": "nine to five"}, "day_0", "Write hours as"),
        ({"day_0": "09:00-25:00"}, "day_0", "Working hours"),
        ({"day_0": "09:00-12:00, 11:00-13:00"}, "day_0", "overlap"),
        ({f"day_{day}": "" for day in range(7)}, "day_0", "at least one day"),
        ({"timezone": "Mars/Base"}, "timezone", "valid choice"),
        ({"country": "XX"}, "country", "valid choice"),
        ({"country": "DE", "subdivision": "ZZ"}, "subdivision", "not known"),
        ({"country": "", "subdivision": "BY"}, "subdivision", "country first"),
    ],
)
def test_bad_hours_are_said_at_the_day_and_change_nothing(admin, filled, calendar, change, field, said):
    response = admin.post(url(calendar), filled(admin, url(calendar), **change))
    assert response.status_code == 422
    assert said in " ".join(response.context["form"].errors[field])
    assert CalendarVersion.objects.count() == 1
    calendar.refresh_from_db()
    assert calendar.weekly == factories.OFFICE


def test_stale_hours_are_refused_with_both_values(admin, filled, calendar):
    mine = filled(admin, url(calendar), day_0="08:00-16:00")
    admin.post(url(calendar), filled(admin, url(calendar), day_0="07:00-15:00"))
    response = admin.post(url(calendar), mine)
    assert response.status_code == 409
    conflict = response.context["stale"][0]
    assert (conflict.label, "07:00" in conflict.stored, "08:00" in conflict.yours) == ("Monday", True, True)


def test_the_page_shows_when_work_begins_next(admin, calendar):
    CalendarDay.objects.create(calendar=calendar, date=date(2026, 11, 23), name="Founders’ day")
    with clock.moved_to(NOW):
        context = admin.get(url(calendar)).context
    assert not context["is_open"]
    assert context["opens"] == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert context["ahead"][3] == (date(2026, 11, 23), "", "Founders’ day")
    assert context["ahead"][4] == (date(2026, 11, 24), "09:00-17:00", "")


# ---------- special days ----------


def test_a_special_day_is_entered_changed_and_removed(admin, filled, calendar, entries):
    new = url(calendar, "days/new/")
    assert admin.post(new, {"date": "2026-12-24", "name": "Eve", "spans": "9-12"}).status_code == 302
    day = CalendarDay.objects.get()
    assert day.spans == [["09:00", "12:00"]]
    assert CalendarVersion.objects.count() == 2
    twice = admin.post(new, {"date": "2026-12-24", "name": "Again"})
    assert "there already: Eve" in str(twice.context["form"].errors["date"])
    bad = admin.post(new, {"date": "soon", "spans": "x"})
    assert set(bad.context["form"].errors) == {"date", "spans"}
    edit = url(calendar, f"days/{day.pk}/")
    assert admin.post(edit, {"date": "2026-12-24", "name": "Eve", "spans": ""}).status_code == 302
    assert admin.post(url(calendar, f"days/{day.pk}/remove/")).status_code == 302
    assert not CalendarDay.objects.exists()
    assert [action for action, _changes in entries(day)] == ["created", "changed", "deleted"]
    assert CalendarVersion.objects.count() == 4


def test_the_day_of_another_calendar_is_not_found(admin, calendar):
    day = CalendarDay.objects.create(calendar=factories.calendar("Other"), date=date(2026, 1, 1))
    assert admin.get(url(calendar, f"days/{day.pk}/")).status_code == 404
    assert admin.post(url(calendar, f"days/{day.pk}/remove/")).status_code == 404


# ---------- public holidays ----------


@pytest.fixture
def norwegian(calendar):
    WorkCalendar.objects.filter(pk=calendar.pk).update(country="NO")
    return calendar


def test_holidays_are_shown_before_they_are_copied(admin, norwegian):
    CalendarDay.objects.create(calendar=norwegian, date=date(2026, 5, 17), name="Ours", spans=[["10:00", "12:00"]])
    with clock.moved_to(NOW):
        page = admin.get(url(norwegian, "holidays/?years=2026"))
        states = {when: state for when, _name, state in page.context["found"]}
        assert (states[date(2026, 1, 1)], states[date(2026, 5, 17)]) == ("new", "own")
        assert CalendarDay.objects.count() == 1
        assert admin.post(url(norwegian, "holidays/"), {"years": ["2026"]}).status_code == 302
    assert CalendarDay.objects.get(date=date(2026, 1, 1)).is_public_holiday
    assert CalendarDay.objects.get(date=date(2026, 5, 17)).name == "Ours"
    assert CalendarVersion.objects.count() == 2


def test_years_are_checked_and_a_country_is_needed(admin, norwegian):
    for years in ([], ["1900"], ["x"]):
        assert admin.post(url(norwegian, "holidays/"), {"years": years}).status_code == 422
    WorkCalendar.objects.update(country="")
    assert admin.post(url(norwegian, "holidays/"), {"years": ["2026"]}).status_code == 422
    assert not CalendarDay.objects.exists()


# ---------- deleting ----------


def test_a_calendar_nobody_uses_goes_with_its_editions(admin, calendar, entries):
    page = admin.get(url(calendar, "delete/"))
    assert not page.context["held"]
    assert admin.post(url(calendar, "delete/")).status_code == 302
    assert not WorkCalendar.objects.exists()
    assert entries(calendar)[-1][0] == "deleted"


def test_a_calendar_in_use_stays_and_says_by_what(admin, calendar):
    factories.support_level(hours=calendar)
    response = admin.post(url(calendar, "delete/"))
    assert response.status_code == 409
    assert "support level" in response.content.decode()
    assert CalendarVersion.objects.count() == 1
