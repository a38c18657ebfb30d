"""Subscriptions, deliveries and support handovers: what they do to portal, clocks and the service's life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from itsm.accounts.models import Organisation
from itsm.approvals.models import Round
from itsm.catalogue.models import Service, ServiceOffering
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.models import Message
from itsm.sla.models import Clock
from itsm.sla.services.rebuild import check as rebuild_check
from itsm.workflow import approvals, records
from itsm.workflow.moves import move
from tests import factories
from transition.models import Delivery, QualityCheck, Subscription, SupportHandover
from transition.services import subscriptions


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def browse(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def keeper(db):
    return factories.person("Kim Keeper", roles=("service_level_manager",))


@pytest.fixture
def retail(db):
    return Organisation.objects.create(name="Retail")


@pytest.fixture
def customer(retail):
    return factories.person("Cara Customer", organisation=retail)


@pytest.fixture
def offering(service):
    return ServiceOffering.objects.create(
        service=service, name="Mailbox", slug="mailbox", kind="report", subscribers_only=True
    )


@pytest.fixture
def subscribe(keeper, retail, offering):
    def make(**more):
        fields = {"organisation": retail, "offering": offering, "valid_from": clock.now().date(), **more}
        return records.create(Subscription, actor=keeper, source="web", **fields)

    return make


# ---------- subscriptions ----------


def test_a_subscription_opens_the_portal_and_its_level_counts(subscribe, keeper, customer, offering):
    gold = factories.support_level("Gold", first_response=60, resolution=480)
    assert not ServiceOffering.objects.offered_to(customer).exists(), "for subscribers only"
    assert browse(customer).get("/portal/offerings/mailbox/").status_code == 404
    made = subscribe(support_level=gold)
    records.perform(made, "activate", actor=keeper, source="web")
    assert browse(customer).get("/portal/offerings/mailbox/").status_code == 200
    ticket = factories.incident(customer, title="No mail", service=offering.service, offering=offering)
    assert {row.label for row in Clock.objects.filter(ticket=ticket.pk)} == {"Gold"}
    stranger = factories.person("Sid Stranger", organisation=Organisation.objects.create(name="Other"))
    assert not ServiceOffering.objects.offered_to(stranger).exists()
    made.refresh_from_db()
    made = records.perform(made, "end", actor=keeper, source="web", data={"reason": "Sold"})
    assert (made.state, made.coverage.valid_to) == ("ended", clock.now().date())
    assert not ServiceOffering.objects.offered_to(customer).exists()
    assert list(rebuild_check()) == []


def test_suspending_and_coming_back(subscribe, keeper, customer):
    made = records.perform(subscribe(), "activate", actor=keeper, source="web")
    made = records.perform(made, "suspend", actor=keeper, source="web", data={"reason": "Unpaid"})
    assert not ServiceOffering.objects.offered_to(customer).exists()
    records.perform(made, "activate", actor=keeper, source="web")
    assert ServiceOffering.objects.offered_to(customer).exists()


def test_time_begins_and_ends_them(subscribe, keeper):
    today = clock.now().date()
    made = subscribe(valid_from=today + timedelta(days=3), valid_to=today + timedelta(days=9))
    with pytest.raises(Refused):
        records.perform(made, "activate", actor=keeper, source="web")
    assert subscriptions.turn() == 0
    with clock.moved_to(clock.now() + timedelta(days=4)):
        assert (subscriptions.turn(), subscriptions.turn()) == (1, 0)
        made.refresh_from_db()
        assert made.state == "active"
    with clock.moved_to(clock.now() + timedelta(days=12)):
        subscriptions.turn()
    made.refresh_from_db()
    assert (made.state, made.valid_to) == ("ended", today + timedelta(days=9))


@pytest.mark.parametrize(
    ("begin", "end", "clash"), [(0, None, True), (-9, -1, False), (-9, 0, True), (11, None, False), (10, 20, True)]
)
def test_one_at_a_time(subscribe, begin, end, clash):
    today = clock.now().date()
    first = subscribe(valid_to=today + timedelta(days=10))
    days = {
        "valid_from": today + timedelta(days=begin),
        "valid_to": end if end is None else today + timedelta(days=end),
    }
    if clash:
        with pytest.raises(Invalid) as refusal:
            subscribe(**days)
        assert first.number in str(refusal.value.fields["valid_from"])
    else:
        assert subscribe(**days).pk


def test_bad_input_is_told_at_the_field(keeper, retail, offering):
    client = browse(keeper)
    url = "/transition/subscriptions/new/"
    good = {"organisation": retail.pk, "offering": offering.pk, "valid_from": "2026-12-01"}
    for wrong, field in (
        ({"organisation": ""}, "organisation"), ({"valid_from": "soon"}, "valid_from"),
        ({"valid_to": "2026-11-01"}, "valid_to"), ({"quantity": "-1"}, "quantity"),
    ):  # fmt: skip
        answer = client.post(url, {**good, **wrong})
        assert answer.status_code in (200, 422)
        assert field in answer.context["form"].errors
    assert not Subscription.objects.exists()
    assert client.post(url, good).status_code == 302


def test_who_may_subscribe_and_see(subscribe, agent, customer, requester, keeper):
    made = subscribe()
    assert browse(agent).get(made.get_absolute_url()).status_code == 200
    with pytest.raises(Denied):
        records.perform(made, "cancel", actor=agent, source="web", data={"reason": "No"})
    assert browse(agent).get("/transition/subscriptions/new/").status_code == 403
    assert browse(customer).get(made.get_absolute_url()).status_code == 404
    assert [one.pk for one in Subscription.objects.visible_to(customer)] == [made.pk]
    assert not Subscription.objects.visible_to(requester).exists()


# ---------- deliveries ----------


@pytest.fixture
def planned(db, owner_of):
    return Service.objects.create(name="Field app", slug="field-app", status="in_transition", owner=owner_of)


@pytest.fixture
def owner_of(db):
    return factories.person("Olga Owner", roles=("service_owner",))


@pytest.fixture
def delivery(owner_of, planned, customer):
    return records.create(
        Delivery,
        actor=owner_of,
        source="web",
        title="Field app 1.0",
        service=planned,
        owner=owner_of,
        customer=customer,
    )


def add_check(record, actor, **values):
    given = {"criterion": "Orders per minute", "comparison": "min", "wanted": "100", "unit": "/min", **values}
    return records.put_part(record, QualityCheck(delivery=record), given, actor=actor, source="web", name="check")


def test_from_checks_to_the_end_of_early_life(delivery, owner_of, customer):
    client = browse(owner_of)
    url = delivery.get_absolute_url()
    assert client.post(f"{url}start_checks/").status_code == 409
    assert "at least one quality check" in text_of(client.get(url))
    client.post(f"{url}checks/new/", {"criterion": "Orders", "comparison": "min", "wanted": "100", "unit": "/min"})
    client.post(f"{url}start_checks/")
    answer = client.post(f"{url}ask_acceptance/", {})
    assert answer.status_code == 409
    assert "Not measured yet: Orders" in text_of(client.get(url))
    check = QualityCheck.objects.get()
    sent = {"criterion": "Orders", "comparison": "min", "wanted": "100", "unit": "/min"}
    client.post(f"{url}checks/{check.pk}/", {**sent, "measured": "99.9"})
    assert "Failed: Orders" in text_of(client.get(url))
    client.post(f"{url}checks/{check.pk}/", {**sent, "measured": "100", "evidence": "Load test of Monday"})
    assert client.post(f"{url}ask_acceptance/", {}).status_code == 302
    assert client.post(f"{url}accept/", {}).status_code == 404, "votes decide"
    round_ = Round.objects.get()
    assert Message.objects.filter(recipient=customer, topic="approval_asked").exists()
    approvals.vote(round_, actor=customer, approve=True, source="web")
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    assert client.post(f"{url}start_early_life/", {"early_life_until": "2020-01-01"}).status_code == 422
    later = (clock.now().date() + timedelta(days=20)).isoformat()
    client.post(f"{url}start_early_life/", {"early_life_until": later})
    assert client.post(f"{url}complete/", {}).status_code == 409
    client.post(f"{url}exit-criteria/new/", {"text": "No P1 for a week", "met": "on"})
    assert client.post(f"{url}complete/", {}).status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == "completed"


def test_a_customer_who_refuses_sends_it_back(delivery, owner_of, customer):
    add_check(delivery, owner_of, measured="120")
    moved = records.perform(delivery, "start_checks", actor=owner_of, source="web")
    records.perform(moved, "ask_acceptance", actor=owner_of, source="web")
    approvals.vote(Round.objects.get(), actor=customer, approve=False, comment="Not on phones", source="web")
    delivery.refresh_from_db()
    assert delivery.state == "checking"
    assert Message.objects.filter(recipient=owner_of, topic="approval_decided").exists()


@pytest.mark.parametrize(
    ("comparison", "measured", "passed"),
    [("min", None, None), ("min", "100", True), ("min", "99.999", False), ("max", "100", True),
     ("max", "100.001", False), ("equal", "100.000", True), ("equal", "101", False)],
)  # fmt: skip
def test_what_a_check_says(delivery, owner_of, comparison, measured, passed):
    add_check(delivery, owner_of, comparison=comparison, measured=measured)
    assert QualityCheck.objects.get().passed is passed


# ---------- support handover ----------


@pytest.fixture
def handover(owner_of, planned, desk):
    return records.create(SupportHandover, actor=owner_of, source="web", service=planned, team=desk)


def ready(handover, actor, publish):
    for item in handover.items.all():
        records.put_part(
            handover, item, {"done": True, "evidence": "Wiki"}, actor=actor, source="web", name="item"
        )  # fmt: skip
    for n in range(2):
        publish(f"How {n}", service=handover.service)


def test_a_handover_begins_with_its_list_and_ends_with_a_signature(handover, owner_of, agent, desk, publish):
    assert handover.items.count() == 6
    with pytest.raises(Refused) as refusal:
        records.perform(handover, "offer", actor=owner_of, source="web")
    assert "Runbook" in str(refusal.value)
    assert "0 of 2 articles" in str(refusal.value)
    ready(handover, owner_of, publish)
    offered = records.perform(handover, "offer", actor=owner_of, source="web")
    assert Message.objects.filter(recipient=agent).exists(), "the team is asked"
    with pytest.raises(Denied):
        records.perform(offered, "sign", actor=owner_of, source="web")
    signed = records.perform(offered, "sign", actor=agent, source="web")
    assert (signed.state, signed.signed_by) == ("signed", agent)


def test_done_needs_proof(handover, owner_of):
    item = handover.items.first()
    url = f"{handover.get_absolute_url()}items/{item.pk}/"
    answer = browse(owner_of).post(url, {"topic": item.topic, "required": "on", "done": "on"})
    assert "evidence" in answer.context["form"].errors
    item.refresh_from_db()
    assert not item.done


# ---------- the life of the service ----------


def test_going_live_names_what_is_missing_and_then_works(
    planned, delivery, handover, owner_of, customer, agent, publish
):
    with pytest.raises(Refused) as refusal:
        move(planned, "go_live", actor=owner_of, source="web")
    told = " ".join(refusal.value.reasons)
    assert delivery.number in told
    assert handover.number in told
    page = text_of(browse(owner_of).get(planned.get_absolute_url()))
    assert delivery.get_absolute_url() in page
    add_check(delivery, owner_of, measured="120")
    moved = records.perform(delivery, "start_checks", actor=owner_of, source="web")
    records.perform(moved, "ask_acceptance", actor=owner_of, source="web")
    approvals.vote(Round.objects.get(), actor=customer, approve=True, source="web")
    ready(handover, owner_of, publish)
    records.perform(handover, "offer", actor=owner_of, source="web")
    handover.refresh_from_db()
    records.perform(handover, "sign", actor=agent, source="web")
    missing = str(_missing(planned, "go_live"))
    assert delivery.number not in missing
    assert handover.number not in missing


def _missing(service, verb):
    from itsm.catalogue import guards

    return [item.detail for item in guards.requirements(service, verb) if not item.done]


def test_decommissioning_waits_for_subscriptions(subscribe, keeper, service):
    made = records.perform(subscribe(), "activate", actor=keeper, source="web")
    assert any("subscription" in one for one in _missing(service, "decommission"))
    records.perform(made, "end", actor=keeper, source="web", data={"reason": "Over"})
    assert not any("subscription" in one for one in _missing(service, "decommission"))


# ---------- pages and API ----------


def test_pages_show_it_and_search_finds_it(subscribe, delivery, handover, keeper, planned):
    made = subscribe()
    client = browse(keeper)
    for address in ("subscriptions", "deliveries", "handovers"):
        assert client.get(f"/transition/{address}/").status_code == 200
    for one in (made, delivery, handover):
        assert one.number in text_of(client.get(f"/search/?q={one.number}"))
    assert delivery.number in text_of(client.get("/search/?q=field+app"))
    assert "Delivered services" in text_of(client.get("/transition/"))
    assert delivery.number in text_of(client.get(planned.get_absolute_url()))


@pytest.mark.parametrize("address", ["subscriptions", "deliveries", "handovers"])
def test_lists_do_not_ask_more_for_more_rows(address, keeper, owner_of, desk, retail):
    client = browse(keeper)

    def add(n):
        service = factories.ServiceFactory()
        offering = ServiceOffering.objects.create(service=service, name=f"O{n}", slug=f"o{n}", kind="report")
        records.create(Subscription, actor=keeper, source="web", organisation=retail, offering=offering,
                       valid_from=clock.now().date())  # fmt: skip
        records.create(Delivery, actor=keeper, source="web", title=f"D{n}", service=service, owner=owner_of)
        records.create(SupportHandover, actor=keeper, source="web", service=service, team=desk)

    counted = []
    for n in (1, 2, 3):
        add(n)
        client.get(f"/transition/{address}/")
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/transition/{address}/")
        counted.append(len(queries))
    assert counted[0] == counted[2]


def test_the_api_does_all_of_it(keeper, retail, offering, customer, planned):
    client = APIClient()
    _row, secret = tokens.create(keeper, name="t", wanted=["delivery:write"], actor=keeper, source="web")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    made = client.post("/api/v1/subscriptions/", {
        "organisation": "Retail", "offering": "mailbox", "valid_from": "2020-01-01",
    }, format="json")  # fmt: skip
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    again = client.post("/api/v1/subscriptions/", {
        "organisation": "Retail", "offering": "mailbox", "valid_from": "2020-02-01",
    }, format="json")  # fmt: skip
    assert number in str(again.json())
    assert client.post(f"/api/v1/subscriptions/{number}/transitions/activate/", {}, format="json").status_code == 200
    made = client.post("/api/v1/deliveries/", {
        "title": "Field app 1.0", "service": "field-app", "owner": keeper.email, "customer": customer.email,
    }, format="json").json()  # fmt: skip
    base = f"/api/v1/deliveries/{made['number']}/"
    row = client.post(f"{base}checks/", {"criterion": "Orders", "wanted": "100"}, format="json")
    assert (row.status_code, row.json()["passed"]) == (201, None)
    changed = client.patch(f"{base}checks/{row.json()['id']}/", {"measured": "120"}, format="json")
    assert changed.json()["passed"] is True
    assert client.post(f"{base}checks/", {"criterion": "Orders", "wanted": "1"}, format="json").status_code == 422
    assert client.post(f"{base}checks/", {"criterion": "Orders", "nonsense": "1"}, format="json").status_code in (
        400,
        422,
    )
    assert client.get(f"{base}checks/").json()["results"][0]["measured"] == "120.000"
    assert client.delete(f"{base}checks/{row.json()['id']}/").status_code == 204
    assert client.get(base).json()["checks"] == []
    assert client.patch(f"{base}checks/999/", {"measured": "1"}, format="json").status_code == 404


def test_who_may_not_write_parts_through_the_api(agent, delivery):
    client = APIClient()
    _row, secret = tokens.create(agent, name="t", wanted=["delivery:write"], actor=agent, source="web")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    answer = client.post(
        f"/api/v1/deliveries/{delivery.number}/checks/", {"criterion": "X", "wanted": "1"}, format="json"
    )
    assert answer.status_code == 403
    assert not QualityCheck.objects.exists()
