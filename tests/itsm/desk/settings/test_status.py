import pytest

from itsm.desk.models import SCHEDULER, WORKER, Heartbeat
from itsm.notifications.models import Event, Message

pytestmark = pytest.mark.django_db
STATUS = "/settings/status/"


def test_what_does_not_work_is_said(admin):
    page = admin.get(STATUS).content.decode()
    assert "2 parts need attention" in page
    assert "never seen" in page


def test_all_is_well_when_it_is(admin, db):
    Heartbeat.objects.beat(WORKER, host="here")
    Heartbeat.objects.beat(SCHEDULER)
    response = admin.get(STATUS, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "Everything works." in page
    assert "<html" not in page
    assert "MB" in page


def test_failed_messages_are_shown_and_tried_again(admin, requester, incident):
    message = Message.objects.create(
        event=Event.objects.order_by("id").first(), topic="opened", channel="email", recipient=requester,
        address=requester.email, subject="Secret words", state="failed", attempts=9, error="Mailbox full",
    )  # fmt: skip
    page = admin.get(STATUS).content.decode()
    assert "Mailbox full" in page
    assert "Secret words" not in page
    assert admin.post(f"{STATUS}retry/").status_code == 302
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 0)
    assert admin.get(f"{STATUS}retry/").status_code == 405


def test_the_page_costs_a_fixed_number_of_queries(admin, django_assert_max_num_queries):
    admin.get(STATUS)
    with django_assert_max_num_queries(28):
        admin.get(STATUS)
