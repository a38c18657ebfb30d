"""Performance targets through their pages and the API: promise against what the components deliver."""

from __future__ import annotations

import pytest

from design.models import PerformanceTarget, RedundancyGroup, delivered
from design.navigation_performance import accept_design_needs
from itsm.catalogue.models import ServiceDependency
from itsm.lib.errors import Denied, Refused
from itsm.workflow import records
from tests import factories


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def figures(manager):
    def make(service, **values):
        return records.create(PerformanceTarget, actor=manager, source="web", service=service, **values)

    return make


@pytest.fixture
def parts(service):
    """The service needs two nodes and a database."""
    found = [factories.ServiceFactory(name=name) for name in ("Node A", "Node B", "Database")]
    for one in found:
        ServiceDependency.objects.create(service=service, depends_on=one)
    return found


def verdicts(target):
    return {line.name: line.verdict for line in delivered.statement(target.service).lines if line.promised is not None}


def test_from_gap_to_agreement_in_the_browser(browse, manager, service, parts, figures):
    client = browse(manager)
    first, second, database = parts
    sent = {
        "service": service.pk, "availability": "99.5", "latency_ms": "300", "throughput": "100", "rto_minutes": "60",
        "rpo_minutes": "15", "own_availability": "99.95", "own_latency_ms": "80", "capacity": "400",
        "own_recovery_minutes": "10", "own_data_loss_minutes": "0", "demand": "150", "headroom_percent": "30",
    }  # fmt: skip
    client.post("/design/performance/new/", sent)
    target = PerformanceTarget.objects.get()
    url = f"/design/performance/{target.number}/"
    shown = text_of(client.get(url))
    assert "nobody has said what these deliver: Node A, Node B, Database" in shown
    assert client.post(f"{url}agree/", {}).status_code == 409
    for one in (first, second):
        figures(one, own_availability="99", own_latency_ms=100, capacity="120", own_recovery_minutes=20,
                own_data_loss_minutes=0)  # fmt: skip
    figures(database, own_availability="99.9", own_latency_ms=60, capacity="500", own_recovery_minutes=30,
            own_data_loss_minutes=5)  # fmt: skip
    shown = text_of(client.get(url))
    assert "99.5 % is promised, the components deliver 97.863 %" in shown
    assert "Weakest: Node" in shown
    group = {"name": "Nodes", "members": [first.pk, second.pk], "required": "1"}
    assert client.post(f"{url}groups/new/", group)["Location"] == url
    shown = text_of(client.get(url))
    assert "99.8401 %" in shown
    assert "1 of 2" in shown
    assert "20 % of the capacity of" not in shown
    assert verdicts(target) == dict.fromkeys(PerformanceTarget.PROMISED, "ok")
    client.post(f"{url}agree/", {"comment": "Measured in the test lab"})
    target.refresh_from_db()
    assert target.state == "agreed"
    assert client.get(f"{url}edit/").status_code == 403
    assert [item.done for item in accept_design_needs(service)] == [True]
    assert "99.8401 %" in text_of(client.get(f"/services/{service.slug}/?tab=design"))
    # A component gets worse: the promise is kept no more, and its acceptance is held.
    node = PerformanceTarget.objects.get(service=database)
    records.edit(node, actor=manager, source="web", own_availability="99", own_latency_ms=500)
    assert (verdicts(target)["availability"], verdicts(target)["latency_ms"]) == ("gap", "gap")
    assert [item.done for item in accept_design_needs(service)] == [False]
    client.post(f"{url}revise/", {"reason": "The database is slower than thought"})
    target.refresh_from_db()
    assert target.state == "draft"


WRONG = [
    {"service": ""}, {"service": "999999"}, {"availability": "101"}, {"availability": "-1"}, {"availability": "many"},
    {"availability": "99.12345"}, {"latency_ms": "-5"}, {"capacity": "0"}, {"headroom_percent": "100"},
    {"rto_minutes": "9999999999"},
]  # fmt: skip


