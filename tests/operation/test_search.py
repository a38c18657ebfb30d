"""Outages and rotas are found by name, by those who may know of them."""

from __future__ import annotations

import pytest

from itsm.lib import clock
from itsm.search.services import everywhere
from operation.models import Outage, Rota
from tests import factories
from tests.pages import enter, words

pytestmark = pytest.mark.django_db


def found(user, text):
    return {group.name: [hit.title for hit in group.hits] for group in everywhere(user, text)}


def test_by_title_message_and_team(agent, requester, administrator):
    outage = Outage.objects.create(
        title="Cards are refused", message="Visa only", begins_at=clock.now(), created_by=administrator
    )
    Rota.objects.create(name="Nights", team=factories.TeamFactory(name="Payments"), starts_on=clock.now().date())
    assert found(agent, "visa") == {"outages": ["Cards are refused"]}
    assert found(agent, "payments") == {"rotas": ["Nights"]}
    assert found(requester, "visa") == found(requester, "payments") == {}
    page = enter(agent).get("/search/?q=cards")
    assert outage.get_absolute_url() in page.content.decode()
    assert "Cards are refused" in words(page)
