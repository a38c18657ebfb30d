"""The life of a change: what each step needs, who decides, and that every state can be left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.workflow import approvals, steps, verbs, work
from tests import factories
from tests.transition.change.conftest import answered, approve
from transition.models import ApprovalRule, Change, ChangeTemplate, FreezeWindow
from transition.services import change_approvals, changes, configuration
from transition.states.changes import ChangeState

pytestmark = pytest.mark.django_db


def take(change, verb, actor, **data):
    return verbs.perform(change, verb, actor=actor, source="web", data=data)


def test_a_normal_change_from_draft_to_closed(raised, engineer, change_manager):
    change = raised()
    assert change.state == "draft"
    assert change.number == f"CHG-{change.pk}"
    change = take(change, "submit", engineer)
    with pytest.raises(Refused, match="risk"):
        take(change, "request_approval", engineer)
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    assert change.risk_level == "low"
    assert change.risk_score == sum(line["points"] for line in change.risk_lines)
    change = take(change, "request_approval", engineer)
    assert [s.approver for s in change_approvals.pending(change).seats.all()] == [change_manager]
    change = approve(change, "Do it")
    assert change.state == "scheduled"
    assert change.clashes == 0
    with pytest.raises(Refused, match="planned for"):
        take(change, "start", engineer)
    work.add_task(change, "Tell the desk", actor=engineer, source="web")
    with clock.moved_to(change.planned_start):
        change = take(change, "start", engineer)
        with pytest.raises(Refused, match="Tasks"):
            take(change, "implement", engineer)
        for task in change.tasks.all():
            work.finish_task(task, actor=engineer, source="web")
        change = take(Change.objects.get(pk=change.pk), "implement", engineer, comment="Went well")
        change = take(change, "close", engineer, outcome="successful", review_note="As planned")
    assert (change.state, change.outcome, change.phase) == ("closed", "successful", "closed")
    assert change.actual_start == change.planned_start
    assert change.resolved_at == change.closed_at
    assert {"change.open", "change.submit", "change.assess", "change.approve", "change.close"} <= set(
        Entry.objects.filter(object_id=change.pk).values_list("action", flat=True)
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"planned_start": None, "planned_end": None}, "when it is planned"),
        ({"backout_plan": ""}, "back-out plan"),
        ({"implementation_plan": " "}, "implementation plan"),
    ],
)
def test_nobody_is_asked_about_half_a_plan(raised, engineer, missing, words):
    change = take(raised(**missing), "submit", engineer)
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    with pytest.raises(Refused, match=words):
        take(change, "request_approval", engineer)
    assert Change.objects.get(pk=change.pk).state == "assessing"


def test_nothing_is_submitted_that_touches_nothing(raised, engineer):
    with pytest.raises(Refused, match="services or configuration items"):
        take(raised(service=None), "submit", engineer)


def test_a_standard_change_needs_no_vote_but_its_template(raised, engineer, service):
    template = ChangeTemplate.objects.create(
        name="Renew", service=service, implementation_plan="1", backout_plan="2", tasks=["Call"], minutes=30
    )
    start = clock.now() + timedelta(hours=5)
    change = changes.open(actor=engineer, source="web", template=template, planned_start=start)
    assert (change.change_type, change.title, change.service) == ("standard", "Renew", service)
    assert change.planned_end == start + timedelta(minutes=30)
    assert [task.title for task in change.tasks.all()] == ["Call"]
    change = changes.plan(change, actor=engineer, source="web", implementation_plan="Something else")
    assert change.implementation_plan == "1"
    with pytest.raises(Refused):
        take(change, "submit", engineer)
    ChangeTemplate.objects.update(is_active=False)
    with pytest.raises(Refused, match="not in force"):
        take(change, "schedule", engineer)
    ChangeTemplate.objects.update(is_active=True)
    assert take(Change.objects.get(pk=change.pk), "schedule", engineer).state == "scheduled"
    with pytest.raises(Refused):
        take(raised(), "schedule", engineer)


def test_an_emergency_is_quick_and_looked_at_afterwards(raised, engineer, change_manager, board):
    change = take(raised(change_type="emergency", hours=0), "hurry", engineer, reason="On fire")
    change = approve(change)
    change = take(take(change, "start", engineer), "implement", engineer)
    with pytest.raises(Refused, match="not answered"):
        take(change, "close", engineer, outcome="successful", review_note="Out")
    approve(change)
    change = take(Change.objects.get(pk=change.pk), "close", engineer, outcome="successful", review_note="Out")
    assert change.state == "closed"


def test_a_failed_change_is_backed_out_and_not_called_a_success(scheduled, engineer):
    change = scheduled()
    with clock.moved_to(change.planned_start):
        change = take(take(change, "start", engineer), "fail", engineer, reason="Disks are too big")
        change = take(change, "back_out", engineer, comment="Old disks are back")
        with pytest.raises(Invalid) as wrong:
            take(change, "close", engineer, outcome="successful", review_note="Well")
        assert "outcome" in wrong.value.fields
        change = take(change, "close", engineer, outcome="backed_out", review_note="Measure first")
    assert change.outcome == "backed_out"


def test_a_rejected_change_can_be_taken_up_again(asked, engineer, change_manager):
    change = asked()
    approvals.vote(
        change_approvals.pending(change), actor=change_manager, approve=False, comment="Too risky", source="web"
    )
    change = Change.objects.get(pk=change.pk)
    assert (change.state, change.stop_reason) == ("rejected", "Too risky")
    change = take(change, "revise", engineer, reason="With a plan B")
    assert (change.state, change.risk_score, change.stop_reason) == ("draft", None, "")


def test_taking_it_back_withdraws_the_question(asked, engineer):
    change = take(asked(), "withdraw", engineer, reason="Forgot something")
    assert change.state == "assessing"
    assert change_approvals.pending(change) is None


def test_no_answer_in_time_rejects_it(asked):
    change = asked()
    with clock.moved_to(clock.now() + timedelta(days=30)):
        approvals.chase()
    assert Change.objects.get(pk=change.pk).state == "rejected"


def test_every_state_can_be_left():
    left = {
        source
        for verb in steps.verbs(Change)
        for source, transition in getattr(Change, verb)._django_fsm.transitions.items()
        if transition.target not in (None, source)
    }
    assert left == set(ChangeState.values)


def test_risk_decides_who_is_asked(asked, board, change_manager):
    change = asked(risk=2)
    round_ = change_approvals.pending(change)
    assert change.risk_level in ("medium", "high")
    assert round_.rule == "quorum"
    assert {seat.approver for seat in round_.seats.all()} == set(board)
    approvals.vote(round_, actor=board[0], approve=True, source="web")
    assert Change.objects.get(pk=change.pk).state == "awaiting_approval"


def test_nobody_decides_alone_about_their_own_change(asked, change_manager, administrator, organisation):
    rule = ApprovalRule.objects.filter(change_type="normal").order_by("from_score").first()
    assert rule.role == "change_manager"
    change = asked()
    with pytest.raises(Denied):
        approvals.vote(change_approvals.pending(change), actor=change.requester, approve=True, source="web")


def test_without_a_rule_the_refusal_says_so(raised, engineer):
    ApprovalRule.objects.all().delete()
    change = take(raised(), "submit", engineer)
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    with pytest.raises(Refused, match="approval rule"):
        take(change, "request_approval", engineer)
    assert Change.objects.get(pk=change.pk).state == "assessing"


def test_a_freeze_holds_all_but_emergencies(raised, scheduled, engineer, change_manager, service):
    change = scheduled()
    freeze = FreezeWindow.objects.create(
        name="Year end", starts_at=change.planned_start - timedelta(days=1),
        ends_at=change.planned_end + timedelta(days=1),
    )  # fmt: skip
    freeze.services.add(service)
    with clock.moved_to(change.planned_start), pytest.raises(Refused, match="Year end"):
        take(change, "start", engineer)
    with pytest.raises(Refused, match="Year end"):
        changes.reschedule(
            change, actor=change_manager, source="web", planned_start=change.planned_start + timedelta(hours=1),
            planned_end=change.planned_end + timedelta(hours=1),
        )  # fmt: skip
    urgent = take(raised(change_type="emergency"), "hurry", engineer, reason="Now")
    assert urgent.state == "awaiting_approval"


def test_an_approved_change_is_moved_by_a_change_manager_only(scheduled, engineer, change_manager):
    change = scheduled()
    new = {
        "planned_start": change.planned_start + timedelta(days=1),
        "planned_end": change.planned_end + timedelta(days=1),
    }  # fmt: skip
    with pytest.raises(Denied):
        changes.reschedule(change, actor=engineer, source="web", **new)
    assert changes.reschedule(change, actor=change_manager, source="web", **new).planned_start == new["planned_start"]


def test_what_was_decided_is_not_rewritten(scheduled, engineer):
    change = scheduled()
    with pytest.raises(Refused):
        changes.plan(change, actor=engineer, source="web", implementation_plan="Something else")
    with pytest.raises(Refused):
        changes.assess(change, actor=engineer, source="web", answers=answered())


def test_touching_something_else_asks_for_a_new_assessment(raised, engineer, shop):
    change = changes.submit(raised(), actor=engineer, source="web")
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    change = changes.plan(change, actor=engineer, source="web", services=[shop])
    assert change.risk_score is None
    assert list(change.services.all()) == [shop]


def test_what_came_since_the_assessment_counts_when_others_are_asked(raised, engineer, shop, item, change_manager):
    change = changes.submit(raised(), actor=engineer, source="web")
    change = changes.assess(change, actor=engineer, source="web", answers=answered())
    before = change.risk_score
    critical = factories.ServiceFactory(criticality=1)
    configuration.link_ticket(change, item("srv-9", services=[critical]), actor=engineer, source="web")
    change = take(change, "request_approval", engineer)
    assert change.risk_score > before


def test_two_people_take_the_same_step(raised, engineer, agent):
    change = raised()
    take(change, "submit", engineer)
    with pytest.raises(Refused):
        take(change, "submit", agent)
    with pytest.raises(Stale):
        verbs.perform(change, "send_back", actor=agent, source="web", data={"reason": "x"}, version=change.version)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"planned_end": None}, "planned_end"),
        ({"length": -1}, "planned_end"),
        ({"length": 24 * 40}, "planned_end"),
        ({"hours": -72}, "planned_start"),
        ({"change_type": "standard"}, "template"),
        ({"outage_minutes": 100_000}, "outage_minutes"),
    ],
)
def test_what_does_not_fit_is_named(raised, fields, name):
    with pytest.raises(Invalid) as wrong:
        raised(**fields)
    assert name in wrong.value.fields
    assert not Change.objects.exists()


def test_who_may_not(raised, requester, auditor, board):
    change = raised()
    for person in (requester, auditor, board[0]):
        with pytest.raises(Denied):
            raised(actor=person)
        with pytest.raises(Denied):
            take(change, "submit", person)
    assert Change.objects.visible_to(requester).count() == 0
    assert Change.objects.visible_to(board[0]).count() == 1
