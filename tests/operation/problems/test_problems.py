"""Problems: their table, from incidents to the cause, and what a removed cause does."""

from __future__ import annotations

import pytest

from itsm.accounts.models import User
from itsm.lib.errors import Denied, Refused
from itsm.workflow import steps
from itsm.workflow.verbs import perform
from operation import known_errors
from operation.models import Incident, Problem
from operation.problem_states import ProblemState
from operation.services import incidents, problems
from tests import factories
from tests.operation.kinds_machine import Row, mismatches

pytestmark = pytest.mark.django_db
WORKERS = ("agent", "problem_manager", "system")
DECIDERS = ("problem_manager", "system")
CAUSE = {"root_cause": "Heat", "whys": "It stops\nIt is hot", "workaround": "Open the lid"}
TABLE = {
    "assign": Row(ProblemState.WORKABLE, "", WORKERS, {"team": "Engineers"}),
    "assess": Row(("new",), "assessed", WORKERS, {"comment": "Worth it"}),
    "investigate": Row(("assessed",), "root_cause_analysis", WORKERS),
    "reconsider": Row(ProblemState.KNOWN, "root_cause_analysis", WORKERS, {"reason": "It came back"}),
    "publish_workaround": Row(ProblemState.WORKABLE, "", WORKERS, {"workaround": "Restart it"}),
    "record_cause": Row(("assessed", "root_cause_analysis"), "known_error", WORKERS, CAUSE),
    "start_fix": Row(("known_error",), "fix_in_progress", WORKERS),
    "resolve": Row(("root_cause_analysis", "known_error", "fix_in_progress"), "resolved", WORKERS, {"note": "Fan"}),
    "close": Row(("resolved",), "closed", DECIDERS),
    "reopen": Row(("resolved",), "root_cause_analysis", WORKERS, {"reason": "Again"}),
    "cancel": Row(ProblemState.WORKABLE, "cancelled", DECIDERS, {"reason": "Rare"}),
}
PATHS = {
    "new": [], "assessed": ["assess"], "root_cause_analysis": ["assess", "investigate"],
    "known_error": ["assess", "record_cause"], "fix_in_progress": ["assess", "record_cause", "start_fix"],
    "resolved": ["assess", "record_cause", "resolve"], "closed": ["assess", "record_cause", "resolve", "close"],
    "cancelled": ["cancel"],
}  # fmt: skip


def lead(problem, state, actor):
    for verb in PATHS[state]:
        problem = perform(problem, verb, actor=actor, source="web", data=TABLE[verb].data)
    return problem


@pytest.fixture
def manager(organisation):
    return factories.person("Pia Problem", roles=("problem_manager",), organisation=organisation)


@pytest.fixture
def problem(agent, service):
    return problems.open(
        actor=agent, source="web", requester=agent, title="Printer jams at noon", service=service,
        description="Always after lunch",
    )  # fmt: skip


@pytest.mark.parametrize("state", ProblemState.values)
def test_every_step_by_everybody(problem, requester, agent, manager, auditor, engineers, state):
    problem = lead(problem, state, manager)
    assert problem.state == state
    people = {
        "requester": requester, "agent": agent, "problem_manager": manager, "auditor": auditor,
        "system": User.objects.system(),
    }  # fmt: skip
    assert mismatches(TABLE, Problem, problem.pk, state, people) == {}
    assert set(TABLE) == set(steps.verbs(Problem))


def test_from_an_incident_to_the_next_caller(client, agent, requester, service, incident):
    client.force_login(agent)
    client.post(f"/problems/from/{incident.number}/")
    problem = Problem.objects.get()
    assert problems.cause_of(incident) == problem
    assert client.post(f"/problems/from/{incident.number}/").status_code == 409
    lead(problem, "known_error", agent)
    second = factories.incident(requester, service=service, title="Mail is down again")
    incidents.start(second, actor=agent, source="web")
    panel = client.get(f"/tickets/{second.number}/more/").content.decode()
    assert "Apply workaround" in panel
    client.post(f"/problems/{problem.number}/apply/{second.number}/", {"wait": "1"})
    second.refresh_from_db()
    assert (second.state, second.hold_reason, problems.cause_of(second)) == ("on_hold", "problem", problem)
    assert second.timeline.get(kind="reply").body == "Open the lid"
    assert second.title in client.get(f"/tickets/{problem.number}/more/").content.decode()
    # The one that waits is resolved with it, the other is told to whoever holds it.
    problems.resolve(Problem.objects.get(), actor=agent, source="web", note="A new fan")
    second.refresh_from_db()
    incident.refresh_from_db()
    assert (second.state, incident.state) == ("resolved", "new")
    assert "A new fan" in second.resolution
    assert "A new fan" in incident.timeline.get(kind="note").body


