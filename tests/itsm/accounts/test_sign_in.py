import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.urls import reverse

from itsm.accounts.adapters import MFAAdapter, SocialAccountAdapter
from itsm.accounts.models import User

PASSWORD = "a long enough secret"


@pytest.fixture
def person(db):
    return User.objects.create_user("person@example.com", PASSWORD, name="Some Person")


def sign_in(client, login="person@example.com", password=PASSWORD):
    return client.post("/accounts/login/", {"login": login, "password": password})


def test_the_address_and_the_password_open_the_door(client, person):
    response = sign_in(client, "Person@Example.com")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_wrong_password_does_not(client, person):
    assert sign_in(client, password="wrong").status_code == 200
    assert "_auth_user_id" not in client.session


def test_who_left_does_not_get_in(client, person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    sign_in(client)
    assert "_auth_user_id" not in client.session


def test_guessing_is_slowed_down_without_locking_the_account(client, person):
    for _ in range(10):
        sign_in(client, password="wrong", login="person@example.com")
    refused = sign_in(client)
    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in refused.content.decode()
    # From another address the owner still gets in.
    client.post("/accounts/login/", {"login": "person@example.com", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    assert client.session["_auth_user_id"] == str(person.pk)
    cache.clear()


def test_nobody_signs_up_by_themselves(client, db):
    people = User.objects.count()
    assert "closed" in client.get("/accounts/signup/").content.decode().lower()
    client.post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.count() == people


def test_nobody_chooses_their_own_address(client, person):
    client.force_login(person)
    for method in (client.get, client.post):
        response = method("/accounts/email/", {"action_add": "", "email": "boss@example.com"})
        assert (response.status_code, response["Location"]) == (302, "/")
    assert not person.emailaddress_set.filter(email="boss@example.com").exists()


def test_a_forgotten_password_is_mailed(client, person, mailoutbox):
    client.post("/accounts/password/reset/", {"email": "person@example.com"})
    assert [message.to for message in mailoutbox] == [["person@example.com"]]


def test_strangers_are_asked_to_sign_in_wherever_they_go(client, db):
    response = client.get("/accounts/password/change/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_second_factor_is_asked_and_its_secret_is_stored_encrypted(client, person):
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    stored = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored
    assert MFAAdapter().decrypt(stored) == secret

    response = sign_in(client)
    assert response["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    code = f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06}"
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert client.session["_auth_user_id"] == str(person.pk)


def test_secrets_survive_a_new_secret_key(settings):
    sealed = MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert MFAAdapter().decrypt(sealed) == "JBSWY3DPEHPK3PXP"


def test_the_database_admin_has_no_side_door(client, person):
    assert client.get("/admin/").status_code == 302
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fadmin%2F")
    client.force_login(person)
    assert client.get("/admin/login/?next=/admin/").status_code == 403
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    assert client.get("/admin/").status_code == 200


class SocialLogin:
    def __init__(self):
        self.user = User()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"email": "p@example.com", "name": "Pat Person"}, "Pat Person"),
        ({"email": "p@example.com", "first_name": "Pat", "last_name": "Person"}, "Pat Person"),
        ({"email": "p@example.com"}, "p@example.com"),
    ],
)
def test_whom_the_identity_provider_introduces_has_a_name(data, name):
    login = SocialLogin()
    user = SocialAccountAdapter().populate_user(None, login, data)
    assert (user.email, user.name) == ("p@example.com", name)


@pytest.mark.parametrize("allowed", [True, False])
def test_the_identity_provider_may_introduce_people_if_configured(settings, allowed):
    settings.OIDC_CREATES_USERS = allowed
    assert SocialAccountAdapter().is_open_for_signup(None, None) is allowed


def test_address_to_register_at_the_identity_provider():
    assert reverse("openid_connect_callback", args=["oidc"]) == "/accounts/oidc/oidc/login/callback/"
