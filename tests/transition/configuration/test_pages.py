"""Pages of items, suppliers, contracts, licences, and what they put on other pages."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from itsm.catalogue import guards
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused
from itsm.ui import lifecycle
from itsm.workflow import records
from tests import factories
from tests.pages import enter, problems, words
from transition import maps
from transition.models import CIRelation, CIType, ConfigurationItem, Contract, Licence, Supplier, TicketCI
from transition.reports import impact
from transition.services import configuration

BASE = "/configuration/items/"


def test_an_item_from_the_form_to_its_page(keeper, machine, service):
    client = enter(keeper)
    assert "Server machine" in words(client.get(f"{BASE}new/"))
    url = f"{BASE}new/?type={machine.pk}"
    sent = {"type": machine.pk, "name": "srv-1", "q_ram": "64", "q_hostname": "srv-1", "currency": "EUR",
            "cost": "1200",
            "purchased_on": "2026-01-01", "depreciation_months": "12", "services": [service.pk]}  # fmt: skip
    assert "RAM" in words(client.get(url))
    answer = client.post(url, sent | {"q_ram": ""})
    assert answer.status_code == 422
    answer = client.post(url, sent)
    item = ConfigurationItem.objects.get()
    assert answer["Location"] == item.get_absolute_url() == f"{BASE}{item.number}/"
    assert (item.attributes, item.state) == ({"ram": 64, "hostname": "srv-1"}, "ordered")
    shown = words(client.get(answer["Location"]))
    for said in ("srv-1", "64", "Book value", "Email", "Nothing is related"):
        assert said in shown
    answer = client.post(f"{BASE}{item.number}/edit/", sent | {"name": "srv-one", "version": item.version})
    item.refresh_from_db()
    assert item.name == "srv-one"
    stale = client.post(f"{BASE}{item.number}/edit/", sent | {"name": "again", "version": 1})
    assert stale.status_code == 409
    client.post(f"{BASE}{item.number}/deploy/", {})
    item.refresh_from_db()
    assert item.state == "deployed"


def test_the_type_of_a_new_item_has_to_exist(keeper, machine):
    client = enter(keeper)
    for wrong in ("999999", "abc", "", "99999999999999999999"):
        assert "What is it?" in words(client.get(f"{BASE}new/?type={wrong}"))


def test_a_taken_serial_stands_at_the_form(keeper, device, item):
    one = item(type=device, serial="S1")
    sent = {"type": device.pk, "name": "x", "serial": "S1", "currency": "EUR"}
    answer = enter(keeper).post(f"{BASE}new/?type={device.pk}", sent)
    assert answer.status_code == 422
    assert any(one.number in text for text in problems(answer))


def test_who_opens_what(item, keeper, agent, auditor, requester):
    one = item()
    pages = [BASE, one.get_absolute_url(), f"{one.get_absolute_url()}impact/", "/configuration/suppliers/",
             "/configuration/licences/"]  # fmt: skip
    for url in pages:
        for who, status in ((keeper, 200), (agent, 200), (auditor, 200), (requester, 404)):
            assert enter(who).get(url).status_code == status, (url, who)
        assert Client().get(url).status_code == 302
    for url in (f"{BASE}new/", f"{one.get_absolute_url()}edit/", f"{one.get_absolute_url()}relate/",
                "/configuration/import/", "/configuration/licences/new/"):  # fmt: skip
        for who, status in ((keeper, 200), (agent, 403), (auditor, 403)):
            assert enter(who).get(url).status_code == status, (url, who)
    for who, offered in ((keeper, True), (agent, False)):
        assert ('href="/configuration/import/"' in enter(who).get(BASE).content.decode()) is offered
    assert enter(agent).get("/configuration/contracts/").status_code == 404, "contracts hold money"
    assert enter(auditor).get("/configuration/contracts/").status_code == 200
    assert enter(keeper).get(f"{BASE}CI-999999/").status_code == 404


def test_filters(item, keeper, device, machine, service):
    supplier = Supplier.objects.create(name="Nordic")
    today = clock.now().date()
    lap = item("lap", type=device, supplier=supplier, warranty_until=today + timedelta(days=20))
    srv = item("srv", "in_stock", type=machine, attributes={"ram": 1}, serial="SN77",
               warranty_until=today - timedelta(days=1))  # fmt: skip
    app = item("app")
    app.services.add(service)
    client = enter(keeper)

    def found(query: str) -> set[str]:
        rows = client.get(f"{BASE}?{query}").content.decode()
        return {one.name for one in (lap, srv, app) if one.get_absolute_url() in rows}

    assert found("") == {"lap", "srv", "app"}
    assert found(f"type={device.pk}") == {"lap", "srv"}, "the types below count"
    assert found(f"type={machine.pk}") == {"srv"}
    assert found("state=in_stock") == {"srv"}
    assert found(f"supplier={supplier.pk}") == {"lap"}
    assert found(f"service={service.pk}") == {"app"}
    assert found("asset=1") == {"lap", "srv"}
    assert found("warranty=30") == {"lap"}
    assert found("warranty=over") == {"srv"}
    assert found("q=sn77") == {"srv"}
    assert found(f"q={app.number.lower()}") == {"app"}
    assert found("type=abc&warranty=x&supplier=-1") == {"lap", "srv", "app"}


@pytest.mark.parametrize("url", [BASE, "/configuration/licences/", "/configuration/suppliers/"])
def test_lists_ask_as_often_for_three_as_for_one(url, item, keeper, device, django_assert_num_queries, requester):
    def more(name):
        supplier = Supplier.objects.create(name=name)
        item(name, type=device, user=factories.person(), supplier=supplier)
        records.create(Licence, actor=keeper, source="web", product=name, entitled=1, supplier=supplier)

    client = enter(keeper)
    more("one")
    client.get(url)
    with pytest.MonkeyPatch.context():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as before:
            client.get(url)
        more("two")
        more("three")
        with CaptureQueriesContext(connection) as after:
            client.get(url)
    assert len(after) == len(before)


def test_relations_on_the_page(item, keeper, agent):
    shop, database = item("shop"), item("database")
    client, url = enter(keeper), shop.get_absolute_url()
    assert client.post(f"{url}relate/", {"kind": "depends_on", "other": "database"})["Location"] == url
    back = client.post(f"{url}relate/", {"kind": "depends_on:back", "other": database.number})
    assert back.status_code == 422
    assert any("circle" in text for text in problems(back))
    for wrong, says in (("CI-9999", "no such item"), ("nobody", "no such item"), ("", "required")):
        answer = client.post(f"{url}relate/", {"kind": "runs_on", "other": wrong})
        assert answer.status_code == 422
        assert any(says in text for text in problems(answer)), wrong
    assert "depends on" in words(client.get(url))
    assert "is needed by" in words(client.get(database.get_absolute_url()))
    relation = CIRelation.objects.get()
    remove = f"{database.get_absolute_url()}relations/{relation.pk}/remove/"
    assert enter(agent).post(remove).status_code == 403
    assert client.post(f"{item('other').get_absolute_url()}relations/{relation.pk}/remove/").status_code == 404
    client.post(remove)
    assert not CIRelation.objects.exists()


def test_impact_page_and_map(chain, keeper, service):
    shop, _database, server = chain
    shop.services.add(service)
    client = enter(keeper)
    page = client.get(f"{server.get_absolute_url()}impact/")
    shown = words(page)
    assert "Items that fail with it 2" in shown
    assert "Email" in shown
    assert b"<svg" in page.content
    down = words(client.get(f"{shop.get_absolute_url()}impact/?direction=down"))
    assert "Items it needs 2" in down
    assert "It needs no other item." in words(client.get(f"{server.get_absolute_url()}impact/?direction=down"))


def test_the_map_escapes_names_and_says_what_it_hides(keeper, item):
    hub = item("<b>hub</b>")
    for number in range(14):
        configuration.relate(item(f"leaf {number}"), "depends_on", hub, actor=keeper, source="web")
    drawn = maps.draw(impact.analyse(hub))
    assert "<b>" not in drawn.svg
    assert drawn.hidden == 4


def test_suggestions(item, keeper, requester):
    one = item("database")
    answer = enter(keeper).get("/configuration/suggest/?field=other&other=data")
    assert one.number in answer.content.decode()
    assert enter(keeper).get("/configuration/suggest/?field=other&other=d").content == b""
    assert enter(requester).get("/configuration/suggest/?field=other&other=data").status_code == 404


def test_my_devices(item, device, requester, colleague):
    item("My laptop", type=device, user=requester)
    item("Old laptop", "retired", type=device)
    item("My server")
    assert "My laptop" in words(enter(requester).get("/configuration/my-devices/"))
    assert "No devices" in words(enter(colleague).get("/configuration/my-devices/"))


def test_search(item, keeper, requester):
    one = item("database", serial="XR-77")
    for text in (one.number, "database", "XR-77"):
        assert one.get_absolute_url() in enter(keeper).get("/search/", {"q": text}).content.decode(), text
        assert one.get_absolute_url() not in enter(requester).get("/search/", {"q": text}).content.decode()


# ---------- tickets and services ----------


def test_a_ticket_is_about_items(item, agent, auditor, requester, incident, device):
    one, own = item("database"), item("laptop", type=device, user=requester)
    second = factories.incident(requester, title="Again")
    client, add = enter(agent), f"/configuration/tickets/{incident.number}/"
    page = client.get(f"{incident.get_absolute_url()}more/")
    assert own.name in words(page), "devices of whoever asks are offered"
    client.post(add, {"item": "database"})
    client.post(add, {"item": one.number})
    client.post(f"/configuration/tickets/{second.number}/", {"item": one.number})
    assert TicketCI.objects.count() == 2
    shown = words(client.get(f"{incident.get_absolute_url()}more/"))
    assert "database" in shown
    assert "1 more ticket" in shown
    assert incident.number in words(client.get(one.get_absolute_url()))
    client.post(add, {"item": "nothing"})
    assert TicketCI.objects.count() == 2
    assert enter(auditor).post(add, {"item": own.number}).status_code == 403
    assert enter(requester).post(add, {"item": own.number}).status_code == 404
    client.post(f"{add}{one.number}/remove/")
    assert TicketCI.objects.filter(ticket=incident).count() == 0
    assert client.post(f"/configuration/tickets/INC-99999/{one.number}/remove/").status_code == 404


def test_what_is_disposed_of_is_on_no_new_ticket(item, agent, incident):
    one = item(state="disposed")
    with pytest.raises(Refused):
        configuration.link_ticket(incident, one, actor=agent, source="web")


def test_items_on_the_service_page(item, service, keeper, requester):
    item("database").services.add(service)
    assert "What it runs on" in words(enter(keeper).get(f"{service.get_absolute_url()}?tab=transition"))


def test_guards_of_a_service(item, keeper):
    service = factories.ServiceFactory(status=Service.Status.IN_TRANSITION)

    def unmet(verb: str) -> list[str]:
        return [one.label for one in guards.requirements(service, verb) if not one.done]

    assert "Configuration items registered" in unmet("go_live")
    one = item(state="in_stock")
    one.services.add(service)
    assert "Configuration items registered" in unmet("go_live"), "it is not in use yet"
    one = configuration.bring_to(one, "deployed", actor=keeper, source="web")
    assert "Configuration items registered" not in unmet("go_live")
    assert "No items in use" in unmet("decommission")
    configuration.bring_to(one, "retired", actor=keeper, source="web")
    assert "No items in use" not in unmet("decommission")


# ---------- suppliers, contracts, licences, types ----------


@pytest.fixture
def supplier(db):
    return Supplier.objects.create(name="Nordic Compute", phone="123", website="https://example.com")


def test_a_contract_from_draft_to_renewal(keeper, supplier, item, service):
    one, today = item("srv"), clock.now().date()
    client = enter(keeper)
    sent = {
        "title": "Maintenance", "supplier": supplier.pk, "starts_on": "2026-01-01",
        "ends_on": str(today + timedelta(20)),
        "cost": "99.50", "currency": "EUR", "period": "month", "reference": "R1", "items": f"{one.number}",
        "services": [service.pk],
    }  # fmt: skip
    url = client.post("/configuration/contracts/new/", sent)["Location"]
    contract = Contract.objects.get()
    assert (contract.cost, list(contract.items.all())) == (Decimal("99.50"), [one])
    client.post(f"{url}activate/", {})
    shown = words(client.get(url))
    for said in ("Nordic Compute", "99.50 EUR a month", "srv", "Email"):
        assert said in shown
    assert contract.title in words(client.get(one.get_absolute_url()))
    assert contract.title in words(client.get("/configuration/contracts/?ending=soon"))
    assert contract.title in words(client.get(f"/configuration/suppliers/{supplier.pk}/"))
    assert client.post(f"{url}renew/", {"renewed_until": str(today + timedelta(10))}).status_code == 422
    client.post(f"{url}renew/", {"renewed_until": str(today + timedelta(400))})
    contract.refresh_from_db()
    assert contract.ends_on == today + timedelta(400)
    assert contract.title not in words(client.get("/configuration/contracts/?ending=soon"))
    client.post(f"{url}end/", {"reason": "too dear"})
    with pytest.raises(Refused):
        records.edit(Contract.objects.get(), actor=keeper, source="web", title="x")


def test_contracts_that_make_no_sense(keeper, supplier):
    client = enter(keeper)
    sent = {"title": "M", "supplier": supplier.pk, "starts_on": "2026-06-01", "currency": "EUR", "period": "year",
            "reference": "R1"}  # fmt: skip
    for wrong in ({"ends_on": "2026-01-01"}, {"ends_on": "2026-12-31", "notice_on": "2027-01-01"}, {"cost": "-1"},
                  {"items": "CI-999"}, {"items": "x"}, {"supplier": ""}, {"title": "x" * 161},
                  {"currency": "eur"}):  # fmt: skip
        answer = client.post("/configuration/contracts/new/", sent | wrong)
        assert answer.status_code == 422, wrong
    client.post("/configuration/contracts/new/", sent)
    again = client.post("/configuration/contracts/new/", sent)
    assert "with this number already" in words(again)
    assert Contract.objects.count() == 1


def test_a_licence_that_is_used_too_often(keeper, agent, requester, colleague, item):
    client = enter(keeper)
    sent = {"product": "Studio", "metric": "user", "entitled": "1", "currency": "EUR", "cost": "10"}
    url = client.post("/configuration/licences/new/", sent)["Location"]
    client.post(f"{url}uses/new/", {"user": requester.email})
    again = client.post(f"{url}uses/new/", {"user": requester.email})
    assert again.status_code == 422
    assert client.post(f"{url}uses/new/", {"item": item().number}).status_code == 422
    assert "1 / 1" in words(client.get(url))
    assert "Studio" not in words(client.get("/configuration/licences/?use=over"))
    client.post(f"{url}uses/new/", {"user": colleague.email})
    assert "2 / 1" in words(client.get("/configuration/licences/?use=over"))
    assert "10.00 EUR" not in words(enter(agent).get(url)), "costs are for those who read contracts"
    licence = Licence.objects.get()
    assert client.post(f"{url}edit/", sent | {"metric": "item", "version": licence.version}).status_code == 422
    use = licence.assignments.order_by("-id").first()
    client.post(f"{url}uses/{use.pk}/", {"remove": "1"})
    assert "1 / 1" in words(client.get(url))
    with pytest.raises(Denied):
        records.perform(licence, "end", actor=agent, source="web", data={"reason": "x"})
    client.post(f"{url}end/", {"reason": "x"})
    client.post(f"{url}reinstate/", {"reason": "y"})
    licence.refresh_from_db()
    assert licence.state == "active"


def test_types_in_the_settings(keeper, agent, device, item):
    item("a", type=device, serial="1", attributes={"mac": "aa"})
    item("b", type=device, serial="2")
    client, url = enter(keeper), f"/settings/ci-types/{device.pk}/"
    assert enter(agent).get("/settings/ci-types/").status_code == 403
    assert "Device" in words(client.get("/settings/ci-types/"))
    sent = {"name": "Device", "icon": "laptop", "is_asset": "on", "is_active": "on",
            "identity_keys": "serial\nlocation",
            "attributes": '{"type": "object", "properties": {"mac": {"type": "string"}}}'}  # fmt: skip
    assert client.post(url, sent).status_code == 422, "location is no attribute"
    assert client.post(url, sent | {"attributes": "{"}).status_code == 422
    ConfigurationItem.objects.update(location="same")
    assert client.post(url, sent | {"identity_keys": "serial\nname"}).status_code in (302, 204, 200)
    keys = set(ConfigurationItem.objects.first().identities.values_list("key", flat=True))
    assert keys == {"serial", "name"}
    ConfigurationItem.objects.update(name="same")
    CIType.objects.filter(pk=device.pk).update(identity_keys=["serial"])
    answer = client.post(url, sent | {"identity_keys": "serial\nname"})
    assert answer.status_code == 422
    assert any("have the same name" in text for text in problems(answer))
    assert client.post(f"{url}delete/").status_code == 409


def test_the_activity_says_what_needs_a_look(keeper, agent, item, supplier, requester, device):
    today = clock.now().date()
    item("Old", type=device, warranty_until=today + timedelta(days=5))
    made = records.create(Contract, actor=keeper, source="web", title="Ends", supplier=supplier,
                          starts_on=date(2020, 1, 1), ends_on=today + timedelta(days=5))  # fmt: skip
    records.perform(made, "activate", actor=keeper, source="web")
    activity = next(one for one in lifecycle.activities("transition") if one.number == 10)
    said = [str(one.text) for one in activity.summarise(keeper).attention]
    assert {"Old", "Ends"} <= set(said)
    assert "Ends" not in [str(one.text) for one in activity.summarise(agent).attention]
    assert "Deployed items" in words(enter(keeper).get("/transition/"))


def test_a_second_area_adds_to_an_activity(monkeypatch):
    monkeypatch.setattr(lifecycle, "_activities", {})
    monkeypatch.setattr(lifecycle, "_more", {})

    def more(user):
        return lifecycle.Summary([lifecycle.Figure("Changes", 2)], [lifecycle.Attention("Late change")])

    lifecycle.extend(10, more, links=[("Suppliers", "transition:suppliers")])
    lifecycle.extend(10, more, links=[("Suppliers", "transition:suppliers")])
    lifecycle.register(
        "transition", 10, "Assets", "", "box", lambda user: lifecycle.Summary([lifecycle.Figure("Items", 1)]),
        links=[("Items", "transition:ci-list")],
    )  # fmt: skip
    (whole,) = lifecycle.activities("transition")
    said = whole.summarise(None)
    assert [figure.label for figure in said.figures] == ["Items", "Changes"]
    assert [item.text for item in said.attention] == ["Late change"]
    assert [label for label, _url in whole.addresses()] == ["Items", "Suppliers"]
