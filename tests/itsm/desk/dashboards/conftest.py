"""Some weeks of random lives, told through the door with a moved clock."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.sla.services import measure
from itsm.tickets.models import Ticket
from itsm.workflow import conversation
from operation.services import incidents
from tests import factories

#: A Wednesday, a little after noon.
NOW = datetime(2026, 3, 18, 12, 30, tzinfo=UTC)
DAYS = 45
TICKETS = 26


@pytest.fixture(autouse=True)
def _empty_cache():
    """What one test reads must not be remembered in the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def manager(db):
    return factories.person("Mara Levels", roles=("service_level_manager",))


def _life(dice: random.Random, tickets: list, people: dict, services: list, teams: list) -> None:
    moment = NOW - timedelta(days=dice.uniform(0, DAYS))
    agent, requester = people["agent"], people["requester"]

    def later(most_hours: float) -> bool:
        nonlocal moment
        moment += timedelta(hours=dice.expovariate(3 / most_hours))
        return moment < NOW

    with clock.moved_to(moment):
        ticket = factories.incident(
            requester, service=dice.choice(services), impact=dice.choice((1, 2, 3)), urgency=dice.choice((1, 2, 3)),
        )  # fmt: skip
    tickets.append(ticket)
    steps = [
        ("assign", lambda: incidents.assign(ticket, actor=agent, source="web", team=dice.choice(teams))),
        ("reply", lambda: conversation.reply(ticket, "We look", actor=agent, source="web")),
        ("start", lambda: incidents.start(ticket, actor=agent, source="web")),
        ("hold", lambda: incidents.put_on_hold(
            ticket, actor=agent, source="web", comment="Waiting", hold_reason=dice.choice(("supplier", "requester")))),
        ("resume", lambda: incidents.resume(ticket, actor=agent, source="web")),
        ("end", lambda: _end(dice, ticket, tickets, agent)),
        ("reopen", lambda: incidents.reopen(ticket, actor=agent, source="web", reason="Again")),
        ("again", lambda: incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")),
    ]  # fmt: skip
    for name, step in steps:
        if dice.random() < (0.6 if name == "reopen" else 0.25) or not later(60 if name in ("hold", "reopen") else 12):
            continue
        with clock.moved_to(moment):
            try:
                step()
            except DomainError:
                continue


def _end(dice: random.Random, ticket, tickets: list, agent) -> None:
    how = dice.random()
    if how < 0.1:
        incidents.cancel(ticket, actor=agent, source="web", reason="No")
    elif how < 0.2 and len(tickets) > 1:
        incidents.mark_duplicate(ticket, dice.choice(tickets[:-1]), actor=agent, source="web")
    else:
        incidents.resolve(ticket, actor=agent, source="web", code="fixed", note="Done")


@pytest.fixture
def world(requester, agent, desk, engineers, service):
    """Random tickets of two services and teams, with promises; every day before today is measured."""

    def make(seed: int) -> list:
        dice = random.Random(seed)
        factories.cover(factories.support_level(first_response=240, resolution=1500))
        other = factories.ServiceFactory(name="Printing", support_team=engineers)
        tickets: list = []
        for _number in range(TICKETS):
            people = {"agent": agent, "requester": requester}
            _life(dice, tickets, people, [service, other], [desk, engineers])
        with clock.moved_to(NOW):
            # The sweep is not here: what has fallen due since the last step is read now.
            for ticket in Ticket.objects.open():
                from itsm.sla.services import clocks

                clocks.sync(ticket)
                ticket.save()
            measure.measure(measure.first_day(), measure.today() - measure.DAY)
        return tickets

    return make
