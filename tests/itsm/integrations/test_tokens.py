"""Tokens: made, used, narrowed, ended."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from itsm.accounts.models import User
from itsm.audit.models import Entry
from itsm.integrations import scopes
from itsm.integrations.models import ApiToken
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid
from tests.api import Api, problem

pytestmark = pytest.mark.django_db


def test_only_the_digest_is_stored_and_every_step_is_audited(agent):
    token, secret = tokens.create(agent, name=" Bridge ", wanted=["tickets:read"], actor=agent, source="web")
    assert secret.startswith("itsm_")
    assert len(secret) == 5 + 64
    stored = ApiToken.objects.values().get()
    assert secret not in str(stored)
    assert (token.name, token.scopes, token.created_by) == ("Bridge", ["tickets:read"], agent)
    tokens.revoke(token, actor=agent, source="web")
    tokens.revoke(token, actor=agent, source="web")
    assert list(Entry.objects.filter(object_type="integrations.apitoken").values_list("action", flat=True)) == [
        "token.created", "token.revoked",
    ]  # fmt: skip
    assert secret not in str(list(Entry.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"wanted": []}, "scopes"),
        ({"wanted": ["tickets:all"]}, "scopes"),
        ({"expires_at": timedelta(seconds=-1)}, "expires"),
        ({"expires_at": timedelta(days=400)}, "expires"),
    ],
)
def test_bad_tokens_are_not_made(agent, wrong, field):
    good = {"name": "Bridge", "wanted": ["*"], "expires_at": timedelta(days=1)} | wrong
    good["expires_at"] = clock.now() + good["expires_at"]
    with pytest.raises(Invalid) as refused:
        tokens.create(agent, actor=agent, source="web", **good)
    assert set(refused.value.fields) == {field}
    assert not ApiToken.objects.exists()


def test_nobody_makes_a_token_for_another_or_for_the_system(agent, administrator):
    with pytest.raises(Denied):
        tokens.create(agent, name="x", wanted=["*"], actor=administrator, source="web")
    with pytest.raises(Denied):
        tokens.create(User.objects.system(), name="x", wanted=["*"], actor=None, source="command")


def test_rotation_gives_a_new_secret_for_the_same_and_ends_the_old(agent):
    token, old = tokens.create(agent, name="Bridge", wanted=["people:read"], actor=agent, source="web")
    fresh, secret = tokens.rotate(token, actor=agent, source="web")
    token.refresh_from_db()
    assert (fresh.name, fresh.scopes, token.is_active, fresh.is_active) == ("Bridge", ["people:read"], False, True)
    api = Api()
    api.http.credentials(HTTP_AUTHORIZATION=f"Bearer {old}")
    problem(api.get("users/me/"), 401, "token_revoked")
    api.http.credentials(HTTP_AUTHORIZATION=f"bearer {secret}")
    assert api.get("users/me/").json()["id"] == agent.pk


# Who calls


def test_strangers_are_told_how_to_sign_in(db):
    response = Api().get("incidents/")
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer", "token_malformed"),
        ("Bearer one two", "token_malformed"),
        ("Bearer itsm_" + "0" * 64, "token_invalid"),
        ("Bearer \xfcmlaut", "token_invalid"),
        ("Basic YTpi", "not_authenticated"),
    ],
)
def test_what_is_no_token_is_401(db, header, code):
    api = Api()
    api.http.credentials(HTTP_AUTHORIZATION=header)
    response = api.get("incidents/")
    problem(response, 401, code)
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_expired_revoked_and_inactive_are_401(agent):
    api = Api(agent, "tickets:read")
    assert api.get("incidents/").status_code == 200
    ApiToken.objects.update(expiry=clock.now() - timedelta(seconds=1))
    problem(api.get("incidents/"), 401, "token_expired")
    assert ApiToken.objects.count() == 1, "it stays in the list of its person"
    ApiToken.objects.update(expiry=None, revoked_at=clock.now())
    problem(api.get("incidents/"), 401, "token_revoked")
    ApiToken.objects.update(revoked_at=None)
    assert api.get("incidents/").status_code == 200
    User.objects.filter(pk=agent.pk).update(is_active=False)
    problem(api.get("incidents/"), 401, "token_invalid")


def test_last_use_is_written_once_a_minute(agent):
    api = Api(agent)
    start = clock.now()
    for seconds, noted in ((0, 0), (30, 0), (61, 61), (90, 61)):
        with clock.moved_to(start + timedelta(seconds=seconds)):
            api.get("users/me/")
        assert ApiToken.objects.get().last_used_at == start + timedelta(seconds=noted)


# Scopes


def test_the_scope_that_is_missing_is_named(agent, incident):
    api = Api(agent, "tickets:read")
    path = f"incidents/{incident.number}/"
    assert api.get(path).status_code == 200
    for response, scope in (
        (api.post("incidents/", {"title": "x"}), "tickets:write"),
        (api.patch(path, {"title": "x"}), "tickets:write"),
        (api.post(f"{path}transitions/start/"), "tickets:write"),
        (api.post(f"{path}timeline/", {"body": "x"}), "tickets:write"),
        (api.get(f"{path}sla/"), "sla:read"),
        (api.get(f"{path}audit/"), "audit:read"),
        (api.get("users/"), "people:read"),
        (api.get("services/"), "catalogue:read"),
        (api.get("articles/"), "knowledge:read"),
        (api.get("approvals/"), "approvals:read"),
        (api.get("events/"), "events:read"),
        (api.get("calendars/"), "sla:read"),
        (api.post("categories/", {"name": "x"}), "admin"),
    ):
        assert scope in problem(response, 403, "insufficient_scope")["detail"]
        assert response["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
    incident.refresh_from_db()
    assert (incident.state, incident.version) == ("new", 1)


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [
        (["tickets:write"], "tickets:read", True),
        (["tickets:read"], "tickets:write", False),
        (["*:read"], "audit:read", True),
        (["*:read"], "admin", False),
        (["*"], "admin", True),
        (["admin"], "people:read", True),
        (["admin"], "tickets:read", False),
        ([], "tickets:read", False),
    ],
)
def test_what_scopes_cover(granted, wanted, covered):
    assert scopes.covers(granted, wanted) is covered


def test_a_session_reads_and_needs_a_csrf_token_to_write(agent):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(agent)
    assert client.get("/api/v1/users/me/").json()["id"] == agent.pk
    problem(client.post("/api/v1/incidents/", {"title": "x"}, format="json"), 403, "permission_denied")


# The command


def run(*args: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_token", *args, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_the_command_prints_the_secret_alone(agent):
    secret, told = run(
        agent.email.upper(), "--scope", "tickets:read,people:read", "--scope", "sla:read", "--expires", "30d"
    )
    token = ApiToken.objects.get()
    assert token.scopes == ["people:read", "sla:read", "tickets:read"]
    assert abs(token.expiry - clock.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert agent.email in told
    assert secret not in told
    api = Api()
    api.http.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert api.get("incidents/").status_code == 200


def test_the_command_takes_a_date(agent):
    day = (clock.now() + timedelta(days=10)).date()
    run(agent.email, "--scope", "*", "--expires", day.isoformat(), "--name", "Nightly")
    token = ApiToken.objects.get()
    assert (token.name, token.expiry.date()) == ("Nightly", day)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody@example.com", "--scope", "*"], "nobody"),
        (["{agent}", "--scope", "everything"], "There is no scope everything"),
        (["{agent}", "--scope", "*", "--expires", "soon"], "90d"),
        (["{agent}", "--scope", "*", "--expires", "2001-01-01"], "passed"),
        (["{agent}", "--scope", "*", "--expires", "99999d"], "365"),
    ],
)
def test_the_command_refuses_plainly(agent, arguments, said):
    with pytest.raises(CommandError, match=said):
        run(*(text.format(agent=agent.email) for text in arguments))
    assert not ApiToken.objects.exists()
