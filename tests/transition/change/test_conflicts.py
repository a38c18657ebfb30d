"""What a change collides with, why, by how much, and the next slot that is free of all of it."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from itsm.lib import clock
from itsm.tickets.models import Ticket
from tests import factories
from tests.transition.change.conftest import answered
from transition.models import Change, FreezeWindow, MaintenanceWindow
from transition.reports import change_calendar, change_conflicts, change_risk
from transition.services import changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(raised, engineer):
    """A change that others can collide with."""

    def made(title, **fields):
        return changes.submit(raised(title, **fields), actor=engineer, source="web")

    return made


def names(change, user=None):
    return [(one.kind, one.number or one.name) for one in change_conflicts.find(change, user)]


def test_the_same_item_and_how_long(planned, item, engineer):
    disk = item("srv-1")
    one = planned("One", service=None, items=[disk])
    other = planned("Other", service=None, items=[disk], hours=25.5, length=3)
    found = change_conflicts.find(one, engineer)
    assert [(c.number, c.overlap) for c in found] == [(other.number, timedelta(minutes=30))]
    assert "same item, srv-1" in found[0].words
    assert names(other) == [("change", one.number)]


@pytest.mark.parametrize("upside_down", [False, True])
def test_items_that_depend_on_each_other_from_both_sides(planned, item, upside_down):
    switch = item("switch")
    server = item("server", runs_on=switch)
    database = item("database", runs_on=server)
    first, second = (database, switch) if upside_down else (switch, database)
    one, other = planned("One", service=None, items=[first]), planned("Other", service=None, items=[second])
    assert names(one) == [("change", other.number)]
    assert change_conflicts.clashing([one, other]) == {one.pk: [other], other.pk: [one]}


def test_services_that_depend_on_each_other(planned, shop, service, item):
    below, above = planned("Mail"), planned("Shop", service=shop)
    assert names(below) == [("change", above.number)]
    assert names(above) == [("change", below.number)]
    server = item("server", services=[shop])
    by_item = planned("Server of the shop", service=None, items=[server])
    assert ("change", by_item.number) in names(above)
    assert ("change", above.number) in names(by_item)


def test_what_has_nothing_in_common_or_another_time_is_no_conflict(planned, raised, item):
    one = planned("One", service=None, items=[item("a")])
    planned("Elsewhere", service=None, items=[item("b")])
    planned("Later", service=None, items=[one.ticket_items.get().item], hours=26)
    raised("Only a draft", service=None, items=[one.ticket_items.get().item])
    assert names(one) == []


def test_a_change_that_the_reader_may_not_see_has_no_name(planned, engineer, agent):
    one, secret = planned("One"), planned("Secret plan")
    secret.restricted_to = factories.TeamFactory(is_restricted=True)
    secret.save()
    found = change_conflicts.find(one, agent)
    assert len(found) == 1
    assert not found[0].url
    assert "Secret" not in found[0].name + found[0].why


def test_freezes_and_maintenance_windows(raised, service, shop):
    change = raised()
    for name, services in (("All", []), ("Shop", [shop]), ("Elsewhere", [factories.ServiceFactory()])):
        freeze = FreezeWindow.objects.create(
            name=name, starts_at=change.planned_start + timedelta(hours=1),
            ends_at=change.planned_start + timedelta(hours=9),
        )  # fmt: skip
        freeze.services.set(services)
    found = change_conflicts.find(change)
    assert {(c.name, c.overlap) for c in found} == {("All", timedelta(hours=1)), ("Shop", timedelta(hours=1))}
    FreezeWindow.objects.all().delete()
    start = timezone.localtime(change.planned_start, timezone.get_fixed_timezone(0))
    window = MaintenanceWindow.objects.create(
        name="Weekly", weekday=start.weekday(), starts_at=time(start.hour), minutes=60, timezone="UTC"
    )
    window.services.add(service)
    [outside] = change_conflicts.find(change)
    assert outside.kind == "window"
    assert outside.overlap == timedelta(hours=1)
    Change.objects.filter(pk=change.pk).update(outage_minutes=0)
    assert change_conflicts.find(Change.objects.get(pk=change.pk)) == []
    window.minutes = 120
    window.save()
    assert change_conflicts.find(change) == []


def test_the_next_slot_is_free_of_everything(planned, raised, item, service):
    disk = item("srv-1")
    change = planned("Mine", items=[disk])
    planned("Busy", service=None, items=[disk], length=3)
    planned("Busy after", service=None, items=[disk], hours=28, length=2)
    begin, end = change_conflicts.next_slot(change)
    assert begin == change.planned_start + timedelta(hours=6)
    assert end - begin == timedelta(hours=2)
    freeze = FreezeWindow.objects.create(name="All", starts_at=begin, ends_at=begin + timedelta(days=3))
    assert change_conflicts.next_slot(change)[0] == freeze.ends_at
    window = MaintenanceWindow.objects.create(
        name="Sunday", weekday=6, starts_at=time(1), minutes=240, timezone="Europe/Oslo"
    )
    window.services.add(service)
    begin, end = change_conflicts.next_slot(change)
    assert window.weekday == begin.astimezone(ZoneInfo("Europe/Oslo")).weekday()
    assert begin >= freeze.ends_at
    moved = changes.reschedule(change, actor=change.requester, source="web", planned_start=begin, planned_end=end)
    assert change_conflicts.find(moved) == []
    window.minutes = 60
    window.save()
    assert change_conflicts.next_slot(change) is None


def test_clashes_of_many_and_of_one_agree(planned, item, service, shop):
    switch = item("switch")
    server = item("server", runs_on=switch, services=[shop])
    made = [
        planned("A", service=None, items=[switch]), planned("B", service=None, items=[server]),
        planned("C", service=shop), planned("D"),
        planned("E", service=None, items=[item("alone")]), planned("F", hours=25),
    ]  # fmt: skip
    together = change_conflicts.clashing(made)
    for one in made:
        alone = {c.number for c in change_conflicts.find(one) if c.kind == "change"}
        assert alone == {other.number for other in together.get(one.pk, ())}, one.title


def test_queries_do_not_grow_with_what_is_planned(planned, item, engineer):
    disk = item("srv-1")
    change = planned("Mine", items=[disk])
    counts = []
    for number in range(3):
        planned(f"Other {number}", items=[disk])
        with CaptureQueriesContext(connection) as told:
            assert len(change_conflicts.find(change, engineer)) == number + 1
            change_conflicts.next_slot(change)
        counts.append(len(told))
    assert counts[0] == counts[2] <= 40
    weeks = []
    for number in range(2):
        planned(f"More {number}", items=[disk])
        with CaptureQueriesContext(connection) as told:
            change_calendar.week(engineer, (clock.now() - timedelta(days=clock.now().weekday())).date())
        weeks.append(len(told))
    assert weeks[0] == weeks[1]


def test_risk_is_explained_line_by_line(planned, engineer, shop, service, item):
    change = planned("Risky", items=[item("srv-1")])
    low, high = change_risk.assess(change, answered(0)), change_risk.assess(change, answered(3))
    assert low.score < high.score <= 100
    for risk in (low, high):
        assert risk.score == sum(line.points for line in risk.lines)
    radius = [line for line in low.lines if line.part == "radius"]
    assert any("criticality 1" in line.label and "Shop" in line.detail for line in radius)
    assert [line.points for line in low.lines if line.part == "record"] == [change_risk.UNKNOWN_RECORD]
    now = clock.now()
    for number, outcome in enumerate(("successful", "failed")):
        past = planned(f"Past {number}")
        Change.objects.filter(pk=past.pk).update(actual_end=now, outcome=outcome)
        Ticket.objects.filter(pk=past.pk).update(state="closed", phase="closed")
    record = [line for line in change_risk.assess(change, answered(0)).lines if line.part == "record"]
    assert record[0].points == 10
    assert "1 of 2" in record[0].label
