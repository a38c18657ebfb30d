import re

import pytest
from django.core import mail
from django.urls import reverse

from itsm.accounts.models import Membership, Organisation, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
PEOPLE = "/settings/people/"


# ---------- organisations: the pattern every simple page follows ----------


def test_add_change_and_delete_an_organisation_is_audited(admin, administrator, entries):
    assert admin.post("/settings/organisations/new/", {"name": "Nordic", "is_active": "on"}).status_code == 302
    made = Organisation.objects.get(name="Nordic")
    assert admin.post(f"/settings/organisations/{made.pk}/", {"name": "Nordic AS"}).status_code == 302
    assert entries(made) == [
        ("created", {"id": [None, made.pk], "name": [None, "Nordic"], "is_active": [None, True]}),
        ("changed", {"name": ["Nordic", "Nordic AS"], "is_active": [True, False]}),
    ]
    assert admin.post(f"/settings/organisations/{made.pk}/delete/").status_code == 302
    assert entries(made)[-1][0] == "deleted"
    assert not Organisation.objects.filter(pk=made.pk).exists()


def test_saving_nothing_new_writes_no_audit(admin, filled, organisation, entries):
    url = f"/settings/organisations/{organisation.pk}/"
    assert admin.post(url, filled(admin, url)).status_code == 302
    assert entries(organisation) == []


@pytest.mark.parametrize(("name", "said"), [("", "required"), ("Halden", "already exists"), ("x" * 121, "at most 120")])
def test_bad_names_are_said_at_the_field(admin, organisation, name, said):
    response = admin.post("/settings/organisations/new/", {"name": name})
    assert response.status_code == 422
    assert said in str(response.context["form"].errors["name"])
    assert Organisation.objects.count() == 1


def test_an_organisation_never_lies_below_itself(admin, filled, organisation):
    below = Organisation.objects.create(name="Below", parent=organisation)
    lowest = Organisation.objects.create(name="Lowest", parent=below)
    url = f"/settings/organisations/{organisation.pk}/"
    response = admin.post(url, filled(admin, url, parent=lowest.pk))
    assert response.status_code == 422
    assert "circle" in str(response.context["form"].errors["parent"])
    organisation.refresh_from_db()
    assert organisation.parent is None


def test_what_is_used_says_by_what_and_stays(admin, organisation, requester):
    response = admin.post(f"/settings/organisations/{organisation.pk}/delete/")
    assert response.status_code == 409
    text = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    assert "Used by" in text
    assert "people" in text or "person" in text
    assert Organisation.objects.filter(pk=organisation.pk).exists()


def test_a_stale_form_is_refused_with_both_values_and_can_be_sent_again(admin, filled, organisation, entries):
    url = f"/settings/organisations/{organisation.pk}/"
    mine = filled(admin, url, name="Mine", cost_centre_code="77")
    assert admin.post(url, filled(admin, url, name="Theirs")).status_code == 302

    response = admin.post(url, mine)
    assert response.status_code == 409
    shown = [(c.label, c.stored, c.yours) for c in response.context["stale"]]
    assert shown == [("Name", "Theirs", "Mine")]
    assert "Ada Administrator saved it" in response.content.decode()
    assert 'value="Mine"' in response.content.decode()
    organisation.refresh_from_db()
    assert (organisation.name, organisation.cost_centre_code) == ("Theirs", "")

    again = mine | dict(response.context["kept"])
    assert admin.post(url, again).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.name, organisation.cost_centre_code) == ("Mine", "77")
    assert len(entries(organisation)) == 2


def test_a_form_without_a_stamp_or_with_a_broken_one_saves(admin, organisation):
    for seen in ("", "{not json", '{"nothing": 1}', "[1]"):
        response = admin.post(f"/settings/organisations/{organisation.pk}/", {"name": f"N {seen}", "seen": seen})
        assert response.status_code == 302


def test_what_is_gone_is_not_found(admin):
    for url in ("/settings/organisations/99/", "/settings/organisations/99/delete/", "/settings/people/99/"):
        assert admin.get(url).status_code == 404
        assert admin.post(url, {"name": "x"}).status_code == 404


# ---------- teams ----------


