"""One service with promises, and people at their pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from itsm.lib import clock
from tests import factories
from tests.journeys.person import Person


@pytest.fixture
def promised(service):
    """Gold on email: an hour to answer, eight to solve, two to reply again; around the clock."""
    level = factories.support_level(first_response=60, resolution=480, update=120)
    factories.cover(level, service)
    return service


@pytest.fixture
def sla_manager(organisation):
    return factories.person("Sam Sela", roles=("service_level_manager",), organisation=organisation)


class Watch:
    """The present moment of a story: every step says how many minutes it comes after the one before."""

    def __init__(self) -> None:
        self.start = self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)

    def after(self, minutes: float):
        self.now += timedelta(minutes=minutes)
        return clock.moved_to(self.now)

    def minutes(self) -> float:
        return (self.now - self.start).total_seconds() / 60


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def sit():
    """``sit(user)``: the person at a browser without scripts."""
    return Person