def test_bad_input_changes_nothing(browse, manager, service, parts, figures):
    client = browse(manager)
    good = {"service": service.pk, "availability": "99.5", "headroom_percent": "20"}
    for wrong in WRONG:
        assert client.post("/design/performance/new/", {**good, **wrong}).status_code == 422, wrong
    assert not PerformanceTarget.objects.exists()
    made = figures(service)
    answer = client.post("/design/performance/new/", good)
    assert (answer.status_code, "written down already" in text_of(answer)) == (422, True)
    first, second, database = parts
    group = {"name": "Nodes", "members": [first.pk, second.pk], "required": "1"}
    url = f"/design/performance/{made.number}/groups/new/"
    stranger = factories.ServiceFactory()
    for wrong in ({"name": ""}, {"members": [first.pk]}, {"members": [first.pk, stranger.pk]}, {"required": "3"},
                  {"required": "0"}):  # fmt: skip
        assert client.post(url, {**group, **wrong}).status_code == 422, wrong
    assert not RedundancyGroup.objects.exists()
    client.post(url, group)
    overlapping = client.post(url, {"name": "Again", "members": [second.pk, database.pk], "required": "1"})
    assert (overlapping.status_code, "part of “Nodes” already" in text_of(overlapping)) == (422, True)


def test_who_writes_and_agrees(browse, agent, requester, owner, service, figures):
    assert browse(requester).get("/design/performance/").status_code == 404
    with pytest.raises(Denied):
        records.create(PerformanceTarget, actor=agent, source="web", service=service)
    made = figures(service)
    assert browse(agent).get(made.get_absolute_url()).status_code == 200
    with pytest.raises(Denied):
        records.perform(made, "agree", actor=agent, source="web")
    with pytest.raises(Refused, match="Nothing is promised"):
        records.perform(made, "agree", actor=owner, source="web")


def test_circles_are_refused_where_they_are_made_and_named_where_they_are(call, administrator, service, parts, figures):
    client = call(administrator, "*")
    answer = client.patch(f"/api/v1/services/{parts[0].pk}/", {"depends_on": [service.pk]}, format="json")
    assert (answer.status_code, "circle" in str(answer.data["errors"]["depends_on"])) == (422, True)
    # One that came in behind the door is named instead of computed.
    ServiceDependency.objects.create(service=parts[0], depends_on=service)
    made = figures(service, availability="99")
    assert f"{service} → Node A → {service}" in delivered.shortfalls(made)[0]


def test_performance_in_the_api(call, manager, agent, requester, service, parts, figures):
    client = call(manager)
    sent = {"service": service.slug, "availability": "99.5", "own_availability": "99.95"}
    made = client.post("/api/v1/performance-targets/", sent, format="json")
    assert (made.status_code, made.data["availability"]) == (201, "99.5000")
    url = f"/api/v1/performance-targets/{made.data['number']}/"
    assert client.post("/api/v1/performance-targets/", sent, format="json").status_code == 422
    group = {"name": "Nodes", "members": [parts[0].slug, parts[1].slug], "required": 1}
    added = client.post(f"{url}groups/", group, format="json")
    assert (added.status_code, [one["name"] for one in added.data["members"]]) == (201, ["Node A", "Node B"])
    assert client.post(f"{url}groups/", group, format="json").status_code == 422
    for one in parts:
        figures(one, own_availability="99")
    found = client.get(f"{url}statement/").data
    line = found["results"][0]
    assert (line["figure"], line["verdict"], line["computed"], found["weakest"]) == (
        "availability", "gap", "98.9406", parts[2].slug,
    )  # fmt: skip
    refused = client.post(f"{url}transitions/agree/", {}, format="json")
    assert (refused.status_code, "99.5 % is promised" in refused.data["detail"]) == (409, True)
    assert call(agent).post("/api/v1/performance-targets/", sent, format="json").status_code == 403
    assert call(requester).get("/api/v1/performance-targets/").status_code == 404


def test_lists_and_computation_cost_the_same_for_few_and_many(
    browse, manager, service, figures, django_assert_max_num_queries
):
    client = browse(manager)
    target = figures(service, availability="99")
    client.get("/design/performance/")
    with django_assert_max_num_queries(14) as few:
        client.get("/design/performance/")
    with django_assert_max_num_queries(5):
        delivered.statement(target.service)
    last = service
    for name in ("One", "Two", "Three"):
        below = factories.ServiceFactory(name=name)
        ServiceDependency.objects.create(service=last, depends_on=below)
        figures(below, own_availability="99.9")
        last = below
    with django_assert_max_num_queries(len(few)):
        client.get("/design/performance/")
    with django_assert_max_num_queries(5):
        assert delivered.statement(target.service).lines[0].verdict == "unknown"