def test_members_are_added_led_and_removed(admin, filled, desk, agent, requester, engineer, entries):
    url = f"/settings/teams/{desk.pk}/"
    data = filled(admin, url, add=f"{requester.email}\nEmil Engineer", **{f"lead_{agent.pk}": "on"})
    assert admin.post(url, data).status_code == 302
    members = {m.user.name: m.is_lead for m in desk.memberships.select_related("user")}
    assert members == {"Anna Agent": True, "Rita Requester": False, "Emil Engineer": False}
    action, changes = entries(desk)[-1]
    assert action == "changed"
    assert changes["leads"] == [[], [agent.pk]]
    assert sorted(changes["members"][1]) == sorted([agent.pk, requester.pk, engineer.pk])

    assert admin.post(url, filled(admin, url, **{f"leaves_{agent.pk}": "on"})).status_code == 302
    assert not Membership.objects.filter(team=desk, user=agent).exists()


def test_unknown_members_are_named_and_nothing_is_saved(admin, filled, desk):
    url = f"/settings/teams/{desk.pk}/"
    response = admin.post(url, filled(admin, url, name="Other", add="nobody@example.com"))
    assert response.status_code == 422
    assert "nobody@example.com" in str(response.context["form"].errors["add"])
    desk.refresh_from_db()
    assert desk.name == "Service desk"


def test_two_people_of_one_name_need_an_address(admin, filled, desk):
    factories.person("Sam Same")
    factories.person("Sam Same")
    url = f"/settings/teams/{desk.pk}/"
    response = admin.post(url, filled(admin, url, add="Sam Same"))
    assert "Several people" in str(response.context["form"].errors["add"])


def test_escalation_never_runs_in_a_circle(admin, filled, desk, engineers):
    url = f"/settings/teams/{engineers.pk}/"
    response = admin.post(url, filled(admin, url, escalates_to=desk.pk))
    assert "circle" in str(response.context["form"].errors["escalates_to"])


def test_a_member_who_joined_meanwhile_makes_the_form_stale_only_where_it_says_so(admin, filled, desk, agent, engineer):
    url = f"/settings/teams/{desk.pk}/"
    mine = filled(admin, url, **{f"lead_{agent.pk}": "on"})
    admin.post(url, filled(admin, url, **{f"lead_{agent.pk}": "on"}))
    response = admin.post(url, mine | {f"lead_{agent.pk}": ""})
    assert response.status_code == 409
    assert [c.label for c in response.context["stale"]] == ["Lead"]


# ---------- people ----------


def test_a_new_person_has_roles_and_no_password(admin, organisation, entries):
    data = {"name": "New Nina", "email": "Nina@Example.com", "organisation": organisation.pk, "roles": ["agent"],
            "is_active": "on"}  # fmt: skip
    assert admin.post(f"{PEOPLE}new/", data).status_code == 302
    nina = User.objects.get(email="nina@example.com")
    assert nina.roles == {"agent"}
    assert not nina.has_usable_password()
    action, changes = entries(nina)[0]
    assert action == "created"
    assert changes["roles"] == [None, ["agent"]]
    assert changes["password"] == [None, "•"]


def test_an_address_is_taken_whatever_its_case(admin, requester):
    response = admin.post(f"{PEOPLE}new/", {"name": "Twin", "email": requester.email.upper(), "is_active": "on"})
    assert response.status_code == 422
    assert "already" in str(response.context["form"].errors["email"])


def test_nobody_locks_themselves_out(admin, filled, administrator):
    url = f"{PEOPLE}{administrator.pk}/"
    for change, field in (({"roles": ["agent"]}, "roles"), ({"is_active": None}, "is_active")):
        response = admin.post(url, filled(admin, url, **change))
        assert response.status_code == 422
        assert "lock yourself out" in str(response.context["form"].errors[field])
    assert User.objects.get(pk=administrator.pk).holds("administrator")


def test_the_last_administrator_stays(client, filled, administrator):
    client.force_login(factories.person("Root", is_superuser=True))
    url = f"{PEOPLE}{administrator.pk}/"
    response = client.post(url, filled(client, url, roles=[]))
    assert "Nobody else is an administrator" in str(response.context["form"].errors["roles"])


def test_a_person_switched_off_is_signed_out_and_keeps_the_past(admin, filled, agent, client, incident):
    browser = type(client)()
    browser.force_login(agent)
    url = f"{PEOPLE}{agent.pk}/"
    assert admin.post(url, filled(admin, url, is_active=None)).status_code == 302
    assert browser.get("/settings/").status_code == 302
    assert reverse("desk:settings-people") == PEOPLE
    assert "delete" not in admin.get(url).context["delete_url"]


