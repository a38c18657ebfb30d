"""The administrators' pages: what was sent, own words, chat channels."""

from __future__ import annotations

import pytest

from itsm.audit.models import Entry
from itsm.notifications.models import ChatChannel, Message, NotificationTemplate
from itsm.notifications.services import fan_out
from itsm.workflow import conversation
from tests import factories

pytestmark = pytest.mark.django_db

PAGES = [
    "/settings/notifications/messages/",
    "/settings/notifications/templates/",
    "/settings/notifications/templates/resolved/all/",
    "/settings/notifications/chat/",
    "/settings/notifications/chat/new/",
]
EDIT = "/settings/notifications/templates/reply/all/"


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def replied(incident, agent):
    conversation.reply(incident, "SECRET WORDS", actor=agent, source="web")
    fan_out.run()
    return incident


@pytest.mark.parametrize("url", PAGES)
def test_administrators_only(client, agent, requester, administrator, url):
    for person, status in ((requester, 403), (agent, 403), (administrator, 200)):
        client.force_login(person)
        assert client.get(url).status_code == status


@pytest.mark.parametrize(
    "url",
    [
        "messages/retry/",
        "messages/1/retry/",
        "templates/reply/all/reset/",
        "templates/reply/all/preview/",
        "chat/1/test/",
    ],
)
def test_actions_are_for_administrators_only(client, agent, url):
    client.force_login(agent)
    assert client.post(f"/settings/notifications/{url}").status_code == 403


# ---------- messages ----------


def test_messages_show_who_and_how_but_never_the_words(admin, replied, requester):
    Message.objects.filter(channel="email").update(state="failed", error="550 No such user")
    page = admin.get("/settings/notifications/messages/").content.decode()
    assert requester.email in page
    assert "550 No such user" in page
    assert replied.number in page
    assert "SECRET WORDS" not in page
    assert replied.title not in page


def test_messages_are_filtered(admin, replied, requester):
    def found(query):
        return requester.email in admin.get(f"/settings/notifications/messages/?{query}").content.decode()

    assert found("state=pending&channel=email&q=rita")
    assert not found("state=failed")
    assert not found("channel=chat")
    assert not found("q=nobody-of-this-name")
    assert found("state=nonsense&channel=nonsense&cursor=nonsense")


def test_failed_messages_are_sent_again(admin, replied, mailoutbox):
    Message.objects.filter(channel="email").update(state="failed", error="550", attempts=10)
    message = Message.objects.get(channel="email")
    assert admin.post(f"/settings/notifications/messages/{message.pk}/retry/").status_code == 302
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 0)
    assert Entry.objects.filter(object_type="notifications.message", object_id=message.pk).count() == 1
    Message.objects.filter(channel="email").update(state="failed")
    assert admin.post("/settings/notifications/messages/retry/").status_code == 302
    assert Message.objects.get(channel="email").state == "pending"
    assert admin.post("/settings/notifications/messages/999999/retry/").status_code == 404


def test_messages_cost_the_same_for_one_and_three(admin, incident, agent, django_assert_max_num_queries):
    def cost() -> int:
        conversation.reply(incident, "Hello", actor=agent, source="web")
        fan_out.run()
        with django_assert_max_num_queries(25) as counted:
            admin.get("/settings/notifications/messages/")
        return len(counted)

    admin.get("/settings/notifications/messages/")
    one = cost()
    cost()
    assert cost() == one


# ---------- own words ----------


def test_own_words_are_used_audited_and_reset(admin, incident, agent):
    words = {"subject": "{ticket.number} news", "body": "Dear {recipient.first_name}, {actor.name} says:\n\n{comment}"}
    assert admin.post(EDIT, words).status_code == 302
    conversation.reply(incident, "Hello", actor=agent, source="web")
    fan_out.run()
    mail = Message.objects.get(channel="email")
    assert (mail.subject, mail.body) == (f"{incident.number} news", "Dear Rita, Anna Agent says:\n\nHello")
    assert Entry.objects.filter(object_type="notifications.notificationtemplate").latest("id").action == "created"
    assert "Dear {recipient.first_name}" in admin.get(EDIT).content.decode()
    assert admin.post(f"{EDIT}reset/").status_code == 302
    assert not NotificationTemplate.objects.exists()
    assert Entry.objects.filter(object_type="notifications.notificationtemplate").latest("id").action == "deleted"
    assert "Dear {recipient.first_name}" not in admin.get(EDIT).content.decode()


