"""Planning who is on call: what is refused, whom escalations page, and the pages."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid
from itsm.sla.models import EscalationStep
from itsm.workflow import escalations
from operation.models import Rota, RotaMember
from operation.services import on_call
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rota(desk, agent, administrator, organisation):
    other = factories.person("Bea Second", roles=("agent",), teams=(desk,), organisation=organisation)
    made = Rota(team=desk, name="Desk at night", timezone="Europe/Oslo", starts_on=clock.now().date(), handover=time(0))
    on_call.save(made, [agent, other], actor=administrator, source="web")
    return made


def fresh(rota):
    return on_call.loaded(Rota.objects.filter(pk=rota.pk)).get()


def test_stand_ins_never_overlap_and_are_of_the_team(rota, agent, engineer, administrator, requester):
    now = clock.now()
    bea = rota.members.get(position=1).user
    how = {"actor": administrator, "source": "web"}
    on_call.stand_in(rota, bea, now + timedelta(hours=1), now + timedelta(hours=5), **how)
    bad = {
        "begins_at": (bea, now + timedelta(hours=4), now + timedelta(hours=9)),
        "ends_at": (bea, now + timedelta(hours=9), now + timedelta(hours=9)),
        "user": (engineer, now + timedelta(hours=9), now + timedelta(hours=10)),
    }
    for field, (who, begin, end) in bad.items():
        with pytest.raises(Invalid) as error:
            on_call.stand_in(rota, who, begin, end, **how)
        assert field in error.value.fields
    with pytest.raises(Denied):
        on_call.stand_in(rota, bea, now + timedelta(days=1), now + timedelta(days=2), actor=agent, source="web")
    # Back to back is no overlap; who is of the team takes over themselves.
    on_call.stand_in(rota, agent, now + timedelta(hours=5), now + timedelta(hours=6), actor=agent, source="web")
    assert rota.overrides.count() == 2
    with pytest.raises(Denied):
        on_call.save(fresh(rota), [agent], actor=requester, source="web")


def test_escalation_pages_who_is_on_call(rota, agent, requester, service, incident):
    assert on_call.people_for(incident) == [agent]
    bea = rota.members.get(position=1).user
    on_call.stand_in(
        rota, bea, clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1), actor=bea, source="web"
    )
    assert on_call.people_for(incident) == [bea]
    step = EscalationStep(action="page_on_call", percent=100)
    assert escalations._people_for(incident, step) == [bea]
    bea.is_active = False
    bea.save()
    assert on_call.people_for(incident) == [agent]


def test_pages(client, rota, agent, administrator, requester, auditor, desk):
    client.force_login(administrator)
    assert "Anna Agent" in client.get("/operation/on-call/").content.decode()
    page = f"/operation/on-call/{rota.pk}/"
    assert "Anna Agent is on call" in client.get(page).content.decode()
    given = {
        "team": desk.pk, "name": "Second", "timezone": "Mars/Base", "starts_on": "2026-01-01", "handover": "09:00",
        "days": "7", "people": agent.email, "is_active": "on",
    }  # fmt: skip
    assert client.post("/operation/on-call/new/", given).status_code == 422
    assert client.post("/operation/on-call/new/", given | {"timezone": "UTC", "people": "x@y.zz"}).status_code == 422
    assert client.post("/operation/on-call/new/", given | {"timezone": "UTC"}).status_code == 302
    assert Rota.objects.count() == 2
    assert client.post(f"{page}edit/", given | {"timezone": "UTC", "name": "Second"}).status_code == 422
    now = clock.now()
    client.force_login(agent)
    assert client.get(f"{page}edit/").status_code == 403
    stand_in = {"user": agent.pk, "begins_at": (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
                "ends_at": (now + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M"), "reason": "Swap"}  # fmt: skip
    assert client.post(page, stand_in).status_code == 302
    assert client.post(page, stand_in).status_code == 422
    assert client.post(f"{page}stand-ins/{rota.overrides.get().pk}/").status_code == 302
    client.force_login(auditor)
    assert client.get(page).status_code == 200
    client.force_login(requester)
    assert client.get(page).status_code == 404


def test_the_list_costs_the_same(client, rota, agent, administrator, django_assert_max_num_queries):
    client.force_login(administrator)
    client.get("/operation/on-call/")

    def cost():
        with django_assert_max_num_queries(30) as counted:
            client.get("/operation/on-call/")
        return len(counted)

    one = cost()
    for number in range(2):
        more = Rota.objects.create(team=rota.team, name=f"More {number}", starts_on=clock.now().date())
        RotaMember.objects.create(rota=more, user=agent, position=0)
    assert cost() == one
