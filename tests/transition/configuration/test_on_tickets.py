"""Saying which item a ticket is about: when it is opened by the desk, by its requester, and through the API."""

from __future__ import annotations

import pytest
from django.test import Client

from itsm.tickets.models import Ticket
from tests.api import Api, problem
from transition.models import TicketCI
from transition.services import configuration

pytestmark = pytest.mark.django_db


def enter(user) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_desk_names_it_when_it_opens_a_ticket(agent, requester, item):
    printer = item("printer-7")
    client = enter(agent)
    page = client.get(f"/tickets/new/incident/?item={printer.number}").content.decode()
    assert f'value="{printer.number}"' in page
    sent = {
        "requester": requester.email, "channel": "phone", "title": "No paper", "impact": 3, "urgency": 2,
        "extra.item": "printer-8",
    }  # fmt: skip
    refused = client.post("/tickets/new/incident/", sent)
    assert (refused.status_code, Ticket.objects.count()) == (422, 0)
    assert "There is no such item" in refused.content.decode()
    assert client.post("/tickets/new/incident/", {**sent, "extra.item": "PRINTER-7"}).status_code == 302
    assert TicketCI.objects.get().item == printer
    page = client.get(printer.get_absolute_url()).content.decode()
    assert "No paper" in page
    assert "1 open" in page


def test_requesters_name_their_own_devices_only(requester, colleague, item, device, thing):
    mine, other = item("my laptop", type=device, user=requester), item("her laptop", type=device, user=colleague)
    item("my idea", type=thing, user=requester)
    client = enter(requester)
    page = client.get(f"/portal/report/?device={mine.pk}").content.decode()
    assert f'value="{mine.pk}" selected' in page
    assert "her laptop" not in page
    assert "my idea" not in page
    sent = {"title": "Screen is black", "impact": 3, "urgency": 2}
    assert client.post("/portal/report/", {**sent, "device": other.pk}).status_code == 422
    assert not Ticket.objects.exists()
    assert client.post("/portal/report/", {**sent, "device": mine.pk}).status_code == 302
    assert TicketCI.objects.get().item == mine
    assert "report/?device=" in client.get("/configuration/my-devices/").content.decode()


def test_without_devices_nobody_is_asked(requester):
    assert 'name="device"' not in enter(requester).get("/portal/report/").content.decode()


def test_the_ticket_shows_what_stands_beside_it_and_what_is_likely(agent, incident, chain, service, item):
    shop, database, server = chain
    configuration.link_ticket(incident, database, actor=agent, source="web")
    server.services.add(incident.service)
    page = enter(agent).get(f"{incident.get_absolute_url()}more/").content.decode()
    assert f'<span class="muted">runs on</span> {server}' in page
    assert f'<span class="muted">is needed by</span> {shop}' in page
    assert f'name="item" value="{server.number}"' in page, "its service runs on it"


def test_the_api_links_and_unlinks(agent, requester, incident, item):
    printer = item("printer")
    api = Api(agent)
    path = f"cis/{printer.number}/tickets/"
    assert api.post(path, {"ticket": incident.number}).status_code == 204
    assert [one["number"] for one in api.get(path).json()["results"]] == [incident.number]
    problem(api.post(path, {"ticket": "INC-999999"}), 404)
    problem(api.post(path, {}), 422)
    assert api.delete(f"{path}{incident.number}/").status_code == 204
    assert not TicketCI.objects.exists()
    problem(Api(requester).post(path, {"ticket": incident.number}), 404)
