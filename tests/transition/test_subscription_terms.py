"""Subscriptions and agreements, what they grant, and two people who subscribe at once."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.test import Client

from design.models import Agreement
from itsm.accounts.models import Organisation
from itsm.catalogue import guards
from itsm.catalogue.models import ServiceOffering
from itsm.lib import clock
from itsm.lib.errors import Invalid, Refused
from itsm.notifications.models import Message
from itsm.workflow import records
from tests import factories
from transition.models import Contract, Delivery, Subscription, Supplier
from transition.services import reminders, subscriptions

DAY = timedelta(days=1)


@pytest.fixture
def keeper(db):
    return factories.person("Kim Keeper", roles=("service_level_manager", "configuration_manager"))


@pytest.fixture
def retail(db):
    return Organisation.objects.create(name="Retail")


@pytest.fixture
def offering(service):
    return ServiceOffering.objects.create(service=service, name="Mailbox", slug="mailbox", kind="report")


@pytest.fixture
def subscribe(keeper, retail, offering):
    def make(**more):
        fields = {"organisation": retail, "offering": offering, "valid_from": clock.now().date(), **more}
        return records.create(Subscription, actor=keeper, source="web", **fields)

    return make


@pytest.fixture
def agreement(keeper, service, retail):
    made = Agreement.objects.create(
        title="Mail for Retail", customer=retail, owner=keeper, created_by=keeper, starts_on=date(2026, 1, 1)
    )
    made.services.add(service)
    return made


def test_an_agreement_has_to_be_about_it_and_in_force(subscribe, agreement, keeper, service):
    other = Organisation.objects.create(name="Other")
    misfits: list[dict] = [
        {"customer": other}, {"type": "uc", "customer": None, "supplier": "Fjell"},
        {"ends_on": clock.now().date() - DAY},
    ]  # fmt: skip
    for misfit in misfits:
        Agreement.objects.filter(pk=agreement.pk).update(**misfit)
        with pytest.raises(Invalid) as error:
            subscribe(agreement=Agreement.objects.get(pk=agreement.pk))
        assert set(error.value.fields) == {"agreement"}, misfit
        Agreement.objects.filter(pk=agreement.pk).update(
            customer=agreement.customer, type="sla", supplier="", ends_on=None
        )
    agreement.services.clear()
    with pytest.raises(Invalid):
        subscribe(agreement=agreement)
    agreement.services.add(service)
    made = subscribe(agreement=agreement)
    with pytest.raises(Refused, match=agreement.number):
        records.perform(made, "activate", actor=keeper, source="web")
    assert subscriptions.turn() == 0, "it waits, and does not hold the others"
    Agreement.objects.filter(pk=agreement.pk).update(state="active")
    assert subscriptions.turn() == 1
    client = Client()
    client.force_login(keeper, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert agreement.get_absolute_url() in client.get(made.get_absolute_url()).content.decode()


def test_only_what_it_granted_is_taken_away(subscribe, keeper, retail, offering):
    """The offering is for chosen organisations; one was chosen by hand, the other subscribed."""
    by_hand = Organisation.objects.create(name="By hand")
    offering.entitled.add(by_hand)
    for organisation, stays in ((retail, False), (by_hand, True)):
        made = records.perform(subscribe(organisation=organisation), "activate", actor=keeper, source="web")
        assert offering.entitled.filter(pk=organisation.pk).exists()
        records.perform(made, "suspend", actor=keeper, source="web", data={"reason": "Not paid"})
        assert offering.entitled.filter(pk=organisation.pk).exists() is stays


def test_the_page_says_which_level_tickets_get(subscribe, keeper, retail, offering):
    made = subscribe(support_level=factories.support_level("Gold", resolution=480))
    assert subscriptions.applied_level(made) is None
    made = records.perform(made, "activate", actor=keeper, source="web")
    assert str(subscriptions.applied_level(made)) == "Gold"


def test_decommissioning_waits_for_open_tickets(service, requester, keeper):
    ticket = factories.incident(requester, service=service)
    (need,) = [one for one in guards.requirements(service, "decommission") if not one.done]
    assert "1 ticket" in need.detail
    client = Client()
    client.force_login(factories.person("Anna Admin", roles=("administrator",)),
                       backend="allauth.account.auth_backends.AuthenticationBackend")  # fmt: skip
    assert ticket.number in client.get(need.url).content.decode()


def test_a_delivery_shows_go_or_no_go_and_what_early_life_brought(service, keeper, requester):
    type(service).objects.filter(pk=service.pk).update(status="in_transition")
    made = records.create(Delivery, actor=keeper, source="web", title="Mail 2", service=service, owner=keeper)
    client = Client()
    client.force_login(keeper, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(made.get_absolute_url()).content.decode()
    for needed in ("Delivery quality checks passed and accepted", "Support handover signed",
                   "Configuration items registered"):  # fmt: skip
        assert needed in page
    type(service).objects.filter(pk=service.pk).update(status="live")
    Delivery.objects.filter(pk=made.pk).update(state="early_life", early_life_from=clock.now().date())
    factories.incident(requester, service=service)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Since early-life support began" in page
    assert "Support handover signed" not in page


def test_owners_are_reminded_once_for_each_day(keeper, agent):
    today = clock.now().date()
    supplier = Supplier.objects.create(name="Fjell")

    def contract(title, **fields):
        made = records.create(
            Contract, actor=keeper, source="web", title=title, supplier=supplier, starts_on=today - 300 * DAY, **fields
        )
        return records.perform(made, "activate", actor=keeper, source="web")

    contract("Network", owner=agent, notice_on=today + 10 * DAY, ends_on=today + 20 * DAY)
    contract("Nobody’s", ends_on=today + 5 * DAY)
    contract("Far away", owner=agent, ends_on=today + 90 * DAY)
    contract("Missed", owner=agent, notice_on=today - DAY)
    assert reminders.remind() == 2
    assert reminders.remind() == 0
    told = Message.objects.filter(topic="contract_reminder", channel="in_app")
    assert {(one.recipient, "Network" in one.subject) for one in told} == {(agent, True), (keeper, False)}
    # The day of notice has passed: now it is about the end.
    assert reminders.remind(today + 11 * DAY) == 1
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(told.filter(recipient=agent)[0].url).status_code == 200
    assert "ends" in Message.objects.filter(channel="in_app").latest("pk").subject


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_people_subscribe_at_once(subscribe):
    results: list[str] = []
    barrier = threading.Barrier(2)

    def take():
        try:
            barrier.wait(5)
            subscribe()
            results.append("made")
        except Invalid:
            results.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(results) == ["made", "refused"]
    assert Subscription.objects.count() == 1
