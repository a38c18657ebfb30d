"""The pages about outages, and where they are told."""

import pytest
from django.test import Client

from operation.models import Outage
from operation.services import outages
from tests import factories
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db


def form(service, **fields):
    return {"services": [service.pk], "kind": "outage", "title": "Mail is down", "message": "We restart it.",
            "begins_at": "", "ends_at": "", **fields}  # fmt: skip


def test_announce_and_end_without_script(agent, requester, outsider, service, organisation):
    factories.OfferingFactory(service=service, kind="report").entitled.add(organisation)
    desk = enter(agent)
    made = desk.post("/operation/outages/new/", form(service))
    outage = Outage.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/operation/outages/{outage.pk}/")
    for path in ("/portal/", "/portal/status/", "/services/email/"):
        assert "Mail is down" in words(enter(requester).get(path))
    for path in ("/portal/", "/portal/status/"):
        assert "Mail is down" not in words(enter(outsider).get(path))
    assert desk.post(f"/operation/outages/{outage.pk}/end/").status_code == 302
    assert "Mail is down" not in words(enter(requester).get("/portal/"))
    assert desk.post(f"/operation/outages/{outage.pk}/end/").status_code == 409
    assert "Mail is down" in words(desk.get("/operation/outages/"))


def test_bad_input_is_said_at_the_field(agent, service):
    page = enter(agent).post("/operation/outages/new/", form(
        service, services=[], title="", begins_at="2026-01-02T10:00", ends_at="2026-01-01T10:00",
    ))  # fmt: skip
    assert page.status_code == 422
    assert problems(page) == [
        "Choose at least one service.", "This field is required.", "The end lies before the beginning.",
    ]  # fmt: skip
    assert Outage.objects.count() == 0


def test_edit_keeps_what_was_not_touched(agent, service):
    outage = outages.announce(actor=agent, source="web", services=[service], title="Down", kind="outage")
    begins = f"{outage.begins_at:%Y-%m-%dT%H:%M}"
    client = enter(agent)
    client.post(f"/operation/outages/{outage.pk}/edit/", form(service, title="Slow", begins_at=begins, version=1))
    changed = Outage.objects.get()
    assert (changed.title, changed.begins_at, changed.version) == ("Slow", outage.begins_at, 2)
    stale = client.post(f"/operation/outages/{outage.pk}/edit/", form(service, begins_at=begins, version=1))
    assert (stale.status_code, Outage.objects.get().title) == (409, "Slow")


def test_from_a_ticket_in_one_step(incident, agent, requester):
    answer = enter(agent).post(f"/operation/outages/for/{incident.number}/", {"title": "Mail does not arrive"})
    assert answer.status_code == 302
    assert (Outage.objects.get().title, Outage.objects.get().incident_id) == ("Mail does not arrive", incident.pk)
    assert "Mail does not arrive" in words(enter(requester).get("/portal/status/"))


@pytest.mark.parametrize("path", ["", "new/", "1/", "1/edit/"])
def test_requesters_do_not_get_in(path, requester, agent, service):
    outages.announce(actor=agent, source="web", services=[service], title="Down")
    assert enter(requester).get(f"/operation/outages/{path}").status_code == 404
    assert enter(requester).post("/operation/outages/1/end/").status_code == 404
    assert Outage.objects.get().state == "active"


def test_auditor_reads_only(auditor, agent, service):
    outage = outages.announce(actor=agent, source="web", services=[service], title="Down")
    client = enter(auditor)
    assert client.get(f"/operation/outages/{outage.pk}/").status_code == 200
    assert client.get("/operation/outages/new/").status_code == 403
    assert client.post(f"/operation/outages/{outage.pk}/end/").status_code == 403


def test_hidden_incident_is_not_named(incident, agent, engineers, auditor):
    outage = outages.announce_from(incident, actor=agent, source="web")
    incident.restricted_to = engineers
    incident.save()
    assert incident.number not in words(enter(auditor).get(f"/operation/outages/{outage.pk}/"))


def test_sign_in_tells_what_is_public(agent, service, organisation):
    secret = factories.ServiceFactory(name="Secret")
    factories.OfferingFactory(service=secret).entitled.add(organisation)
    outages.announce(actor=agent, source="web", services=[service], title="Mail is down")
    outages.announce(actor=agent, source="web", services=[secret], title="Secret is down")
    page = words(Client().get("/accounts/login/"))
    assert "Mail is down" in page
    assert "Secret is down" not in page


def test_script_in_a_message_is_harmless(agent, requester, service):
    outages.announce(
        actor=agent, source="web", services=[service], title="<script>alert(1)</script>",
        message="<img src=x onerror=alert(1)> [x](javascript:alert(1))",
    )  # fmt: skip
    for path in ("/portal/", "/portal/status/", "/services/email/"):
        text = enter(requester).get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
