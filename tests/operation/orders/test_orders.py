"""From the portal over votes and tasks to what was ordered, and what goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.sla.models import Clock
from itsm.tickets.models import TicketTask
from itsm.workflow import approvals, work
from operation.models import AccessRequest, ServiceRequest
from operation.services import access, housekeeping, ordering, requests
from tests import factories
from tests.operation.orders.conftest import decide, finish

pytestmark = pytest.mark.django_db


def test_portal_to_delivery(client, order, laptop, requester, boss, agent, engineer):
    factories.cover(factories.support_level(kind="request", fulfilment=600, pause_reasons=("approval",)))
    client.force_login(requester)
    assert "Bo Boss" in client.get("/portal/offerings/laptop/").content.decode()
    sent = client.post(
        "/portal/offerings/laptop/", {"for_whom": "me", "q_model": "std", "description": "Old one broke"}
    )
    made = ServiceRequest.objects.get()
    assert sent.url == f"/portal/tickets/{made.number}/sent/"
    assert (made.state, str(made.price), made.form) == ("awaiting_approval", "1150.00", {"model": "std"})
    assert Clock.objects.get(metric="fulfilment").state == "paused"
    page = f"/portal/tickets/{made.number}/"
    assert "Waiting for approval by Bo Boss" in client.get(page).content.decode()
    client.force_login(boss)
    round_ = Round.objects.get()
    assert "1150.00 EUR" in client.get("/portal/approvals/").content.decode()
    client.post(f"/portal/approvals/{round_.pk}/", {"vote": "approve", "comment": ""})
    made.refresh_from_db()
    assert made.state == "approved"
    assert [(t.title, t.state) for t in made.tasks.all()] == [
        ("Order", "open"), ("Install", "waiting"), ("Accounts", "waiting"), ("Hand over", "waiting")
    ]  # fmt: skip
    client.force_login(agent)
    assert "Order" in client.get("/tasks/").content.decode()
    client.post(f"/tasks/{made.tasks.get(title='Order').pk}/done/")
    client.force_login(requester)
    assert "1 of 4 steps done" in client.get(page).content.decode()
    assert ServiceRequest.objects.get().state == "fulfilling"
    finish(made, "Install", engineer)
    assert made.tasks.get(title="Hand over").state == "waiting"
    finish(made, "Accounts", engineer)
    made = finish(made, "Hand over", agent)
    assert (made.state, Clock.objects.get(metric="fulfilment").state) == ("fulfilled", "met")
    assert "Is everything there?" in client.get(page).content.decode()
    client.post(f"{page}confirm/", {"confirm-comment": "Yes"})
    assert ServiceRequest.objects.get().state == "closed"


def test_for_a_colleague_and_nobody_else(client, laptop, requester, colleague, outsider):
    client.force_login(requester)
    given = {"for_whom": "other", "q_model": "std", "description": "New starter"}
    for email in ("", "nobody@example.com", outsider.email):
        answer = client.post("/portal/offerings/laptop/", given | {"person": email})
        assert answer.status_code == 422, email
    assert not ServiceRequest.objects.exists()
    client.post("/portal/offerings/laptop/", given | {"person": colleague.email})
    made = ServiceRequest.objects.get()
    assert (made.requester, made.opened_by) == (colleague, requester)
    # The colleague has no manager: the desk is told, and asks somebody.
    assert made.state == "submitted"
    assert "No approver is known" in made.timeline.get(kind="note").body
    assert client.get(f"/portal/tickets/{made.number}/").status_code == 200


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"form": {}}, "form.model"), ({"form": {"model": "huge"}}, "form.model"),
        ({"form": {"model": "std", "more": 1}}, "form"), ({"offering": None}, "offering"),
    ],
)  # fmt: skip
def test_bad_orders_change_nothing(order, given, field):
    with pytest.raises(Invalid) as error:
        order(**given)
    assert field in error.value.fields
    assert not ServiceRequest.objects.exists()


def test_an_offering_for_others_cannot_be_ordered(order, laptop, outsider):
    laptop.entitled.add(outsider.organisation)
    with pytest.raises(Invalid) as error:
        order()
    assert "offering" in error.value.fields


def test_rejected_then_asked_again(client, order, requester, boss):
    made = decide(order(), boss, approve=False, comment="Next year")
    assert (made.state, made.reject_reason) == ("rejected", "Bo Boss: Next year")
    client.force_login(requester)
    page = f"/portal/tickets/{made.number}/"
    assert "Ask again" in client.get(page).content.decode()
    client.post(f"{page}resubmit/", {"resubmit-reason": "It is on fire"})
    made.refresh_from_db()
    assert (made.state, made.reopen_count, Round.objects.count()) == ("awaiting_approval", 1, 2)
    assert decide(made, boss).state == "approved"


def test_who_votes_twice_or_is_not_asked_changes_nothing(order, boss, colleague, laptop, agent):
    laptop.approval_policy = {"approvers": [{"user": boss.pk}, {"user": colleague.pk}], "rule": "all"}
    laptop.save()
    made = decide(order(), boss)
    round_ = Round.objects.get()
    with pytest.raises(Refused):
        approvals.vote(round_, actor=boss, approve=True, source="web")
    with pytest.raises((Denied, Refused)):
        approvals.vote(round_, actor=agent, approve=True, source="web")
    made.refresh_from_db()
    assert made.state == "awaiting_approval"
    assert decide(made, colleague).state == "approved"


def test_a_quorum_of_a_role(order, laptop, organisation):
    managers = [factories.person(roles=("finance_manager",), organisation=organisation) for _n in range(3)]
    laptop.approval_policy = {"approvers": [{"role": "finance_manager"}], "rule": "quorum", "quorum": 2}
    laptop.save()
    made = order()
    assert decide(made, managers[0]).state == "awaiting_approval"
    assert decide(made, managers[2]).state == "approved"


def test_nobody_decides_for_themselves(order, laptop, requester, service, boss):
    service.owner = requester
    service.save()
    laptop.approval_policy = {"approvers": [{"who": "service_owner"}, {"who": "requester_manager"}]}
    laptop.save()
    made = order()
    assert [seat.approver for seat in Round.objects.get().seats.all()] == [boss]
    assert made.state == "awaiting_approval"


def test_an_approver_who_left_is_replaced_or_the_desk_asks(order, laptop, requester, boss, colleague, agent):
    made = order()
    boss.is_active = False
    boss.save()
    assert ordering.renew_approvals() == 1
    made.refresh_from_db()
    assert made.state == "submitted"
    made = requests.ask_approval(made, actor=agent, source="web", approver=colleague)
    assert made.state == "awaiting_approval"
    assert ordering.renew_approvals() == 0
    assert decide(made, colleague).state == "approved"
    with pytest.raises(Invalid):
        requests.ask_approval(order(), actor=agent, source="web", approver=requester)


def test_nobody_answers_in_time(order):
    made = order()
    with clock.moved_to(clock.now() + timedelta(days=4)):
        approvals.chase()
    made.refresh_from_db()
    assert (made.state, made.hold_reason) == ("submitted", "")


def test_cancelling_takes_the_question_back(client, order, requester):
    made = order()
    client.force_login(requester)
    client.post(f"/portal/tickets/{made.number}/cancel/", {"cancel-reason": "Found one"})
    made.refresh_from_db()
    assert (made.state, Round.objects.get().state) == ("cancelled", "cancelled")


def test_turns_two_people_and_skipped_steps(order, boss, agent, engineer, desk, organisation):
    made = decide(order(), boss)
    first = made.tasks.get(title="Order")
    with pytest.raises(Refused):
        finish(made, "Install", engineer)
    with pytest.raises(Denied):
        work.take_task(first, actor=engineer, source="web")
    work.take_task(first, actor=agent, source="web")
    other = factories.person(roles=("agent",), teams=(desk,), organisation=organisation)
    with pytest.raises(Refused) as late:
        work.take_task(first, actor=other, source="web")
    assert "Anna" in late.value.message
    work.skip_task(made.tasks.get(title="Accounts"), actor=engineer, source="web")
    finish(made, "Order", agent)
    assert made.tasks.get(title="Install").state == "open"
    assert made.tasks.get(title="Order").due_at is not None
    # Opened again: what comes after it waits again.
    work.reopen_task(made.tasks.get(title="Order"), actor=agent, source="web")
    assert made.tasks.get(title="Install").state == "waiting"
    with pytest.raises(Refused):
        requests.fulfil(ServiceRequest.objects.get(), actor=agent, source="web", note="Done anyway")


def test_a_held_request_is_resumed_reminded_of_and_given_up(order, boss, agent):
    made = decide(order(), boss)
    requests.put_on_hold(made, actor=agent, source="web", hold_reason="requester", comment="Which colour?")
    for days in (3, 6, 9, 12):
        with clock.moved_to(clock.now() + timedelta(days=days)):
            housekeeping.remind_requesters()
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert "no answer" in made.cancel_reason


def test_delivered_requests_close_by_themselves(order, boss, agent, engineer):
    made = decide(order(), boss)
    for title, who in (("Order", agent), ("Install", engineer), ("Accounts", engineer), ("Hand over", agent)):
        made = finish(made, title, who)
    with clock.moved_to(clock.now() + timedelta(days=6)):
        assert housekeeping.close_resolved() == 1
    made.refresh_from_db()
    assert made.state == "closed"


def test_tasks_of_restricted_tickets_are_no_secret_told(order, boss, desk, outsider, requester, auditor, agent):
    made = decide(order(), boss)
    secret = factories.TeamFactory(is_restricted=True)
    ServiceRequest.objects.filter(pk=made.pk).update(restricted_to=secret)
    for person in (agent, auditor, requester, outsider):
        assert not TicketTask.objects.visible_to(person).exists(), person


def test_the_list_of_tasks_costs_the_same_however_long(
    client, order, boss, agent, django_assert_max_num_queries
):  # fmt: skip
    client.force_login(agent)
    client.get("/tasks/?list=all")

    def cost():
        with django_assert_max_num_queries(30) as counted:
            assert client.get("/tasks/?list=all").status_code == 200
        return len(counted)

    decide(order(), boss)
    one = cost()
    for _number in range(2):
        decide(order(), boss)
    assert cost() == one


# ---------- access ----------


@pytest.fixture
def right(service, requester, boss):
    offering = factories.OfferingFactory(service=service, name="Reports", slug="reports", kind="access")

    def ask(**given):
        return access.open(actor=requester, source="web", requester=requester, offering=offering, **given)

    return ask


def test_a_right_ends_on_its_day_as_a_task(right, agent, engineer, requester):
    made = right(until=access.today() + timedelta(days=10))
    assert made.state == "approved"
    made = access.grant(made, actor=agent, source="web", note="Under Reports")
    with pytest.raises(Denied):
        access.verify(made, actor=agent, source="web")
    access.verify(made, actor=engineer, source="web")
    with clock.moved_to(clock.now() + timedelta(days=9)):
        assert access.end_due() == 0
    with clock.moved_to(clock.now() + timedelta(days=11)):
        assert access.end_due() == 1
        assert access.end_due() == 0
        made.refresh_from_db()
        task = made.tasks.get()
        assert (made.state, task.state, task.team) == ("ending", "open", made.team)
        assert TicketTask.objects.visible_to(agent).of(agent).get() == task
        work.finish_task(task, actor=agent, source="web")
        made.refresh_from_db()
        assert (made.state, made.revoked_at) == ("revoked", clock.now())


def test_a_right_is_extended_instead(right, agent, requester):
    made = access.grant(right(until=access.today() + timedelta(days=2)), actor=agent, source="web", note="There")
    with clock.moved_to(clock.now() + timedelta(days=3)):
        access.end_due()
        made = AccessRequest.objects.get()
        with pytest.raises(Invalid):
            access.extend(made, actor=agent, source="web", until_day=access.today(), reason="Longer")
        made = access.extend(
            made, actor=agent, source="web", until_day=access.today() + timedelta(days=5), reason="Longer"
        )
        assert (made.state, made.tasks.get().state) == ("verified", "skipped")
    with pytest.raises(Invalid):
        right(until=access.today())


def test_an_order_is_ordered_not_reported(client, order, laptop, requester, agent):
    made = order()
    client.force_login(agent)
    page = client.get(f"/tickets/{made.number}/").content.decode()
    assert "ordered this" in page
    assert "reported this" not in page
    decide(made, made.requester.manager, approve=True)
    for title in ("Order", "Install", "Accounts", "Hand over"):
        finish(made, title, agent)
    requests.confirm(ServiceRequest.objects.get(), actor=requester, source="web")
    page = client.get(f"/tickets/{made.number}/").content.decode()
    assert "confirmed that it is all there" in page
    assert "confirmed that it works" not in page
