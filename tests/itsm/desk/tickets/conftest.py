"""Browsers of several people, and tickets with a history."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def _empty_cache():
    """Presence, visits and counts of one test must not reach the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def browse():
    """A browser in which somebody is signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def at_desk(browse, agent):
    return browse(agent)


HTMX = {"HX-Request": "true"}


def url(ticket, *parts):
    return "/".join([f"/tickets/{ticket.number}", *(str(p) for p in parts), ""])
