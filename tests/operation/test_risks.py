"""The risk register through its pages and the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.workflow import records
from operation.models import Control, Risk
from operation.models.risk import tone_of
from tests import factories


@pytest.fixture
def officer(db):
    return factories.person("Olga Officer", roles=("security_officer",))


@pytest.fixture
def browse():
    def sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


def risk(owner, title="One acquirer for all cards", **more):
    return records.create(Risk, actor=owner, source="web", title=title, owner=owner, **more)


def control(owner, title="Second acquirer on stand-by"):
    return records.create(Control, actor=owner, source="web", title=title, owner=owner)


def day(offset):
    return (clock.now().date() + timedelta(days=offset)).isoformat()


def text_of(answer):
    return answer.content.decode()


TREATMENT = {
    "treatment": "reduce", "plan": "Contract with a second acquirer", "residual_likelihood": "2",
    "residual_impact": "3",
}  # fmt: skip


def test_life_of_a_risk_in_the_browser(browse, officer, service):
    client = browse(officer)
    assert client.get("/operation/risks/new/").status_code == 200
    sent = {"title": "One acquirer for all cards", "owner": officer.email, "services": [service.pk]}
    answer = client.post("/operation/risks/new/", sent)
    made = Risk.objects.get()
    assert answer["Location"] == f"/operation/risks/RSK-{made.pk}/"
    assert list(made.services.all()) == [service]

    url = f"/operation/risks/{made.number}/"
    assert client.get(f"{url}assess/").status_code == 200
    client.post(f"{url}assess/", {"likelihood": "4", "risk_impact": "5"})
    made.refresh_from_db()
    assert (made.state, made.score, made.tone) == ("assessed", 20, "red")
    client.post(f"{url}treat/", {**TREATMENT, "treat_until": day(30)})
    made.refresh_from_db()
    assert (made.state, made.score, made.residual) == ("treated", 6, 6)
    client.post(f"{url}accept/", {"reason": "Small enough", "review_on": day(180)})
    made.refresh_from_db()
    assert (made.state, str(made.review_on)) == ("accepted", day(180))
    client.post(f"{url}close/", {"reason": "The contract is signed"})
    made.refresh_from_db()
    assert made.state == "closed"
    shown = text_of(client.get(url))
    assert "Contract with a second acquirer" in shown
    assert "The contract is signed" in shown, "the history keeps the reason"
    assert [entry.action for entry in Entry.objects.filter(object_id=made.pk).order_by("id")] == [
        "created", "risk.assess", "risk.treat", "risk.accept", "risk.close",
    ]  # fmt: skip


def test_bad_input_stands_at_its_field_and_changes_nothing(browse, officer):
    client = browse(officer)
    answer = client.post("/operation/risks/new/", {"title": "", "owner": "nobody@example.com", "likelihood": "4"})
    assert answer.status_code == 422
    assert not Risk.objects.exists()
    answer = client.post("/operation/risks/new/", {"title": "Half", "owner": officer.email, "likelihood": "4"})
    assert answer.status_code == 422
    assert "belong together" in text_of(answer)
    made = risk(officer)
    answer = client.post(f"/operation/risks/{made.number}/assess/", {"likelihood": "6", "risk_impact": "1"})
    assert answer.status_code == 422
    made.refresh_from_db()
    assert (made.state, made.version) == ("identified", 1)


def test_treatment_cannot_make_it_greater(officer):
    made = records.perform(
        risk(officer), "assess", actor=officer, source="web", data={"likelihood": "1", "risk_impact": "2"}
    )
    with pytest.raises(Invalid) as error:
        records.perform(made, "treat", actor=officer, source="web", data={**TREATMENT, "treat_until": day(9)})
    assert "residual_likelihood" in error.value.fields
    made.refresh_from_db()
    assert made.state == "assessed"


def test_review_lies_ahead(browse, officer):
    made = records.perform(
        risk(officer), "assess", actor=officer, source="web", data={"likelihood": "1", "risk_impact": "2"}
    )
    answer = browse(officer).post(
        f"/operation/risks/{made.number}/accept/", {"reason": "So be it", "review_on": day(0)}
    )
    assert answer.status_code == 422
    assert "Choose a day to come." in text_of(answer)


def test_a_high_risk_is_not_accepted_by_its_owner(officer, agent):
    made = risk(agent)
    made = records.perform(made, "assess", actor=agent, source="web", data={"likelihood": "5", "risk_impact": "5"})
    with pytest.raises(Denied):
        records.perform(made, "accept", actor=agent, source="web", data={"reason": "Fine", "review_on": day(9)})
    records.perform(made, "accept", actor=officer, source="web", data={"reason": "Known", "review_on": day(9)})


def test_who_sees_what(browse, officer, agent, requester, service):
    other = factories.person("Oscar Other", roles=("agent",))
    owner = factories.person("Sven Owner", roles=("service_owner",))
    service.owner = owner
    service.save()
    mine, secret = risk(agent, "Mine"), risk(officer, "Not for everybody")
    about = records.create(
        Risk, actor=officer, source="web", title="About the service", owner=officer, lists={"services": [service]}
    )
    shown = text_of(browse(agent).get("/operation/risks/"))
    assert "Mine" in shown
    assert "Not for everybody" not in shown
    assert browse(agent).get(f"/operation/risks/{secret.number}/").status_code == 404
    assert browse(other).get(f"/operation/risks/{mine.number}/").status_code == 404
    assert "About the service" in text_of(browse(owner).get("/operation/risks/"))
    assert browse(requester).get("/operation/risks/").status_code == 404
    assert browse(requester).get(f"/operation/risks/{about.number}/").status_code == 404
    assert secret.number not in text_of(browse(agent).get("/search/", {"q": "everybody"}))
    assert secret.number in text_of(browse(officer).get("/search/", {"q": "everybody"}))


def test_an_edit_of_an_old_version_is_refused(browse, officer):
    made = risk(officer)
    records.edit(made, actor=officer, source="web", version=1, title="Newer")
    with pytest.raises(Stale):
        records.edit(made, actor=officer, source="web", version=1, title="Older")
    answer = browse(officer).post(
        f"/operation/risks/{made.number}/edit/", {"title": "Older", "owner": officer.email, "version": "1"}
    )
    assert answer.status_code == 409 or answer.status_code == 412
    made.refresh_from_db()
    assert made.title == "Newer"


def test_a_step_that_does_not_exist_from_here(officer):
    made = risk(officer)
    with pytest.raises(Refused):
        records.perform(made, "take_up", actor=officer, source="web", data={"reason": "Why not"})


def test_controls_are_tested_again_and_again(browse, officer):
    made = control(officer)
    client, url = browse(officer), f"/operation/controls/{made.number}/"
    client.post(f"{url}activate/")
    made.refresh_from_db()
    assert made.is_test_due
    client.post(f"{url}record_test/", {"passed": "true", "test_note": "Switched over in 40 s"})
    made.refresh_from_db()
    assert str(made.next_test_on) == day(180)
    client.post(f"{url}record_test/", {"passed": "false", "test_note": "The line was dead"})
    made.refresh_from_db()
    assert str(made.next_test_on) == day(1), "what failed is tried again the next day"
    assert [test.passed for test in made.tests.all()] == [False, True]
    shown = text_of(client.get(url))
    assert "The line was dead" in shown
    assert client.post(f"{url}record_test/", {"test_note": "No answer"}).status_code == 422


def test_heat_map_counts_open_risks(browse, officer, agent):
    for likelihood, impact in ((4, 5), (4, 5), (1, 1)):
        risk(officer, likelihood=likelihood, impact=impact)
    risk(officer)
    shown = text_of(browse(officer).get("/operation/risks/map/"))
    assert "3 open risks on the map" in shown
    assert "1 is not assessed yet" in shown
    assert "0 open risks" in text_of(browse(agent).get("/operation/risks/map/")).replace("No open", "0 open")


def test_the_list_costs_the_same_for_one_and_many(browse, officer, django_assert_max_num_queries):
    client = browse(officer)
    risk(officer)
    client.get("/operation/risks/")
    with django_assert_max_num_queries(12) as one:
        client.get("/operation/risks/")
    for number in range(5):
        risk(factories.person(roles=("agent",)), f"Risk {number}")
    with django_assert_max_num_queries(len(one)):
        client.get("/operation/risks/")


def test_stage_home_shows_them(browse, officer):
    made = risk(officer, likelihood=5, impact=5, review_on=clock.now().date() - timedelta(days=1))
    shown = text_of(browse(officer).get("/operation/"))
    assert "High risks" in shown
    assert made.number in shown
    assert "25 of 25" in shown


@given(st.integers(1, 5), st.integers(1, 5))
def test_tones_follow_the_score(likelihood, impact):
    score = likelihood * impact
    assert tone_of(score) == ("red" if score >= 15 else "amber" if score >= 8 else "green")
