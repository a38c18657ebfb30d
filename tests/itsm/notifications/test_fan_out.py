"""Telling once: preferences, delegates, and runs that repeat, overlap or fail."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from itsm.lib import clock
from itsm.notifications import topics
from itsm.notifications.models import Event, Message
from itsm.notifications.services import fan_out, preferences, wording
from itsm.notifications.services.events import emit
from itsm.workflow import conversation
from operation.services import incidents
from tests import factories


@pytest.fixture
def working(incident, agent, quiet):
    started = incidents.start(incident, actor=agent, source="web")
    quiet()
    return started


def rows():
    return sorted(Message.objects.values_list("event", "channel", "recipient"))


@pytest.mark.django_db
def test_second_run_changes_nothing(working, agent):
    conversation.reply(working, "Hello", actor=agent, source="web")
    assert fan_out.run() == 1
    first = rows()
    assert fan_out.run() == 0
    Event.objects.update(fanned_out_at=None)
    fan_out.run()
    assert [row for row in rows() if row in first] == first
    assert len(rows()) == len(set(rows()))


@pytest.mark.django_db
def test_in_app_message_is_there_at_once_and_mail_waits(working, agent, requester):
    conversation.reply(working, "Did you **restart** it?", actor=agent, source="web")
    fan_out.run()
    inbox = Message.objects.get(channel="in_app")
    assert (inbox.state, inbox.recipient, inbox.subject) == ("sent", requester, "Anna Agent replied")
    assert inbox.body == "Did you restart it?"
    mail = Message.objects.get(channel="email")
    assert (mail.state, mail.address) == ("pending", requester.email)
    assert mail.subject == f"[{working.number}] Mail is down"
    assert "Did you **restart** it?" in mail.body


@pytest.mark.django_db
def test_a_past_that_is_made_up_reaches_inboxes_and_nobody_by_mail(working, agent, requester):
    now = clock.now()
    for days in (30, 5, 0):
        with clock.moved_to(now - timedelta(days=days)):
            conversation.reply(working, f"{days} days ago", actor=agent, source="web")
    assert fan_out.catch_up(now - timedelta(days=14)) == 2
    assert not Event.objects.filter(fanned_out_at=None).exists()
    told = Message.objects.order_by("id")
    assert [(m.channel, m.body, m.read_at is None, m.created_at) for m in told] == [
        ("in_app", "5 days ago", False, now - timedelta(days=5)), ("in_app", "0 days ago", True, now),
    ]  # fmt: skip


@pytest.mark.django_db
def test_preferences_are_respected(working, agent, requester):
    preferences.choose(requester, {("reply", "email"): False}, actor=requester, source="web")
    conversation.reply(working, "Hello", actor=agent, source="web")
    fan_out.run()
    assert list(Message.objects.values_list("channel", flat=True)) == ["in_app"]
    preferences.choose(requester, {("reply", "email"): True, ("reply", "in_app"): False}, actor=requester, source="web")
    conversation.reply(working, "Hello again", actor=agent, source="web")
    fan_out.run()
    assert sorted(Message.objects.values_list("channel", flat=True)) == ["email", "in_app"]


@pytest.mark.django_db
def test_delegate_is_told_in_the_place_of_who_is_away(working, agent, lead, requester):
    agent.delegate, agent.away_from = lead, clock.now()
    agent.save()
    conversation.reply(working, "Hello?", actor=requester, source="web")
    fan_out.run()
    assert {(m.recipient, m.channel, m.on_behalf_of) for m in Message.objects.all()} == {
        (agent, "in_app", None), (lead, "in_app", agent), (lead, "email", agent),
    }  # fmt: skip


@pytest.mark.django_db
def test_words_follow_language_and_time_zone_of_the_reader(working, agent, requester, monkeypatch):
    requester.language, requester.timezone = "de", "Asia/Tokyo"
    requester.save()
    emit("incident.sla_warning", working, actor=None, source="system", recipients=[requester.pk], metric="resolution",
         due_at="2026-11-24T12:00:00+00:00")  # fmt: skip
    fan_out.run()
    mail = Message.objects.get(channel="email")
    assert mail.language == "de"
    assert "21:00 JST" in mail.body


@pytest.mark.django_db
def test_fault_in_one_event_stops_no_other_and_can_be_tried_again(
    working, agent, requester, administrator, monkeypatch
):
    from itsm.notifications.services import audiences, delivery

    conversation.reply(working, "first", actor=agent, source="web")
    conversation.reply(working, "second", actor=agent, source="web")
    good = audiences.of

    def broken(story):
        if story.entry.body == "first":
            raise ZeroDivisionError("no way")
        return good(story)

    monkeypatch.setattr(audiences, "of", broken)
    assert fan_out.run() == 2
    assert [m.body for m in Message.objects.filter(channel="in_app")] == ["second"]
    assert Event.objects.exclude(fan_out_error="").get().fan_out_error == "ZeroDivisionError: no way"
    monkeypatch.undo()
    assert delivery.retry_events(actor=administrator, source="web") == 1
    fan_out.run()
    assert {m.body for m in Message.objects.filter(channel="in_app")} == {"first", "second"}


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_audience(service, desk, requester, django_assert_max_num_queries):
    def cost(members: int) -> int:
        for _number in range(members):
            factories.person(roles=("agent",), teams=(desk,))
        fan_out.run()
        factories.incident(requester, service=service)
        with django_assert_max_num_queries(60) as counted:
            assert fan_out.run() == 1
        return len(counted)

    assert cost(2) == cost(18)


@pytest.mark.django_db
def test_every_topic_has_words_without_unknown_placeholders():
    from itsm.notifications.services import rendering

    for topic in topics.TOPICS.values():
        for text in (topic.headline, topic.subject, topic.body):
            assert rendering.unknown(str(text), topic.placeholders) == [], topic.key
        assert wording.shipped(topic, "en")[1]
    for text in topics.WHAT.values():
        assert rendering.unknown(str(text), [*topics.COMMON, "hold.reason"]) == []
    from itsm.notifications.services import audiences

    assert {row.topic for table in audiences.TABLE.values() for row in table} == {
        key for key, topic in topics.TOPICS.items() if not topic.direct
    }
    assert set(topics.CHAT) <= set(topics.WHAT)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_processes_at_once_tell_each_event_once(working, agent, requester):
    for number in range(40):
        conversation.reply(working, f"Reply {number}", actor=agent, source="web")
    done, problems = [], []
    start = threading.Barrier(2)

    def work():
        try:
            start.wait()
            while taken := fan_out.one_batch(5):
                done.append(taken)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sum(done) == 40
    assert Message.objects.filter(channel="email").count() == 40
    assert Message.objects.filter(channel="in_app").count() == 40


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_claimed_events_are_skipped_by_others_and_freed_when_the_claimer_dies(working, agent):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time: there is nothing to skip")
    conversation.reply(working, "Hello", actor=agent, source="web")
    from django.db import transaction

    with transaction.atomic():
        assert fan_out.one_batch() == 1
        other = []
        thread = threading.Thread(target=lambda: (other.append(fan_out.one_batch()), connections.close_all()))
        thread.start()
        thread.join()
        assert other == [0]
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert fan_out.run() == 1