def test_known_errors_are_found_by_words_and_offered_on_the_portal(client, agent, requester, service, problem, auditor):
    lead(problem, "known_error", agent)
    client.force_login(agent)
    for query, found in (("heat", True), ("lid noon", True), (problem.number, True), ("ufo", False)):
        text = client.get("/problems/known-errors/", {"q": query}).content.decode()
        assert (problem.title in text) is found, query
    assert problem.number in client.get("/search/", {"q": "Printer jams"}).content.decode()
    client.force_login(requester)
    assert client.get("/problems/known-errors/").status_code == 404
    asked = {"title": "printer jams", "service": service.slug}
    assert "Open the lid" in client.get("/portal/report/known/", asked).content.decode()


def test_suggestions_weigh_service_and_words_and_forget_what_is_linked(agent, requester, service, problem, incident):
    problem = lead(problem, "known_error", agent)
    other = factories.ServiceFactory()
    alien = factories.incident(requester, service=other, title="Screen is black")
    near = factories.incident(requester, service=service, title="The printer jams")
    assert [hint.problem for hint in known_errors.suggest(agent, near)] == [problem]
    assert known_errors.suggest(agent, alien) == []
    problems.from_incident(near, actor=agent, source="web", problem=problem)
    assert known_errors.suggest(agent, near) == []


def test_a_problem_from_a_selection(client, agent, requester, service):
    made = [factories.incident(requester, service=service, title=f"Jam {n}") for n in range(3)]
    client.force_login(agent)
    data = {"action": "problem", "ids": [one.pk for one in made], "apply": "1", "number": "", "title": "Jams"}
    assert client.post("/queue/bulk/", data).status_code in (200, 302)
    problem = Problem.objects.get()
    assert problem.title == "Jams"
    assert list(problems.incidents_of(problem)) == made
    again = client.post("/queue/bulk/", data | {"number": "PRB-999999"})
    assert again.status_code == 422
    assert Problem.objects.count() == 1


def test_refusals(problem, agent, requester, incident, auditor, client):
    with pytest.raises(Refused):
        problems.apply_workaround(incident, problem, actor=agent, source="web")
    with pytest.raises(Denied):
        problems.open(actor=requester, source="web", requester=requester, title="Mine")
    client.force_login(auditor)
    assert client.post(f"/problems/from/{incident.number}/").status_code == 403
    client.force_login(requester)
    assert client.post(f"/problems/from/{incident.number}/").status_code == 404
    assert not Incident.objects.exclude(state="new").exists()


def test_cancelling_lets_waiting_incidents_go_on(problem, agent, manager, incident):
    problem = lead(problem, "known_error", agent)
    incidents.start(incident, actor=agent, source="web")
    problems.apply_workaround(incident, problem, actor=agent, source="web", wait=True)
    problems.cancel(problem, actor=manager, source="web", reason="The printer is thrown away")
    incident.refresh_from_db()
    assert incident.state == "in_progress"


def test_the_page_of_known_errors_costs_the_same(client, agent, service, django_assert_max_num_queries):
    client.force_login(agent)
    client.get("/problems/known-errors/")

    def cost():
        with django_assert_max_num_queries(30) as counted:
            client.get("/problems/known-errors/")
        return len(counted)

    def known(title):
        made = problems.open(actor=agent, source="web", requester=agent, title=title, service=service)
        lead(made, "known_error", agent)

    known("One")
    one = cost()
    known("Two")
    known("Three")
    assert cost() == one


def test_the_timeline_says_in_words_what_was_done(problem, agent, client):
    perform(problem, "assess", actor=agent, source="web", data={"comment": "It comes back"})
    perform(problem, "investigate", actor=agent, source="web", data={})
    client.force_login(agent)
    page = client.get(f"/tickets/{problem.number}/").content.decode()
    assert "assessed it" in page
    assert "began to look for the cause" in page
