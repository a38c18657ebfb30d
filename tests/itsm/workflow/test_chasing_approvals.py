"""Approvals that nobody answers: a reminder at half the time, an end at the deadline; each once."""

from datetime import UTC, datetime, timedelta

import pytest

from itsm.approvals import services as rounds
from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.notifications.models import Event
from itsm.tickets.models import TimelineEntry
from itsm.workflow import approvals, tasks
from itsm.workflow.models import TransitionPolicy
from tests import factories

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(days):
    return clock.moved_to(START + timedelta(days=days))


@pytest.fixture
def approver(db):
    return factories.person("Petra Approver")


@pytest.fixture
def asked(incident, agent, approver):
    """A round with four days to answer."""
    TransitionPolicy.objects.create(
        name="Four eyes", kind="incident", verb="resolve", approval={"approvers": [{"user": approver.pk}], "days": 4}
    )
    with at(0):
        return approvals.ask(incident, "resolve", actor=agent, source="web")


def chase(days):
    with at(days):
        return approvals.chase()


def news(incident):
    return list(
        Event.objects.filter(ticket=incident.pk, type__contains="approval")
        .order_by("id")
        .values_list("type", flat=True)
    )


def test_reminded_at_half_the_time_and_ended_at_the_deadline(asked, incident):
    assert [chase(days) for days in (1.9, 2, 2.1, 3.9, 4, 5)] == [0, 1, 0, 0, 1, 0]
    asked.refresh_from_db()
    assert (asked.state, asked.reminded_at) == ("expired", START + timedelta(days=2))
    assert news(incident) == ["incident.approval_asked", "incident.approval_reminder", "incident.approval_expired"]
    lines = TimelineEntry.objects.filter(ticket=incident.pk, kind="approval").order_by("id")
    assert [line.data["news"] for line in lines] == ["approval_asked", "approval_reminder", "approval_expired"]


def test_who_has_answered_is_left_alone(asked, approver):
    with at(1):
        approvals.vote(asked, actor=approver, approve=True, source="web")
    assert [chase(days) for days in (2, 4)] == [0, 0]


def test_a_round_that_was_chased_already_is_not_chased_again(asked, incident):
    with at(5):
        assert (approvals.expire(asked), approvals.expire(asked), approvals.remind(asked)) == (True, False, False)
    assert news(incident).count("incident.approval_expired") == 1


def test_after_the_deadline_there_is_no_reminder(asked, incident):
    assert chase(5) == 1
    assert "incident.approval_reminder" not in news(incident)


def test_an_error_on_one_round_stops_no_other(asked, organisation, agent, approver, monkeypatch, caplog):
    with at(0):
        other = rounds.open_round(
            organisation, [approver], actor=agent, source="web", label="Halden", deadline_at=START + timedelta(days=4)
        )
    real = approvals._tell_all
    monkeypatch.setattr(approvals, "_tell_all", lambda r, news: 1 / 0 if r.pk == asked.pk else real(r, news))
    caplog.set_level("CRITICAL")
    with at(4):
        tasks.chase_approvals()
    assert [Round.objects.get(pk=each.pk).state for each in (asked, other)] == ["pending", "expired"]
    assert Event.objects.filter(type="approval.expired", object_id=other.pk).count() == 1


def test_nothing_to_chase_takes_two_queries(asked, django_assert_num_queries):
    with django_assert_num_queries(2):
        chase(0.1)
