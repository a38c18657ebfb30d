"""Changing what is promised: new editions and targets, public holidays, and open tickets that follow in batches."""

import logging
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.sla import tasks
from itsm.sla.models import CalendarDay, Clock, Coverage, EscalationPolicy, EscalationStep, Recalculation, WorkCalendar
from itsm.sla.services import calendars, rebuild, recalculation, targets, terms
from itsm.tickets.models import Ticket
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


@pytest.fixture
def office(db):
    return factories.calendar("Office")


@pytest.fixture
def gold(office, service):
    level = factories.support_level(hours=office, resolution=600)
    factories.cover(level, service)
    return level


@pytest.fixture
def by(administrator):
    return {"actor": administrator, "source": "web"}


def opened(requester, **fields):
    with clock.moved_to(START):
        return factories.incident(requester, **fields)


def work_off(minutes=1):
    with clock.moved_to(START + timedelta(minutes=minutes)):
        done = recalculation.work_off()
        assert [str(each) for each in rebuild.check()] == []
    return done


def due(ticket):
    return Ticket.objects.get(pk=ticket.pk).due_at


def changes(record):
    found = Entry.objects.filter(object_type=record._meta.label_lower, object_id=record.pk).order_by("id")
    return [(entry.action, entry.changes) for entry in found]


# Calendars


def test_publishing_what_is_published_already_changes_nothing(office, by):
    assert calendars.publish(office, **by).number == 1
    assert (changes(office), Recalculation.objects.count()) == ([], 0)


def test_other_hours_make_an_edition_and_running_clocks_follow(office, gold, requester, service, by):
    ticket = opened(requester, service=service)
    assert due(ticket) == START + timedelta(hours=26)
    office.weekly = {str(day): [["09:00", "21:00"]] for day in range(5)}
    targets.store(office, **by)
    assert [version.number for version in office.versions.all()] == [2, 1]
    assert changes(office)[-1] == ("changed", {"edition": [1, 2]})
    assert work_off() == 1
    assert due(ticket) == START + timedelta(hours=10)
    job = Recalculation.objects.get()
    assert (job.total, job.done, job.changed, job.failed, job.finished_at) == (
        1, 1, 1, 0, START + timedelta(minutes=1),
    )  # fmt: skip
    assert job.reason == "Calendar “Office”, edition 2"


def test_a_new_name_is_no_new_edition(office, by):
    office.name = "Bureau"
    targets.store(office, **by)
    assert office.versions.count() == 1


def test_hours_that_overlap_are_refused_and_nothing_changes(office, by):
    office.weekly = {"0": [["09:00", "12:00"], ["11:00", "13:00"]]}
    with pytest.raises(Invalid) as refusal:
        targets.store(office, **by)
    assert list(refusal.value.fields) == ["weekly"]
    office.refresh_from_db()
    assert office.weekly == factories.OFFICE


def test_a_day_of_its_own_hours(office, gold, requester, service, by):
    ticket = opened(requester, service=service)
    targets.store(CalendarDay(calendar=office, date=START.date(), name="Inventory", spans=[["09:00", "11:00"]]), **by)
    work_off()
    assert due(ticket) == START + timedelta(days=1, hours=8)
    targets.remove(office.days.get(), **by)
    work_off()
    assert due(ticket) == START + timedelta(hours=26)


def test_public_holidays_are_copied_once_and_days_of_ones_own_win(office, by):
    office.country, office.subdivision = "DE", "BE"
    office.save()
    CalendarDay.objects.create(
        calendar=office, date=date(2026, 12, 25), name="Skeleton staff", spans=[["10:00", "12:00"]]
    )
    assert calendars.import_holidays(office, [2026, 2027], **by) == office.days.filter(is_public_holiday=True).count()
    assert office.versions.first().number == 2
    named = dict(office.days.values_list("date", "name"))
    assert (named[date(2026, 3, 8)], named[date(2026, 12, 25)]) == ("Women's Day", "Skeleton staff")
    before = changes(office)
    calendars.import_holidays(office, [2026, 2027], **by)
    assert (changes(office), office.versions.count()) == (before, 2)
    office.subdivision = "BY"
    office.save()
    calendars.import_holidays(office, [2026], **by)
    years = [day.year for day in office.days.filter(name__contains="Women").values_list("date", flat=True)]
    assert (years, office.versions.count()) == ([2027], 3)


