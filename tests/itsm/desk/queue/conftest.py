"""The queue's tests: everybody signs in through the client, numbers are counted anew in every test."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from itsm.lib import clock
from itsm.tickets.models import Ticket


@pytest.fixture(autouse=True)
def _cold_cache():
    cache.clear()


@pytest.fixture
def as_(db):
    """``as_(agent)`` is a browser in which the agent has signed in."""

    def sign_in(user) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def numbers_on():
    """The numbers of the rows of a page, in order."""

    def read(response) -> list[str]:
        assert response.status_code == 200, response.content[:500]
        return re.findall(r'<tr data-id="([A-Z]+-\d+)"', response.content.decode())

    return read


@pytest.fixture
def make(requester):
    """Base rows without a history, for lists; ``fields`` as on the model."""

    def build(**fields) -> Ticket:
        now = clock.now()
        values = {
            "kind": "incident", "title": "Something", "requester": requester, "opened_by": requester, "state": "new",
            "phase": "new", "opened_at": now, "updated_at": now, "priority": 3,
        } | fields  # fmt: skip
        if values.get("due_at"):
            values.setdefault("due_sort", values["due_at"])
        return Ticket.objects.create(**values)

    return build
