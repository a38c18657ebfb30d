"""People of the strategy stage, and browsers for them."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from itsm.workflow import records
from strategy.models import BusinessCase, Goal
from tests import factories


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
def planner(db):
    return factories.person("Paula Planner", roles=("portfolio_manager",))


@pytest.fixture
def second(db):
    return factories.person("Sam Second", roles=("portfolio_manager",))


@pytest.fixture
def goal(planner):
    def make(title="Half of all orders online", **more):
        fields = {"owner": planner, "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), **more}
        return records.create(Goal, actor=planner, source="web", title=title, **fields)

    return make


@pytest.fixture
def case(planner, service):
    def make(title="Field service app", **more):
        fields = {
            "owner": planner, "service": service, "reason": "Vans return to fetch papers", "options": "Paper, or this",
            "one_off_cost": "100000", "yearly_cost": "20000", "yearly_value": "80000", "risk": 2, "fit": 4, **more,
        }  # fmt: skip
        return records.create(BusinessCase, actor=planner, source="web", title=title, **fields)

    return make