@pytest.mark.parametrize(
    ("country", "subdivision", "field"), [("", "", "country"), ("XX", "", "country"), ("DE", "XX", "subdivision")]
)
def test_countries_nobody_knows_are_refused(office, by, country, subdivision, field):
    office.country, office.subdivision = country, subdivision
    office.save()
    with pytest.raises(Invalid) as refusal:
        calendars.import_holidays(office, [2026], **by)
    assert list(refusal.value.fields) == [field]
    assert office.days.count() == 0


def test_the_monthly_job_keeps_holidays_ahead_and_one_bad_country_stops_no_other(office, by, caplog):
    bad = factories.calendar("Atlantis")
    bad.country = "XX"
    bad.save()
    office.country = "NO"
    office.save()
    with caplog.at_level(logging.CRITICAL), clock.moved_to(START):
        tasks.copy_holidays()
    assert {day.year for day in office.days.values_list("date", flat=True)} == {2026, 2027, 2028}


# Targets


def test_a_target_is_superseded_and_stopped_clocks_keep_theirs(gold, requester, service, agent, by):
    from operation.services import incidents

    done, going = opened(requester, service=service), opened(requester, service=service)
    with clock.moved_to(START + timedelta(minutes=5)):
        incidents.resolve(done, actor=agent, source="web", code="fixed", note="Done")
    old = gold.targets.get()
    new = targets.set_target(gold, kind="incident", metric="resolution", priority=None, minutes=60, **by)
    assert work_off(6) == 1
    assert list(gold.targets.current()) == [new]
    assert [Clock.objects.get(ticket=each.pk).target for each in (done, going)] == [old, new]
    assert due(going) == START + timedelta(hours=1)
    key = "target.incident.resolution.any"
    assert changes(gold)[-1] == (
        "changed", {key: ["600 min, warning at 75 %", "60 min, warning at 75 %"]},
    )  # fmt: skip


def test_the_same_target_again_is_no_change(gold, by):
    old = gold.targets.get()
    assert targets.set_target(gold, kind="incident", metric="resolution", priority=None, minutes=600, **by) == old
    assert Recalculation.objects.count() == 0


def test_a_withdrawn_target_takes_its_clocks_with_it(gold, requester, service, by):
    ticket = opened(requester, service=service)
    targets.withdraw_target(gold.targets.get(), **by)
    targets.withdraw_target(gold.targets.get(), **by)
    work_off()
    assert Ticket.objects.get(pk=ticket.pk).sla_state == "none"


def test_a_team_promises_its_own_time_only(gold, desk, office, requester, service, by):
    ticket = opened(requester, service=service)
    with pytest.raises(Invalid):
        targets.set_target(desk, kind="incident", metric="resolution", priority=None, minutes=60, **by)
    with pytest.raises(Invalid):
        targets.set_target(gold, kind="incident", metric="ola", priority=None, minutes=60, **by)
    with pytest.raises(Invalid):
        targets.set_target(desk, kind="incident", metric="ola", priority=None, minutes=0, **by)
    targets.set_target(desk, kind="incident", metric="ola", priority=None, minutes=60, calendar=office, **by)
    assert work_off() == 1
    assert Clock.objects.get(ticket=ticket.pk, metric="ola").due_at == START + timedelta(hours=1)


# Levels, coverage, policies


def test_coverage_is_followed_on_both_sides_of_its_change(gold, requester, service, by):
    other = factories.ServiceFactory(support_team=service.support_team)
    here, there, far = opened(requester, service=service), opened(requester, service=other), opened(requester)
    row = Coverage.objects.get()
    row.service = other
    targets.store(row, **by)
    assert work_off() == 2
    assert [Ticket.objects.get(pk=t.pk).sla_state for t in (here, there, far)] == ["none", "running", "none"]
    targets.remove(row, **by)
    assert work_off() == 1
    assert Ticket.objects.get(pk=there.pk).sla_state == "none"


