"""People of the improvement stage with browsers, weeks of random lives, a running survey, a ticket that is solved."""

from __future__ import annotations

import random

import pytest
from django.core.cache import cache
from django.test import Client

from improvement.models import Improvement, Survey
from improvement.services import kpis, surveys
from itsm.lib import clock
from itsm.sla.services import clocks, measure
from itsm.tickets.models import Ticket
from itsm.workflow import records
from operation.services import incidents
from tests import factories
from tests.itsm.desk.dashboards.conftest import NOW, _life


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def browse():
    """A browser in which somebody is signed in; without a person nobody is."""

    def sign_in(user=None):
        client = Client()
        if user is not None:
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


@pytest.fixture
def second(db):
    return factories.person("Sam Second", roles=("improvement_manager",))


@pytest.fixture
def survey(manager):
    """A running survey; every field can be said."""

    def make(**more):
        fields = {
            "title": "After a solution", "question": "How satisfied are you?", "comment_question": "Why?",
            "quiet_days": 0, **more,
        }  # fmt: skip
        made = records.create(Survey, actor=manager, source="web", **fields)
        return records.perform(made, "run", actor=manager, source="web")

    return make


@pytest.fixture
def solved(agent, requester, service):
    """An incident that is resolved."""

    def make(who=None, about=service):
        opened = factories.incident(who or requester, service=about)
        opened = incidents.start(opened, actor=agent, source="web")
        return incidents.resolve(opened, actor=agent, source="web", code="fixed", note="Restarted")

    return make


@pytest.fixture
def asked(survey, solved):
    """An invitation that can be answered."""

    def make(who=None, about=None, **more):
        survey(**more)
        ticket = solved(who) if about is None else solved(who, about)
        return surveys.ask_about(ticket)

    return make


@pytest.fixture
def improvement(manager):
    def make(title="Fewer reopened incidents", **more):
        fields = {"owner": manager, "unit": "%", "baseline_value": "8.4", "target_value": "4", **more}
        return records.create(Improvement, actor=manager, source="web", title=title, **fields)

    return make
