"""The ledger explains every minute, in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from itsm.lib import clock
from itsm.sla.models import CalendarDay, Clock
from itsm.sla.services import calendars, ledger, sweep
from itsm.tickets.models import Ticket
from operation.services import incidents
from tests import factories

START = datetime(2026, 12, 23, 16, tzinfo=UTC)  # the day before Christmas Eve, a Wednesday


@pytest.fixture
def ticket(requester, service, agent, administrator):
    office = factories.calendar("Office")
    for day, name in ((24, "Christmas Eve"), (25, "Christmas Day")):
        CalendarDay.objects.create(calendar=office, date=date(2026, 12, day), name=name)
    calendars.publish(office, actor=administrator, source="web")
    level = factories.support_level("Gold", hours=office, resolution=120)
    factories.cover(level, service)
    with clock.moved_to(START):
        made = factories.incident(requester, service=service)
    with clock.moved_to(START + timedelta(minutes=20)):
        incidents.start(made, actor=agent, source="web")
        incidents.put_on_hold(made, actor=agent, source="web", hold_reason="requester", comment="Which one?")
    with clock.moved_to(START + timedelta(minutes=30)):
        incidents.resume(made, actor=agent, source="web")
    return made


NOW = datetime(2026, 12, 28, 9, 45, tzinfo=UTC)  # the Monday after


def test_every_stretch_says_why_it_counted_or_not(ticket):
    (explained,) = ledger.of_ticket(Ticket.objects.get(pk=ticket.pk), now=NOW)
    assert [(row.seconds // 60, row.counted, row.why) for row in explained.rows] == [
        (20, True, "Counts: inside working time, “Office”, edition 2."),
        (10, False, "Does not count: on hold for “Requester”, which stops the clock by the terms of Gold."),
        (30, True, "Counts: inside working time, “Office”, edition 2."),
        (
            6720,
            False,
            "Does not count: outside working time, “Office”, edition 2. "
            "Holidays: Dec. 24, 2026 Christmas Eve, Dec. 25, 2026 Christmas Day.",
        ),
        (45, True, "Counts: inside working time, “Office”, edition 2."),
    ]
    assert explained.terms == [
        "Gold promises 120 minutes of working time.",
        "Working time: “Office”, edition 2.",
        "The clock stands still while the ticket waits for: Requester.",
    ]
    assert (explained.counted_seconds, explained.reading.elapsed_seconds, explained.used_percent) == (5700, 5700, 79)
    assert explained.not_counted == {"on_hold:requester": 600, "outside_hours": 6720 * 60}


def test_what_fired_and_what_is_to_come(ticket):
    with clock.moved_to(NOW):
        sweep.sweep()
    (explained,) = ledger.of_ticket(Ticket.objects.get(pk=ticket.pk), now=NOW)
    assert [(m.name, m.label, m.due_at, m.fired_at) for m in explained.moments] == [
        ("warn", "Warning", NOW - timedelta(minutes=5), NOW),
        ("breach", "Breach", NOW + timedelta(minutes=25), None),
    ]


def test_around_the_clock_and_no_pauses(requester, service):
    factories.cover(factories.support_level(resolution=60, pause_reasons=()), service)
    with clock.moved_to(START):
        made = factories.incident(requester, service=service)
    explained = ledger.of_clock(Clock.objects.get(ticket=made.pk), now=START + timedelta(days=1))
    assert [(row.rule, row.why) for row in explained.rows] == [
        ("working", "Counts: inside working time, around the clock.")
    ]
    assert explained.terms[-1] == "Waiting does not stop this clock."


def test_time_after_a_resolution_that_did_not_hold(ticket, agent, requester):
    with clock.moved_to(NOW):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    with clock.moved_to(NOW + timedelta(minutes=15)):
        incidents.reopen(ticket, actor=requester, source="web", reason="No")
    (explained,) = ledger.of_ticket(Ticket.objects.get(pk=ticket.pk), now=NOW + timedelta(minutes=16))
    assert [(row.seconds // 60, row.why) for row in explained.rows[-2:]] == [
        (15, "Does not count: resolved, and reopened at the end."),
        (1, "Counts: inside working time, “Office”, edition 2."),
    ]


def test_the_same_queries_for_one_clock_and_three(ticket, django_assert_num_queries, service):
    found = Ticket.objects.get(pk=ticket.pk)
    with django_assert_num_queries(6):
        ledger.of_ticket(found, now=NOW)
    row = Clock.objects.get(ticket=ticket.pk)
    for metric in ("first_response", "update"):
        row.pk, row.metric = None, "first_response"
        row.cycle = 0 if metric == "first_response" else 1
        if metric == "first_response":
            row.save()
    with django_assert_num_queries(6):
        assert len(ledger.of_ticket(found, now=NOW)) == 2