def test_what_clocks_do_not_run_by_needs_no_recalculation(gold, by):
    gold.description = "The best we have"
    targets.store(gold, **by)
    assert Recalculation.objects.count() == 0
    assert changes(gold) == [("changed", {"description": ["", "The best we have"]})]


def test_changes_in_a_row_are_worked_off_once(gold, by, requester, service):
    opened(requester, service=service)
    for percent in (10, 20, 30):
        policy, _made = EscalationPolicy.objects.get_or_create(name="Strict")
        targets.store(EscalationStep(policy=policy, percent=percent, action="notify_team"), **by)
    gold.escalation_policy = policy
    targets.store(gold, **by)
    for percent in (40, 60):
        targets.store(EscalationStep(policy=policy, percent=percent, action="notify_team"), **by)
    assert Recalculation.objects.count() == 1
    assert work_off() == 1
    assert [percent for percent, _step in Clock.objects.get().steps] == [10, 20, 30, 40, 60]


def test_a_deleted_policy_takes_its_steps_off_the_clocks(gold, by, requester, service):
    policy = EscalationPolicy.objects.create(name="Strict")
    EscalationStep.objects.create(policy=policy, percent=50, action="notify_team")
    gold.escalation_policy = policy
    targets.store(gold, **by)
    ticket = opened(requester, service=service)
    assert Clock.objects.get(ticket=ticket.pk).steps != []
    targets.remove(policy, **by)
    work_off()
    assert Clock.objects.get(ticket=ticket.pk).steps == []
    assert Entry.objects.filter(action="deleted", object_type="sla.escalationpolicy").count() == 1


def test_a_calendar_without_any_hours_is_not_published(office, by):
    WorkCalendar.objects.filter(pk=office.pk).update(weekly={"0": []})
    office.refresh_from_db()
    with pytest.raises(Invalid):
        calendars.publish(office, **by)
    assert office.versions.count() == 1


# The job


def test_a_worker_that_died_is_taken_over_from(gold, requester, service, by, monkeypatch):
    monkeypatch.setattr(recalculation, "BATCH", 1)
    for _number in range(3):
        opened(requester, service=service)
    targets.set_target(gold, kind="incident", metric="resolution", priority=None, minutes=60, **by)
    real = recalculation.recalculate

    def die(pk):
        if pk == Ticket.objects.order_by("pk")[1].pk:
            raise KeyboardInterrupt
        return real(pk)

    with monkeypatch.context() as patch, clock.moved_to(START):
        patch.setattr(recalculation, "recalculate", die)
        with pytest.raises(KeyboardInterrupt):
            recalculation.work_off()
    with clock.moved_to(START + timedelta(minutes=2)):
        assert recalculation.work_off() == 0
    assert work_off(4) == 2
    job = Recalculation.objects.get()
    assert (job.done, job.changed) == (3, 3)


def test_an_error_on_one_ticket_stops_no_other(gold, requester, service, by, monkeypatch, caplog):
    bad, good = opened(requester, service=service), opened(requester, service=service)
    targets.set_target(gold, kind="incident", metric="resolution", priority=None, minutes=60, **by)
    real = recalculation.recalculate
    monkeypatch.setattr(recalculation, "recalculate", lambda pk: 1 / 0 if pk == bad.pk else real(pk))
    with caplog.at_level(logging.CRITICAL), clock.moved_to(START):
        tasks.recalculate_clocks()
    job = Recalculation.objects.get()
    assert (job.done, job.changed, job.failed, job.finished_at) == (2, 1, 1, START)
    assert due(good) == START + timedelta(hours=1)


def test_nothing_asked_for_is_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        recalculation.work_off()


def test_while_nobody_changes_a_promise_it_is_read_once(gold, requester, service):
    with clock.moved_to(START):
        with terms.unchanged():
            first = factories.incident(requester, service=service)
            with CaptureQueriesContext(connection) as asked:
                second = factories.incident(requester, service=service)
        Coverage.objects.all().delete()
        third = factories.incident(requester, service=service)
    assert due(first) == due(second) == START + timedelta(hours=26)
    assert not any("sla_coverage" in one["sql"] for one in asked)
    assert due(third) is None, "after the block promises are read again"
