"""Orders, problems and known errors that two people touch in the same instant: one wins, and nothing is lost."""

from __future__ import annotations

import pytest

from itsm.lib.errors import DomainError, Refused
from itsm.tickets.models import TicketLink, TimelineEntry
from itsm.workflow import work
from itsm.workflow.verbs import perform
from operation.models import OrderOutcome, Problem, ServiceRequest
from operation.services import problems, requests
from tests import factories
from tests.races import at_once, needs_postgres, overlap
from transition.models import Change, OrderResult, Subscription

pytestmark = [needs_postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
WEB = {"source": "web"}


def taken(ticket, verb):
    return TimelineEntry.objects.filter(ticket=ticket.pk, data__verb=verb).count()


def test_an_order_is_fulfilled_once(service, desk, requester, agent, engineer):
    offering = factories.OfferingFactory(service=service, name="Mailbox", slug="mailbox")
    OrderResult.objects.create(offering=offering)

    def place(**given):
        return requests.open(actor=requester, requester=requester, offering=offering, form={}, **WEB, **given)

    def fulfil(order, actor):
        return lambda: requests.fulfil(order, actor=actor, note="There", **WEB)

    order = place()
    first, second = overlap(fulfil(order, agent), fulfil(order, engineer))
    assert (first.state, type(second)) == ("fulfilled", Refused)
    assert (taken(order, "fulfil"), Subscription.objects.count(), OrderOutcome.objects.count()) == (1, 1, 1)
    # Another order of the same organisation at the same time: covered already, so a task says so.
    Subscription.objects.update(state="ended")
    pair = [place(), place()]
    answers = at_once(fulfil(pair[0], agent), fulfil(pair[1], engineer))
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
    assert Subscription.objects.filter(state="active").count() == 1
    assert sorted(ServiceRequest.objects.filter(pk__in=[one.pk for one in pair]).values_list("state", flat=True)) == [
        "approved", "fulfilled",
    ]  # fmt: skip


def test_the_last_tasks_finished_at_once_fulfil_it_once(service, desk, requester, agent, engineer):
    plan = [{"title": title, "team": desk.pk, "step": 1} for title in ("One", "Two")]
    offering = factories.OfferingFactory(service=service, name="Mailbox", slug="mailbox", fulfilment_plan=plan)
    OrderResult.objects.create(offering=offering)
    order = requests.open(actor=requester, requester=requester, offering=offering, form={}, **WEB)
    tasks = list(order.tasks.order_by("id"))
    answers = overlap(*(
        lambda task=task, actor=actor: work.finish_task(task, actor=actor, **WEB)
        for task, actor in zip(tasks, (agent, engineer), strict=True)
    ))  # fmt: skip
    assert not any(isinstance(one, DomainError) for one in answers)
    assert sorted(order.tasks.values_list("state", flat=True)) == ["done", "done"]
    assert (ServiceRequest.objects.get().state, taken(order, "fulfil")) == ("fulfilled", 1)
    assert Subscription.objects.count() == 1


def test_a_known_error_is_published_once_and_keeps_what_both_wrote(agent, engineer, service):
    def analysed(title):
        made = problems.open(actor=agent, requester=agent, title=title, service=service, **WEB)
        return perform(made, "assess", actor=agent, data={"comment": "Worth it"}, **WEB)

    def cause(problem, actor, words, workaround=""):
        return lambda: problems.record_cause(
            problem, actor=actor, root_cause=words, whys="Why", workaround=workaround, **WEB
        )

    problem = analysed("Jams")
    first, second = overlap(cause(problem, agent, "Heat"), cause(problem, engineer, "Dust"))
    found = Problem.objects.get(pk=problem.pk)
    assert (first.state, type(second), found.root_cause) == ("known_error", Refused, "Heat")
    assert taken(problem, "record_cause") == 1
    # A workaround and a cause at once: both are kept.
    problem = analysed("Jams again")
    answers = overlap(
        lambda: problems.publish_workaround(problem, actor=engineer, workaround="Open the lid", **WEB),
        cause(problem, agent, "Heat"),
    )
    assert not any(isinstance(one, DomainError) for one in answers)
    found = Problem.objects.get(pk=problem.pk)
    assert (found.state, found.root_cause, found.workaround) == ("known_error", "Heat", "Open the lid")
    assert found.version == problem.version + 2


def test_a_problem_follows_its_change_once(agent, service):
    problem = problems.open(actor=agent, requester=agent, title="Jams", service=service, **WEB)
    problem = perform(problem, "assess", actor=agent, data={"comment": "Worth it"}, **WEB)
    problem = problems.record_cause(problem, actor=agent, root_cause="Heat", **WEB)
    change = Change.objects.create(
        kind="change", title="New fan", requester=agent, opened_by=agent, state="draft", phase="new"
    )
    TicketLink.objects.create(source_id=problem.pk, target_id=change.pk, kind="fixed_by", created_by=agent)
    done = problem.updated_at.replace(year=problem.updated_at.year + 1)
    Change.objects.update(state="closed", phase="closed", outcome="successful", closed_at=done)
    change.refresh_from_db()
    assert sorted(overlap(lambda: problems.follow_change(change), problems.catch_up)) == [0, 1]
    assert (Problem.objects.get().state, taken(problem, "resolve")) == ("resolved", 1)
