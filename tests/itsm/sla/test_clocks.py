"""The clock rows follow the ticket and its terms: what changes them, what does not, and what fires again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from itsm.lib import clock
from itsm.sla.models import Clock, ClockEvent, EscalationPolicy, EscalationStep, SupportLevel, Target
from itsm.sla.services import clocks, rebuild, recalculation, sweep, targets
from itsm.tickets.models import Ticket
from itsm.workflow import conversation, edits
from operation.services import incidents
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def at(minutes):
    return clock.moved_to(START + timedelta(minutes=minutes))


@pytest.fixture
def gold(service):
    level = factories.support_level(first_response=60, resolution=240, update=120)
    factories.cover(level, service)
    return level


@pytest.fixture
def ticket(gold, requester, service):
    with at(0):
        return factories.incident(requester, service=service, impact=2, urgency=2)


def rows(ticket):
    return {(r.metric, r.cycle): r for r in Clock.objects.filter(ticket=ticket.pk)}


def states(ticket):
    return {(r.metric, r.cycle): r.state for r in Clock.objects.filter(ticket=ticket.pk)}


def fresh(ticket):
    return type(ticket).objects.get(pk=ticket.pk)


def short(ticket):
    found = Ticket.objects.get(pk=ticket.pk)
    return found.sla_state, found.sla_metric, found.due_at


def fired(minutes):
    with at(minutes):
        sweep.sweep()
    return [(e.clock.metric, e.generation, e.name) for e in ClockEvent.objects.order_by("id")]


def test_opening_starts_the_clocks_and_names_the_next_thing_due(ticket):
    assert states(ticket) == {("first_response", 0): "running", ("resolution", 0): "running"}
    assert short(ticket) == ("running", "first_response", START + timedelta(minutes=60))


def test_a_hold_for_a_pausing_reason_stops_the_clocks_and_another_does_not(ticket, agent):
    with at(10):
        incidents.start(ticket, actor=agent, source="web")
        incidents.put_on_hold(ticket, actor=agent, source="web", hold_reason="supplier")
    assert states(ticket)["resolution", 0] == "running"
    with at(20):
        incidents.resume(ticket, actor=agent, source="web")
        incidents.put_on_hold(ticket, actor=agent, source="web", hold_reason="requester", comment="Which one?")
    assert states(ticket) == {("first_response", 0): "met", ("resolution", 0): "paused"}
    assert short(ticket) == ("paused", "resolution", None)
    assert rows(ticket)["resolution", 0].elapsed_seconds == 20 * 60
    assert list(rebuild.check()) == []


def test_a_reopened_ticket_counts_on_with_the_time_it_had(ticket, agent, requester):
    with at(30):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    assert states(ticket) == {("first_response", 0): "met", ("resolution", 0): "met"}
    assert short(ticket) == ("met", "", None)
    with at(530):
        incidents.reopen(ticket, actor=requester, source="web", reason="Still broken")
    row = rows(ticket)["resolution", 0]
    assert (row.state, row.stopped_at, row.due_at) == ("running", None, START + timedelta(minutes=740))
    assert states(ticket)["first_response", 0] == "met"
    assert list(rebuild.check()) == []


def test_cancelling_ends_what_runs_and_keeps_what_was_met(ticket, agent):
    with at(10):
        conversation.reply(ticket, "On it", actor=agent, source="web")
    with at(20):
        incidents.cancel(ticket, actor=agent, source="web", reason="Opened by mistake")
    assert states(ticket) == {("first_response", 0): "met", ("resolution", 0): "cancelled"}
    row = rows(ticket)["resolution", 0]
    assert (row.plan, row.next_event_at, row.due_at) == ([], None, None)
    assert list(rebuild.check()) == []


def test_each_open_question_has_a_clock_of_its_own(ticket, agent, requester):
    for minute, person in ((10, agent), (20, requester), (30, requester), (40, agent), (50, requester)):
        with at(minute):
            conversation.reply(ticket, "…", actor=person, source="web")
    found = rows(ticket)
    assert {key: (r.state, r.started_at, r.stopped_at) for key, r in found.items() if key[0] == "update"} == {
        ("update", 0): ("met", START + timedelta(minutes=20), START + timedelta(minutes=40)),
        ("update", 1): ("running", START + timedelta(minutes=50), None),
    }
    assert short(ticket) == ("running", "update", START + timedelta(minutes=170))


def test_another_priority_changes_running_clocks_over_their_whole_history_and_no_stopped_one(ticket, gold, agent):
    Target.objects.create(support_level=gold, kind="incident", metric="resolution", priority=1, minutes=60)
    Target.objects.create(support_level=gold, kind="incident", metric="first_response", priority=1, minutes=5)
    with at(20):
        conversation.reply(ticket, "On it", actor=agent, source="web")
    with at(40):
        edits.edit(ticket, actor=agent, source="web", priority=1, priority_reason="The board is watching")
    found = rows(ticket)
    assert found["resolution", 0].due_at == START + timedelta(minutes=60)
    assert (found["first_response", 0].target_seconds, found["first_response", 0].state) == (3600, "met")
    assert list(rebuild.check()) == []


def test_what_fired_and_still_holds_does_not_fire_again(ticket, gold, agent):
    Target.objects.create(support_level=gold, kind="incident", metric="resolution", priority=1, minutes=200)
    assert ("resolution", 1, "warn") in fired(190)
    with at(195):
        edits.edit(ticket, actor=agent, source="web", priority=1, priority_reason="The board is watching")
    before = fired(196)
    assert before.count(("resolution", 1, "warn")) == 1
    assert fired(200)[len(before) :] == [("resolution", 1, "breach")]
    assert list(rebuild.check()) == []


def test_what_changed_terms_undo_fires_again_when_it_happens_again(ticket, gold, agent):
    Target.objects.create(support_level=gold, kind="incident", metric="resolution", priority=5, minutes=300)
    before = fired(250)
    assert ("resolution", 1, "breach") in before
    with at(260):
        edits.edit(ticket, actor=agent, source="web", priority=5, priority_reason="A test system")
    row = rows(ticket)["resolution", 0]
    assert (row.state, row.breached_at, row.generation, row.carried) == ("running", None, 2, ["warn"])
    assert list(rebuild.check()) == []
    assert fired(299) == before
    assert fired(300)[len(before) :] == [("resolution", 2, "breach")]
    assert list(rebuild.check()) == []


def test_a_new_step_in_the_policy_does_not_repeat_the_breach(ticket, gold, administrator):
    policy = EscalationPolicy.objects.create(name="Strict")
    gold.escalation_policy = policy
    targets.store(gold, actor=administrator, source="web")
    before = fired(250)
    with at(251):
        step = EscalationStep(policy=policy, percent=150, metric="resolution", action="notify_team")
        targets.store(step, actor=administrator, source="web")
        recalculation.work_off()
    assert fired(359) == before
    assert fired(360)[len(before) :] == [("resolution", 1, "step:150")]


def test_a_promise_that_ends_is_withdrawn_and_one_that_returns_is_taken_up(ticket, agent, service):
    other = factories.ServiceFactory(support_team=service.support_team)
    with at(10):
        edits.edit(ticket, actor=agent, source="web", service=other)
    assert states(ticket) == {("first_response", 0): "cancelled", ("resolution", 0): "cancelled"}
    assert short(ticket) == ("none", "", None)
    assert list(rebuild.check()) == []
    assert fired(500) == []
    with at(501):
        edits.edit(ticket, actor=agent, source="web", service=service)
    assert states(ticket) == {("first_response", 0): "breached", ("resolution", 0): "breached"}
    assert list(rebuild.check()) == []


def test_nothing_is_promised_for_what_is_over(requester, agent, service):
    with at(0):
        ticket = factories.incident(requester, service=service)
    with at(10):
        conversation.reply(ticket, "On it", actor=agent, source="web")
    level = factories.support_level(first_response=5, resolution=60)
    with at(20):
        targets.store(factories.Coverage(service=service, support_level=level), actor=None, source="web")
        recalculation.work_off()
    assert states(ticket) == {("resolution", 0): "running"}
    with at(30):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    with at(40):
        incidents.confirm(ticket, actor=requester, source="web")
    assert states(ticket) == {("resolution", 0): "met"}
    assert list(rebuild.check()) == []


def test_coverage_counts_by_the_day_of_opening(requester, service, agent):
    level = factories.support_level(resolution=60)
    factories.cover(level, service, valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 2))
    with at(-24 * 60):
        early = factories.incident(requester, service=service)
    with at(0):
        timely = factories.incident(requester, service=service)
    with at(3 * 24 * 60):
        conversation.note(timely, "Still owed", actor=agent, source="web")
    assert (states(early), states(timely)) == ({}, {("resolution", 0): "breached"})
    assert list(rebuild.check()) == []


def test_each_run_of_a_team_has_its_own_clock(requester, service, desk, engineers, agent):
    Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=30)
    with at(0):
        ticket = factories.incident(requester, service=service)
    with at(10):
        incidents.escalate(ticket, actor=agent, source="web", reason="Too deep for us")
    with at(20):
        incidents.assign(ticket, actor=agent, source="web", team=desk)
    with at(25):
        incidents.assign(ticket, actor=agent, source="web", team=engineers)
    found = rows(ticket)
    assert {key: (r.team_id, r.state, r.elapsed_seconds) for key, r in found.items()} == {
        ("ola", 1): (engineers.pk, "met", 600),
        ("ola", 3): (engineers.pk, "running", 0),
    }
    assert short(ticket) == ("none", "", None)
    assert list(rebuild.check()) == []


def test_a_hand_over_within_one_instant_leaves_one_clock_of_the_team_that_keeps_it(
    requester, service, desk, engineers, agent
):
    for team, minutes in ((desk, 10), (engineers, 30)):
        Target.objects.create(team=team, kind="incident", metric="ola", minutes=minutes)
    with at(0):
        ticket = factories.incident(requester, service=service)
        incidents.escalate(ticket, actor=agent, source="web", reason="Straight to them")
    found = rows(ticket)
    assert [(r.cycle, r.team_id, r.target_seconds, r.state) for r in found.values()] == [
        (0, engineers.pk, 1800, "running")
    ]
    assert list(rebuild.check()) == []
    with at(5):
        incidents.assign(ticket, actor=agent, source="web", team=desk)
        incidents.assign(ticket, actor=agent, source="web", team=engineers)
    live = [r for r in rows(ticket).values() if r.withdrawn_at is None]
    assert [(r.cycle, r.team_id, r.state) for r in live] == [(0, engineers.pk, "running")]
    assert list(rebuild.check()) == []


def test_an_inactive_level_promises_nothing(ticket, gold, administrator):
    gold.is_active = False
    with at(5):
        targets.store(gold, actor=administrator, source="web")
        recalculation.work_off()
    assert set(states(ticket).values()) == {"cancelled"}
    assert SupportLevel.objects.get(pk=gold.pk).is_active is False


def test_what_only_runs_on_is_not_written(ticket, agent):
    read_at = rows(ticket)["resolution", 0].read_at
    with at(30):
        conversation.note(ticket, "Looking", actor=agent, source="web")
    row = rows(ticket)["resolution", 0]
    assert (row.read_at, row.elapsed_seconds) == (read_at, 0)
    assert list(rebuild.check()) == []


def test_syncing_takes_the_same_queries_for_one_clock_and_many(ticket, agent, requester, django_assert_max_num_queries):
    with django_assert_max_num_queries(9), at(5), transaction.atomic():
        clocks.sync(fresh(ticket))
    for minute in range(10, 30, 2):
        with at(minute):
            conversation.reply(ticket, "?", actor=requester if minute % 4 else agent, source="web")
    with django_assert_max_num_queries(9), at(40), transaction.atomic():
        clocks.sync(fresh(ticket))
