import pytest
from django.contrib.auth.models import Group

from itsm.accounts.models import User
from itsm.ui import nav, panels


@pytest.fixture
def registries(monkeypatch):
    """Empty registries, so that a test sees its own entries only."""
    monkeypatch.setattr(nav, "_entries", {})
    for name in ("_panels", "_settings", "_commands", "_create"):
        monkeypatch.setattr(panels, name, {})


@pytest.fixture
def person(db):
    def make(*roles, name="Priya Raman", **fields):
        user = User.objects.create_user(
            f"{name.split()[0].lower()}{User.objects.count()}@example.com", name=name, **fields
        )
        user.groups.set(Group.objects.get_or_create(name=role)[0] for role in roles)
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def agent(person):
    return person("agent")


@pytest.fixture
def requester(person):
    return person(name="Amara Diallo")
