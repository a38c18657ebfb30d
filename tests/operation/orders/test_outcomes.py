"""What fulfilled orders leave behind: made once by its own door, told on the order, and a task where it cannot be."""

from __future__ import annotations

import pytest

from itsm.audit.models import Entry
from itsm.catalogue.models import ServiceOffering
from itsm.lib import clock
from itsm.lib.errors import Refused
from itsm.workflow import records, work
from operation.models import OrderOutcome, ServiceRequest
from operation.services import requests
from tests import factories
from tests.api import Api, problem
from tests.operation.orders.conftest import finish
from tests.pages import enter, problems, words
from transition.models import CIType, ConfigurationItem, OrderResult, Subscription
from transition.services import subscriptions

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(db):
    return factories.person("Kim Keeper", roles=("service_level_manager",))


@pytest.fixture
def mailbox(service, desk) -> ServiceOffering:
    """Asked for once, for everybody of the organisation: one task, nobody decides."""
    return factories.OfferingFactory(
        service=service, name="Mail for all", slug="mail-for-all",
        fulfilment_plan=[{"title": "Set it up", "team": desk.pk, "step": 1}],
    )  # fmt: skip


@pytest.fixture
def phone(service, desk) -> ServiceOffering:
    return factories.OfferingFactory(
        service=service, name="Phone", slug="phone",
        fulfilment_plan=[{"title": "Hand over", "team": desk.pk, "step": 1}],
        request_form={"type": "object", "properties": {"imei": {"type": "string", "title": "IMEI"}}},
    )  # fmt: skip


@pytest.fixture
def subscribes(mailbox):
    level = factories.support_level("Gold", resolution=60)
    return OrderResult.objects.create(offering=mailbox, support_level=level)


@pytest.fixture
def registers(phone):
    return OrderResult.objects.create(offering=phone, kind="asset", item_type=CIType.objects.get(name="Phone"))


@pytest.fixture
def place(requester):
    def made(offering, **form):
        return requests.open(actor=requester, source="web", requester=requester, offering=offering, form=form)

    return made


def fresh(order):
    return ServiceRequest.objects.get(pk=order.pk)


# ---------- what is made ----------


def test_a_fulfilled_order_opens_the_subscription_once(subscribes, mailbox, place, agent, requester):
    order = place(mailbox)
    client = enter(agent)
    assert "opens a subscription: Mail for all (Gold)" in words(client.get(f"/tickets/{order.number}/more/"))
    assert not Subscription.objects.exists()
    order = finish(order, "Set it up", agent)
    made = Subscription.objects.get()
    assert (order.state, made.state) == ("fulfilled", "active")
    assert (made.organisation, made.offering, made.support_level) == (
        requester.organisation, mailbox, subscribes.support_level,
    )  # fmt: skip
    assert made.valid_from == clock.now().date()
    assert made.coverage is not None, "its level counts"
    assert made.number in words(client.get(f"/tickets/{order.number}/more/"))
    assert Api(agent).get(f"requests/{order.number}/").json()["outcome"] == made.number
    assert Entry.objects.filter(object_type="transition.subscription", object_id=made.pk).exists()
    # Something was missing: the second delivery opens nothing more.
    order = requests.reopen(order, actor=requester, source="web", reason="The calendar is missing")
    order = requests.fulfil(order, actor=agent, source="web", note="Now it is there")
    assert (order.state, Subscription.objects.count(), OrderOutcome.objects.count()) == ("fulfilled", 1, 1)


def test_a_fulfilled_order_registers_the_asset_of_whoever_it_is_for(registers, phone, place, agent, requester):
    order = finish(place(phone, imei="35-1"), "Hand over", agent)
    made = ConfigurationItem.objects.get()
    assert (made.name, made.state, made.user, made.organisation) == (
        f"Phone {order.number}", "deployed", requester, requester.organisation,
    )  # fmt: skip
    assert (made.attributes, list(made.services.all())) == ({"imei": "35-1"}, [phone.service])
    page = words(enter(agent).get(f"/tickets/{order.number}/more/"))
    assert page.count(made.number) >= 1
    assert [link.item for link in order.ticket_items.all()] == [made]
    assert made.name in words(enter(requester).get("/configuration/my-devices/"))


def test_other_offerings_leave_nothing_behind(subscribes, mailbox, phone, place, agent):
    OrderResult.objects.update(is_active=False)
    assert finish(place(mailbox), "Set it up", agent).state == "fulfilled"
    assert finish(place(phone), "Hand over", agent).state == "fulfilled"
    assert not Subscription.objects.exists()
    assert not OrderOutcome.objects.exists()


def test_another_offering_can_be_subscribed_to(subscribes, mailbox, phone, place, agent):
    OrderResult.objects.update(subscribe_to=phone)
    finish(place(mailbox), "Set it up", agent)
    assert Subscription.objects.get().offering == phone


