"""The page around the numbers: who may see it, what it says about nothing, filters, exports, cost."""

import csv
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib import clock
from itsm.sla.models import MeasuredDay
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from operation.services import incidents
from tests import factories

from .conftest import NOW

pytestmark = pytest.mark.django_db
PAGE = "/dashboards/sla/"
ADDRESSES = (PAGE, f"{PAGE}near/", f"{PAGE}tickets/?number=open", f"{PAGE}export/weeks/")


@pytest.fixture
def frozen():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def signed_in(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def covered(service):
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    return service


def resolved(requester, actor, service, *, ago, took, **fields):
    """An incident resolved ``ago`` after it was open for ``took``."""
    with clock.moved_to(NOW - ago - took):
        ticket = factories.incident(requester, service=service, **fields)
    with clock.moved_to(NOW - ago):
        incidents.resolve(ticket, actor=actor, source="web", code="fixed", note="Done")
    return ticket


def tiles(client, query=""):
    return {tile.code: tile for tile in client.get(f"{PAGE}{query}").context["tiles"]}


# ---------- who ----------


@pytest.mark.parametrize("role", [*sorted(MANAGERS), Role.AUDITOR, Role.ADMINISTRATOR])
def test_managers_see_it(client, frozen, role):
    client.force_login(factories.person("Mo", roles=(role,)))
    assert [client.get(url).status_code for url in ADDRESSES] == [200] * 4


def test_requesters_do_not_learn_that_it_exists(client, frozen, requester, colleague):
    client.force_login(requester)
    assert [client.get(url).status_code for url in ADDRESSES] == [404] * 4
    # Neither does an agent without a team: there is nothing to show.
    client.force_login(factories.person("Teamless", roles=("cab_member",)))
    assert client.get(PAGE).status_code == 404


def test_people_see_their_teams(client, frozen, requester, agent, cab, covered, desk, engineers):
    resolved(requester, agent, covered, ago=timedelta(days=1), took=timedelta(hours=1))
    resolved(requester, agent, covered, ago=timedelta(days=1), took=timedelta(hours=1), team=engineers)
    measure.measure(NOW.date() - timedelta(days=3), NOW.date() - timedelta(days=1))
    client.force_login(cab)
    page = client.get(PAGE)
    assert [(line.name, line.tally.n) for line in page.context["teams"]] == [("Engineers", 1)]
    assert "Your teams and services" in page.content.decode()
    # Asking for another team's numbers gives none of them.
    assert client.get(f"{PAGE}?team={desk.pk}").context["teams"] == []
    assert client.get(f"{PAGE}tickets/?number=ended&team={desk.pk}").context["lines"] == []


@pytest.fixture
def cab(engineers):
    """In a team, but reading only what concerns it."""
    return factories.person("Carla Board", roles=("cab_member",), teams=(engineers,))


def test_service_owners_see_their_services(client, frozen, requester, agent, covered):
    owner = factories.person("Olga Owner", roles=("service_owner",))
    other = factories.ServiceFactory()
    type(covered).objects.filter(pk=covered.pk).update(owner=owner)
    for service in (covered, other):
        factories.incident(requester, service=service)
    client.force_login(owner)
    assert tiles(client)["open"].raw == 1


def test_restricted_teams_count_for_their_members_only(client, frozen, requester, agent, covered, manager):
    secret = factories.TeamFactory(name="Nightwatch", is_restricted=True)
    member = factories.person("Sue", roles=("incident_manager",), teams=(secret,))
    resolved(requester, agent, covered, ago=timedelta(days=2), took=timedelta(hours=1))
    hidden = resolved(requester, agent, covered, ago=timedelta(days=2), took=timedelta(hours=20), team=secret)
    factories.incident(requester, service=covered, team=secret)
    assert Ticket.objects.get(pk=hidden.pk).restricted_to == secret
    measure.measure(NOW.date() - timedelta(days=4), NOW.date() - timedelta(days=1))
    client.force_login(manager)
    shown = tiles(client)
    assert (shown["resolution"].raw, shown["open"].raw) == (100.0, 0)
    page = client.get(f"{PAGE}?team={secret.pk}")
    assert "Nightwatch" not in page.content.decode()
    assert "Not understood and left out: Team" in page.content.decode()
    assert client.get(f"{PAGE}tickets/?number=ended").context["page"].count.value == 1
    client.force_login(member)
    shown = tiles(client)
    assert (shown["resolution"].raw, shown["open"].raw) == (50.0, 1)


# ---------- nothing, today, and days that are missing ----------


def test_nothing_is_neither_zero_nor_a_hundred_percent(signed_in, frozen):
    shown = tiles(signed_in)
    assert [shown[code].value for code in ("resolution", "response", "reopened", "time")] == ["–"] * 4
    assert [shown[code].raw for code in ("resolution", "reopened", "time")] == [None] * 3
    html = signed_in.get(PAGE).content.decode()
    assert "100%" not in html
    assert "No clock ended in this period." in html
    assert "No clock is running out." in html


def test_today_counts_before_the_day_is_over(signed_in, frozen, requester, agent, covered):
    MeasuredDay.objects.create(day=NOW.date() - timedelta(days=1))
    resolved(requester, agent, covered, ago=timedelta(hours=1), took=timedelta(hours=2))
    shown = tiles(signed_in)
    assert (shown["resolution"].raw, shown["response"].raw, shown["time"].raw) == (100.0, 0.0, 7200)
    assert shown["resolution"].note == "0 of 1 breached"
    # Once the day is measured the same numbers come from the table.
    with clock.moved_to(NOW + timedelta(days=1)):
        measure.measure(NOW.date(), NOW.date())
        later = tiles(signed_in)
    assert (later["resolution"].raw, later["time"].raw) == (100.0, 7200)


def test_days_that_were_never_counted_are_named(signed_in, frozen, requester, service):
    with clock.moved_to(NOW - timedelta(days=10)):
        factories.incident(requester, service=service)
    assert "every day before today" in signed_in.get(PAGE).content.decode()
    measure.measure(NOW.date() - timedelta(days=10), NOW.date() - timedelta(days=5))
    page = signed_in.get(PAGE)
    assert page.context["uncounted"] == "14 Mar – 16 Mar"
    measure.catch_up()
    assert signed_in.get(PAGE).context["uncounted"] == ""


def test_at_risk_and_late(signed_in, frozen, requester, covered):
    for hours, title in ((0.9, "Soon"), (0.2, "Fresh"), (3, "Late")):
        with clock.moved_to(NOW - timedelta(hours=hours)):
            factories.incident(requester, service=covered, title=title)
    shown = tiles(signed_in)
    assert (shown["open"].raw, shown["risk"].raw, shown["late"].raw) == (3, 1, 1)
    assert shown["risk"].note == "next breach in 6m"
    fragment = signed_in.get(f"{PAGE}near/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.index("Soon") < fragment.index("Fresh")
    assert "Late" not in fragment
    assert [line.ticket.title for line in signed_in.get(shown["late"].url).context["lines"]] == ["Late"]


# ---------- the address ----------


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", 29, 0), ("?period=7d", 6, 0), ("?period=nonsense", 29, 0), ("?from=2026-03-01&to=2026-03-10", 17, 8),
        ("?from=2026-03-10&to=2026-03-01", 29, 0), ("?from=soon&to=later", 29, 0),
        ("?from=2026-03-10&to=2030-01-01", 29, 0),
        ("?from=2026-03-10&to=2026-04-01", 8, 0), ("?from=2027-01-01&to=2027-01-02", 29, 0),
        ("?from=2026-02-31&to=2026-03-01", 29, 0),
    ],
)  # fmt: skip
def test_periods(signed_in, frozen, query, first, last):
    period = signed_in.get(f"{PAGE}{query}").context["period"]
    assert ((NOW.date() - period.first).days, (NOW.date() - period.last).days) == (first, last)


