"""The proof: a row that is not what history and terms say is found, and put right."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from itsm.lib import clock
from itsm.sla.models import Clock, ClockEvent, Target
from itsm.sla.services import rebuild, sweep
from itsm.tickets.models import StateInterval, Ticket
from operation.services import incidents
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
LATER = START + timedelta(minutes=500)


@pytest.fixture
def tickets(requester, service, agent):
    """One running and overdue, one on hold, one resolved in time, one without a promise."""
    factories.cover(factories.support_level(first_response=60, resolution=240), service)
    with clock.moved_to(START):
        made = [factories.incident(requester, service=service) for _ in range(3)]
        made.append(factories.incident(requester))
    with clock.moved_to(START + timedelta(minutes=30)):
        incidents.start(made[1], actor=agent, source="web")
        incidents.put_on_hold(made[1], actor=agent, source="web", hold_reason="requester", comment="Which one?")
        incidents.resolve(made[2], actor=agent, source="web", code="fixed", note="Done")
    with clock.moved_to(LATER):
        sweep.sweep()
    return made


def run(*arguments, **options):
    with clock.moved_to(LATER):
        call_command("rebuild_sla", *arguments, **options)


def test_without_a_difference_it_says_so(tickets, capsys):
    run("--check")
    assert capsys.readouterr().out == "4 tickets, 6 clocks: no difference.\n"


CORRUPTIONS = {
    "state": {"state": "met"},
    "elapsed_seconds": {"elapsed_seconds": 7},
    "due_at": {"due_at": START},
    "warn_at": {"warn_at": None},
    "breached_at": {"breached_at": START},
    "plan": {"plan": []},
    "next_event_at": {"next_event": "warn", "next_event_at": START},
    "target_seconds": {"target_seconds": 60},
    "started_at": {"started_at": LATER},
    "warn_percent": {"warn_percent": 10},
}


@pytest.mark.parametrize("field", CORRUPTIONS)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_corrupted_row_is_found_and_put_right(tickets, capsys, field, which):
    row = Clock.objects.get(ticket=tickets[which].pk, metric="resolution")
    values = CORRUPTIONS[field]
    if all(getattr(row, name) == value for name, value in values.items()):
        pytest.skip("this is what the row says rightly")
    Clock.objects.filter(pk=row.pk).update(**values)
    with pytest.raises(CommandError, match="differences"):
        run("--check")
    assert f"{tickets[which].number} resolution: {field} is " in capsys.readouterr().out
    assert {name: getattr(Clock.objects.get(pk=row.pk), name) for name in values} == values
    run()
    assert "put right" in capsys.readouterr().out
    run("--check")
    assert list(rebuild.check()) == []


def test_a_lost_clock_is_found_and_made_again(tickets, capsys):
    Clock.objects.filter(ticket=tickets[0].pk, metric="resolution").delete()
    run()
    out = capsys.readouterr().out
    assert f"{tickets[0].number} resolution: clock is nothing, should be running" in out
    run("--check")


def test_a_clock_too_many_is_withdrawn(tickets, capsys):
    target = Target.objects.first()
    Clock.objects.create(
        ticket=tickets[3].ticket_ptr, metric="resolution", target=target, label="Gold", target_seconds=3600,
        warn_percent=75, state="running", started_at=START, next_event="breach", next_event_at=LATER,
    )  # fmt: skip
    with pytest.raises(CommandError):
        run("--check", ticket=tickets[3].number)
    run(ticket=tickets[3].number)
    assert Clock.objects.get(ticket=tickets[3].pk).state == "cancelled"
    run("--check")


def test_a_clock_without_a_life_is_withdrawn(tickets, capsys):
    Clock.objects.filter(ticket=tickets[0].pk, metric="resolution").update(metric="update", cycle=4)
    run()
    assert "update 4: life is a clock, should be none" in capsys.readouterr().out
    run("--check")


def test_the_short_form_of_a_ticket_is_part_of_it(tickets, capsys):
    Ticket.objects.filter(pk=tickets[1].pk).update(sla_state="running", due_at=LATER)
    with pytest.raises(CommandError, match="2 differences"):
        run("--check")
    run()
    run("--check")
    assert Ticket.objects.get(pk=tickets[1].pk).sla_state == "paused"


def test_an_event_that_was_swept_since_is_no_difference(tickets):
    before = Clock.objects.get(ticket=tickets[0].pk, metric="resolution")
    assert (before.read_at, before.state) == (START, "breached")
    assert list(rebuild.check()) == []


def test_an_event_that_vanished_is_fired_again_after_the_rebuild(tickets):
    ClockEvent.objects.filter(clock__ticket=tickets[0].pk, name="breach", clock__metric="resolution").delete()
    run()
    with clock.moved_to(LATER):
        assert sweep.sweep() == 1
    assert list(rebuild.check()) == []


def test_one_ticket_only(tickets, capsys):
    Clock.objects.filter(metric="resolution").update(elapsed_seconds=1)
    with pytest.raises(CommandError, match="1 tickets, 2 clocks: 1 differences"):
        run("--check", ticket=tickets[0].number)
    run(ticket=f" {tickets[0].number.lower()} ")
    assert Clock.objects.filter(metric="resolution", elapsed_seconds=1).count() == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [({"ticket": "INC-999999"}, "no ticket"), ({"ticket": "nonsense"}, "no ticket"), ({"batch": 0}, "at least 1")],
)
def test_bad_arguments_are_refused(tickets, options, words):
    with pytest.raises(CommandError, match=words):
        run(**options)


def test_twenty_differences_are_listed_and_all_counted(tickets, capsys, requester, service):
    with clock.moved_to(START):
        for _number in range(10):
            factories.incident(requester, service=service)
    Clock.objects.update(started_at=START - timedelta(minutes=1))
    with pytest.raises(CommandError, match="26 differences"):
        run("--check", batch=4)
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (21, "… and 6 more.")


def test_a_ticket_without_history_cannot_be_rebuilt(tickets, capsys):
    StateInterval.objects.filter(ticket=tickets[0].pk).delete()
    for arguments in (["--check"], []):
        with pytest.raises(CommandError):
            run(*arguments)
        assert "history is empty" in capsys.readouterr().out


def test_queries_depend_on_batches_not_on_tickets(tickets, django_assert_num_queries):
    with django_assert_num_queries(8), clock.moved_to(LATER):
        assert list(rebuild.check(batch=100)) == []
