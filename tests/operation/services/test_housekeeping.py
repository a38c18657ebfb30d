"""What time does to incidents: once, in its time, and whatever one of them refuses."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied
from itsm.notifications.models import Event
from itsm.sla.services import rebuild
from itsm.tickets.models import HoldReason, ProcessSetting, TicketTask, TimelineEntry
from itsm.workflow import conversation, verbs
from operation import tasks
from operation.models import Incident
from operation.services import housekeeping, incidents
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def at(days, minutes=0):
    return clock.moved_to(START + days * DAY + timedelta(minutes=minutes))


@pytest.fixture
def make(requester, service, agent):
    """Incidents in the state a job looks for."""
    factories.cover(factories.support_level(first_response=60, resolution=480), service)

    def build(state="new", **more):
        with at(0):
            made = factories.incident(requester, service=service)
            if state == "resolved":
                return incidents.resolve(made, actor=agent, source="web", code="fixed", note="Done")
            if state == "held":
                made = incidents.start(made, actor=agent, source="web")
                more = {"hold_reason": "requester", "comment": "Which one?"} | more
                return incidents.put_on_hold(made, actor=agent, source="web", **more)
            return made

    return build


def state(incident):
    return Incident.objects.get(pk=incident.pk).state


def last(incident):
    return TimelineEntry.objects.filter(ticket=incident.pk, kind="transition").order_by("-id").first()


def events(incident, name):
    return Event.objects.filter(ticket=incident.pk, type=f"incident.{name}").count()


def run(job, days, minutes=0):
    with at(days, minutes):
        return job()


# Closing


def test_a_resolved_incident_closes_after_the_days_set(make):
    resolved, open_one = make("resolved"), make()
    assert run(housekeeping.close_resolved, 4.9) == 0
    assert run(housekeeping.close_resolved, 5) == 1
    assert run(housekeeping.close_resolved, 5) == 0
    assert (state(resolved), state(open_one)) == ("closed", "new")
    entry = last(resolved)
    assert (entry.data["verb"], entry.author.is_system, entry.source) == ("close", True, "system")
    assert list(audit.verify()) == []
    assert list(rebuild.check()) == []


def test_the_days_are_the_organisations(make):
    resolved = make("resolved")
    ProcessSetting.objects.update_or_create(kind="incident", defaults={"auto_close_days": 1})
    assert run(housekeeping.close_resolved, 1) == 1
    assert state(resolved) == "closed"


def test_a_reopened_one_is_not_closed_by_a_job_that_had_seen_it_resolved(make, requester, monkeypatch):
    resolved, other = make("resolved"), make("resolved")
    real = verbs.perform

    def meanwhile(record, verb, **data):
        if record.pk == resolved.pk and verb == "close":
            incidents.reopen(Incident.objects.get(pk=record.pk), actor=requester, source="web", reason="No")
        return real(record, verb, **data)

    monkeypatch.setattr(housekeeping.verbs, "perform", meanwhile)
    assert run(housekeeping.close_resolved, 5) == 1
    assert (state(resolved), state(other)) == ("assigned", "closed")


def test_many_are_done_in_batches_and_an_error_stops_no_other(make, monkeypatch, caplog):
    made = [make("resolved") for _ in range(5)]
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    real = verbs.perform
    monkeypatch.setattr(
        housekeeping.verbs, "perform", lambda r, *a, **k: 1 / 0 if r.pk == made[1].pk else real(r, *a, **k)
    )
    with caplog.at_level(logging.CRITICAL):
        assert run(housekeeping.close_resolved, 6) == 4
    assert [state(each) for each in made] == ["closed", "resolved", "closed", "closed", "closed"]


# Resuming


def test_a_hold_ends_when_its_time_has_come(make):
    held = make("held", hold_reason="supplier", until=START + 2 * DAY)
    endless = make("held", hold_reason="supplier")
    assert run(housekeeping.resume_held, 1.9) == 0
    assert run(housekeeping.resume_held, 2) == 1
    assert run(housekeeping.resume_held, 2) == 0
    assert (state(held), state(endless)) == ("in_progress", "on_hold")
    assert last(held).body == "The time it was on hold for is over."


# Reminding


def test_a_silent_requester_is_reminded_and_in_the_end_the_ticket_is_resolved(make):
    held = make("held")
    steps = [(d, run(housekeeping.remind_requesters, d)) for d in (1.9, 2, 2.1, 3.9, 4, 6, 7.9, 8, 9)]
    assert [day for day, taken in steps if taken] == [2, 4, 6, 8]
    after = Incident.objects.get(pk=held.pk)
    assert (after.state, after.resolution_code, after.reminders_sent) == ("resolved", "no_answer", 3)
    assert events(held, "reminder") == 3
    entry = TimelineEntry.objects.filter(ticket=held.pk, data__verb="reminder").first()
    assert (entry.public, entry.author.is_system) == (True, True)
    assert list(rebuild.check()) == []


def test_a_reminder_is_no_answer_to_anybody(make):
    held = make("held")
    before = list(held.clocks.order_by("id").values_list("metric", "state", "elapsed_seconds"))
    run(housekeeping.remind_requesters, 2)
    assert list(held.clocks.order_by("id").values_list("metric", "state", "elapsed_seconds")) == before
    assert held.timeline.filter(kind="reply").count() == 1


def test_an_answer_ends_the_waiting(make, requester):
    held = make("held")
    run(housekeeping.remind_requesters, 2)
    with at(3):
        conversation.reply(held, "The shared one", actor=requester, source="web")
    assert run(housekeeping.remind_requesters, 10) == 0


def test_who_has_written_is_not_reminded_even_where_a_reply_does_not_resume(make, requester):
    HoldReason.objects.filter(code="requester").update(resumes_on_reply=False)
    held = make("held")
    with at(1):
        conversation.reply(held, "The shared one", actor=requester, source="web")
    assert (run(housekeeping.remind_requesters, 10), state(held)) == (0, "on_hold")


def test_a_new_hold_starts_to_count_anew(make, agent, requester):
    held = make("held")
    run(housekeeping.remind_requesters, 2)
    with at(3):
        conversation.reply(held, "The shared one", actor=requester, source="web")
        incidents.put_on_hold(
            Incident.objects.get(pk=held.pk), actor=agent, source="web", hold_reason="requester", comment="Which?"
        )
    assert run(housekeeping.remind_requesters, 4.9) == 0
    assert run(housekeeping.remind_requesters, 5) == 1
    assert Incident.objects.get(pk=held.pk).reminders_sent == 1


def test_another_holder_does_not_start_the_waiting_anew(make, engineer, engineers, agent):
    from itsm.workflow import edits

    held = make("held")
    with at(1):
        edits.edit(held, actor=agent, source="web", team=engineers, assignee=engineer)
    assert run(housekeeping.remind_requesters, 2) == 1


@pytest.mark.parametrize("setting", [{"reminders": 0}, {"reminder_days": 0}])
def test_zero_waits_for_ever(make, setting):
    make("held")
    ProcessSetting.objects.update_or_create(kind="incident", defaults=setting)
    assert run(housekeeping.remind_requesters, 300) == 0


@pytest.mark.parametrize("more", [{"hold_reason": "supplier"}, {"until": START + 90 * DAY}])
def test_nobody_is_reminded_of_other_waiting(make, more):
    make("held", **more)
    assert run(housekeeping.remind_requesters, 30) == 0


def test_one_that_may_not_be_resolved_stops_no_other(make):
    stuck, other = make("held"), make("held")
    TicketTask.objects.create(ticket_id=stuck.pk, title="Collect the parts")
    for day in (2, 4, 6):
        run(housekeeping.remind_requesters, day)
    assert run(housekeeping.remind_requesters, 8) == 1
    assert (state(stuck), state(other)) == ("on_hold", "resolved")


def test_a_person_does_not_take_the_steps_of_time(make, agent):
    with pytest.raises(Denied):
        verbs.perform(make("held"), "reminder", actor=agent, source="api")


# Major incidents


@pytest.fixture
def major(make, incident_manager):
    with at(0):
        return incidents.declare_major(make(), actor=incident_manager, source="web", summary="All down")


def test_a_missed_update_is_told_once_for_each_moment(major, incident_manager):
    assert run(housekeeping.chase_updates, 0, 59) == 0
    assert run(housekeeping.chase_updates, 0, 60) == 1
    assert run(housekeeping.chase_updates, 0, 90) == 0
    with at(0, 100):
        incidents.post_update(
            Incident.objects.get(pk=major.pk), actor=incident_manager, source="web", summary="Still down"
        )
    assert run(housekeeping.chase_updates, 0, 159) == 0
    assert run(housekeeping.chase_updates, 0, 160) == 1
    assert events(major, "update_overdue") == 2
    assert list(rebuild.check()) == []


def test_a_major_incident_that_is_over_owes_no_update(major, agent):
    with at(0, 30):
        incidents.resolve(Incident.objects.get(pk=major.pk), actor=agent, source="web", code="fixed", note="Up again")
    assert run(housekeeping.chase_updates, 1) == 0


# All of it


def test_nothing_to_do_takes_few_queries(make, django_assert_max_num_queries):
    make(), make("held"), make("resolved")
    with at(0, 1):
        housekeeping.run_all()
    with at(0, 1), django_assert_max_num_queries(6):
        assert housekeeping.run_all() == 0


def test_the_jobs_do_it(make, major):
    resolved, held = make("resolved"), make("held", hold_reason="supplier", until=START + DAY)
    waiting = make("held")
    with at(6):
        for job in (tasks.close_resolved_incidents, tasks.resume_held_incidents, tasks.remind_requesters):
            job()
        tasks.chase_major_updates()
    assert [state(each) for each in (resolved, held, waiting)] == ["closed", "in_progress", "on_hold"]
    assert (events(waiting, "reminder"), events(major, "update_overdue")) == (1, 1)
