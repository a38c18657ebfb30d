"""The life of an outage."""

from datetime import timedelta

import pytest

from itsm.audit import services as audit
from itsm.audit.models import Entry
from itsm.catalogue import health
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.notifications.models import Event
from operation.models import Incident, Outage
from operation.services import incidents, outages
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def outage(agent, service) -> Outage:
    return outages.announce(actor=agent, source="web", services=[service], title="Mail is down", kind="outage")


def test_announced_updated_and_ended(outage, agent, service):
    assert (outage.state, health.of([service.pk])[service.pk].word) == ("active", "down")
    outages.edit(outage, actor=agent, source="web", message="We restart it.", kind="degradation")
    assert health.of([service.pk])[service.pk].word == "degraded"
    ended = outages.perform(Outage.objects.get(), "end", actor=agent, source="web")
    assert (ended.state, ended.ended_at >= ended.begins_at) == ("ended", True)
    assert health.of([service.pk])[service.pk].word == "up"
    codes = list(Entry.objects.filter(object_type="operation.outage").order_by("id").values_list("action", flat=True))
    assert codes == ["created", "changed", "outage.end"]
    kinds = list(Event.objects.filter(object_type="operation.outage").order_by("id").values_list("type", flat=True))
    assert kinds == ["outage.announce", "outage.update", "outage.end"]
    assert list(audit.verify()) == []


#: who may tell users
TELLERS = {"agent", "incident_manager", "administrator"}
PEOPLE = ("requester", "agent", "incident_manager", "auditor", "administrator", "outsider")


@pytest.mark.parametrize("state", ["planned", "active", "ended"])
@pytest.mark.parametrize("verb", ["begin", "end", "call_off"])
def test_every_step_by_everybody(state, verb, request, agent, service):
    sources = {"begin": {"planned"}, "end": {"active"}, "call_off": {"planned"}}[verb]
    outcome = {}
    for name in PEOPLE:
        begins = clock.now() + timedelta(hours=1) if state == "planned" else None
        made = outages.announce(
            actor=agent, source="web", services=[service], title="Work", kind="planned", begins_at=begins
        )
        if state == "ended":
            made = outages.perform(made, "end", actor=agent, source="web")
        try:
            outages.perform(made, verb, actor=request.getfixturevalue(name), source="web")
        except (Denied, Refused) as error:
            outcome[name] = type(error)
        else:
            outcome[name] = "done"
    expected = {name: "done" if name in TELLERS else Denied for name in PEOPLE}
    assert outcome == (expected if state in sources else dict.fromkeys(PEOPLE, Refused))


def test_work_called_off_took_no_time(agent, service):
    begins = clock.now() + timedelta(days=1)
    made = outages.announce(actor=agent, source="web", services=[service], title="Work", begins_at=begins)
    off = outages.perform(made, "call_off", actor=agent, source="web")
    assert (off.state, off.begins_at, off.ended_at) == ("ended", begins, begins)


def test_planned_work_begins_and_ends_by_itself(agent, service, outage):
    start = clock.now() + timedelta(hours=1)
    made = outages.announce(
        actor=agent, source="web", services=[service], title="Work", kind="planned", begins_at=start,
        ends_at=start + timedelta(hours=1),
    )  # fmt: skip
    assert outages.turn() == 0
    with clock.moved_to(start + timedelta(minutes=1)):
        assert outages.turn() == 1
        assert outages.turn() == 0
    assert Outage.objects.get(pk=made.pk).state == "active"
    with clock.moved_to(start + timedelta(hours=2)):
        assert outages.turn() == 1
    assert Outage.objects.get(pk=made.pk).state == "ended"
    # What broke ends when somebody says so.
    assert Outage.objects.get(pk=outage.pk).state == "active"


def test_bad_input_names_the_field_and_stores_nothing(agent, service, requester):
    now = clock.now()
    for fields, wrong in (
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "Down", "services": []}, "services"),
        ({"title": "Down", "begins_at": now, "ends_at": now - timedelta(hours=1)}, "ends_at"),
        ({"title": "Down", "kind": "sabotage"}, "kind"),
        ({"title": "Down", "message": "x" * 10_000}, "message"),
        ({"title": "Down", "state": "ended"}, "state"),
    ):
        with pytest.raises((Invalid, TypeError)) as error:
            outages.announce(**{"actor": agent, "source": "web", "services": [service], **fields})
        assert wrong in getattr(error.value, "fields", {wrong: ""})
    with pytest.raises(Denied):
        outages.announce(actor=requester, source="web", services=[service], title="Down")
    assert Outage.objects.count() == 0


def test_stale_and_late_edits_are_refused(outage, agent):
    outages.edit(outage, actor=agent, source="web", version=1, message="First")
    with pytest.raises(Stale):
        outages.edit(outage, actor=agent, source="web", version=1, message="Second")
    outages.perform(outage, "end", actor=agent, source="web")
    with pytest.raises(Refused):
        outages.edit(outage, actor=agent, source="web", message="Third")
    assert Outage.objects.get().message == "First"


def test_from_an_incident_in_one_step(incident, agent, service):
    made = outages.announce_from(incident, actor=agent, source="web", message="We are on it.")
    assert (made.title, made.incident, list(made.services.all())) == (incident.title, incident, [service])
    assert made.begins_at == incident.opened_at
    with pytest.raises(Refused, match="already"):
        outages.announce_from(incident, actor=agent, source="web")


def test_incident_without_service_tells_nobody(requester, agent):
    with pytest.raises(Refused, match="no service"):
        outages.announce_from(factories.incident(requester), actor=agent, source="web")


def test_only_those_whose_portal_offers_the_service_see_it(outage, service, requester, outsider, agent, organisation):
    assert [list(Outage.objects.visible_to(one)) for one in (requester, outsider)] == [[outage], [outage]]
    assert list(Outage.objects.public()) == [outage]
    factories.OfferingFactory(service=service, kind="report").entitled.add(organisation)
    assert [list(Outage.objects.visible_to(one)) for one in (requester, outsider, agent)] == [[outage], [], [outage]]
    assert list(Outage.objects.public()) == []


def test_major_incident_makes_its_service_degraded(incident, incident_manager, service):
    incidents.declare_major(Incident.objects.get(), actor=incident_manager, source="web", summary="All mail")
    assert health.of([service.pk])[service.pk].word == "degraded"
