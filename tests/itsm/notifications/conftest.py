"""A desk with colleagues, and reading what was told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from itsm.accounts.models import Membership, User
from itsm.notifications.models import Event, Message
from itsm.notifications.services import fan_out
from tests import factories


@pytest.fixture
def lead(desk, organisation) -> User:
    """Leads the service desk."""
    person = factories.person("Lea Lead", roles=("agent",), organisation=organisation)
    Membership.objects.create(team=desk, user=person, is_lead=True)
    return person


@pytest.fixture
def owner(service, organisation) -> User:
    """Owns the service."""
    person = factories.person("Olga Owner", roles=("service_owner",), organisation=organisation)
    service.owner = person
    service.save()
    return person


@pytest.fixture
def quiet(db) -> Callable[[], None]:
    """Forget what happened so far, so that a test sees its own step only."""

    def forget() -> None:
        fan_out.run()
        Message.objects.all().delete()

    return forget


@pytest.fixture
def told(db) -> Callable[..., set[tuple[str, str]]]:
    """Tell what happened; (first name, topic) of everybody told, by whatever channel."""

    def tell(*channels: str) -> set[tuple[str, str]]:
        fan_out.run()
        assert not Event.objects.exclude(fan_out_error="").exists()
        rows = Message.objects.filter(recipient__isnull=False).select_related("recipient")
        if channels:
            rows = rows.filter(channel__in=channels)
        return {(m.recipient.name.split()[0], m.topic) for m in rows}

    return tell
