"""The page of tokens."""

import pytest
from django.urls import reverse

from itsm.integrations.models import ApiToken
from itsm.integrations.services import tokens

pytestmark = pytest.mark.django_db
PAGE = "/settings/tokens/"


def make(user, name="Bridge"):
    return tokens.create(user, name=name, wanted=["tickets:read"], actor=user, source="web")


@pytest.mark.parametrize("who", ["agent", "requester", "administrator"])
def test_everybody_makes_and_revokes_their_own(client, request, who):
    user = request.getfixturevalue(who)
    client.force_login(user)
    assert "No tokens yet" in client.get(PAGE).content.decode()
    response = client.post(
        reverse("desk:token-create"), {"name": "Bridge", "scopes": ["tickets:read", "sla:read"], "expires": "30"}
    )
    assert response.status_code == 200
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.user, token.scopes) == (user, ["sla:read", "tickets:read"])
    listed = client.get(PAGE).content.decode()
    assert "Bridge" in listed
    assert secret not in listed
    assert client.post(reverse("desk:token-revoke", args=[token.pk])).status_code == 302
    token.refresh_from_db()
    assert not token.is_active
    assert "Bridge" not in client.get(PAGE).content.decode().split("toasts")[0]


def test_bad_input_is_told_at_the_field(client, agent):
    client.force_login(agent)
    response = client.post(reverse("desk:token-create"), {"name": "", "scopes": ["nonsense"], "expires": "9999"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "scopes", "expires"}
    assert not ApiToken.objects.exists()


def test_rotating_shows_the_new_secret(client, agent):
    token, old = make(agent)
    client.force_login(agent)
    response = client.post(reverse("desk:token-rotate", args=[token.pk]))
    assert response.context["secret"] not in ("", old)
    assert ApiToken.objects.active().get().pk != token.pk


def test_others_tokens_are_not_there(client, agent, requester, administrator):
    token, _secret = make(agent, "Agents own")
    client.force_login(requester)
    assert "Agents own" not in client.get(f"{PAGE}?of=all").content.decode()
    assert client.post(reverse("desk:token-revoke", args=[token.pk])).status_code == 404
    assert client.post(reverse("desk:token-rotate", args=[token.pk])).status_code == 404
    client.force_login(administrator)
    assert "Agents own" not in client.get(PAGE).content.decode()
    assert "Agents own" in client.get(f"{PAGE}?of=all").content.decode()
    assert client.post(reverse("desk:token-rotate", args=[token.pk])).status_code == 404
    assert client.post(reverse("desk:token-revoke", args=[token.pk]))["Location"].endswith("?of=all")
    token.refresh_from_db()
    assert not token.is_active


def test_names_are_escaped(client, agent):
    make(agent, "<script>alert(1)</script>")
    client.force_login(agent)
    assert "<script>alert" not in client.get(PAGE).content.decode()


def test_the_list_costs_the_same_whatever_it_shows(
    client, administrator, agent, requester, django_assert_max_num_queries
):
    client.force_login(administrator)
    make(agent)
    client.get(PAGE)
    with django_assert_max_num_queries(20) as one:
        client.get(f"{PAGE}?of=all")
    make(requester)
    make(administrator)
    with django_assert_max_num_queries(20) as three:
        client.get(f"{PAGE}?of=all")
    assert len(three) == len(one)


def test_strangers_go_to_sign_in(client, db):
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
    assert client.get(reverse("desk:token-revoke", args=[1])).status_code == 302
