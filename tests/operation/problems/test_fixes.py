"""Problems follow the changes that fix them, once, and no others; a message that is lost loses nothing."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from itsm.lib import clock
from itsm.tickets.events import ticket_changed
from itsm.tickets.models import TicketLink
from itsm.workflow.verbs import perform
from operation import tasks
from operation.models import Problem
from operation.services import problems
from tests import factories
from tests.api import Api
from tests.pages import enter
from transition.models import Change, ChangeTemplate

CAUSE = {"root_cause": "Heat", "whys": "It is hot"}
HOW = {"source": "web"}


@pytest.fixture
def manager(organisation):
    return factories.person("Pia Problem", roles=("problem_manager", "change_manager"), organisation=organisation)


@pytest.fixture
def problem(agent, service):
    made = problems.open(actor=agent, requester=agent, title="Printer jams at noon", service=service, **HOW)
    made = perform(made, "assess", actor=agent, data={"comment": "Worth it"}, **HOW)
    return perform(made, "record_cause", actor=agent, data=CAUSE, **HOW)


@pytest.fixture
def change(agent, service):
    """Scheduled for now, by a template."""
    template = ChangeTemplate.objects.create(
        name="New fan", service=service, implementation_plan="In", backout_plan="Out", minutes=30
    )
    made = {"template": template.pk, "planned_start": clock.now().isoformat()}
    answer = Api(agent).post("changes/", made)
    assert answer.status_code == 201, answer.content
    step(answer.json()["number"], "schedule", agent)
    return Change.objects.get()


def step(change, verb, actor, **data):
    number = change if isinstance(change, str) else change.number
    answer = Api(actor).post(f"changes/{number}/transitions/{verb}/", data)
    assert answer.status_code == 200, answer.content


def link(one, kind, other, actor):
    path = {"PRB": "problems", "CHG": "changes"}[one.number[:3]]
    assert Api(actor).post(f"{path}/{one.number}/links/", {"kind": kind, "target": other.number}).status_code == 201


def finish(change, actor, outcome="successful"):
    step(change, "start", actor)
    step(change, "implement", actor)
    step(change, "close", actor, outcome=outcome, review_note="Done")


def state(problem):
    return Problem.objects.get(pk=problem.pk).state


@pytest.fixture
def lost(monkeypatch):
    """The process dies between commit and the news of it."""
    monkeypatch.setattr(ticket_changed, "send_robust", lambda **_more: [])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_fix_begins_and_removes_the_cause(problem, change, agent):
    link(problem, "fixed_by", change, agent)
    step(change, "start", agent)
    assert state(problem) == "fix_in_progress"
    step(change, "implement", agent)
    assert state(problem) == "fix_in_progress"
    step(change, "close", agent, outcome="successful", review_note="Cool now")
    found = Problem.objects.get()
    assert (found.state, change.number in found.resolution) == ("resolved", True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("kind", ["caused_by", "related_to", "follows"])
def test_another_relation_fixes_nothing(problem, change, agent, kind):
    link(problem, kind, change, agent)
    link(change, kind, problem, agent)
    finish(change, agent)
    tasks.follow_fixes()
    assert state(problem) == "known_error"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_failed_removes_nothing(problem, change, agent):
    link(problem, "fixed_by", change, agent)
    step(change, "start", agent)
    step(change, "fail", agent, reason="Too big")
    step(change, "back_out", agent, comment="Out again")
    step(change, "close", agent, outcome="backed_out", review_note="Measure first")
    tasks.follow_fixes()
    assert state(problem) == "fix_in_progress"


@pytest.mark.django_db
def test_lost_news_is_found_again_and_followed_once(problem, change, agent, incident, lost):
    link(problem, "fixed_by", change, agent)
    step(change, "start", agent)
    assert state(problem) == "known_error"
    tasks.follow_fixes()
    tasks.follow_fixes()
    assert state(problem) == "fix_in_progress"
    step(change, "implement", agent)
    step(change, "close", agent, outcome="with_issues", review_note="Cool now")
    assert (state(problem), problems.catch_up(), state(problem)) == ("fix_in_progress", 1, "resolved")
    assert problems.catch_up() == 0
    # It came back: the same success does not remove it again.
    reopened = perform(Problem.objects.get(), "reopen", actor=agent, data={"reason": "Hot again"}, **HOW)
    with clock.moved_to(clock.now() + timedelta(days=1)):
        assert problems.catch_up() == 0
    assert state(reopened) == "root_cause_analysis"
    assert Problem.objects.get().timeline.filter(data__verb="resolve").count() == 1


@pytest.mark.django_db
def test_both_messages_lost_still_resolve_it(problem, change, agent, lost):
    link(problem, "fixed_by", change, agent)
    finish(change, agent)
    tasks.follow_fixes()
    assert state(problem) == "resolved"


@pytest.mark.django_db
def test_a_change_linked_after_it_was_done_resolves_nothing(problem, change, agent):
    finish(change, agent)
    with clock.moved_to(clock.now() + timedelta(minutes=5)):
        link(problem, "fixed_by", change, agent)
        assert problems.catch_up() == 0
    assert state(problem) == "known_error"


@pytest.mark.django_db
def test_nothing_to_follow_costs_one_query(problem, change, agent, django_assert_num_queries):
    link(problem, "fixed_by", change, agent)
    with django_assert_num_queries(1):
        assert problems.catch_up() == 0


@pytest.mark.django_db
def test_a_change_raised_from_a_problem_is_its_fix(problem, agent, service):
    client = enter(agent)
    sent = {"title": "New fan", "change_type": "normal", "service": service.pk}
    answer = client.post(f"/changes/new/?parent={problem.number}", sent)
    assert answer.status_code == 302, answer.content
    made = TicketLink.objects.get()
    assert (made.source_id, made.kind, made.target_id) == (problem.pk, "fixed_by", Change.objects.get().pk)


@pytest.mark.django_db
def test_relations_of_before_go_on_as_fixes(problem, change, agent, incident):
    other = problems.open(actor=agent, requester=agent, title="Another", **HOW)
    for one, two in ((problem, change), (change, other), (incident, change)):
        TicketLink.objects.create(source_id=one.pk, target_id=two.pk, kind="related_to", created_by=agent)
    import_module("itsm.tickets.migrations.0102_fixed_by").convert(apps, SimpleNamespace(connection=connection))
    assert set(TicketLink.objects.values_list("source_id", "kind", "target_id")) == {
        (problem.pk, "fixed_by", change.pk), (other.pk, "fixed_by", change.pk), (incident.pk, "related_to", change.pk),
    }  # fmt: skip
