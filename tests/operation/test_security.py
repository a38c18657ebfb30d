"""Security incidents: their life, and that nobody but their team finds them anywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import conversation, verbs, work
from operation.models import Playbook, SecurityIncident
from operation.services import security
from tests import factories
from tests.api import Api, problem

SECRET = "Ransom note on"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def browse(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def responders(db):
    return factories.TeamFactory(name="Response", is_restricted=True)


@pytest.fixture
def officer(responders):
    return factories.person("Noor Officer", roles=("security_officer", "agent"), teams=(responders,))


@pytest.fixture
def breach(officer, requester, service):
    made = security.open(
        actor=officer, source="web", requester=officer, title=f"{SECRET} file server", description=SECRET,
        service=service, channel="phone",
    )  # fmt: skip
    conversation.note(made, f"{SECRET} note", actor=officer, source="web")
    work.add_task(made, f"{SECRET} task", actor=officer, source="web")
    return SecurityIncident.objects.get(pk=made.pk)


def take(incident, verb, actor, **data):
    return verbs.perform(incident, verb, actor=actor, source="web", data=data)


# ---------- its life ----------


def test_from_report_to_lessons(officer, service):
    made = security.open(actor=officer, source="web", requester=officer, title="Odd mail", service=service)
    assert made.restricted_to == made.team == officer.memberships.get().team
    made = take(made, "triage", officer, threat="phishing", threat_severity="1", personal_data="true")
    assert [task.title for task in made.tasks.all()] == Playbook.objects.get(threat="phishing").lines()
    assert made.report_until == made.detected_at + timedelta(hours=72)
    made = take(made, "contain", officer, comment="Sender blocked")
    with pytest.raises(Refused):
        take(made, "recover", officer, comment="Done")
    for task in made.tasks.all():
        work.finish_task(task, actor=officer, source="web")
    made = take(SecurityIncident.objects.get(pk=made.pk), "eradicate", officer, comment="Mails removed")
    made = take(made, "recover", officer, comment="Passwords renewed")
    with pytest.raises(Refused) as refusal:
        take(made, "close", officer, lessons="Train more")
    assert "authority" in str(refusal.value)
    made = take(made, "report", officer, notification="Reported as 2026/77")
    made = take(made, "close", officer, lessons="Train more")
    assert (made.state, made.lessons, made.phase) == ("closed", "Train more", "closed")


def test_it_goes_on_within_the_window(officer, breach):
    breach.tasks.update(state="done")
    made = take(breach, "triage", officer, threat="other", threat_severity="3", personal_data="false")
    made = take(made, "contain", officer, comment="x")
    made = take(made, "recover", officer, comment="x")
    assert take(made, "reopen", officer, reason="Again").state == "triaged"
    made = take(SecurityIncident.objects.get(pk=made.pk), "contain", officer, comment="x")
    made.tasks.update(state="done")
    made = take(SecurityIncident.objects.get(pk=made.pk), "recover", officer, comment="x")
    with clock.moved_to(clock.now() + timedelta(days=30)), pytest.raises(Refused):
        take(made, "reopen", officer, reason="Again")


@pytest.mark.parametrize(
    "data",
    [{}, {"threat": "nonsense", "threat_severity": "1", "personal_data": "true"},
     {"threat": "malware", "threat_severity": "9", "personal_data": "true"},
     {"threat": "malware", "threat_severity": "1"}],
)  # fmt: skip
def test_triage_says_what_is_missing(officer, breach, data):
    with pytest.raises(Invalid):
        take(breach, "triage", officer, **data)
    breach.refresh_from_db()
    assert breach.state == "new"


def test_it_never_leaves_restricted_teams(officer, breach, desk, agent):
    with pytest.raises(Invalid):
        security.assign(breach, actor=officer, source="web", team=desk)
    with pytest.raises(Invalid):
        security.open(actor=officer, source="web", requester=officer, title="x", team=desk)
    with pytest.raises(Invalid):
        security.assign(breach, actor=officer, source="web", assignee=agent)
    assert security.assign(breach, actor=officer, source="web", assignee=officer).assignee == officer


def test_without_a_restricted_team_nothing_is_opened(agent):
    with pytest.raises(Refused):
        security.open(actor=agent, source="web", requester=agent, title="x")
    assert not SecurityIncident.objects.exists()


# ---------- nobody else ----------


@pytest.mark.parametrize("who", ["agent", "incident_manager", "administrator"])
def test_strangers_may_not_take_steps(who, request, breach):
    stranger = request.getfixturevalue(who)
    with pytest.raises(Denied):
        take(breach, "triage", stranger, threat="other", threat_severity="3", personal_data="false")


PAGES = [
    "/", "/queue/", "/queue/?kind=security_incident", "/queue/?view=all", "/queue/?q=Ransom", "/search/?q=Ransom",
    "/search/?q={number}", "/operation/", "/lifecycle/", "/services/email/", "/inbox/", "/approvals/",
    "/dashboards/sla/",
    "/settings/audit/", "/settings/audit/?q=Ransom", "/palette/?q=Ransom",
    "/queue/export.csv?kind=security_incident", "/tickets/{number}/",
    "/tickets/{number}/sla/", "/portal/tickets/{number}/", "/portal/tickets/", "/portal/search/?q=Ransom",
]  # fmt: skip


@pytest.mark.parametrize("who", ["agent", "administrator", "requester"])
def test_no_page_shows_it_to_anybody_else(who, request, breach):
    client = browse(request.getfixturevalue(who))
    for address in PAGES:
        url = address.format(number=breach.number, pk=breach.pk)
        answer = client.get(url, follow=True)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        asked = f'value="{breach.number}"'.encode()
        assert SECRET.encode() not in body, url
        if "{number}" not in address:
            assert breach.number.encode() not in body.replace(asked, b""), url
        elif address.startswith(("/tickets", "/portal/tickets")):
            assert answer.status_code == 404, url


@pytest.mark.parametrize("who", ["agent", "outsider", "requester", "incident_manager", "administrator", "auditor"])
def test_no_answer_of_the_api_shows_it_to_anybody_else(who, request, breach):
    api = Api(request.getfixturevalue(who))
    for name in (breach.number, str(breach.pk)):
        for collection in ("security-incidents", "tickets"):
            for part in ("", "transitions/", "timeline/", "tasks/", "sla/", "links/", "audit/"):
                problem(api.get(f"{collection}/{name}/{part}"), 404, "not_found")
    for path in ("security-incidents/", "tickets/", "tickets/?q=Ransom", "events/", "sla-clocks/", "approvals/"):
        body = api.get(path).content.decode()
        assert SECRET not in body
        assert breach.number not in body


def test_counts_do_not_betray_it(agent, officer, breach):
    page = browse(agent).get("/queue/?kind=security_incident").content.decode()
    assert "Security incidents" in page
    assert SECRET in browse(officer).get("/queue/?kind=security_incident").content.decode()
    assert browse(agent).get("/operation/").content.decode().count("SEC-") == 0


def test_deleting_what_it_refers_to_is_refused_without_a_number(administrator, breach, service):
    """An administrator learns that a service is in use, not by how many of what."""
    page, api = browse(administrator), Api(administrator)
    address = f"/settings/services/{service.pk}/delete/"
    assert "Used by" not in page.get(address).content.decode()
    refused = page.post(address)
    assert refused.status_code == 409
    assert "It is in use." in refused.content.decode()
    assert "Used by" not in refused.content.decode()
    answer = api.delete(f"/api/v1/services/{service.slug}/", headers={"If-Match": "*"})
    assert answer.status_code == 409, answer.content
    assert "security" not in answer.content.decode()
    assert type(service).objects.filter(pk=service.pk).exists()


def test_the_team_works_it_in_the_browser(officer, breach):
    client = browse(officer)
    page = client.get(breach.get_absolute_url()).content.decode()
    assert SECRET in page
    assert "Triage" in page
    answer = client.post(
        f"/tickets/{breach.number}/triage/",
        {"threat": "malware", "threat_severity": "2", "personal_data": "false"},
    )
    breach.refresh_from_db()
    assert (answer.status_code, breach.state, breach.severity) == (302, "triaged", 2)


# ---------- telling security ----------


def test_an_agent_tells_security_and_learns_no_more_than_its_reporter(agent, incident, officer):
    client = browse(agent)
    assert "Tell security" in client.get(f"{incident.get_absolute_url()}more/").content.decode()
    client.post(f"/operation/security/from/{incident.number}/", {"reason": "The mail looks forged"})
    made = SecurityIncident.objects.get()
    assert (made.requester, made.restricted_to) == (agent, officer.memberships.get().team)
    conversation.note(made, "We suspect Anna", actor=officer, source="web")
    assert client.get(made.get_absolute_url())["Location"] == f"/portal/tickets/{made.number}/"
    shown = client.get(f"/portal/tickets/{made.number}/").content.decode()
    assert "The mail looks forged" in shown
    assert "We suspect Anna" not in shown
    assert client.get(f"/tickets/{made.number}/sla/").status_code == 404
    entries = Entry.objects.filter(object_type="ticket", object_id=incident.pk).values_list("changes", flat=True)
    assert made.number not in str(list(entries)), "nothing on the incident names it"


def test_a_new_one_by_hand_that_its_writer_does_not_see(agent, officer, requester):
    answer = browse(agent).post("/tickets/new/security_incident/", {
        "requester": requester.email, "channel": "phone", "title": "Stolen laptop", "impact": "2", "urgency": "1",
    })  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:2000]
    made = SecurityIncident.objects.get()
    assert made.number not in answer["Location"]
    assert made.restricted_to is not None


def test_auditors_and_requesters_tell_nothing(auditor, requester, incident, officer):
    assert browse(auditor).post(f"/operation/security/from/{incident.number}/", {"reason": "x"}).status_code == 403
    assert browse(requester).post(f"/operation/security/from/{incident.number}/", {"reason": "x"}).status_code == 404
    assert not SecurityIncident.objects.exists()


def test_the_api_of_the_team(officer):
    api = Api(officer)
    answer = api.post("security-incidents/", {"title": "Leak", "threat": "leak", "severity": 1, "personal_data": True})
    assert answer.status_code == 201, answer.content
    number = answer.json()["number"]
    assert answer.json()["report_until"]
    moved = api.post(f"security-incidents/{number}/transitions/triage/", {
        "threat": "leak", "threat_severity": 2, "personal_data": "true",
    })  # fmt: skip
    assert moved.json()["severity"] == 2
    assert problem(api.post("security-incidents/", {"title": "x", "severity": 9}), 422)["errors"]["severity"]


def test_playbooks_are_edited_in_the_settings(officer, agent):
    client = browse(officer)
    book = Playbook.objects.get(threat="malware")
    assert client.get("/settings/playbooks/").status_code == 200
    client.post(f"/settings/playbooks/{book.pk}/", {"threat": "malware", "steps": "One\n\n Two ", "is_active": "on"})
    book.refresh_from_db()
    assert book.lines() == ["One", "Two"]
    assert browse(agent).get("/settings/playbooks/").status_code == 403
    answer = client.post(f"/settings/playbooks/{book.pk}/", {"threat": "malware", "steps": "x" * 201})
    assert answer.status_code == 422
