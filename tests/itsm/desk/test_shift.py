"""My shift: what waits for one person, and nothing that does not concern them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.approvals import services as approvals
from itsm.lib import clock
from itsm.notifications.services import fan_out
from itsm.tickets.models import Ticket
from itsm.workflow import conversation
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/my-work/"
NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def signed_in(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def covered(service):
    factories.cover(factories.support_level(resolution=240), service)
    return service


def cards(client):
    with clock.moved_to(NOW):
        return {card.code: [t.title for t in card.shown] for card in client.get(PAGE).context["shift"].cards}


def opened(requester, service, title, hours=1.0, **fields):
    with clock.moved_to(NOW - timedelta(hours=hours)):
        return factories.incident(requester, service=service, title=title, **fields)


def test_own_work_comes_by_the_next_promise(signed_in, requester, covered, agent, desk):
    opened(requester, covered, "Later", 1, team=desk, assignee=agent)
    opened(requester, covered, "Sooner", 3, team=desk, assignee=agent)
    opened(requester, covered, "Somebody else’s", 3, team=desk)
    assert cards(signed_in)["mine"] == ["Sooner", "Later"]


def test_who_waits_for_my_reply(signed_in, requester, covered, agent, desk):
    quiet = opened(requester, covered, "Answered", team=desk, assignee=agent)
    asking = opened(requester, covered, "Asks", team=desk, assignee=agent)
    with clock.moved_to(NOW):
        for ticket in (quiet, asking):
            conversation.reply(ticket, "We look", actor=agent, source="web")
        conversation.reply(asking, "And?", actor=requester, source="web")
    assert cards(signed_in)["asked"] == ["Asks"]


def test_what_the_teams_have(signed_in, requester, covered, engineers, desk, engineer):
    opened(requester, covered, "Free", team=desk)
    opened(requester, covered, "Free elsewhere", team=engineers)
    opened(requester, covered, "Nearly out", 3.5, team=desk)
    shown = cards(signed_in)
    assert shown["free"] == ["Nearly out", "Free"]
    assert shown["soon"] == ["Nearly out"]


def test_restricted_tickets_stay_with_their_team(signed_in, requester, covered, desk):
    ticket = opened(requester, covered, "Secret", team=desk)
    Ticket.objects.filter(pk=ticket.pk).update(restricted_to=factories.TeamFactory(is_restricted=True))
    assert cards(signed_in)["free"] == []


def test_mentions_and_approvals(signed_in, requester, covered, agent, engineer):
    ticket = opened(requester, covered, "Mail is down")
    incidents.assign(ticket, actor=engineer, source="web", team=agent.teams.get())
    conversation.note(ticket, f"@{agent.email.partition('@')[0]} please look", actor=engineer, source="web")
    fan_out.run()
    approvals.open_round(ticket, [agent], actor=engineer, source="web", label="INC", question="May we?")
    page = signed_in.get(PAGE)
    assert len(page.context["shift"].mentions) == 1
    assert [seat.round.question for seat in page.context["shift"].approvals] == ["May we?"]
    assert "May we?" in page.content.decode()


def test_an_empty_shift_says_so_and_leads_on(signed_in):
    page = signed_in.get(PAGE).content.decode()
    assert "Nothing waits for you" in page
    fragment = signed_in.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment


def test_requesters_have_no_shift(client, requester):
    client.force_login(requester)
    assert client.get(PAGE).status_code == 404


def test_a_shift_costs_the_same_with_more_work(signed_in, requester, covered, agent, desk):
    def queries():
        signed_in.get(PAGE)
        with CaptureQueriesContext(connection) as seen:
            signed_in.get(PAGE)
        return len(seen)

    opened(requester, covered, "One", team=desk, assignee=agent)
    opened(requester, covered, "Free", team=desk)
    first = queries()
    assert first <= 15
    for number in range(3):
        opened(requester, covered, f"More {number}", team=desk, assignee=agent)
        opened(requester, covered, f"Free {number}", team=desk)
    assert queries() == first
