"""Configuration items and what belongs to them in the REST API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.audit.models import Entry
from tests import factories
from tests.api import Api, problem
from transition.models import CIRelation, CIType, ConfigurationItem, Contract, Supplier
from transition.services import configuration

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(keeper) -> Api:
    return Api(keeper)


def test_an_item_is_registered_read_changed_and_moved(api, keeper, machine, service):
    sent = {
        "name": "srv-1", "type": "Server machine", "serial": "S-1", "attributes": {"hostname": "srv-1", "ram": 64},
        "services": [service.slug], "cost": "1200.00", "purchased_on": "2026-01-01", "owner": keeper.email,
    }  # fmt: skip
    made = api.post("cis/", sent)
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["identity"] == {"serial": "s-1", "hostname": "srv-1"}
    assert (body["asset"], body["book_value"], body["state"]) == (True, "1200.00", "ordered")
    number = body["number"]
    assert api.get(f"cis/{number.lower()}/").json()["services"][0]["slug"] == service.slug
    changed = api.patch(f"cis/{number}/", {"location": "Oslo"}, If_Match=made["ETag"])
    assert (changed.status_code, changed.json()["location"]) == (200, "Oslo")
    problem(api.patch(f"cis/{number}/", {"location": "Bergen"}, If_Match=made["ETag"]), 412)
    moved = api.post(f"cis/{number}/transitions/deploy/")
    assert (moved.status_code, moved.json()["state"]) == (200, "deployed")
    problem(api.post(f"cis/{number}/transitions/dispose/", {"reason": "x"}), 409, "no_transition")
    assert Entry.objects.filter(object_type="transition.configurationitem", action="ci.deploy").exists()
    for query, found in {
        "type=Device": 1, "type=Thing": 0, "identity=serial:s-1": 1, "identity=hostname:SRV-1": 1, "asset=true": 1,
        "state=ordered": 0, f"service={service.slug}": 1, "q=srv": 1, "owner=me": 1,
    }.items():  # fmt: skip
        assert len(api.get(f"cis/?{query}").json()["results"]) == found, query
    problem(api.get("cis/?identity=serial"), 400)
    problem(api.delete(f"cis/{number}/"), 405)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, {"name", "type"}),
        ({"name": "x", "type": "Nothing"}, {"type"}),
        ({"name": "x" * 161, "type": "Thing"}, {"name"}),
        ({"name": "x", "type": "Thing", "colour": "red"}, {"colour"}),
        ({"name": "x", "type": "Thing", "state": "deployed"}, {"state"}),
        ({"name": "x", "type": "Server machine", "attributes": {"ram": "much"}}, {"attributes"}),
        ({"name": "x", "type": "Device", "serial": "TAKEN"}, {"serial"}),
        ({"name": "x", "type": "Thing", "cost": "-1"}, {"cost"}),
        ({"name": "x", "type": "Thing", "purchased_on": "2026-05-05", "warranty_until": "2026-01-01"},
         {"warranty_until"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_nothing_is_kept(api, machine, thing, item, device, data, fields):
    item("other", type=device, serial="taken")
    body = problem(api.post("cis/", data), 422)
    assert set(body["errors"]) == fields
    assert ConfigurationItem.objects.count() == 1


def test_the_same_item_from_two_sources_becomes_one(api, machine, device):
    first = {"name": "lt-1", "type": "Device", "serial": "S-9", "attributes": {"mac": "AA:BB:CC:00:11:22"}}
    assert api.post("cis/upsert/", {**first, "state": "deployed"}).status_code == 201
    # Another source knows it by its hardware address, and knows better what it is.
    second = {"name": "lt-1", "type": "Server machine", "attributes": {"mac": "aabb.cc00.1122", "ram": 8}}
    again = api.post("cis/upsert/", second)
    assert again.status_code == 200, again.content
    found = ConfigurationItem.objects.get()
    assert (found.serial, found.type, found.state) == ("S-9", machine, "deployed")
    assert found.attributes == {"mac": "aabb.cc00.1122", "ram": 8}
    version = found.version
    assert api.post("cis/upsert/", second).status_code == 200
    assert ConfigurationItem.objects.get().version == version
    # Values of two items at once are refused with both.
    api.post("cis/", {"name": "lt-2", "type": "Device", "serial": "S-10"})
    body = problem(api.post("cis/upsert/", {**first, "serial": "S-10"}), 409, "ambiguous")
    assert {"lt-1", "lt-2"} <= set(body["detail"].replace(",", " ").replace(".", " ").split())


def test_assets_are_items_that_are_owned(api, thing, device, item):
    item("idea")
    item("laptop", type=device)
    assert [one["name"] for one in api.get("assets/").json()["results"]] == ["laptop"]
    assert set(problem(api.post("assets/", {"name": "x", "type": "Thing"}), 422)["errors"]) == {"type"}
    assert api.post("assets/", {"name": "phone", "type": "Device"}).status_code == 201
    problem(api.get(f"assets/{ConfigurationItem.objects.get(name='idea').number}/"), 404)


def test_relations_and_impact(api, chain, item, service):
    shop, database, server = chain
    shop.services.add(service)
    other = item("other")
    made = api.post("ci-relations/", {"source": other.number, "kind": "depends_on", "target": shop.pk})
    assert made.status_code == 201, made.content
    assert "circle" in problem(
        api.post("ci-relations/", {"source": server.pk, "kind": "depends_on", "target": shop.pk}), 422
    )["errors"]["target"][0]  # fmt: skip
    for bad, fields in (
        ({"source": shop.pk, "kind": "likes", "target": server.pk}, {"kind"}),
        ({"source": shop.pk, "kind": "runs_on", "target": shop.pk}, {"target"}),
        ({"source": "CI-999999", "kind": "runs_on", "target": shop.pk}, {"source"}),
        ({"source": shop.pk, "kind": "depends_on", "target": database.pk}, {"target"}),
        ({}, {"source", "kind", "target"}),
    ):
        assert set(problem(api.post("ci-relations/", bad), 422)["errors"]) == fields
    assert len(api.get(f"ci-relations/?item={shop.pk}").json()["results"]) == 2
    up = api.get(f"cis/{server.number}/impact/").json()
    assert [(one["name"], one["steps"], one["by"]) for one in up["items"]] == [
        ("database", 1, server.number), ("shop", 2, database.number), ("other", 3, shop.number),
    ]  # fmt: skip
    assert (up["services"], up["complete"]) == (
        [{"slug": service.slug, "name": service.name, "directly": True}], True,
    )  # fmt: skip
    assert [one["name"] for one in api.get(f"cis/{shop.number}/impact/?direction=down").json()["items"]] == [
        "database", "server",
    ]  # fmt: skip
    problem(api.get(f"cis/{shop.number}/impact/?direction=sideways"), 400)
    assert api.delete(f"ci-relations/{made.json()['id']}/").status_code == 204
    assert not CIRelation.objects.filter(source=other).exists()


def test_tickets_of_an_item_are_those_the_caller_may_see(api, agent, desk, item, incident):
    device = item("printer")
    configuration.link_ticket(incident, device, actor=agent, source="web")
    assert [one["number"] for one in api.get(f"cis/{device.number}/tickets/").json()["results"]] == [incident.number]
    type(incident).objects.filter(pk=incident.pk).update(restricted_to=desk)
    assert api.get(f"cis/{device.number}/tickets/").json()["results"] == []


def test_types_inherit_and_keep_items_apart(administrator, api, machine, device, item):
    item("a", type=device, serial="S-1")
    body = api.post("ci-types/", {"name": "Blade", "parent": "Server machine", "identity_keys": ["serial"]})
    assert body.status_code == 201, body.content
    assert "identity_keys" in problem(api.post("ci-types/", {"name": "X", "identity_keys": ["wings"]}), 422)["errors"]
    assert set(problem(api.patch(f"ci-types/{device.pk}/", {"parent": "Blade"}), 422)["errors"]) == {"parent"}
    assert api.patch(f"ci-types/{device.pk}/", {"identity_keys": ["name"]}).status_code == 200
    assert api.get("cis/?identity=name:A").json()["results"]
    problem(api.delete(f"ci-types/{device.pk}/"), 409, "in_use")


def test_contracts_and_licences(api, keeper, agent, device, item):
    laptop = item("laptop", type=device)
    supplier = Api(keeper).post("suppliers/", {"name": "Fjell"}).json()
    sent = {"title": "Support", "supplier": "Fjell", "reference": "F-1", "starts_on": "2026-01-01",
            "ends_on": "2026-12-31", "notice_on": "2026-09-30", "cost": "100.00", "items": [laptop.number]}  # fmt: skip
    contract = api.post("contracts/", sent)
    assert contract.status_code == 201, contract.content
    number = contract.json()["number"]
    assert set(problem(api.post("contracts/", {**sent, "reference": "", "ends_on": "2025-12-31"}), 422)["errors"]) == {
        "ends_on", "notice_on",
    }  # fmt: skip
    problem(api.post("contracts/", sent), 422)
    assert api.post(f"contracts/{number}/transitions/activate/").json()["state"] == "active"
    licence = api.post("licences/", {"product": "Draw", "entitled": 1, "metric": "item", "cost": "9.00"}).json()
    uses = f"licences/{licence['number']}/uses/"
    assert api.post(uses, {"item": laptop.number}).status_code == 201
    problem(api.post(uses, {"item": laptop.number}), 422)
    problem(api.post(uses, {"user": keeper.email}), 422)
    api.post(uses, {"item": item("desk", type=device).number})
    assert [one["used"] for one in api.get("licences/?over_used=true").json()["results"]] == [2]
    # The desk reads licences without money, and no contracts.
    reader = Api(agent)
    shown = reader.get(f"licences/{licence['number']}/").json()
    assert not {"cost", "contract"} & set(shown)
    problem(reader.get("contracts/"), 404)
    assert Contract.objects.get().supplier_id == supplier["id"]


@pytest.mark.parametrize(
    "path", ["cis/", "assets/", "ci-relations/", "ci-types/", "suppliers/", "licences/", "contracts/"]
)
def test_who_reads_and_writes(path, agent, requester, auditor):
    body = {"name": "x", "title": "x"}
    assert Api(requester).get(path).status_code in (403, 404)
    assert Api(requester).post(path, body).status_code in (403, 404)
    assert Api(auditor).get(path).status_code == 200
    assert Api(agent).post(path, body).status_code in (403, 404, 422)
    assert not ConfigurationItem.objects.exists()
    assert not Supplier.objects.exists()
    assert not CIType.objects.filter(name="x").exists()


def test_lists_cost_the_same_at_one_and_at_three(api, item, device, service, django_assert_max_num_queries):
    supplier = Supplier.objects.create(name="S")

    def one(number: int) -> None:
        person = factories.person(f"P{number} Person")
        made = item(f"i{number}", type=device, owner=person, user=person, supplier=supplier, serial=f"s{number}")
        made.services.add(service)

    one(1)
    api.get("cis/")
    with CaptureQueriesContext(connection) as first:
        api.get("cis/")
    one(2)
    one(3)
    with django_assert_max_num_queries(len(first)):
        assert len(api.get("cis/").json()["results"]) == 3