def test_a_manager_is_found_by_address_and_never_reports_to_his_reports(admin, filled, agent, requester):
    url = f"{PEOPLE}{requester.pk}/"
    assert admin.post(url, filled(admin, url, manager=f"Anna Agent <{agent.email}>")).status_code == 302
    requester.refresh_from_db()
    assert requester.manager == agent
    assert f'value="{agent.email}"' in admin.get(url).content.decode()
    back = f"{PEOPLE}{agent.pk}/"
    response = admin.post(back, filled(admin, back, manager=requester.email))
    assert "circle" in str(response.context["form"].errors["manager"])


def test_the_system_account_is_nobody(admin):
    system = User.objects.system()
    assert admin.get(f"{PEOPLE}{system.pk}/").status_code == 404
    assert system.name not in admin.get(PEOPLE).content.decode()


def test_an_invitation_mails_a_link_that_lets_in(admin, client, entries):
    person = User.objects.create_user("new@example.com", name="New Person")
    response = admin.post(f"{PEOPLE}{person.pk}/invite/")
    assert response.status_code == 200
    assert [message.to for message in mail.outbox] == [["new@example.com"]]
    link = re.search(r"https?://\S+", mail.outbox[0].body).group()
    assert link in response.content.decode()
    assert [action for action, _changes in entries(person)] == ["invited"]

    browser = type(client)()
    opened = browser.get(link, follow=True)
    assert opened.status_code == 200
    chosen = {"password1": "correct horse battery", "password2": "correct horse battery"}
    browser.post(opened.request["PATH_INFO"], chosen)
    person.refresh_from_db()
    assert person.check_password("correct horse battery")


def test_a_reset_for_somebody_who_has_signed_in_shows_no_link(admin, client, requester, entries):
    browser = type(client)()
    browser.force_login(requester)
    response = admin.post(f"{PEOPLE}{requester.pk}/invite/")
    assert len(mail.outbox) == 1
    assert "/reset/key/" not in response.content.decode()
    assert [action for action, _changes in entries(requester)] == ["password_mailed"]


def test_nobody_inactive_is_invited(admin, requester):
    User.objects.filter(pk=requester.pk).update(is_active=False)
    assert admin.post(f"{PEOPLE}{requester.pk}/invite/").status_code == 409
    assert mail.outbox == []


def test_a_mail_server_that_is_down_is_said(admin, requester, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    response = admin.post(f"{PEOPLE}{requester.pk}/invite/")
    assert "could not be sent" in response.content.decode()


def test_suggestions_escape_what_they_show(admin, organisation):
    factories.person("Zed <b>", organisation=organisation)
    html = admin.get("/settings/suggest/?owner=zed").content.decode()
    assert "Zed &lt;b&gt;" in html
    assert admin.get("/settings/suggest/?owner=z").content == b""


@pytest.mark.parametrize("slug", ["people", "teams", "organisations"])
def test_lists_cost_the_same_for_three_rows(admin, slug, django_assert_max_num_queries, organisation):
    def count():
        with django_assert_max_num_queries(15) as seen:
            admin.get(f"/settings/{slug}/")
        return len(seen)

    admin.get(f"/settings/{slug}/")
    first = count()
    for number in range(3):
        team = Team.objects.create(name=f"T{number}", escalates_to=Team.objects.first())
        mine = Organisation.objects.create(name=f"O{number}", parent=organisation)
        factories.person(f"P{number}", roles=("agent", "auditor"), teams=(team,), organisation=mine)
    assert count() == first


def test_somebody_ill_gets_a_delegate(admin, filled, agent, engineer):
    url = f"{PEOPLE}{agent.pk}/"
    given = {"delegate": engineer.email, "away_from": "2026-03-01T08:00", "away_until": "2100-01-01T00:00"}
    assert admin.post(url, filled(admin, url, **given)).status_code == 302
    agent.refresh_from_db()
    assert agent.is_away()
    assert agent.delegate == engineer
    assert 'type="datetime-local" name="away_from" value="2026-03-01T08:00"' in admin.get(url).content.decode()
    # What the page shows is what it takes back.
    assert admin.post(url, filled(admin, url, name="Anna A.")).status_code == 302
    for change, field in (
        ({"delegate": agent.email}, "delegate"), ({"away_until": "2020-01-01T00:00"}, "away_until"),
        ({"away_from": ""}, "away_from"),
    ):  # fmt: skip
        response = admin.post(url, filled(admin, url, **given | change))
        assert field in response.context["form"].errors
