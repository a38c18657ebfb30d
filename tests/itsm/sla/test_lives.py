"""Random lives of tickets through the real services: rows, function and a ticking clock agree after every step."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.sla import engine
from itsm.sla.models import CalendarDay, Clock, ClockEvent, EscalationPolicy, EscalationStep, SupportLevel, Target
from itsm.sla.services import clocks, ledger, rebuild, recalculation, sweep, targets
from itsm.sla.services.histories import history_of
from itsm.sla.services.terms import terms_of
from itsm.tickets.models import Ticket
from itsm.workflow import conversation, edits, escalations
from operation.models import Incident
from operation.services import incidents
from tests import factories
from tests.slow_clock import SlowClock

FIRST = datetime(2026, 3, 5, 8, tzinfo=UTC)  # a Thursday, so that a weekend follows
MINUTE = timedelta(minutes=1)
HOURS = {str(day): [["09:00", "12:00"], ["13:00", "17:00"]] for day in range(5)}


@pytest.fixture
def world(desk, engineers, agent, engineer, requester, service, administrator):
    """Two levels, one around the clock with a policy; OLAs of both teams; a service without any promise."""
    hours = factories.calendar("Split days", HOURS)
    policy = EscalationPolicy.objects.create(name="Strict")
    EscalationStep.objects.create(policy=policy, percent=50, action="notify_team")
    EscalationStep.objects.create(policy=policy, percent=90, metric="resolution", action="raise_priority")
    EscalationStep.objects.create(policy=policy, percent=150, metric="resolution", action="escalate")
    gold = factories.support_level("Gold", hours=hours, first_response=60, resolution=480, update=120)
    Target.objects.create(support_level=gold, kind="incident", metric="resolution", priority=2, minutes=240)
    silver = factories.support_level("Silver", first_response=240, resolution=900)
    SupportLevel.objects.filter(pk=gold.pk).update(escalation_policy=policy)
    factories.cover(gold, service)
    other = factories.ServiceFactory(support_team=desk)
    factories.cover(silver, other)
    Target.objects.create(team=desk, kind="incident", metric="ola", minutes=200, calendar=hours)
    Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=400)
    return {
        "agent": agent, "engineer": engineer, "requester": requester, "administrator": administrator,
        "services": [service, other, factories.ServiceFactory(support_team=desk)], "teams": [desk, engineers],
        "hours": hours, "levels": [gold, silver],
    }  # fmt: skip


def step(world, ticket, name, number):
    """One thing that may happen to a ticket; what the world refuses did not happen."""
    people = {"actor": world["agent"], "source": "web"}
    match name:
        case "start":
            incidents.start(ticket, **people)
        case "hold":
            incidents.put_on_hold(ticket, hold_reason=("requester", "supplier")[number % 2], comment="?", **people)
        case "resume":
            incidents.resume(ticket, **people)
        case "assign":
            incidents.assign(ticket, team=world["teams"][number % 2], **people)
        case "escalate":
            incidents.escalate(ticket, reason="Too deep", **people)
        case "reply":
            conversation.reply(ticket, "Hello", **people)
        case "ask":
            conversation.reply(ticket, "Hello?", actor=world["requester"], source="web")
        case "note":
            conversation.note(ticket, "Hm", **people)
        case "resolve":
            incidents.resolve(ticket, code="fixed", note="Done", **people)
        case "reopen":
            incidents.reopen(ticket, reason="No", actor=world["requester"], source="web")
        case "confirm":
            incidents.confirm(ticket, actor=world["requester"], source="web")
        case "cancel":
            incidents.cancel(ticket, reason="No", **people)
        case "priority":
            edits.edit(ticket, priority=number % 5 + 1, priority_reason="Because", **people)
        case "service":
            edits.edit(ticket, service=world["services"][number % 3], **people)
        case "sweep":
            sweep.sweep()
        case "handle":
            sweep.sweep()
            escalations.handle()
        case "target":
            targets.set_target(
                world["levels"][number % 2], kind="incident", metric="resolution", priority=None,
                minutes=60 * (number % 12 + 1), actor=world["administrator"], source="web",
            )  # fmt: skip
            recalculation.work_off()
        case "pauses":
            level = world["levels"][0]
            level.refresh_from_db()
            level.pause_reasons = [["requester"], ["requester", "supplier"], []][number % 3]
            targets.store(level, actor=world["administrator"], source="web")
            recalculation.work_off()


STEPS = [
    "start", "hold", "hold", "resume", "assign", "escalate", "reply", "ask", "ask", "note", "resolve", "resolve",
    "reopen", "reopen", "confirm", "cancel", "priority", "service", "sweep", "sweep", "handle", "target", "pauses",
]  # fmt: skip


def assert_all_agree(ticket, now):
    assert [str(each) for each in rebuild.check(only=ticket.pk)] == []
    history = history_of(ticket)
    for row in Clock.objects.filter(ticket=ticket.pk, withdrawn_at__isnull=True):
        terms = terms_of(row)
        slow = SlowClock(history, terms, now, row.cycle)
        reading = engine.read(history, terms, now, cycle=row.cycle)
        assert (row.started_at, row.stopped_at) == (slow.start, slow.stop)
        assert reading.elapsed_seconds == slow.elapsed * 60
        reached = slow.reached.get(terms.minutes)
        # A breach since the last reading is in the row as soon as it was swept.
        assert row.breached_at == reached or (row.breached_at is None and reached > row.read_at)
        if row.stopped_at or row.state == "paused":
            assert row.elapsed_seconds == slow.elapsed * 60
        explained = ledger.of_clock(row, now=now)
        assert explained.counted_seconds == slow.elapsed * 60


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    life=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11), st.integers(1, 500)), min_size=3, max_size=14),
    start=st.integers(0, 600),
)
def test_rows_function_and_ticking_clock_agree_after_every_step(world, life, start):
    world["levels"][0].refresh_from_db()
    if world["levels"][0].pause_reasons != ["requester"]:
        SupportLevel.objects.filter(name="Gold").update(pause_reasons=["requester"])
    now = FIRST + start * MINUTE
    with clock.moved_to(now):
        recalculation.work_off()
        ticket = factories.incident(world["requester"], service=world["services"][0], impact=2, urgency=2)
    assert_all_agree(ticket, now)
    for name, number, later in life:
        now += later * MINUTE
        with clock.moved_to(now):
            with suppress(DomainError):
                step(world, Incident.objects.get(pk=ticket.pk), name, number)
            assert_all_agree(Ticket.objects.get(pk=ticket.pk), now)
    with clock.moved_to(now + timedelta(days=30)):
        sweep.sweep()
        assert_all_agree(Ticket.objects.get(pk=ticket.pk), now + timedelta(days=30))
    assert_every_event_has_one_proof(ticket)
    with clock.moved_to(now + timedelta(days=30)):
        # Nothing of this life is left for the next example to do.
        ClockEvent.objects.filter(handled_at__isnull=True).update(handled_at=now)
        with suppress(DomainError):
            incidents.cancel(Incident.objects.get(pk=ticket.pk), actor=world["agent"], source="web", reason="Over")


def assert_every_event_has_one_proof(ticket):
    """A month later nothing is left to fire: what happened has fired, once per generation or carried over."""
    history = history_of(ticket)
    for row in Clock.objects.filter(ticket=ticket.pk, withdrawn_at__isnull=True):
        reading = engine.read(history, terms_of(row), row.read_at, cycle=row.cycle)
        fired = clocks.fired_events([row])[row.pk]
        assert {name for name, at in reading.moments if at <= row.read_at} <= fired | {row.next_event}


def test_a_calendar_change_reaches_running_clocks_and_leaves_stopped_ones(world):
    with clock.moved_to(FIRST + 60 * MINUTE):
        done = factories.incident(world["requester"], service=world["services"][0])
        going = factories.incident(world["requester"], service=world["services"][0])
    with clock.moved_to(FIRST + 70 * MINUTE):
        incidents.resolve(done, actor=world["agent"], source="web", code="fixed", note="Done")
        holiday = CalendarDay(calendar=world["hours"], date=FIRST.date(), name="Feast of the tests")
        targets.store(holiday, actor=world["administrator"], source="web")
        assert recalculation.work_off() == 1
        assert_all_agree(Ticket.objects.get(pk=done.pk), FIRST + 70 * MINUTE)
        assert [str(each) for each in rebuild.check()] == []
    old, new = (Clock.objects.get(ticket=each.pk, metric="resolution") for each in (done, going))
    assert (old.calendar_version.number, new.calendar_version.number) == (1, 2)
    assert (old.elapsed_seconds, new.elapsed_seconds) == (600, 0)
