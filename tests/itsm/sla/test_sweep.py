"""The sweep: what is due fires once, whoever sweeps, and nothing else happens."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from itsm.lib import clock
from itsm.sla import gauges, tasks
from itsm.sla.models import Clock, ClockEvent, EscalationPolicy, EscalationStep
from itsm.sla.services import rebuild, sweep, targets
from operation.services import incidents
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)


@pytest.fixture
def gold(service):
    level = factories.support_level(first_response=60, resolution=240)
    factories.cover(level, service)
    return level


def opened(requester, service, **fields):
    with clock.moved_to(START):
        return factories.incident(requester, service=service, **fields)


def events():
    return [(e.clock.metric, e.name, e.due_at) for e in ClockEvent.objects.order_by("due_at", "id")]


def swept(minutes):
    with clock.moved_to(START + minutes * MINUTE):
        return sweep.sweep()


def test_each_moment_fires_when_it_is_due_and_once(gold, requester, service):
    opened(requester, service)
    assert swept(44) == 0
    assert swept(45) == 1
    assert swept(46) == 0
    assert events() == [("first_response", "warn", START + 45 * MINUTE)]
    assert swept(59) == 0
    assert swept(60) == 1
    row = Clock.objects.get(metric="first_response")
    assert (row.state, row.breached_at, row.next_event, row.next_event_at, row.plan) == (
        "breached", START + 60 * MINUTE, "", None, [],
    )  # fmt: skip
    assert list(rebuild.check()) == []


def test_after_a_long_silence_everything_fires_in_order(gold, requester, service):
    opened(requester, service)
    assert swept(24 * 60) == 4
    assert [(metric, name) for metric, name, _at in events()] == [
        ("first_response", "warn"), ("first_response", "breach"), ("resolution", "warn"), ("resolution", "breach"),
    ]  # fmt: skip
    assert ClockEvent.objects.filter(fired_at=START + timedelta(days=1)).count() == 4
    assert list(rebuild.check()) == []


def test_a_breach_nobody_swept_fires_even_when_the_clock_has_stopped_since(gold, requester, service, agent):
    ticket = opened(requester, service)
    with clock.moved_to(START + 300 * MINUTE):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="done")
    assert swept(301) == 4
    assert list(rebuild.check()) == []


def test_a_cancelled_ticket_fires_nothing_more(gold, requester, service):
    ticket = opened(requester, service)
    with clock.moved_to(START + 10 * MINUTE):
        incidents.cancel(ticket, actor=requester, source="web", reason="never mind")
    assert swept(24 * 60) == 0


def test_steps_fire_by_their_percent(gold, requester, service):
    policy = EscalationPolicy.objects.create(name="Strict")
    for percent, metric in ((50, ""), (120, "resolution")):
        EscalationStep.objects.create(policy=policy, percent=percent, metric=metric, action="notify_team")
    gold.escalation_policy = policy
    gold.save()
    opened(requester, service)
    assert swept(24 * 60) == 7
    assert [(metric, name) for metric, name, _at in events()] == [
        ("first_response", "step:50"), ("first_response", "warn"), ("first_response", "breach"),
        ("resolution", "step:50"), ("resolution", "warn"), ("resolution", "breach"), ("resolution", "step:120"),
    ]  # fmt: skip


def test_batches_go_on_until_nothing_is_left(gold, requester, service, monkeypatch):
    for _number in range(5):
        opened(requester, service)
    monkeypatch.setitem(sweep.BATCH, connection.vendor, 3)
    assert swept(240) == 5 * 4


def test_a_pass_ends_when_its_time_is_up_and_the_next_goes_on(gold, requester, service, monkeypatch):
    for _number in range(5):
        opened(requester, service)
    monkeypatch.setitem(sweep.BATCH, connection.vendor, 2)
    with clock.moved_to(START + 240 * MINUTE):
        assert sweep.sweep(seconds=0) == 2
        assert sweep.sweep() == 18
    assert len(set(events())) == 4


def test_an_empty_sweep_is_one_query(gold, requester, service, django_assert_num_queries):
    opened(requester, service)
    with clock.moved_to(START + MINUTE), django_assert_num_queries(1):
        sweep.sweep()


def test_queries_do_not_depend_on_how_many_are_due(gold, requester, service, django_assert_max_num_queries):
    for _number in range(3):
        opened(requester, service)
    with clock.moved_to(START + 45 * MINUTE), django_assert_max_num_queries(7):
        assert sweep.sweep() == 3


def test_the_due_index_is_used(gold, requester, service):
    opened(requester, service)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        query, params = Clock.objects.due(clock.now()).values_list("pk")[:200].query.sql_with_params()
        explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(explain + query, params)
        assert "sla_clock_due" in str(cursor.fetchall())


def test_the_job_calls_for_the_effects_only_when_something_fired(
    gold, requester, service, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr("itsm.lib.jobs._send", lambda name, kwargs: sent.append(name))
    opened(requester, service)
    sent.clear()
    for minutes in (10, 45):
        with clock.moved_to(START + minutes * MINUTE), django_capture_on_commit_callbacks(execute=True):
            tasks.sweep_clocks()
    assert sent == ["workflow.handle_clock_events"]


def test_gauges_tell_what_waits(gold, requester, service):
    opened(requester, service)
    gauges_are = lambda: [read()[0][1] for read in (gauges.sweep_lag, gauges.waiting_events, gauges.waiting_tickets)]  # noqa: E731
    with clock.moved_to(START + 50 * MINUTE):
        assert gauges_are() == [300, 0, 0]
        sweep.sweep()
        targets.set_target(
            gold, kind="incident", metric="resolution", priority=None, minutes=5, actor=None, source="web"
        )
        assert gauges_are() == [0, 1, 1]


def make_due(service, requester, count):
    """Many clocks with three moments each, all past."""
    target = factories.support_level("Bulk", resolution=60).targets.get()
    moments = [["step:50", START], ["warn", START + MINUTE], ["breach", START + 2 * MINUTE]]
    plan = [[name, at.isoformat()] for name, at in moments]
    ticket = opened(requester, service)
    Clock.objects.bulk_create(
        Clock(
            ticket_id=ticket.pk, metric="update", cycle=number, target=target, label="Bulk", target_seconds=3600,
            warn_percent=75, state="running", started_at=START, plan=plan, next_event="step:50", next_event_at=START,
        )
        for number in range(count)
    )  # fmt: skip


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_sweeps_at_once_fire_everything_once(requester, service):
    make_due(service, requester, 700)
    counts, errors = [], []
    gate = threading.Barrier(2)

    def work():
        try:
            gate.wait()
            counts.append(sweep.sweep(now=START + 10 * MINUTE))
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A batch that skips what the other holds may be short: whatever is left is left to the next sweep.
    counts.append(sweep.sweep(now=START + 10 * MINUTE))
    assert errors == []
    assert sum(counts) == 2100
    assert ClockEvent.objects.count() == 2100
    assert Clock.objects.filter(state="breached", next_event_at__isnull=True).count() == 700
