"""Items: attributes, identity, life, relations and impact, through the services."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from itsm.catalogue.models import ServiceDependency
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import records
from tests import factories
from transition.models import CIIdentity, CIRelation, CIType, ConfigurationItem
from transition.reports import impact
from transition.services import configuration

# ---------- types ----------


def test_a_type_inherits_attributes_and_keys(device, machine):
    assert list(machine.schema()["properties"]) == ["mac", "hostname", "ram"]
    assert machine.schema()["required"] == ["ram"]
    assert machine.keys() == ["serial", "mac", "hostname"]
    assert set(device.with_below()) == {device.pk, machine.pk}


def test_no_type_is_a_kind_of_itself(device, machine):
    device.parent = machine
    with pytest.raises(ValidationError, match="circle"):
        device.full_clean()


def test_a_key_has_to_be_an_attribute(device):
    device.identity_keys = ["serial", "colour"]
    with pytest.raises(ValidationError, match="colour"):
        device.full_clean()


# ---------- attributes and identity ----------


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({}, "RAM"),
        ({"ram": "much"}, "RAM"),
        ({"ram": 0}, "RAM"),
        ({"ram": 8, "wings": 2}, "wings"),
        (["ram"], "object"),
    ],
)
def test_attributes_fit_the_type(keeper, machine, attributes, says):
    with pytest.raises(Invalid) as error:
        configuration.create(actor=keeper, source="web", name="x", type=machine, attributes=attributes)
    assert says in str(error.value.fields["attributes"])
    assert not ConfigurationItem.objects.exists()


def test_the_same_identity_is_never_that_of_two(keeper, machine):
    fields = {"type": machine, "attributes": {"ram": 8, "mac": "00:1B:44:11:3A:B7"}, "serial": "SN 1"}
    first = configuration.create(actor=keeper, source="web", name="one", **fields)
    other = {"type": machine, "attributes": {"ram": 8, "mac": "001b.4411.3ab7"}}
    with pytest.raises(Invalid) as error:
        configuration.create(actor=keeper, source="web", name="two", **other)
    assert first.number in str(error.value.fields["attributes"])
    with pytest.raises(Invalid) as error:
        configuration.create(
            actor=keeper, source="web", name="two", type=machine, attributes={"ram": 1}, serial="sn  1"
        )
    assert first.number in str(error.value.fields["serial"])
    assert set(CIIdentity.objects.values_list("key", "value")) == {("serial", "sn 1"), ("mac", "001b44113ab7")}


def test_identity_follows_an_edit_and_ends_with_the_item(keeper, device):
    one = configuration.create(actor=keeper, source="web", name="one", type=device, serial="A")
    one = records.edit(one, actor=keeper, source="web", serial="B")
    assert list(CIIdentity.objects.values_list("value", flat=True)) == ["b"]
    configuration.bring_to(one, "disposed", actor=keeper, source="web")
    assert not CIIdentity.objects.exists()
    assert configuration.create(actor=keeper, source="web", name="two", type=device, serial="B").pk


def test_days_and_money_make_sense(keeper, thing):
    for wrong in (
        {"warranty_until": date(2025, 1, 1), "purchased_on": date(2026, 1, 1)}, {"cost": Decimal(-1)},
        {"currency": "euro"}, {"depreciation_months": 0}, {"name": ""}, {"name": "x" * 161}, {"wings": 2},
        {"type": None},
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            configuration.create(actor=keeper, source="web", **{"name": "x", "type": thing, **wrong})
        assert set(error.value.fields) & set(wrong), wrong


def test_book_value_is_written_off_in_equal_parts():
    item = ConfigurationItem(cost=Decimal("1000.00"), purchased_on=date(2026, 1, 31), depreciation_months=36)
    assert item.book_value(date(2026, 1, 31)) == Decimal("1000.00")
    assert item.book_value(date(2026, 2, 28)) == Decimal("1000.00"), "the month is not full"
    assert item.book_value(date(2026, 3, 31)) == Decimal("944.44")
    assert item.book_value(date(2031, 1, 1)) == Decimal("0.00")
    assert item.book_value(date(2020, 1, 1)) == Decimal("1000.00"), "nothing is written off before the purchase"
    assert ConfigurationItem(cost=Decimal(5)).book_value() == Decimal(5)
    assert ConfigurationItem().book_value() is None


# ---------- life ----------


def test_the_life_of_an_item(keeper, item):
    one = item(state="ordered")
    for verb, data, state in (
        ("receive", {}, "in_stock"), ("deploy", {}, "deployed"), ("repair", {"reason": "fan"}, "in_repair"),
        ("deploy", {}, "deployed"), ("take_back", {}, "in_stock"), ("retire", {"reason": "old"}, "retired"),
        ("reinstate", {"reason": "needed"}, "in_stock"), ("retire", {"reason": "old"}, "retired"),
        ("dispose", {"reason": "sold"}, "disposed"),
    ):  # fmt: skip
        one = records.perform(one, verb, actor=keeper, source="web", data=data)
        assert one.state == state
    with pytest.raises(Refused):
        records.perform(one, "reinstate", actor=keeper, source="web", data={"reason": "oops"})
    with pytest.raises(Refused):
        records.edit(one, actor=keeper, source="web", name="other")


def test_what_is_needed_is_not_taken_away(keeper, chain):
    shop, database, _server = chain
    with pytest.raises(Refused, match=r"CI-\d+ shop still needs it"):
        records.perform(database, "retire", actor=keeper, source="web", data={"reason": "old"})
    records.perform(shop, "retire", actor=keeper, source="web", data={"reason": "old"})
    records.perform(database, "retire", actor=keeper, source="web", data={"reason": "old"})


def test_whoever_gives_a_device_back_has_it_no_more(keeper, item, requester, device):
    one = item(type=device, user=requester)
    one = records.perform(one, "take_back", actor=keeper, source="web")
    assert one.user is None


def test_only_keepers_write(agent, auditor, requester, item, thing):
    one = item(state="in_stock")
    for who in (agent, auditor, requester):
        with pytest.raises(Denied):
            configuration.create(actor=who, source="web", name="x", type=thing)
        with pytest.raises(Denied):
            records.edit(one, actor=who, source="web", name="x")
        with pytest.raises(Denied):
            records.perform(one, "deploy", actor=who, source="web")
        with pytest.raises(Denied):
            configuration.relate(one, "depends_on", item("y"), actor=who, source="web")


def test_who_sees_what(agent, auditor, requester, colleague, item, device):
    mine = item(type=device, user=requester)
    item("server")
    assert ConfigurationItem.objects.visible_to(agent).count() == 2
    assert ConfigurationItem.objects.visible_to(auditor).count() == 2
    assert list(ConfigurationItem.objects.visible_to(requester)) == [mine]
    assert not ConfigurationItem.objects.visible_to(colleague).exists()


# ---------- relations ----------


def test_relations_are_checked(keeper, chain):
    shop, database, server = chain
    for kind, begin, end, says in (
        ("depends_on", shop, shop, "itself"), ("depends_on", shop, database, "there already"),
        ("depends_on", server, shop, "circle"), ("runs_on", server, shop, "circle"), ("eats", shop, server, "Choose"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            configuration.relate(begin, kind, end, actor=keeper, source="web")
        assert says in str(error.value.fields), kind
    with pytest.raises(Invalid) as error:
        configuration.relate(server, "depends_on", shop, actor=keeper, source="web")
    assert f"{server.number} server → {shop.number} shop → {database.number} database → {server.number} server" in str(
        error.value.fields
    )
    configuration.relate(server, "connected_to", shop, actor=keeper, source="web")
    with pytest.raises(Invalid):
        configuration.relate(shop, "connected_to", server, actor=keeper, source="web")
    assert CIRelation.objects.count() == 3


def test_a_relation_is_taken_away_and_audited(keeper, chain):
    shop, database, server = chain
    configuration.unrelate(CIRelation.objects.get(source=shop), actor=keeper, source="web")
    assert impact.reach([server.pk]) == [database.pk]
    configuration.relate(server, "depends_on", shop, actor=keeper, source="web")


# ---------- impact ----------


def test_impact_up_and_down(keeper, chain, item):
    shop, database, server = chain
    disk, till = item("disk"), item("till")
    configuration.relate(disk, "part_of", server, actor=keeper, source="web")
    configuration.relate(shop, "used_by", till, actor=keeper, source="web")
    configuration.relate(shop, "connected_to", item("printer"), actor=keeper, source="web")
    assert impact.reach([disk.pk]) == [server.pk, database.pk, shop.pk, till.pk]
    assert impact.reach([till.pk], "down") == [shop.pk, database.pk, server.pk, disk.pk]
    assert impact.reach([]) == []
    found = impact.analyse(disk)
    assert [(r.item.name, r.steps, r.by.name) for r in found.reached] == [
        ("server", 1, "disk"), ("database", 2, "server"), ("shop", 3, "database"), ("till", 4, "shop"),
    ]  # fmt: skip
    assert not found.cut


def test_impact_names_services_and_offerings(chain, service):
    shop, _database, server = chain
    above, other = factories.ServiceFactory(name="Shop floor"), factories.ServiceFactory(name="Other")
    offering = factories.OfferingFactory(service=above)
    factories.OfferingFactory(service=other)
    shop.services.add(service)
    ServiceDependency.objects.create(service=above, depends_on=service)
    found = impact.affected([server.pk])
    assert set(found.services) == {service.pk, above.pk}
    assert not found.cut
    shown = impact.analyse(server)
    assert [s.name for s in shown.services] == ["Email", "Shop floor"]
    assert shown.directly == {service.pk}
    assert shown.offerings == [offering]


def test_impact_ends_in_circles_and_says_where_it_stopped(item):
    # A circle cannot be made through the door; an old database may hold one.
    ring = [item(f"ring {n}") for n in range(4)]
    CIRelation.objects.bulk_create(
        CIRelation(source=ring[n], kind="depends_on", target=ring[(n + 1) % 4]) for n in range(4)
    )
    assert len(impact.reach([ring[0].pk])) == 3
    found = impact.analyse(ring[0], limit=2)
    assert (len(found.reached), found.cut) == (2, True)
    assert impact.affected([ring[0].pk], limit=2).cut


def test_what_is_retired_is_not_hit(keeper, chain):
    shop, database, server = chain
    configuration.bring_to(shop, "retired", actor=keeper, source="web")
    assert impact.affected([server.pk]).items == [database.pk]
    assert [r.item for r in impact.analyse(server).reached] == [database]


def test_types_in_use_stay(device, item):
    item(type=device)
    with pytest.raises(Exception, match="protected"):
        CIType.objects.get(pk=device.pk).delete()
