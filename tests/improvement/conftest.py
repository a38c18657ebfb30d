"""Weeks of random lives with promises, people who look at their numbers, and browsers for them."""

from __future__ import annotations

import random

import pytest
from django.core.cache import cache
from django.test import Client

from improvement.services import kpis
from itsm.lib import clock
from itsm.sla.services import clocks, measure
from itsm.tickets.models import Ticket
from tests import factories
from tests.itsm.desk.dashboards.conftest import NOW, _life


@pytest.fixture(autouse=True)
def _empty_cache():
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
def manager(db):
    return factories.person("Ines Improver", roles=("improvement_manager", "service_level_manager"))


@pytest.fixture
def now():
    """The clock stands at a Wednesday noon inside the test."""
    with clock.moved_to(NOW):
        yield NOW


@pytest.fixture
def lives(requester, agent, desk, engineers, service):
    """Random tickets of two services and teams, with promises; KPIs of every day before today are counted."""

    def make(seed: int, amount: int = 20) -> list[Ticket]:
        dice = random.Random(seed)
        factories.cover(factories.support_level(first_response=240, resolution=1500))
        other = factories.ServiceFactory(name="Printing", slug="printing", support_team=engineers, owner=agent)
        made: list[Ticket] = []
        for _number in range(amount):
            _life(dice, made, {"agent": agent, "requester": requester}, [service, other], [desk, engineers])
        with clock.moved_to(NOW):
            for ticket in Ticket.objects.open():
                clocks.sync(ticket)
                ticket.save()
            measure.measure(measure.first_day(), measure.today() - measure.DAY)
            kpis.back_fill(measure.first_day(), measure.today() - measure.DAY)
        return made

    return make
