"""Daily measurements: counted once, when the day is over, and fitting together."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.sla import tasks
from itsm.sla.models import (
    Clock,
    DailyAttainment,
    DailyBacklog,
    DailyReopening,
    DailyStay,
    MeasuredDay,
    Target,
)
from itsm.sla.services import measure
from itsm.tickets.models import ProcessSetting, StateInterval, Ticket
from operation.services import incidents
from tests import factories

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def at(day, hour=9, minute=0):
    return clock.moved_to(MONDAY + day * DAY + timedelta(hours=hour, minutes=minute))


@pytest.fixture
def covered(service):
    factories.cover(factories.support_level(resolution=120), service)
    return service


@pytest.fixture
def life(covered, requester, agent):
    """Open tickets and end them, on days counted from the Monday."""

    def live(opened, ended=None, how="resolve", **fields):
        with at(*opened):
            ticket = factories.incident(requester, service=covered, **fields)
        if ended:
            with at(*ended):
                if how == "resolve":
                    incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
                elif how == "cancel":
                    incidents.cancel(ticket, actor=agent, source="web", reason="No")
                else:
                    incidents.mark_duplicate(ticket, how, actor=agent, source="web")
        return ticket

    return live


def attained(day):
    rows = DailyAttainment.objects.filter(day=(MONDAY + day * DAY).date()).order_by("metric", "priority")
    return [(r.metric, r.kind, r.met, r.breached, r.elapsed_seconds, r.over_seconds) for r in rows]


def flow(day):
    rows = DailyBacklog.objects.filter(day=(MONDAY + day * DAY).date())
    names = ("opened", "resolved", "dropped", "reopened", "open_at_end")
    return tuple(sum(getattr(row, name) for row in rows) for name in names)


def test_clocks_that_ended_on_a_day_are_counted_that_day(life):
    life((0, 9), (0, 10))
    life((0, 9), (0, 12))
    life((0, 9), (1, 9))
    with at(3):
        measure.measure(MONDAY.date(), MONDAY.date() + 2 * DAY)
    assert attained(0) == [("resolution", "incident", 1, 1, 4 * 3600, 3600)]
    assert attained(1) == [("resolution", "incident", 0, 1, 24 * 3600, 22 * 3600)]
    assert attained(2) == []
    assert (flow(0), flow(1), flow(2)) == ((3, 2, 0, 0, 1), (0, 1, 0, 0, 0), (0, 0, 0, 0, 0))


def test_cancelled_and_duplicate_tickets_are_nobodys_achievement(life):
    original = life((0, 9))
    life((0, 10), (0, 11), "cancel")
    life((0, 10), (0, 11), original)
    with at(1):
        measure.measure(MONDAY.date(), MONDAY.date())
    assert attained(0) == []
    assert flow(0) == (3, 0, 2, 0, 1)


def test_it_is_told_by_priority_service_and_team(life, covered, desk, engineers):
    Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=600)
    ticket = life((0, 9), impact=1, urgency=1)
    with at(0, 10):
        incidents.escalate(ticket, actor=ticket.requester.__class__.objects.system(), source="web", reason="Deep")
    with at(0, 11):
        incidents.assign(ticket, actor=ticket.requester.__class__.objects.system(), source="web", team=desk)
        incidents.resolve(
            ticket, actor=ticket.requester.__class__.objects.system(), source="web", code="fixed", note="Done"
        )
    with at(1):
        measure.measure(MONDAY.date(), MONDAY.date())
    rows = DailyAttainment.objects.order_by("metric").values_list("metric", "service", "team", "priority", "met")
    assert list(rows) == [("ola", covered.pk, engineers.pk, 1, 1), ("resolution", covered.pk, desk.pk, 1, 1)]
    assert list(DailyBacklog.objects.order_by("id").values_list("team", "opened", "resolved")) == [(desk.pk, 1, 1)]


def test_a_counted_day_stays_as_it_is_unless_it_is_counted_anew_on_purpose(life, capsys):
    life((0, 9), (0, 10))
    day = MONDAY.date()
    with at(1):
        assert measure.measure(day, day) == 1
        Clock.objects.update(state="breached")
        assert measure.measure(day, day) == 0
    assert attained(0)[0][2:4] == (1, 0)
    assert MeasuredDay.objects.get().restated_at is None
    with at(2):
        call_command("measure_sla", "--from", "2026-03-02", "--to", "2026-03-02")
    assert attained(0)[0][2:4] == (0, 1)
    assert MeasuredDay.objects.get().restated_at == MONDAY + 2 * DAY + timedelta(hours=9)
    assert capsys.readouterr().out == "1 of 1 days from 2026-03-02 to 2026-03-02 counted.\n"


def test_the_job_counts_yesterday_first_and_catches_up_later(life):
    life((0, 9))
    for day, expected in ((1, [0]), (1, [0]), (4, [0, 1, 2, 3])):
        with at(day, 0, 10):
            tasks.measure_days()
        assert [(d - MONDAY.date()).days for d in MeasuredDay.objects.values_list("day", flat=True)] == expected


def test_the_command_counts_everything_from_the_first_ticket(life, capsys):
    life((0, 9))
    with at(3):
        call_command("measure_sla")
        call_command("measure_sla", "--missing")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["3", "0"]


def test_without_tickets_there_is_nothing_to_count(db, capsys):
    call_command("measure_sla")
    assert "no tickets" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("first", "last", "words"), [("2026-03-02", "2026-03-05", "Only days"), ("2026-03-04", "2026-03-03", "is after")]
)
def test_days_that_cannot_be_counted_are_refused(life, first, last, words):
    life((0, 9))
    with at(3), pytest.raises(CommandError, match=words):
        call_command("measure_sla", "--from", first, "--to", last)
    assert MeasuredDay.objects.count() == 0


def test_what_is_not_counted_yet_is_told_live(life):
    life((0, 9), (0, 10))
    life((1, 9), (1, 10))
    with at(1, 12):
        measure.measure(MONDAY.date(), MONDAY.date())
        attainment, backlog = measure.live()
    assert [(row.day, row.met) for row in attainment] == [((MONDAY + DAY).date(), 1)]
    assert [(row.day, row.opened, row.resolved, row.open_at_end) for row in backlog] == [
        ((MONDAY + DAY).date(), 1, 1, 0)
    ]
    assert DailyAttainment.objects.filter(day=(MONDAY + DAY).date()).count() == 0


def test_days_are_those_of_the_installation(life, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    life((0, 16), (0, 17))
    with at(2):
        measure.measure(MONDAY.date(), MONDAY.date() + DAY)
    assert (attained(0), len(attained(1))) == ([], 1)
    assert (flow(0), flow(1)) == ((0, 0, 0, 0, 0), (1, 1, 0, 0, 0))


def test_history_that_was_written_when_it_was_over_came_and_went(life):
    ticket = life((0, 9))
    StateInterval.objects.filter(ticket=ticket.pk).update(phase="closed", state="closed")
    with at(1):
        measure.measure(MONDAY.date(), MONDAY.date())
    assert flow(0) == (1, 1, 0, 0, 0)


STEPS = ["open", "resolve", "reopen", "cancel", "escalate", "assign", "duplicate", "confirm"]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 1200)), min_size=4, max_size=25))
def test_the_backlog_identity_holds_whatever_happens(covered, requester, agent, desk, steps):
    """Open at the end = open before + opened - resolved - dropped + reopened, measured day by day."""
    StateInterval.objects.all().delete()
    Ticket.objects.all().delete()
    DailyBacklog.objects.all().delete()
    DailyAttainment.objects.all().delete()
    MeasuredDay.objects.all().delete()
    now, made = MONDAY, []
    web = {"actor": agent, "source": "web"}
    for name, number, minutes in [("open", 0, 0), *steps]:
        now += timedelta(minutes=minutes)
        with clock.moved_to(now):
            measure.catch_up()
            ticket = made[number % len(made)] if made else None
            try:
                match name:
                    case "open":
                        made.append(factories.incident(requester, service=covered))
                    case "resolve":
                        incidents.resolve(ticket, code="fixed", note="Done", **web)
                    case "reopen":
                        incidents.reopen(ticket, reason="No", **web)
                    case "cancel":
                        incidents.cancel(ticket, reason="No", **web)
                    case "escalate":
                        incidents.escalate(ticket, reason="Deep", **web)
                    case "assign":
                        incidents.assign(ticket, team=desk, **web)
                    case "duplicate":
                        incidents.mark_duplicate(ticket, made[0], **web)
                    case "confirm":
                        incidents.confirm(ticket, actor=requester, source="web")
            except DomainError:
                pass
    with clock.moved_to(now + 2 * DAY):
        measure.catch_up()
    days = list(MeasuredDay.objects.values_list("day", flat=True))
    assert [later - earlier for earlier, later in pairwise(days)] == [DAY] * (len(days) - 1)
    open_before = 0 if days[0] <= MONDAY.date() else None
    for day in days:
        rows = list(DailyBacklog.objects.filter(day=day))
        came = sum(row.opened + row.reopened for row in rows)
        went = sum(row.resolved + row.dropped for row in rows)
        still = sum(row.open_at_end for row in rows)
        if open_before is not None:
            assert still == open_before + came - went
        open_before = still
    assert open_before == Ticket.objects.open().count()


def test_queries_do_not_depend_on_how_many_tickets(life, django_assert_num_queries):
    life((0, 9), (0, 10))
    with at(1), django_assert_num_queries(12):
        measure.measure(MONDAY.date(), MONDAY.date())
    for _number in range(3):
        life((1, 9), (1, 10))
    with at(2), django_assert_num_queries(12):
        measure.measure(MONDAY.date() + DAY, MONDAY.date() + DAY)


def test_the_day_of_a_command_must_be_a_date(db):
    with pytest.raises(CommandError, match="day"):
        call_command("measure_sla", "--from", "yesterday")
    assert date(2026, 3, 2) == MONDAY.date()


def stays(day):
    rows = DailyStay.objects.filter(day=(MONDAY + day * DAY).date()).order_by("hold_reason")
    return [(row.hold_reason, row.stays, row.seconds) for row in rows]


def reopened(day):
    rows = DailyReopening.objects.filter(day=(MONDAY + day * DAY).date()).order_by("resolved_day")
    return [((row.resolved_day - MONDAY.date()).days, row.amount) for row in rows]


def test_a_stay_counts_on_the_day_it_ends(life, agent):
    ticket = life((0, 9))
    with at(0, 10):
        incidents.start(ticket, actor=agent, source="web")
    with at(0, 12):
        incidents.put_on_hold(ticket, actor=agent, source="web", hold_reason="supplier", comment="Ordered")
    with at(1, 15):
        incidents.resume(ticket, actor=agent, source="web")
    with at(1, 16):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    with at(5):
        measure.measure(MONDAY.date(), MONDAY.date() + 2 * DAY)
    assert stays(0) == [("", 2, 3 * 3600)]
    assert stays(1) == [("", 1, 3600), ("supplier", 1, 27 * 3600)]
    assert stays(2) == []


def test_reopened_tickets_count_for_the_day_they_had_been_resolved(life, agent, requester):
    first, second = life((0, 9), (0, 10)), life((0, 9), (1, 10))
    with at(2):
        for ticket in (first, second):
            incidents.reopen(ticket, actor=requester, source="web", reason="Again")
    with at(9):
        measure.measure(MONDAY.date(), MONDAY.date() + 3 * DAY)
    assert reopened(2) == [(0, 1), (1, 1)]
    assert (reopened(0), reopened(3)) == ([], [])


def test_a_late_reopening_is_no_sign_of_a_bad_resolution(life, agent):
    ticket = life((0, 9), (0, 10))
    ProcessSetting.objects.update_or_create(kind="incident", defaults={"reopen_days": 30})
    with at(7, 10, 1):
        incidents.reopen(ticket, actor=agent, source="web", reason="Again")
    with at(9):
        measure.measure(MONDAY.date(), MONDAY.date() + 8 * DAY)
    assert flow(7)[3] == 1
    assert DailyReopening.objects.count() == 0
