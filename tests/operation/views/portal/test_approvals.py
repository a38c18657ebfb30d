"""Voting on the portal."""

import pytest

from itsm.approvals import services as approvals
from itsm.approvals.models import Round
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(incident, colleague, agent) -> Round:
    return approvals.open_round(
        incident, [colleague], actor=agent, source="web", label=str(incident), question="Buy a bigger mailbox?"
    )


def test_approver_without_roles_votes(asked, colleague, incident):
    client = enter(colleague)
    assert "Buy a bigger mailbox?" in words(client.get("/portal/"))
    assert "Buy a bigger mailbox?" in words(client.get("/portal/approvals/"))
    page = client.get(f"/portal/approvals/{asked.pk}/")
    assert incident.number in words(page)
    # Being asked is no key to the whole ticket.
    assert client.get(f"/portal/tickets/{incident.number}/").status_code == 404
    assert client.post(f"/portal/approvals/{asked.pk}/", {"vote": "approve", "comment": "Fine"}).status_code == 302
    assert Round.objects.get().state == "approved"
    assert "You have approved this" in words(client.get(f"/portal/approvals/{asked.pk}/"))
    assert client.post(f"/portal/approvals/{asked.pk}/", {"vote": "approve"}).status_code == 409


def test_rejecting_needs_a_reason_at_the_field(asked, colleague):
    page = enter(colleague).post(f"/portal/approvals/{asked.pk}/", {"vote": "reject", "comment": " "})
    assert (page.status_code, problems(page)) == (422, ["Say why you reject it."])
    assert enter(colleague).post(f"/portal/approvals/{asked.pk}/", {"vote": "maybe"}).status_code == 422
    assert Round.objects.get().state == "pending"


@pytest.mark.parametrize("who", ["outsider", "requester", "agent"])
def test_others_find_nothing(who, asked, request):
    client = enter(request.getfixturevalue(who))
    assert client.get(f"/portal/approvals/{asked.pk}/").status_code == 404
    assert client.post(f"/portal/approvals/{asked.pk}/", {"vote": "approve"}).status_code == 404
    assert Round.objects.get().state == "pending"
