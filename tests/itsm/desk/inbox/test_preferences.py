"""What people say about themselves and about being told."""

from __future__ import annotations

import pytest

from itsm.accounts.models import User
from itsm.audit.models import Entry
from itsm.notifications import topics
from itsm.notifications.models import Preference
from itsm.notifications.services import preferences

pytestmark = pytest.mark.django_db

PROFILE = {"language": "de", "timezone": "Europe/Berlin", "theme": "dark", "density": "compact"}


def all_on(user, **changes):
    """The form as it is shown, with changes."""
    table = {f"{topic}.{channel}": on for (topic, channel), on in preferences.table(user).items()} | changes
    return {name: "on" for name, on in table.items() if on}


def test_matrix_shows_and_stores_choices(client, agent):
    client.force_login(agent)
    page = client.get("/preferences/notifications/").content.decode()
    assert 'name="reply.email" checked' in page
    assert 'name="note.email"' in page
    assert (
        client.post(
            "/preferences/notifications/", all_on(agent, **{"reply.email": False, "note.email": True})
        ).status_code
        == 302
    )
    assert set(Preference.objects.values_list("user", "topic", "channel", "enabled")) == {
        (agent.pk, "reply", "email", False), (agent.pk, "note", "email", True),
    }  # fmt: skip
    assert Entry.objects.filter(object_type="accounts.user", object_id=agent.pk).latest("id").changes == {
        "notify.reply.email": [True, False], "notify.note.email": [False, True],
    }  # fmt: skip
    client.post("/preferences/notifications/", all_on(agent, **{"reply.email": True, "note.email": False}))
    assert not Preference.objects.exists()


def test_requesters_see_and_change_no_topics_of_the_desk(client, requester):
    client.force_login(requester)
    page = client.get("/preferences/notifications/").content.decode()
    assert "new_in_team" not in page
    client.post("/preferences/notifications/", {"new_in_team.email": "on", "nonsense.email": "on", **all_on(requester)})
    assert not Preference.objects.exists()


def test_topics_of_the_table_have_a_group():
    assert {topic.group for topic in topics.TOPICS.values()} == set(topics.GROUPS)


def test_profile_is_stored_and_audited(client, requester, colleague):
    client.force_login(requester)
    away = {
        "away_from": "2026-12-01T08:00",
        "away_until": "2026-12-10T08:00",
        "delegate_email": colleague.email.upper(),
    }
    assert client.post("/preferences/", PROFILE | away | {"single_keys": "on"}).status_code == 302
    stored = User.objects.get(pk=requester.pk)
    assert (stored.language, stored.timezone, stored.theme, stored.density) == (
        "de",
        "Europe/Berlin",
        "dark",
        "compact",
    )
    assert stored.delegate == colleague
    assert stored.single_keys is True
    changed = Entry.objects.filter(object_id=requester.pk, object_type="accounts.user").latest("id").changes
    assert set(changed) == {
        "language", "timezone", "theme", "density", "away_from", "away_until", "delegate_id",
    }  # fmt: skip
    assert client.post("/preferences/", PROFILE).status_code == 302
    stored.refresh_from_db()
    assert (stored.delegate, stored.away_from, stored.single_keys) == (None, None, False)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("language", {"language": "xx"}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("theme", {"theme": "pink"}),
        ("delegate_email", {"delegate_email": "nobody@example.com"}),
        ("delegate_email", {"delegate_email": "not an address"}),
        ("away_from", {"away_until": "2026-12-10T08:00"}),
        ("away_until", {"away_from": "2026-12-10T08:00", "away_until": "2026-12-01T08:00"}),
    ],
)
def test_bad_input_is_refused_at_its_field(client, requester, field, bad):
    client.force_login(requester)
    answer = client.post("/preferences/", PROFILE | bad)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    stored = User.objects.get(pk=requester.pk)
    assert (stored.language, stored.theme, stored.delegate) == ("", "system", None)


def test_nobody_stands_in_for_themselves(client, requester):
    client.force_login(requester)
    assert client.post("/preferences/", PROFILE | {"delegate_email": requester.email}).status_code == 422


def test_nothing_else_of_the_account_can_be_set(client, requester):
    client.force_login(requester)
    client.post("/preferences/", PROFILE | {"is_superuser": "on", "email": "root@example.com", "is_staff": "on"})
    stored = User.objects.get(pk=requester.pk)
    assert (stored.is_superuser, stored.is_staff, stored.email) == (False, False, requester.email)
