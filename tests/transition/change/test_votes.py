"""Votes are about what will happen: what is approved is not widened, and what changes is put to the vote again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.approvals.models import Round
from itsm.lib.errors import Refused
from itsm.notifications.models import Message
from itsm.notifications.services import fan_out
from itsm.tickets.models import TimelineEntry
from itsm.workflow import approvals
from tests import factories
from tests.api import Api, problem
from tests.pages import enter, words
from tests.transition.change.conftest import answered, approve
from transition.models import ApprovalRule, Change, ChangeTemplate, TicketCI
from transition.reports import change_risk
from transition.services import change_approvals, changes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def fresh(change):
    return Change.objects.get(pk=change.pk)


def rounds(change):
    rows = Round.objects.filter(subject_type="ticket", subject_id=change.pk).order_by("id")
    return list(rows.values_list("state", flat=True))


def told(change, news):
    return list(TimelineEntry.objects.filter(ticket=change.pk, data__news=news).values_list("body", flat=True))


def messages(person, topic):
    fan_out.run()
    return Message.objects.filter(recipient=person, topic=topic, channel="in_app").count()


def moved(change, days=1):
    return {
        "planned_start": (change.planned_start + days * DAY).isoformat(),
        "planned_end": (change.planned_end + days * DAY).isoformat(),
    }


# ---------- emergencies ----------


def test_the_risk_of_an_emergency_is_known_when_it_is_put_to_the_vote(raised, engineer, change_manager, shop, item):
    change = raised(change_type="emergency", hours=0, items=[item("fw-1", services=[shop])])
    answer = Api(engineer).post(f"changes/{change.number}/transitions/hurry/", {"reason": "On fire"})
    assert answer.status_code == 200
    risk = Api(engineer).get(f"changes/{change.number}/risk/").json()
    assert risk["score"] == sum(line["points"] for line in risk["lines"])
    assert {line["part"] for line in risk["lines"]} == {"answers", "radius", "record"}
    worst = sum(one.most for one in change_risk.questions())
    assert sum(line["points"] for line in risk["lines"] if line["part"] == "answers") == min(worst, 50)
    page = words(enter(engineer).get(f"/tickets/{change.number}/"))
    assert "not answered: counted at its worst" in page
    assert "of 100: shall it be done?" in change_approvals.pending(fresh(change)).question


def test_the_questions_about_an_emergency_are_answered_while_people_vote(
    raised, engineer, change_manager, organisation
):
    other = factories.person("Ole Other", roles=("change_manager",), organisation=organisation)
    change = changes.hurry(raised(change_type="emergency", hours=0), actor=engineer, source="web", reason="On fire")
    before = change.risk_score
    assert messages(other, "approval_asked") == 1
    client = enter(engineer)
    assert f"/changes/{change.number}/assess/" in client.get(f"/tickets/{change.number}/").content.decode()
    sent = {f"q{key}": label for key, label in answered().items()}
    assert client.post(f"/changes/{change.number}/assess/", sent).status_code == 302
    change = fresh(change)
    assert change.risk_score < before
    assert (change.state, rounds(change)) == ("awaiting_approval", ["cancelled", "pending"])
    assert f"{change.risk_score} of 100 instead of {before}" in told(change, "approval_void")[0]
    assert messages(other, "approval_asked") == 2
    # The same answers again are no news.
    changes.assess(change, actor=engineer, source="web", answers=answered())
    assert rounds(change) == ["cancelled", "pending"]


def test_a_normal_change_is_not_assessed_while_people_vote(asked, engineer):
    with pytest.raises(Refused):
        changes.assess(asked(), actor=engineer, source="web", answers=answered(1))


# ---------- what is approved ----------


def test_what_is_approved_is_not_widened_from_the_side(scheduled, engineer, keeper, item, shop):
    named, other = item("srv-1"), item("srv-2")
    change = scheduled(items=[named])
    api, client = Api(engineer), enter(engineer)
    problem(api.post(f"cis/{other.number}/tickets/", {"ticket": change.number}), 409)
    problem(api.delete(f"cis/{named.number}/tickets/{change.number}/"), 409)
    answer = problem(api.patch(f"changes/{change.number}/", {"service": shop.slug}), 409)
    assert "Take it back first" in answer["detail"]
    assert client.post(f"/configuration/tickets/{change.number}/", {"item": other.number}).status_code == 409
    page = client.get(f"/tickets/{change.number}/more/").content.decode()
    assert "Take it back first" in page
    assert "Add an item" not in page
    change = fresh(change)
    assert (change.state, change.service.slug) == ("scheduled", "email")
    assert [link.item for link in TicketCI.objects.filter(ticket=change.pk)] == [named]
    # What does not decide about its risk can be corrected.
    assert api.patch(f"changes/{change.number}/", {"title": "New disks, faster"}).status_code == 200


def test_taking_it_back_voids_what_was_approved(scheduled, engineer, change_manager, item):
    change = scheduled()
    taken = Api(engineer).post(f"changes/{change.number}/transitions/withdraw/", {"reason": "One more server"})
    assert taken.status_code == 200
    change = fresh(change)
    assert (change.state, change.scheduled_at, change.clashes) == ("assessing", None, None)
    assert told(change, "approval_void") == ["One more server"]
    assert messages(change_manager, "approval_void") == 1
    server = item("srv-3")
    assert Api(engineer).post(f"cis/{server.number}/tickets/", {"ticket": change.number}).status_code == 204
    change = changes.request_approval(change, actor=engineer, source="web")
    assert rounds(change) == ["approved", "pending"]


def test_a_standard_change_goes_back_to_its_draft(engineer, service, raised):
    template = ChangeTemplate.objects.create(name="Renew", implementation_plan="1", backout_plan="2", service=service)
    change = changes.schedule(raised(template=template, change_type="standard"), actor=engineer, source="web")
    problem(Api(engineer).post(f"changes/{change.number}/transitions/withdraw/", {"reason": "x"}), 409)
    back = Api(engineer).post(f"changes/{change.number}/transitions/send_back/", {"reason": "Another server"})
    assert (back.status_code, fresh(change).state) == (200, "draft")


def test_a_normal_change_that_is_scheduled_does_not_become_a_draft(scheduled, engineer):
    change = scheduled()
    problem(Api(engineer).post(f"changes/{change.number}/transitions/send_back/", {"reason": "x"}), 409)
    assert fresh(change).state == "scheduled"


# ---------- another time ----------


def test_moving_what_is_voted_on_voids_the_votes(raised, asked, engineer, board):
    change = asked(risk=2)
    first = change_approvals.pending(change)
    assert messages(board[1], "approval_asked") == 1
    approvals.vote(first, actor=board[0], approve=True, source="web")
    answer = Api(engineer).post(f"changes/{change.number}/transitions/reschedule/", moved(change))
    assert answer.status_code == 200, answer.content
    change = fresh(change)
    assert (change.state, rounds(change)) == ("awaiting_approval", ["cancelled", "pending"])
    assert "another time" in told(change, "approval_void")[0]
    assert (messages(board[0], "approval_void"), messages(board[1], "approval_void")) == (1, 0)
    assert messages(board[1], "approval_asked") == 2
    with pytest.raises(Refused, match="already decided"):
        approvals.vote(first, actor=board[1], approve=True, source="web")
    assert fresh(change).state == "awaiting_approval", "a vote about the old time moves nothing"
    assert approve(change).state == "scheduled"


def test_moving_what_is_approved_asks_again(scheduled, engineer, change_manager):
    change = scheduled()
    page = enter(change_manager).get(f"/changes/{change.number}/slot/")
    assert "do not count any more" in words(page)
    problem(Api(engineer).post(f"changes/{change.number}/transitions/reschedule/", moved(change)), 403)
    answer = Api(change_manager).post(f"changes/{change.number}/transitions/reschedule/", moved(change))
    assert answer.json()["state"] == "awaiting_approval"
    assert rounds(change) == ["approved", "pending"]
    page = words(enter(engineer).get(f"/tickets/{change.number}/"))
    assert "The votes are void" in page
    assert approve(change).state == "scheduled"


def test_the_same_time_again_voids_nothing(asked, engineer):
    change = asked()
    changes.reschedule(
        change, actor=engineer, source="web", planned_start=change.planned_start, planned_end=change.planned_end
    )
    assert rounds(change) == ["pending"]


def test_a_standard_change_is_moved_without_a_vote(engineer, change_manager, service, raised):
    template = ChangeTemplate.objects.create(name="Renew", implementation_plan="1", backout_plan="2", service=service)
    change = changes.schedule(raised(template=template, change_type="standard"), actor=engineer, source="web")
    answer = Api(change_manager).post(f"changes/{change.number}/transitions/reschedule/", moved(change))
    assert answer.json()["state"] == "scheduled"


# ---------- another risk ----------


def test_another_item_or_service_while_people_vote_asks_again(asked, engineer, item, shop):
    change = asked()
    critical = factories.ServiceFactory(criticality=1)
    server = item("srv-4", services=[critical])
    before = change.risk_score
    api = Api(engineer)
    assert api.post(f"cis/{server.number}/tickets/", {"ticket": change.number}).status_code == 204
    change = fresh(change)
    assert (change.risk_score > before, rounds(change)) == (True, ["cancelled", "pending"])
    assert f"{change.risk_score} of 100" in change_approvals.pending(change).question
    # Said twice it is no news.
    assert api.post(f"cis/{server.number}/tickets/", {"ticket": change.number}).status_code == 204
    assert api.delete(f"cis/{server.number}/tickets/{change.number}/").status_code == 204
    assert api.patch(f"changes/{change.number}/", {"service": shop.slug}).status_code == 200
    assert rounds(change) == ["cancelled"] * 3 + ["pending"]
    assert [body.split(":")[0][:30] for body in told(change, "approval_void")][2] == "It touches another service now"


def test_without_a_rule_nothing_is_changed(asked, engineer, item):
    change, server = asked(), item("srv-5")
    ApprovalRule.objects.all().delete()
    problem(Api(engineer).post(f"cis/{server.number}/tickets/", {"ticket": change.number}), 409)
    assert not TicketCI.objects.filter(ticket=change.pk).exists()
    assert rounds(change) == ["pending"]


# ---------- words ----------


def test_a_change_is_requested_not_reported(raised, engineer):
    page = words(enter(engineer).get(f"/tickets/{raised().number}/"))
    assert "requested this change" in page
    assert "Requested (Portal) by" in page
    assert "reported this" not in page
