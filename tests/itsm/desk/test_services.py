"""The list of services, the page of one, and the steps of its life."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.audit.models import Entry
from itsm.catalogue import guards
from itsm.catalogue.models import Service, ServiceDependency
from itsm.desk.reports import services as reports
from itsm.ui import lifecycle, nav
from tests import factories
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return factories.person("Ines Owner", roles=("service_owner",))


@pytest.fixture
def portfolio_manager():
    return factories.person("Paul Portfolio", roles=("portfolio_manager",))


@pytest.fixture
def idea(owner) -> Service:
    return factories.ServiceFactory(name="Idea", slug="idea", status="proposed", owner=owner)


def test_page_for_staff(service, agent, requester, desk):
    factories.cover(factories.support_level("Gold", first_response=60, resolution=480), service)
    below, above = factories.ServiceFactory(name="Network"), factories.ServiceFactory(name="Web shop")
    ServiceDependency.objects.create(service=service, depends_on=below)
    ServiceDependency.objects.create(service=above, depends_on=service)
    made = factories.incident(requester, title="Mail is slow", service=service)
    page = words(enter(agent).get("/services/email/"))
    for shown in (
        "Email",
        "Gold",
        "First response",
        "1h",
        "Mail is slow",
        "Network",
        "Web shop",
        "Service desk",
        "Live",
    ):
        assert shown in page
    assert made.title in page


def test_hidden_tickets_are_not_counted(service, agent, requester, engineers):
    hidden = factories.incident(requester, title="Harassment", service=service)
    hidden.restricted_to = engineers
    hidden.save()
    assert reports.open_tickets(service, agent) == ([], {})
    assert reports.counts([service.pk], agent) == {}
    assert "Harassment" not in words(enter(agent).get("/services/email/"))


def test_plain_page_for_requesters(service, requester, agent):
    factories.incident(requester, title="Mail is slow", service=service)
    page = words(enter(requester).get("/services/email/"))
    assert "Report a problem" in page
    assert "Works" in page
    assert "Mail is slow" not in page
    assert "Next in its life" not in page
    assert "Email" in words(enter(requester).get("/services/"))


def test_lists_by_stage(agent, service, idea):
    client = enter(agent)
    assert "Idea" not in words(client.get("/services/"))
    assert "Idea" in words(client.get("/services/?view=pipeline"))
    assert "Email" in words(client.get("/services/?q=mail"))
    assert "No service found" in words(client.get("/services/?q=zebra"))


@pytest.fixture
def unguarded(monkeypatch):
    """No stage wants anything: these tests are about the door."""
    monkeypatch.setattr(guards, "_guards", {})


def test_step_goes_through_the_door_and_is_audited(idea, portfolio_manager, unguarded):
    answer = enter(portfolio_manager).post("/services/idea/charter/", {"version": "1"})
    assert (answer.status_code, Service.objects.get().status) == (302, "chartered")
    entry = Entry.objects.get(object_type="catalogue.service")
    assert (entry.action, entry.changes) == ("service.charter", {"status": ["proposed", "chartered"]})
    assert enter(portfolio_manager).post("/services/idea/start_design/", {"version": "1"}).status_code == 409
    assert Service.objects.get().status == "chartered"


def test_rejecting_asks_why_and_keeps_it(idea, portfolio_manager):
    client = enter(portfolio_manager)
    assert "Reason" in words(client.get("/services/idea/reject/"))
    page = client.post("/services/idea/reject/", {"reason": ""})
    assert (page.status_code, problems(page)) == (422, ["This field is required."])
    client.post("/services/idea/reject/", {"reason": "No demand", "version": "1"})
    assert Service.objects.get().status == "rejected"
    assert Entry.objects.get().changes == {"status": ["proposed", "rejected"], "reason": [None, "No demand"]}


@pytest.mark.parametrize(
    ("who", "status"), [("requester", 404), ("agent", 403), ("auditor", 403), ("owner", 403), ("administrator", 302)]
)
def test_who_charters(who, status, idea, request, unguarded):
    assert enter(request.getfixturevalue(who)).post("/services/idea/charter/").status_code == status
    assert Service.objects.get().status == ("chartered" if status == 302 else "proposed")


def test_steps_that_do_not_exist(idea, portfolio_manager, service):
    client = enter(portfolio_manager)
    assert client.post("/services/idea/explode/").status_code == 404
    assert client.post("/services/idea/go_live/").status_code == 409
    assert "does not exist while" in words(client.get("/services/idea/go_live/"))
    assert client.post("/services/nonsense/charter/").status_code == 404


def test_blockers_are_listed_item_by_item(idea, portfolio_manager, monkeypatch):
    def guard(service):
        yield guards.Requirement("Business case", done=True)
        yield guards.Requirement("Budget", done=False, detail="No budget is approved.", url="/budget/")

    monkeypatch.setitem(guards._guards, "charter", [guard])
    client = enter(portfolio_manager)
    page = client.get("/services/idea/")
    shown = words(page)
    assert "Business case done" in shown
    assert "Budget missing" in shown
    assert 'href="/budget/"' in page.content.decode()
    assert "No budget is approved." in words(client.post("/services/idea/charter/"))
    assert Service.objects.get().status == "proposed"


@pytest.mark.parametrize("who", ["requester", "agent"])
@pytest.mark.parametrize(
    "address", ["/services/", "/services/email/", *(f"/services/email/?tab={one.code}" for one in lifecycle.STAGES)]
)
def test_number_of_queries_does_not_grow(who, address, service, request, requester):
    person = request.getfixturevalue(who)
    client = enter(person)
    counted = []
    for number in (1, 2):
        for n in range(number):
            other = factories.ServiceFactory(owner=factories.person())
            ServiceDependency.objects.create(service=service, depends_on=other)
            ServiceDependency.objects.create(service=factories.ServiceFactory(), depends_on=service)
            factories.incident(requester, title=f"Mail {number}{n}", service=service)
        client.get(address)
        nav.forget_counts(person)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counted.append(len(queries))
    assert counted[0] == counted[1]
    # Five of them are the session, the person, the counts of the navigation and the service.
    assert counted[1] <= 25


def test_map_shows_what_is_not_well_first(service, agent):
    names = [f"Part {n:02}" for n in range(12)]
    for name in names:
        ServiceDependency.objects.create(service=service, depends_on=factories.ServiceFactory(name=name))
    drawn = reports.dependency_map(service, agent)
    assert [node.service.name for node in drawn.right] == names[:8]
    assert (drawn.more_right, drawn.more_left, len(drawn.edges)) == (4, 0, 8)
