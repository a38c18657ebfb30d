"""Every number of the dashboard against the slow recomputation, on random lives."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from itsm.desk.reports.service_levels import dashboard
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import clock
from itsm.sla.models import Metric
from itsm.tickets.models import HoldReason

from .conftest import NOW
from .slow import Slow

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def build(user, period, **limits):
    with clock.moved_to(NOW):
        scope = Scope.read({name: str(getattr(v, "pk", v)) for name, v in limits.items()}, user)
        assert not scope.problems
        return dashboard.build(scope, period, NOW)


def slow(period, **limits):
    return Slow(period.first, period.last, NOW, **{name: getattr(v, "pk", v) for name, v in limits.items()})


def compare(board, period, limits):
    right, before = slow(period, **limits), slow(period.before, **limits)
    tiles = {tile.code: (tile.raw, tile.before) for tile in board.tiles()}
    assert tiles["resolution"] == (right.attainment(), before.attainment())
    assert tiles["response"] == (right.attainment("first_response"), before.attainment("first_response"))
    assert tiles["open"][0] == len(right.open())
    assert tiles["risk"][0] == len(right.risk())
    assert tiles["late"][0] == len(right.late())
    if "priority" not in limits:
        assert tiles["open"][1] == right.open_when_it_began()
        assert tiles["reopened"] == (right.reopen_rate(), before.reopen_rate())
        flow = board.history.flow_in(period)
        assert (flow.opened, flow.resolved, flow.reopened) == right.flow()
    if period.days <= dashboard.RANKED_DAYS:
        assert tiles["time"] == (right.rank(0.5), before.rank(0.5))
    assert +board.present.ages == right.ages()
    assert +board.history.stays == +right.stays()
    for lines, attribute, key in (
        (board.history.by_service, "service_id", lambda k: k), (board.history.by_team, "team_id", lambda k: k),
        (board.history.priorities(period, Metric.RESOLUTION), "priority", lambda k: k),
    ):  # fmt: skip
        assert {key(k): (t.met, t.breached) for k, t in lines.items()} == right.by(attribute)
    for week, tally in board.by_week(Metric.RESOLUTION):
        if week.first >= board.weeks[0].first:
            assert tally.attainment == slow(week, **limits).attainment()
    shares = {name: share for name, _seconds, share, _url in board.hold_lines()}
    total = sum(right.stays().values())
    labels = dict(HoldReason.objects.values_list("code", "label"))
    assert shares == {labels[code]: 100 * s / total for code, s in right.stays().items() if code}


@pytest.mark.parametrize("seed", [1, 2])
def test_numbers(world, manager, seed, service, desk, engineers):
    world(seed)
    for period in (
        Period(TODAY - timedelta(days=29), TODAY, "30d"), Period(TODAY - timedelta(days=6), TODAY, "7d"),
        Period(date(2026, 2, 10), date(2026, 3, 4)),
    ):  # fmt: skip
        for limits in ({}, {"service": service}, {"team": desk}, {"team": engineers, "priority": 4}, {"priority": 1}):
            compare(build(manager, period, **limits), period, limits)


def test_a_year_shows_the_mean(world, manager):
    world(3)
    period = Period(TODAY - timedelta(days=364), TODAY, "365d")
    tile = next(tile for tile in build(manager, period).tiles() if tile.code == "time")
    assert (tile.label, tile.raw) == ("Mean time to resolve", slow(period).mean())


def test_every_number_leads_to_as_many_tickets(world, manager, client):
    world(4)
    client.force_login(manager)
    period = Period(TODAY - timedelta(days=29), TODAY, "30d")
    board, right = build(manager, period), slow(period)

    def listed(url):
        with clock.moved_to(NOW):
            return int(client.get(url).context["page"].count)

    with clock.moved_to(NOW):
        page = client.get(reverse("desk:dashboard-sla"))
    assert page.status_code == 200
    tiles = {tile.code: tile for tile in page.context["tiles"]}
    assert listed(tiles["resolution"].url) == len(right.ended())
    assert listed(tiles["response"].url) == len(right.ended("first_response"))
    assert listed(tiles["open"].url) == len(right.open())
    assert listed(tiles["risk"].url) == len(right.risk())
    assert listed(tiles["late"].url) == len(right.late())
    assert listed(tiles["reopened"].url) == right.reopened_of_resolved()
    for line in (*board.service_lines(), *board.team_lines(), *board.priority_lines()):
        assert listed(line.n_url) == line.tally.n
        assert listed(line.met_url) == line.tally.met
        assert listed(line.breached_url) == line.tally.breached
    for _name, total, cells, url in board.age_lines():
        assert listed(url) == total
        for amount, cell_url in cells:
            assert listed(cell_url) == amount
    for _name, flow, opened_url, _resolved_url, week in board.flow_lines():
        assert listed(opened_url) == flow.opened == slow(week).flow()[0]
    for _name, tally, _response, url, _week in board.week_lines():
        assert listed(url) == tally.n
    waits = dict(HoldReason.objects.values_list("label", "code"))
    for name, seconds, _share, url in board.hold_lines():
        with clock.moved_to(NOW):
            rows = client.get(url).context["page"]
        assert sum(int((r.from_at - r.since).total_seconds()) for r in rows) == seconds == right.stays()[waits[name]]
