"""A change manager, a board, items that depend on each other, and changes that are ready for each step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from itsm.accounts.models import User
from itsm.catalogue.models import Service, ServiceDependency
from itsm.lib import clock
from itsm.workflow import approvals
from tests import factories
from transition.models import Change, CIType, ConfigurationItem
from transition.reports import change_risk
from transition.services import change_approvals, changes, configuration


@pytest.fixture
def change_manager(organisation) -> User:
    return factories.person("Cora Changes", roles=("change_manager",), organisation=organisation)


@pytest.fixture
def board(organisation, change_manager) -> list[User]:
    return [
        factories.person(f"Board {name}", roles=("cab_member",), organisation=organisation)
        for name in ("One", "Two", "Three")
    ]


@pytest.fixture
def keeper(organisation) -> User:
    return factories.person("Kai Keeper", roles=("configuration_manager",), organisation=organisation)


@pytest.fixture
def shop(service, desk) -> Service:
    """A service that depends on the service of most tests."""
    made = factories.ServiceFactory(name="Shop", slug="shop", criticality=1, support_team=desk)
    ServiceDependency.objects.create(service=made, depends_on=service)
    return made


@pytest.fixture
def item(keeper) -> Callable[..., ConfigurationItem]:
    """A deployed server by its name, running on another one where named."""
    kind = CIType.objects.get(name="Server")

    def made(name: str, *, runs_on: ConfigurationItem | None = None, services: Any = ()) -> ConfigurationItem:
        how = {"actor": keeper, "source": "web"}
        one = configuration.create(
            **how, name=name, type=kind, attributes={"hostname": name}, lists={"services": list(services)}
        )
        one = configuration.bring_to(one, "deployed", **how)
        if runs_on is not None:
            configuration.relate(one, "runs_on", runs_on, **how)
        return one

    return made


@pytest.fixture
def raised(engineer, service) -> Callable[..., Change]:
    """A draft with all that later steps want, two hours long, tomorrow unless said otherwise."""

    def made(title: str = "New disks", *, hours: float = 24, length: float = 2, **fields: Any) -> Change:
        start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
        given = {
            "service": service, "planned_start": start, "planned_end": start + timedelta(hours=length),
            "implementation_plan": "Do it.", "backout_plan": "Undo it.", "outage_minutes": 10,
        }  # fmt: skip
        return changes.open(actor=fields.pop("actor", engineer), source="web", title=title, **(given | fields))

    return made


def answered(risk: int = 0) -> dict[str, str]:
    """Answers to every question, from the least (0) to a risky one (2)."""
    return {
        str(one.pk): one.options[min(risk, len(one.options) - 1)]["label"] for one in change_risk.questions()
    }  # fmt: skip


@pytest.fixture
def asked(raised, engineer, change_manager) -> Callable[..., Change]:
    """A normal change that awaits approval."""

    def made(title: str = "New disks", *, risk: int = 0, **fields: Any) -> Change:
        change = raised(title, **fields)
        change = changes.submit(change, actor=engineer, source="web")
        change = changes.assess(change, actor=engineer, source="web", answers=answered(risk))
        return changes.request_approval(change, actor=engineer, source="web")

    return made


@pytest.fixture
def scheduled(asked) -> Callable[..., Change]:
    """A normal change that everybody asked has approved."""

    def made(title: str = "New disks", **fields: Any) -> Change:
        return approve(asked(title, **fields))

    return made


def approve(change: Change, comment: str = "Fine.") -> Change:
    """Let those asked vote yes until it is decided."""
    round_ = change_approvals.pending(change)
    assert round_ is not None
    for seat in round_.seats.select_related("approver"):
        if round_.state == "pending":
            round_ = approvals.vote(round_, actor=seat.approver, approve=True, comment=comment, source="web")
    return Change.objects.get(pk=change.pk)
