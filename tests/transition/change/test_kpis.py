"""The KPIs of changes, counted from changes that went through the door, by the formulas of the KPI catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from improvement.reports.kpis import figures
from improvement.services import kpis
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import clock
from itsm.tickets.models import TicketLink
from itsm.workflow import verbs
from tests import factories
from tests.transition.change.conftest import approve
from transition.models import Change

pytestmark = pytest.mark.django_db

#: A Monday.
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CODES = ["change_success", "emergency_changes"]


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(START):
        yield


def on(days, hours=0):
    return clock.moved_to(START + timedelta(days=days, hours=hours))


def take(change, verb, actor, **data):
    return verbs.perform(Change.objects.get(pk=change.pk), verb, actor=actor, source="web", data=data)


@pytest.fixture
def done(scheduled, engineer):
    """A change that was implemented, or failed and was backed out, on its day, and closed some days later."""

    def make(outcome, *, after=2, failed=False, **fields):
        change = scheduled(**fields)
        with clock.moved_to(change.planned_start):
            take(change, "start", engineer)
            if failed:
                take(change, "fail", engineer, reason="Disk full")
                take(change, "back_out", engineer, comment="As before")
            else:
                take(change, "implement", engineer)
        with on(after):
            return take(change, "close", engineer, outcome=outcome, review_note="Seen")

    return make


@pytest.fixture
def counted(change_manager):
    """Numerator, denominator and value of a KPI from one day to another, counted on a later day."""

    def make(code, first, last, when=30, **about):
        begin = START.date()
        with on(when):
            kpis.back_fill(begin - timedelta(days=1), begin + timedelta(days=when - 1), codes=CODES)
            period = Period(begin + timedelta(days=first), begin + timedelta(days=last))
            scope = Scope(change_manager, **about)
            series = figures.read(scope, period.first, period.last, [code])[code]
            value = series.value(period)
            return (*series.sums(period), None if value is None else str(round(value, 2)))

    return make


def test_success_is_what_closed_as_successful_of_what_was_implemented(
    done, asked, scheduled, raised, engineer, change_manager, counted
):
    done("successful")
    done("successful")
    done("with_issues")
    done("backed_out", failed=True)
    done("successful", after=5)
    # Nothing of this was implemented and closed.
    take(scheduled("Never done"), "cancel", engineer, reason="Not needed")
    scheduled("Still to come")
    raised("A draft")
    assert counted("change_success", 2, 2) == (2, 4, "50.00"), "with issues is no success"
    assert counted("change_success", 0, 1) == (0, 0, None), "nothing closed is undefined, not 0 %"
    assert counted("change_success", 0, 29) == (3, 5, "60.00")


def test_success_is_counted_by_service(done, counted, shop, service):
    done("successful")
    done("failed", failed=True, service=shop)
    assert counted("change_success", 2, 2, service=service.pk) == (1, 1, "100.00")
    assert counted("change_success", 2, 2, service=shop.pk) == (0, 1, "0.00")


def test_a_change_that_is_reviewed_again_counts_once(done, engineer, change_manager, counted):
    change = done("successful")
    with on(3):
        kpis.catch_up()
    with on(4):
        change = take(change, "reopen", change_manager, reason="Customers called")
        take(change, "close", engineer, outcome="with_issues", review_note="Slow for a day")
    with on(5):
        kpis.catch_up()
    period = (2, 4)
    begin = START.date()
    with on(5, 2):
        series = figures.read(Scope(change_manager), begin, begin + timedelta(days=4), CODES)["change_success"]
        assert series.sums(Period(*(begin + timedelta(days=day) for day in period))) == (0, 1)


def test_emergencies_are_a_share_of_all_that_was_opened(raised, asked, engineer, change_manager, service, counted):
    emergency = raised("On fire", change_type="emergency", hours=0)
    approve(take(emergency, "hurry", engineer, reason="On fire"))
    raised("Planned")
    asked("Asked")
    take(raised("Taken back"), "cancel", engineer, reason="Not needed")
    twin = raised("Twin of it", change_type="emergency")
    TicketLink.objects.create(source=twin, target=emergency, kind="duplicate_of", created_by=engineer)
    factories.incident(engineer, service=service)
    with on(1):
        raised("The day after")
    assert counted("emergency_changes", 0, 0) == (1, 3, "33.33"), "cancelled ones and duplicates do not count"
    assert counted("emergency_changes", 0, 1) == (1, 4, "25.00")
    assert counted("emergency_changes", 2, 9) == (0, 0, None)


def test_a_change_that_is_cancelled_later_leaves_the_day_it_was_opened(raised, engineer, change_manager, counted):
    raised("Stays")
    change = raised("On fire", change_type="emergency")
    begin = START.date()

    def stands():
        series = figures.read(Scope(change_manager), begin, begin, CODES)["emergency_changes"]
        return series.sums(Period(begin, begin))

    with on(1):
        kpis.catch_up()
        assert stands() == (1, 2)
    with on(3):
        take(change, "cancel", engineer, reason="A false alarm")
    with on(4):
        kpis.catch_up()
        assert stands() == (0, 1)