def test_filters_that_make_no_sense_are_left_out_and_named(signed_in, frozen):
    page = signed_in.get(f"{PAGE}?team=999&service=x&kind=king&priority=9")
    assert page.status_code == 200
    assert sorted(page.context["scope"].problems) == ["Kind", "Priority", "Service", "Team"]
    assert signed_in.get(f"{PAGE}?team={10**30}&cursor=x").status_code == 200


@pytest.mark.parametrize("query", ["", "?number=", "?number=secret"])
def test_there_is_no_such_number(signed_in, frozen, query):
    assert signed_in.get(f"{PAGE}tickets/{query}").status_code == 404


@pytest.mark.parametrize(
    "number", ["ended", "met", "breached", "opened", "resolved", "reopened", "open", "risk", "late"]
)
def test_lists_take_strange_cursors_and_parameters(signed_in, frozen, number):
    url = f"{PAGE}tickets/?number={number}&metric=nonsense&age=99&reason=x&cursor=%00"
    assert signed_in.get(url).status_code == 200


def test_titles_are_escaped(signed_in, frozen, requester, covered):
    factories.incident(requester, service=covered, title="<script>alert(1)</script>")
    for url in (PAGE, f"{PAGE}tickets/?number=open"):
        assert "<script>alert" not in signed_in.get(url).content.decode()


# ---------- exports ----------


@pytest.mark.parametrize("card", ["summary", "weeks", "flow", "age", "services", "teams", "priorities", "holds"])
def test_cards_are_tables(signed_in, frozen, requester, agent, covered, card):
    resolved(requester, agent, covered, ago=timedelta(hours=1), took=timedelta(hours=2))
    response = signed_in.get(f"{PAGE}export/{card}/")
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(b"".join(response.streaming_content).decode().removeprefix("\ufeff").splitlines()))
    assert len({len(row) for row in rows}) == 1


def test_an_export_says_what_the_page_says(signed_in, frozen, requester, agent, covered):
    resolved(requester, agent, covered, ago=timedelta(hours=1), took=timedelta(hours=2))
    text = b"".join(signed_in.get(f"{PAGE}export/services/").streaming_content).decode()
    assert text.splitlines()[1] == "Email,1,1,0,100.0,120.0"
    assert signed_in.get(f"{PAGE}export/secrets/").status_code == 404


# ---------- cost ----------


def test_the_page_costs_fifteen_queries_whatever_it_shows(signed_in, frozen, requester, agent, covered, desk):
    def queries(url=PAGE):
        signed_in.get(url)
        with CaptureQueriesContext(connection) as seen:
            signed_in.get(url)
        return len(seen)

    MeasuredDay.objects.create(day=NOW.date() - timedelta(days=1))
    resolved(requester, agent, covered, ago=timedelta(hours=1), took=timedelta(hours=2))
    first, listed = queries(), queries(f"{PAGE}tickets/?number=ended")
    assert first <= 15
    assert listed <= 15
    for number in range(3):
        service = factories.ServiceFactory()
        factories.cover(None, service)
        resolved(requester, agent, covered, ago=timedelta(hours=1), took=timedelta(hours=2 + number))
        factories.incident(requester, service=service, team=factories.TeamFactory())
    assert queries() == first
    assert queries(f"{PAGE}tickets/?number=ended") == listed
