"""Types, items and their keeper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from itsm.accounts.models import User
from tests import factories
from transition.models import CIType, ConfigurationItem
from transition.services import configuration


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def keeper(organisation) -> User:
    return factories.person("Kurt Keeper", roles=("configuration_manager",), organisation=organisation)


def schema(*required: str, **attributes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": attributes, "required": list(required)}


@pytest.fixture
def device(db) -> CIType:
    """Told apart by serial number and hardware address."""
    return CIType.objects.create(
        name="Device", is_asset=True, identity_keys=["serial", "mac"],
        attributes=schema(mac={"type": "string", "title": "MAC address"}),
    )  # fmt: skip


@pytest.fixture
def machine(device) -> CIType:
    """A device that has memory."""
    return CIType.objects.create(
        name="Server machine", parent=device, is_asset=True, identity_keys=["hostname"],
        attributes=schema("ram", hostname={"type": "string"}, ram={"type": "integer", "minimum": 1, "title": "RAM"}),
    )  # fmt: skip


@pytest.fixture
def thing(db) -> CIType:
    """Asks nothing."""
    return CIType.objects.create(name="Thing")


@pytest.fixture
def item(keeper, thing) -> Callable[..., ConfigurationItem]:
    """An item in use, unless another state is asked for."""

    def make(name: str = "Thing", state: str = "deployed", **fields: Any) -> ConfigurationItem:
        fields = {"type": thing, **fields}
        made = configuration.create(actor=keeper, source="web", name=name, **fields)
        return configuration.bring_to(made, state, actor=keeper, source="web")

    return make


@pytest.fixture
def chain(keeper, item) -> list[ConfigurationItem]:
    """shop depends on database, database runs on server."""
    shop, database, server = item("shop"), item("database"), item("server")
    configuration.relate(shop, "depends_on", database, actor=keeper, source="web")
    configuration.relate(database, "runs_on", server, actor=keeper, source="web")
    return [shop, database, server]