def test_words_of_a_language_come_before_those_of_all(admin, incident, agent, requester):
    admin.post(EDIT, {"subject": "All", "body": "All"})
    admin.post("/settings/notifications/templates/reply/de/", {"subject": "Deutsch", "body": "Deutsch"})
    requester.language = "de"
    requester.save()
    conversation.reply(incident, "Hello", actor=agent, source="web")
    fan_out.run()
    assert Message.objects.get(channel="email").subject == "Deutsch"
    requester.language = "fr"
    requester.save()
    conversation.reply(incident, "Hello", actor=agent, source="web")
    fan_out.run()
    assert set(Message.objects.filter(channel="email").values_list("subject", flat=True)) == {"Deutsch", "All"}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("subject", {"subject": "{ticket.password}", "body": "x"}),
        ("body", {"subject": "x", "body": "{settings.secret_key}"}),
        ("body", {"subject": "x", "body": "{sla.due}"}),
        ("body", {"subject": "x", "body": ""}),
        ("subject", {"subject": "x" * 201, "body": "x"}),
    ],
)
def test_unknown_placeholders_and_empty_words_are_refused_at_the_field(admin, field, words):
    answer = admin.post(EDIT, words)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not NotificationTemplate.objects.exists()


def test_nothing_in_a_text_is_ever_run(admin, incident, agent):
    evil = "{{ 7*7 }} {% load x %} {ticket.__class__.__mro__} {0.__init__} <script>alert(1)</script>"
    admin.post(EDIT, {"subject": "x", "body": evil})
    conversation.reply(incident, "Hello", actor=agent, source="web")
    fan_out.run()
    assert Message.objects.get(channel="email").body == evil
    page = admin.get(EDIT).content.decode()
    assert "<script>alert" not in page


def test_preview_shows_the_text_being_written(admin):
    answer = admin.post(f"{EDIT}preview/", {"subject": "About {ticket.number}", "body": "**Hi** {nobody.there}"})
    page = answer.content.decode()
    assert "About INC-1042" in page
    assert "<strong>Hi</strong>" in page
    assert "There is no placeholder {nobody.there} here." in page
    assert not NotificationTemplate.objects.exists()


@pytest.mark.parametrize("url", ["nonsense/all/", "reply/xx/", "reply/../"])
def test_unknown_topics_and_languages_do_not_exist(admin, url):
    assert admin.get(f"/settings/notifications/templates/{url}").status_code == 404


# ---------- chat channels ----------

ADDRESS = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def test_chat_channel_is_made_changed_and_deleted(admin, desk):
    made = admin.post(
        "/settings/notifications/chat/new/", {"name": "Desk", "address": ADDRESS, "events": ["open"], "is_active": "on"}
    )
    assert made.status_code == 302
    chat = ChatChannel.objects.get()
    page = admin.get(f"/settings/notifications/chat/{chat.pk}/").content.decode()
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in page
    assert chat.address not in page
    data = {"name": "Room", "address": "", "team": desk.pk, "events": ["reopen"], "is_active": "on"}
    assert admin.post(f"/settings/notifications/chat/{chat.pk}/", data).status_code == 302
    changed = ChatChannel.objects.get()
    assert (changed.name, changed.team, changed.events, changed.address) == ("Room", desk, ["reopen"], chat.address)
    assert admin.post(f"/settings/notifications/chat/{chat.pk}/delete/").status_code == 302
    assert not ChatChannel.objects.exists()
    actions = Entry.objects.filter(object_type="notifications.chatchannel").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["created", "changed", "deleted"]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("address", {"address": ""}),
        ("address", {"address": "json://127.0.0.1/x"}),
        ("address", {"address": "mmosts://127.0.0.1/3ccdd113474722377935511fc85d3dd4"}),
        ("events", {"events": ["nonsense"]}),
        ("events", {"events": []}),
        ("name", {"name": ""}),
    ],
)
def test_bad_chat_channels_are_refused_at_the_field(admin, field, bad):
    data = {"name": "Desk", "address": ADDRESS, "events": ["open"]} | bad
    answer = admin.post("/settings/notifications/chat/new/", data)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not ChatChannel.objects.exists()


def test_deleting_a_team_takes_its_rooms_along(admin, agent, requester):
    team = factories.TeamFactory(name="Short-lived")
    room = ChatChannel(name="Room", team=team, events=["open"])
    room.plain_address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    room.save()
    team.delete()
    assert not ChatChannel.objects.exists()
