"""What follows when a clock fires: told, climbed, or not done and why; once, and never lost."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from itsm.accounts.models import Membership
from itsm.lib import clock
from itsm.notifications.models import Event
from itsm.sla.models import ClockEvent, EscalationPolicy, EscalationStep, Target
from itsm.sla.services import rebuild, sweep
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.workflow import edits, escalations, tasks
from operation.services import incidents
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def at(minutes):
    return clock.moved_to(START + timedelta(minutes=minutes))


@pytest.fixture
def gold(service):
    level = factories.support_level(resolution=100)
    level.escalation_policy = EscalationPolicy.objects.create(name="Strict")
    level.save()
    factories.cover(level, service)
    return level


@pytest.fixture
def climb(gold):
    """Add a step at 50 % and open a ticket afterwards."""

    def add(action, percent=50, **more):
        return EscalationStep.objects.create(policy=gold.escalation_policy, percent=percent, action=action, **more)

    return add


def opened(requester, service, **fields):
    with at(0):
        return factories.incident(requester, service=service, **fields)


def fire(minutes):
    with at(minutes):
        sweep.sweep()


def handle(minutes):
    with at(minutes):
        return escalations.handle()


def told(ticket):
    """Event and actions of each SLA line on the timeline."""
    return [
        (entry.data["event"], entry.data["percent"], [(a["action"], a["taken"]) for a in entry.data["actions"]])
        for entry in TimelineEntry.objects.filter(ticket=ticket.pk, kind="sla").order_by("id")
    ]


def reasons(ticket):
    lines = TimelineEntry.objects.filter(ticket=ticket.pk, kind="sla").order_by("id")
    return [action["reason"] for entry in lines for action in entry.data["actions"]]


def news(ticket, *names):
    return list(Event.objects.filter(ticket=ticket.pk, type__in=[f"incident.{n}" for n in names]).order_by("id"))


def outcomes():
    return list(ClockEvent.objects.order_by("id").values_list("name", "outcome"))


def test_a_warning_and_a_breach_are_told_once(gold, requester, service):
    ticket = opened(requester, service)
    fire(100)
    assert handle(100) == 2
    assert handle(101) == 0
    assert told(ticket) == [("warn", 75, []), ("breach", 100, [])]
    warning, breach = news(ticket, "sla_warning", "sla_breached")
    assert (warning.type, warning.data["metric"], warning.data["percent"]) == ("incident.sla_warning", "resolution", 75)
    assert breach.data["due_at"] == (START + timedelta(minutes=100)).isoformat()
    assert outcomes() == [("warn", "done"), ("breach", "done")]
    line = TimelineEntry.objects.filter(ticket=ticket.pk, kind="sla").first()
    assert (line.public, line.author, line.source) == (False, None, "system")


def test_the_people_of_a_step_are_named_in_the_event(climb, requester, service, desk, agent):
    lead = factories.person("Lea Lead", roles=("agent",), teams=(desk,))
    Membership.objects.filter(user=lead).update(is_lead=True)
    service.owner = factories.person("Olga Owner")
    service.save()
    auditor = factories.person("Aude", roles=("auditor",))
    climb("notify_leads"), climb("notify_owner"), climb("notify_role", role="auditor"), climb("notify_team", percent=60)
    ticket = opened(requester, service)
    fire(60)
    handle(60)
    first, second = news(ticket, "sla_escalated")
    assert first.data["recipients"] == sorted([lead.pk, service.owner.pk, auditor.pk])
    assert first.data["actions"] == ["notify_leads", "notify_owner", "notify_role"]
    assert second.data["recipients"] == sorted([lead.pk, agent.pk])


def test_a_restricted_ticket_is_told_only_to_those_who_may_read_it(climb, requester, service, agent):
    team = factories.TeamFactory(is_restricted=True)
    insider = factories.person("Ina Insider", roles=("agent",), teams=(team,))
    climb("notify_role", role="agent")
    ticket = opened(requester, service)
    with at(1):
        incidents.assign(ticket, actor=insider, source="web", team=team)
    fire(50)
    handle(50)
    assert [event.data["recipients"] for event in news(ticket, "sla_escalated")] == [[insider.pk]]


def test_escalating_hands_over_to_the_next_line_by_the_system(climb, requester, service, engineers):
    climb("escalate")
    ticket = opened(requester, service)
    fire(50)
    assert handle(50) == 1
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.team, after.state) == (engineers, "assigned")
    step = TimelineEntry.objects.get(ticket=ticket.pk, kind="transition", data__verb="escalate")
    assert (step.author.is_system, step.body) == (True, "50 % of the time for “Resolution” is used up.")
    assert told(ticket) == [("step", 50, [("escalate", True)])]
    assert list(rebuild.check()) == []


def test_a_step_nobody_can_take_is_kept_with_its_reason_and_not_repeated(climb, requester, service, engineers):
    climb("escalate"), climb("notify_assignee")
    service.support_team = engineers
    service.save()
    ticket = opened(requester, service)
    fire(50)
    assert handle(50) == 1
    assert handle(51) == 0
    assert told(ticket) == [("step", 50, [("escalate", False), ("notify_assignee", False)])]
    assert reasons(ticket) == ["This team has no next line. Choose a team.", "There is nobody to tell."]
    assert news(ticket, "sla_escalated") == []
    body = TimelineEntry.objects.get(ticket=ticket.pk, kind="sla").body
    assert "hand over to the next line: not done. This team has no next line." in body
    assert outcomes() == [("step:50", "done")]


def test_raising_the_priority_rederives_the_clock_and_does_not_cascade(climb, gold, requester, service):
    climb("raise_priority")
    for priority in (1, 2, 3):
        Target.objects.create(
            support_level=gold, kind="incident", metric="resolution", priority=priority, minutes=20 * priority
        )
    ticket = opened(requester, service, impact=2, urgency=3)
    assert ticket.priority == 4
    for minutes in (50, 51, 52):
        fire(minutes)
        handle(minutes)
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.priority, after.priority_reason) == (3, "50 % of the time for “Resolution” is used up.")
    assert [name for name, _outcome in outcomes()] == ["step:50", "warn"]
    assert list(rebuild.check()) == []


def test_the_highest_priority_cannot_be_raised(climb, requester, service):
    climb("raise_priority")
    ticket = opened(requester, service, impact=1, urgency=1)
    fire(50)
    handle(50)
    assert reasons(ticket) == ["The priority is the highest already."]


def test_a_ticket_resolved_meanwhile_is_not_escalated(climb, requester, service, agent):
    climb("escalate"), climb("notify_team")
    ticket = opened(requester, service)
    fire(80)
    with at(81):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    assert handle(82) == 2
    assert told(ticket) == [("step", 50, [("escalate", False), ("notify_team", False)])]
    assert reasons(ticket) == ["The clock had stopped by then."] * 2
    assert outcomes() == [("step:50", "done"), ("warn", "void")]


def test_a_late_breach_is_still_told(gold, requester, service, agent):
    ticket = opened(requester, service)
    with at(150):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    fire(151)
    handle(151)
    assert told(ticket) == [("breach", 100, [])]
    assert len(news(ticket, "sla_breached")) == 1


def test_what_other_terms_undid_is_void(gold, requester, service, agent):
    Target.objects.create(support_level=gold, kind="incident", metric="resolution", priority=1, minutes=500)
    ticket = opened(requester, service)
    fire(100)
    with at(101):
        edits.edit(ticket, actor=agent, source="web", priority=1, priority_reason="A longer promise")
    handle(102)
    assert outcomes() == [("warn", "void"), ("breach", "void")]
    assert (told(ticket), news(ticket, "sla_warning", "sla_breached")) == ([], [])


def test_a_cancelled_ticket_alarms_nobody(gold, requester, service):
    ticket = opened(requester, service)
    fire(100)
    with at(101):
        incidents.cancel(ticket, actor=requester, source="web", reason="Solved itself")
    handle(102)
    assert outcomes() == [("warn", "void"), ("breach", "void")]
    assert told(ticket) == []


def test_a_deleted_step_is_said_to_be_gone(climb, requester, service):
    step = climb("notify_team")
    ticket = opened(requester, service)
    step.delete()
    fire(50)
    handle(50)
    assert reasons(ticket) == ["The step was deleted meanwhile."]


def test_an_error_is_tried_again_later_and_given_up_in_the_end(climb, requester, service, monkeypatch, caplog):
    climb("escalate")
    broken, well = opened(requester, service), opened(requester, service)
    perform = escalations.verbs.perform

    def fail(ticket, *args, **kwargs):
        if ticket.pk == broken.pk:
            raise RuntimeError("a defect")
        return perform(ticket, *args, **kwargs)

    monkeypatch.setattr(escalations.verbs, "perform", fail)
    fire(50)
    with caplog.at_level(logging.CRITICAL):
        assert handle(50) == 1
        assert (told(broken), told(well)) == ([], [("step", 50, [("escalate", True)])])
        assert handle(50.5) == 0
        for minutes in (52, 55, 60, 70):
            assert handle(minutes) == 0
    event = ClockEvent.objects.get(clock__ticket=broken.pk)
    assert (event.attempts, event.outcome, event.handled_at) == (5, "failed", START + timedelta(minutes=70))
    assert told(broken) == [("step", 50, [("escalate", False)])]
    assert Ticket.objects.get(pk=broken.pk).state == "new"


def test_an_error_that_passes_leaves_nothing_behind(climb, requester, service, monkeypatch, caplog):
    climb("escalate")
    ticket = opened(requester, service)
    fire(50)
    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(escalations, "_emit", lambda *args, **kwargs: 1 / 0)
        handle(50)
    assert (Ticket.objects.get(pk=ticket.pk).state, told(ticket)) == ("new", [])
    assert handle(52) == 1
    assert told(ticket) == [("step", 50, [("escalate", True)])]
    assert outcomes() == [("step:50", "done")]


def test_nothing_to_do_is_one_query(gold, requester, service, django_assert_num_queries):
    opened(requester, service)
    with at(1), django_assert_num_queries(1):
        tasks.handle_clock_events()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_do_everything_once(requester, service):
    factories.cover(factories.support_level(resolution=100), service)
    tickets = [opened(requester, service) for _ in range(8)]
    fire(100)
    errors, gate = [], threading.Barrier(2)

    def work():
        try:
            gate.wait()
            with at(101):
                escalations.handle()
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    handle(102)
    assert [told(ticket) for ticket in tickets] == [[("warn", 75, []), ("breach", 100, [])]] * 8
    assert [len(news(ticket, "sla_warning", "sla_breached")) for ticket in tickets] == [2] * 8
