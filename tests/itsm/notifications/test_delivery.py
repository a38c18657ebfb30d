"""Sending: a real SMTP server, threading headers, back-off, lost leases, and a server that is away."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.db import connections

from itsm.lib import clock
from itsm.notifications.models import Event, Message
from itsm.notifications.services import delivery, fan_out, threads
from itsm.workflow import conversation
from tests import factories


class Mailbox:
    """Keeps what arrives; refuses what it is told to refuse."""

    def __init__(self):
        self.mails = []
        self.connections = 0
        self.refuse = {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the name the server calls
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - the name the server calls
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name the server calls
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos[0], mail))
        return "250 Message accepted"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def to_smtp(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    return settings


@pytest.fixture
def smtp(to_smtp):
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=to_smtp.EMAIL_PORT)
    server.start()
    yield box
    server.stop()


@pytest.fixture
def working(incident, agent):
    Event.objects.update(fanned_out_at=clock.now())
    incident.assignee = agent
    incident.save()
    return incident


def waiting(**fields):
    return Message.objects.filter(channel="email", **fields)


@pytest.mark.django_db
def test_mails_of_a_ticket_form_one_thread_per_recipient(smtp, working, agent, requester, settings):
    settings.SITE_URL, settings.SITE_HOST = "https://desk.example.com", "desk.example.com"
    conversation.reply(working, "Did you **restart** it?", actor=agent, source="web")
    conversation.reply(working, "Yes", actor=requester, source="web")
    conversation.reply(working, "And the cable?", actor=agent, source="web")
    fan_out.run()
    assert delivery.run() == 3
    assert smtp.connections == 1
    to_requester = [mail for to, mail in smtp.mails if to == requester.email]
    first, second = to_requester
    assert first["Subject"] == second["Subject"] == f"[{working.number}] Mail is down"
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<tickets.desk.example.com>"
    assert first["Reply-To"] is None
    assert threads.read(first["References"]) == threads.Thread(working.pk, requester.pk)
    assert threads.read(first["References"].replace(str(working.pk), str(working.pk + 1), 1)) is None
    plain, html = (first.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Did you **restart** it?" in plain
    assert f"https://desk.example.com/tickets/{working.number}/" in plain
    assert "<strong>restart</strong>" in html
    assert f'href="https://desk.example.com/tickets/{working.number}/"' in html
    assert "<img" not in html
    assert "<table" not in html
    assert [to for to, _mail in smtp.mails] == [requester.email, agent.email, requester.email]
    assert set(waiting().values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db
def test_answer_address_is_signed_and_only_there_when_mail_comes_in(smtp, working, agent, requester, settings):
    settings.EMAIL_REPLY_DOMAIN = "in.example.com"
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    mail = smtp.mails[0][1]
    assert mail["Reply-To"].endswith("@in.example.com")
    assert threads.read(mail["Reply-To"]) == threads.Thread(working.pk, requester.pk)
    assert threads.read(f"reply+{working.pk}-u{agent.pk}-aaaaaaaaaaaaaaaa@in.example.com") is None
    assert threads.MARKER.search(mail.get_body(("plain",)).get_content())


@pytest.mark.django_db
def test_hostile_titles_stay_text(smtp, agent, requester, working):
    title = "Fwd: <script>alert(1)</script> [x](http://evil.example) ![i](http://evil.example/p.png)"
    title += "\r\nBcc: all@x.example"
    type(working).objects.filter(pk=working.pk).update(title=title)
    working.refresh_from_db()
    conversation.reply(working, "Hello <img src=x onerror=alert(1)>", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    mail = smtp.mails[0][1]
    assert mail["Bcc"] is None
    assert "\n" not in str(mail["Subject"])
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<img" not in html
    assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert 'href="http://evil.example"' not in html


@pytest.mark.django_db
def test_hostile_name_adds_no_header(smtp, working, agent, requester):
    type(agent).objects.filter(pk=agent.pk).update(name="Eve\r\nBcc: all@x.example")
    agent.refresh_from_db()
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    assert [(to, mail["Bcc"]) for to, mail in smtp.mails] == [(requester.email, None)]


@pytest.mark.django_db
def test_server_that_is_away_leaves_everything_waiting_and_catches_up(to_smtp, working, agent, requester):
    for number in range(3):
        conversation.reply(working, f"Reply {number}", actor=agent, source="web")
    fan_out.run()
    assert delivery.run() == 0
    assert set(waiting().values_list("state", "attempts")) == {("pending", 0)}
    assert all("refused" in message.error for message in waiting())
    assert delivery.run() == 0, "not due yet"
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=to_smtp.EMAIL_PORT)
    server.start()
    try:
        with clock.moved_to(clock.now() + timedelta(minutes=2)):
            assert delivery.run() == 3
    finally:
        server.stop()
    assert len(box.mails) == 3
    assert set(waiting().values_list("state", "error")) == {("sent", "")}


@pytest.mark.django_db
def test_refused_recipient_fails_at_once_and_the_others_get_theirs(smtp, working, agent, requester, colleague):
    from itsm.tickets.models import Watcher

    Watcher.objects.create(ticket_id=working.pk, user=colleague)
    smtp.refuse[requester.email] = "550 5.1.1 No such user here"
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    assert delivery.run() == 1
    failed = waiting(state="failed").get()
    assert (failed.recipient, failed.attempts) == (requester, 1)
    assert "No such user here" in failed.error
    assert [to for to, _mail in smtp.mails] == [colleague.email]


@pytest.mark.django_db
def test_refused_for_now_backs_off_then_gives_up(smtp, working, agent, requester):
    smtp.refuse[requester.email] = "451 4.7.1 Greylisted"
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    now = clock.now()
    waits = []
    for attempt in range(1, delivery.MAX_ATTEMPTS + 1):
        with clock.moved_to(now):
            delivery.run()
            message = waiting().get()
            assert message.attempts == attempt
            waits.append((message.next_attempt_at - now).total_seconds())
            now = message.next_attempt_at + timedelta(seconds=1)
    assert message.state == "failed"
    assert "Greylisted" in message.error
    for attempt, wait in enumerate(waits[:-1]):
        assert 0.74 * min(30 * 2**attempt, 4 * 3600) <= wait <= 1.26 * min(30 * 2**attempt, 4 * 3600)


@pytest.mark.django_db
def test_lost_lease_is_not_sent_by_the_one_who_lost_it(smtp, working, agent):
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    slow = delivery.claim("email")
    assert delivery.claim("email") == []
    with clock.moved_to(clock.now() + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.run_channel("email") == 1
    assert delivery._send_batch("email", slow) == 0
    assert len(smtp.mails) == 1


@pytest.mark.django_db
def test_message_in_flight_when_a_worker_died_is_sent_again_under_the_same_id(smtp, working, agent):
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    # As if the worker had died right after the hand-over, before it could note it.
    waiting().update(state="sending", claimed_by="dead", claimed_until=clock.now() - timedelta(seconds=1), sent_at=None)
    assert delivery.run() == 1
    assert len({mail["Message-ID"] for _to, mail in smtp.mails}) == 1
    assert waiting().get().state == "sent"


@pytest.mark.django_db
def test_who_left_meanwhile_gets_nothing(smtp, working, agent, requester):
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    type(requester).objects.filter(pk=requester.pk).update(is_active=False)
    assert delivery.run() == 0
    assert smtp.mails == []
    assert waiting().get().state == "skipped"


@pytest.mark.django_db
def test_message_that_cannot_be_made_stops_no_other(smtp, working, agent, requester, monkeypatch):
    from itsm.notifications.channels import email as channel

    for body in ("first", "second"):
        conversation.reply(working, body, actor=agent, source="web")
    fan_out.run()
    good = channel.compose

    def broken(message):
        if "first" in message.body:
            raise ZeroDivisionError("no way")
        return good(message)

    monkeypatch.setattr(channel, "compose", broken)
    assert delivery.run() == 1
    assert sorted(waiting().values_list("state", "error")) == [("pending", "ZeroDivisionError: no way"), ("sent", "")]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_processes_at_once_send_each_message_once(smtp, working, agent, requester):
    for number in range(30):
        conversation.reply(working, f"Reply {number}", actor=agent, source="web")
    fan_out.run()
    problems = []

    def work():
        try:
            while batch := delivery.claim("email", 4):
                delivery._send_batch("email", batch)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            problems.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert problems == []
    assert len(smtp.mails) == 30
    assert len({mail["Message-ID"] for _to, mail in smtp.mails}) == 30


@pytest.mark.django_db
def test_retention_forgets_what_is_done_and_keeps_what_waits(working, agent, requester, settings):
    from itsm.notifications.services import retention

    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    settings.MESSAGE_RETENTION_DAYS = 30
    with clock.moved_to(clock.now() + timedelta(days=29)):
        assert retention.purge() == 0
    with clock.moved_to(clock.now() + timedelta(days=31)):
        assert retention.purge() == 1
    assert list(Message.objects.values_list("channel", "state")) == [("email", "pending")]


@pytest.mark.django_db
def test_group_address_gets_one_mail(smtp, agent, lead, requester, service, desk):
    desk.email = "desk@example.com"
    desk.save()
    factories.incident(requester, service=service)
    fan_out.run()
    delivery.run()
    assert [to for to, _mail in smtp.mails] == ["desk@example.com"]
    html = smtp.mails[0][1].get_body(("html",)).get_content()
    assert "/preferences/" not in html
