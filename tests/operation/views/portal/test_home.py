"""The portal's first page, catalogue, search and status; and where everybody starts."""

import pytest
from django.urls import Resolver404, resolve

from operation.services import incidents
from tests import factories
from tests.pages import enter, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(requester):
    return enter(requester)


def test_first_page_shows_what_waits_first(client, requester, agent, service):
    factories.OfferingFactory(service=service, slug="mail", name="Mail does not work", kind="report")
    solved = factories.incident(requester, title="Keyboard", service=service)
    factories.incident(requester, title="Screen", service=service)
    taken = incidents.start(solved, actor=agent, source="web")
    incidents.resolve(taken, actor=agent, source="web", code="fixed", note="x")
    page = words(client.get("/portal/"))
    assert "Hello Rita, how can we help?" in page
    assert "Mail does not work" in page
    assert page.index("Keyboard") < page.index("Screen")
    assert "Solved: please confirm" in page


def test_empty_portal_is_friendly(client):
    page = words(client.get("/portal/"))
    assert "Nothing is open" in page
    assert "No services yet" in words(client.get("/portal/catalogue/"))
    assert "Everything works." in words(client.get("/portal/status/"))
    assert "Nothing waits for you" in words(client.get("/portal/approvals/"))


def test_services_that_are_not_live_are_not_shown(client):
    factories.ServiceFactory(name="Coming soon", slug="coming", status="in_design")
    for path in ("/portal/catalogue/", "/portal/status/", "/services/", "/portal/report/", "/portal/search/?q=coming"):
        assert "Coming soon" not in words(client.get(path))
    assert client.get("/services/coming/").status_code == 404


def test_search_finds_own_tickets_by_number_and_words(client, requester, colleague):
    mine = factories.incident(requester, title="Keyboard broken")
    factories.incident(colleague, title="Keyboard of Carl")
    assert "Keyboard broken" in words(client.get(f"/portal/search/?q={mine.number}"))
    page = words(client.get("/portal/search/?q=keyboard"))
    assert "Keyboard broken" in page
    assert "Carl" not in page
    assert "Nothing is called" in words(client.get("/portal/search/?q=zebra"))
    for strange in ("", "?q=", "?q=%00", "?q=" + "x" * 3000, "?q=%27%22*"):
        assert client.get(f"/portal/search/{strange}").status_code == 200


def exists(path):
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.mark.parametrize(
    ("roles", "places"),
    [
        ((), ["/portal/"]),
        (("agent",), ["/my-work/", "/queue/", "/services/"]),
        (("service_level_manager",), ["/dashboards/sla/", "/queue/", "/services/"]),
        (("agent", "incident_manager"), ["/my-work/", "/queue/", "/dashboards/sla/", "/services/"]),
        (("knowledge_manager",), ["/knowledge/"]),
        (("auditor",), ["/dashboards/sla/", "/queue/", "/services/"]),
    ],
)
def test_everybody_starts_where_the_work_is(roles, places):
    person = factories.person(roles=roles)
    answer = enter(person).get("/")
    assert (answer.status_code, answer["Location"]) == (302, next(place for place in places if exists(place)))


def test_owner_of_one_service_starts_on_its_page():
    owner = factories.person(roles=("service_owner",))
    factories.ServiceFactory(slug="mine", owner=owner)
    assert enter(owner).get("/")["Location"] == "/services/mine/"


def test_nobody_gets_in_without_signing_in(client, incident, db):
    from django.test import Client

    for path in (
        "/",
        "/portal/",
        "/portal/report/",
        f"/portal/tickets/{incident.number}/",
        "/knowledge/",
        "/services/",
    ):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (302, True)
