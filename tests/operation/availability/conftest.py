"""A service with office hours and an application that supports it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from itsm.accounts.models import User
from itsm.lib import clock
from operation.models import ApplicationType
from tests import factories
from transition.models import CIType, ConfigurationItem

#: A Wednesday noon.
NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)


@pytest.fixture
def frozen(db):
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def shop(frozen, service):
    """Agreed: Monday to Friday, nine to five, UTC."""
    type(service).objects.filter(pk=service.pk).update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    service.refresh_from_db()
    factories.cover(factories.support_level(hours=factories.calendar()), service)
    return service


@pytest.fixture
def frontend(frozen, shop):
    kind, _made = CIType.objects.get_or_create(name="Application")
    ApplicationType.objects.get_or_create(type=kind)
    item = ConfigurationItem.objects.create(
        name="Shop frontend", type=kind, created_by=User.objects.system(), state="deployed",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    item.services.add(shop)
    return item
