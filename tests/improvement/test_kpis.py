"""KPIs: counted day by day, kept, adding up exactly, and the tickets behind every number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from improvement import tasks
from improvement.models import KPI, Measurement, MeasurementDay
from improvement.reports.kpis import definition, drill, figures
from improvement.services import kpis
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import clock
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from itsm.workflow import records
from operation.services import incidents, outages
from strategy.models import CostCentre, CostItem
from tests import factories
from tests.itsm.desk.dashboards.conftest import NOW

DAY = timedelta(days=1)
MONTH = Period(NOW.date() - 40 * DAY, NOW.date() - DAY)


def kept():
    names = ("kpi__code", "day", "kind", "service", "team", "restricted_to", "numerator", "denominator")
    return sorted(map(str, Measurement.objects.values_list(*names)))


def test_every_number_is_exactly_the_tickets_behind_it(lives, manager, agent, now):
    """For several people and limits; drilled lists have as many rows as the number says."""
    lives(7, 12)
    some = 0
    first = str(Ticket.objects.first().service_id)
    for user, params in ((manager, {}), (manager, {"service": first, "kind": "incident"}), (agent, {})):
        scope = Scope.read(params, user)
        series = figures.read(scope, MONTH.first, MONTH.last)
        for one in definition.all_of_them():
            for chosen in drill.choices(one):
                counted = drill.amount(one, chosen, series[one.code].sums(MONTH))
                if counted is not None:
                    found = drill.rows(one, chosen, scope, MONTH).count()
                    assert found == counted, (one.code, chosen.code, params)
                    some += found
    assert some > 40, "there is something to compare"


def test_days_are_counted_once_and_add_up(lives, manager, now):
    lives(3, 6)
    before = kept()
    first, last = measure.first_day(), NOW.date() - DAY
    assert kpis.back_fill(first, last) == 0, "counted days are left alone"
    tasks.measure_kpis()
    assert kept() == before
    # Again on purpose: the same numbers, marked where they were final.
    call_command("measure_kpis", "--kpi", "attainment")
    assert kept() == before
    assert MeasurementDay.objects.filter(kpi__code="attainment", restated_at__isnull=True).count() == 0
    assert MeasurementDay.objects.filter(kpi__code="resolution", restated_at__isnull=False).count() == 0
    # Weeks add up to the whole, in integers.
    series = figures.read(Scope(manager), first, last)["resolution"]
    weeks = [series.sums(week) for week in figures.whole_weeks(last, 20)]
    assert tuple(map(sum, zip(*weeks, strict=True))) == series.sums(Period(first, last))
    for wrong in (["--to", "2026-03-18"], ["--kpi", "happiness"], ["--from", "2026-03-10", "--to", "2026-03-01"]):
        with pytest.raises(CommandError):
            call_command("measure_kpis", *wrong)


def test_a_reopened_ticket_changes_the_day_it_was_resolved_while_its_window_is_open(requester, service, agent, manager):
    def rate(day):
        period = Period(day, day)
        return figures.read(Scope(manager), day, day)["reopen"].value(period)

    start = NOW - 20 * DAY
    with clock.moved_to(start):
        ticket = factories.incident(requester, service=service)
    with clock.moved_to(start + timedelta(hours=1)):
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")
    with clock.moved_to(start + DAY):
        tasks.measure_kpis()
        assert rate(start.date()) == 0
    with clock.moved_to(start + 2 * DAY):
        incidents.reopen(ticket, actor=agent, source="web", reason="Again")
    with clock.moved_to(start + 3 * DAY):
        tasks.measure_kpis()
        tasks.measure_kpis()
        assert rate(start.date()) == 100
        assert rate((start + DAY).date()) is None, "of nothing is undefined"
        assert MeasurementDay.objects.filter(restated_at__isnull=False).count() == 0


def test_restricted_tickets_are_counted_for_those_who_may_see_them(agent, manager, requester, service):
    team = factories.TeamFactory(name="Security", is_restricted=True)
    officer = factories.person("Olga Officer", roles=("security_officer", "service_level_manager"), teams=(team,))
    with clock.moved_to(NOW - 3 * DAY):
        secret = factories.incident(requester, service=service)
        Ticket.objects.filter(pk=secret.pk).update(restricted_to=team, team=team)
        factories.incident(requester, service=service)
    with clock.moved_to(NOW):
        kpis.back_fill(NOW.date() - 5 * DAY, NOW.date() - DAY)
        period = Period(NOW.date() - 5 * DAY, NOW.date() - DAY)
        one = definition.get("backlog")
        for user, expected in ((manager, 1), (officer, 2), (agent, 1)):
            scope = Scope(user)
            assert figures.read(scope, period.first, period.last)["backlog"].value(period) == expected, user
            assert drill.rows(one, drill.choices(one)[0], scope, period).count() == expected


def test_availability_counts_unplanned_outages_once(service, agent, manager):
    day = (NOW - 5 * DAY).replace(hour=0, minute=0)
    type(service).objects.update(created_at=day - 9 * DAY, status="live")
    for kind, start, hours in (("outage", 1, 2), ("outage", 2, 2), ("planned", 10, 4), ("degradation", 15, 4)):
        with clock.moved_to(day + timedelta(hours=start)):
            made = outages.announce(
                title="Down", message="", kind=kind, services=[service], begins_at=clock.now(), ends_at=None,
                actor=agent, source="web",
            )  # fmt: skip
        with clock.moved_to(day + timedelta(hours=start + hours)):
            outages.perform(made, "end", actor=agent, source="web")
    with clock.moved_to(NOW):
        kpis.back_fill(day.date() - DAY, day.date(), codes=["availability"])
        one = figures.read(Scope(manager), day.date() - DAY, day.date())["availability"]
        # Four hours of planned work are no agreed time; three of the others were down.
        assert one.sums(Period(day.date(), day.date())) == (17 * 3600, 20 * 3600)
        assert one.value(Period(day.date() - DAY, day.date() - DAY)) == 100
        assert one.value(Period(day.date() - 9 * DAY, day.date() - 9 * DAY)) is None, "not measured is undefined"


def test_cost_per_ticket_adds_cents(requester, service, agent, manager):
    with clock.moved_to(NOW - 3 * DAY):
        incident = factories.incident(requester, service=service)
    with clock.moved_to(NOW - 2 * DAY):
        incidents.resolve(incident, actor=agent, source="web", code="fixed", note="Done")
        for minutes, rate in ((20, "50.00"), (25, "31.37"), (60, None)):
            incident.worklogs.create(user=agent, minutes=minutes, hourly_rate=rate, spent_on=clock.now().date())
    day = NOW.date() - 2 * DAY
    with clock.moved_to(NOW):
        kpis.back_fill(day - DAY, day, codes=["cost_per_ticket"])
        series = figures.read(Scope(manager), day - DAY, day)["cost_per_ticket"]
        assert series.sums(Period(day, day)) == (1667 + 1307, 1)
        assert str(series.value(Period(day, day))) == "29.74"
        assert series.value(Period(day - DAY, day - DAY)) is None


def test_every_kpi_has_its_row_and_says_what_it_is(db):
    assert {kpi.code for kpi in KPI.objects.all()} == {one.code for one in definition.all_of_them()}
    for one in definition.all_of_them():
        assert all((one.name, one.question, one.formula, one.population, one.unit_words)), one.code
        assert one.direction in (definition.HIGH, definition.LOW)
        assert one.value(0, 0) is None or not one.fraction


def test_cost_per_ticket_has_tools_and_overhead_of_the_desk(requester, service, agent, manager, desk, engineers):
    """(labour + tools + overhead of the desk) / resolved, as the KPI catalogue says."""
    keeper = factories.person("Fiona Finance", roles=("finance_manager",))
    how = {"actor": keeper, "source": "web"}
    day = NOW.date().replace(day=1)
    at = datetime(day.year, day.month, 1, 12, tzinfo=UTC)
    ours, other = (
        records.create(CostCentre, code=code, name="Desk", owner=keeper, serves_desk=serves, **how)
        for code, serves in (("D", True), ("X", False))
    )
    booked = {"starts_on": day, "recurrence": "monthly", "expenditure": "opex", **how}
    month = sum(1 for n in range(31) if (day + n * DAY).month == day.month)
    for centre, kind, amount in (
        (ours, "software", month * Decimal("10.00")), (ours, "facility", month * Decimal("2.02")),
        (ours, "labour", Decimal(99999)), (other, "software", Decimal(99999)),
    ):  # fmt: skip
        records.create(CostItem, title=kind, cost_centre=centre, kind=kind, amount=amount, **booked)
    with clock.moved_to(at - DAY):
        found = [factories.incident(requester, service=service) for _ticket in range(3)]
    with clock.moved_to(at):
        for one in found:
            incidents.resolve(one, actor=agent, source="web", code="fixed", note="Done")
        Ticket.objects.filter(pk=found[2].pk).update(team=engineers)
        found[0].worklogs.create(user=agent, minutes=30, hourly_rate="60.00", spent_on=day)
    with clock.moved_to(at + 4 * DAY):
        kpis.back_fill(day, day + 2 * DAY, codes=["cost_per_ticket"])
        series = figures.read(Scope(manager), day, day + 2 * DAY)["cost_per_ticket"]
        assert series.sums(Period(day, day)) == (3000 + 1202, 3)
        assert series.sums(Period(day, day + DAY)) == (3000 + 2 * 1202, 3), "a day without a ticket costs as much"
        assert str(round(series.value(Period(day, day)), 2)) == "14.01"
        mine = figures.read(Scope(manager, team=desk.pk), day, day)["cost_per_ticket"]
        theirs = figures.read(Scope(manager, team=engineers.pk), day, day)["cost_per_ticket"]
        assert (mine.sums(Period(day, day)), theirs.sums(Period(day, day))) == ((3000 + 801, 2), (401, 1))
        assert 801 + 401 == 1202, "to the cent"