# ---------- what is in the way ----------


@pytest.fixture
def covered(keeper, mailbox, requester):
    """The organisation has it already."""
    made = records.create(
        Subscription, actor=keeper, source="web", organisation=requester.organisation, offering=mailbox,
        valid_from=clock.now().date(),
    )  # fmt: skip
    return subscriptions.activate(made, actor=keeper, source="web")


def test_what_is_in_the_way_becomes_a_task(subscribes, mailbox, place, agent, keeper, covered):
    order = finish(place(mailbox), "Set it up", agent)
    assert order.state == "fulfilling"
    task = order.tasks.get(step=0)
    assert f"{covered.number} covers these days already" in task.title
    assert (task.state, task.team) == ("open", order.team)
    assert OrderOutcome.objects.get().made is None
    with pytest.raises(Refused, match="Steps are still open"):
        requests.fulfil(order, actor=agent, source="web", note="Done")
    # Finished without a cure, it is asked again; one task at a time.
    work.finish_task(task, actor=agent, source="web")
    assert [one.state for one in order.tasks.filter(step=0).order_by("id")] == ["done", "open"]
    subscriptions.end(covered, actor=keeper, source="web", reason="A better one is ordered")
    Subscription.objects.filter(pk=covered.pk).update(valid_from="2020-01-01", valid_to="2020-02-01")
    work.finish_task(order.tasks.get(step=0, state="open"), actor=agent, source="web")
    assert fresh(order).state == "fulfilled"
    assert OrderOutcome.objects.get().subscription == Subscription.objects.get(state="active")


def test_skipping_the_task_delivers_without(subscribes, mailbox, place, agent, covered):
    order = finish(place(mailbox), "Set it up", agent)
    client = enter(agent)
    assert client.post(f"/tasks/{order.tasks.get(step=0).pk}/skip/").status_code in (200, 302)
    assert fresh(order).state == "fulfilled"
    assert Subscription.objects.get() == covered
    assert Api(agent).get(f"requests/{order.number}/").json()["outcome"] is None


def test_whoever_fulfils_it_by_hand_reads_why_not(subscribes, mailbox, place, agent, covered):
    mailbox.fulfilment_plan = []
    mailbox.save()
    order = place(mailbox)
    api = Api(agent)
    answer = problem(api.post(f"requests/{order.number}/transitions/fulfil/", {"note": "Done"}), 409, "undelivered")
    assert f"The subscription cannot be opened. {covered.number} covers these days already" in answer["detail"]
    assert fresh(order).state == "approved"
    assert fresh(order).tasks.filter(state="open").count() == 1
    again = problem(api.post(f"requests/{order.number}/transitions/fulfil/", {"note": "Done"}), 409)
    assert "Steps are still open" in again["detail"]


def test_nobody_is_subscribed_without_an_organisation(subscribes, mailbox, agent):
    loner = factories.person("Lone Loner")
    order = requests.open(actor=loner, source="web", requester=loner, offering=mailbox, form={})
    order = finish(order, "Set it up", agent)
    assert "belongs to no organisation" in order.tasks.get(step=0).title


def test_the_same_asset_is_not_registered_twice(registers, phone, place, agent):
    finish(place(phone, imei="35-1"), "Hand over", agent)
    second = finish(place(phone, imei="35-1"), "Hand over", agent)
    assert second.state == "fulfilling"
    assert "The asset cannot be registered" in second.tasks.get(step=0).title
    assert ConfigurationItem.objects.count() == 1


# ---------- the setting ----------


def test_the_setting_is_kept_by_who_keeps_subscriptions(keeper, agent, mailbox, phone):
    sent = {"offering": mailbox.pk, "kind": "subscription", "is_active": "on"}
    assert enter(agent).get("/settings/order-results/").status_code == 403
    client = enter(keeper)
    assert "Orders are fulfilled by people alone" in words(client.get("/settings/order-results/"))
    assert client.post("/settings/order-results/new/", sent).status_code == 302
    assert "opens a subscription" in words(client.get("/settings/order-results/"))
    wrong = client.post("/settings/order-results/new/", {"offering": phone.pk, "kind": "asset"})
    assert problems(wrong) == ["Say which type of asset it registers."]
    both = {"offering": phone.pk, "kind": "asset", "item_type": CIType.objects.get(name="Phone").pk}
    wrong = client.post("/settings/order-results/new/", {**both, "subscribe_to": mailbox.pk})
    assert problems(wrong) == ["This is for subscriptions."]
    twice = client.post("/settings/order-results/new/", sent)
    assert len(problems(twice)) == 1
    assert OrderResult.objects.count() == 1
