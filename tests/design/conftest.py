"""People of the design stage, and browsers for them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from design.models import Agreement, AgreementTarget
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.workflow import records
from tests import factories

#: A Tuesday at noon: what happens in these tests happens then, unless they say otherwise.
NOW = datetime(2026, 9, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _noon():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def browse():
    """A browser in which somebody is signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def call():
    """The API with a token of somebody."""

    def as_person(user, *scopes):
        secret = tokens.create(user, name="t", wanted=scopes or ("design:write",), actor=user, source="web")[1]
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return as_person


@pytest.fixture
def manager(db):
    return factories.person("Mona Manager", roles=("service_level_manager",))


@pytest.fixture
def owner(service):
    person = factories.person("Oda Owner", roles=("service_owner",))
    service.owner = person
    service.save()
    return person


@pytest.fixture
def by(manager):
    return {"actor": manager, "source": "web"}


@pytest.fixture
def agreement(manager, service):
    """Make an agreement; promises are pairs of priority and minutes until it is resolved."""

    def make(title="Email, Gold", promises=((1, 240), (None, 480)), services=None, **more):
        how = {"actor": manager, "source": "web"}
        fields = {"owner": manager, "starts_on": date(2026, 9, 1), **more}
        made = records.create(Agreement, title=title, lists={"services": services or [service]}, **how, **fields)
        for priority, minutes in promises:
            values = {"kind": "incident", "metric": "resolution", "priority": priority, "minutes": minutes}
            records.put_part(made, AgreementTarget(agreement=made), values, name="target", **how)
        return made

    return make
