"""The people and things most tests need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations
from django.test.utils import setup_databases, teardown_databases

from itsm.accounts.models import Organisation, Team, User
from itsm.catalogue.models import Service
from itsm.lib import house
from itsm.sla.services import terms
from tests import factories, settings, template

pytest_plugins = ["tests.processes"]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings) -> Iterator[None]:
    """The database of this process: a copy of one that has every migration already."""
    with django_db_blocker.unblock():
        target = connection.creation._get_test_db_name()
        connection.close()
        template.copy(connection.settings_dict, target, settings.TREE)
        # Kept as it is, and thrown away at the end all the same.
        made = setup_databases(verbosity=0, interactive=False, keepdb=True)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True, scope="session")
def _flush_past_triggers() -> Iterator[None]:
    """Let tests with real transactions clean up on SQLite, where the append-only audit log refuses even that."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%%'")
            triggers = cursor.fetchall()
        flush(
            self,
            [*(f"DROP TRIGGER {name}" for name, _sql in triggers), *statements, *(sql for _name, sql in triggers)],
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", without_triggers)
        yield


@pytest.fixture(autouse=True)
def _fresh_schedules() -> None:
    """Ids of calendar editions come again in the next test, with other hours."""
    terms._schedule.cache_clear()


@pytest.fixture(autouse=True)
def _house_as_shipped() -> None:
    """Nothing is stored at the beginning of a test, and every process knows that without asking."""
    house.hold(house.House())


@pytest.fixture
def organisation(db) -> Organisation:
    return factories.OrganisationFactory(name="Halden")


@pytest.fixture
def desk(db) -> Team:
    """First line; escalates to ``engineers``."""
    return factories.TeamFactory(
        name="Service desk", tier="first", escalates_to=factories.TeamFactory(name="Engineers", tier="second")
    )


@pytest.fixture
def engineers(desk) -> Team:
    return desk.escalates_to


@pytest.fixture
def requester(organisation) -> User:
    return factories.person("Rita Requester", organisation=organisation)


@pytest.fixture
def colleague(organisation) -> User:
    """Same organisation, no rights on others' tickets."""
    return factories.person("Carl Colleague", organisation=organisation)


@pytest.fixture
def outsider(db) -> User:
    """A requester of another organisation."""
    return factories.person("Otto Outsider", organisation=factories.OrganisationFactory(name="Elsewhere"))


@pytest.fixture
def agent(desk, organisation) -> User:
    return factories.person("Anna Agent", roles=("agent",), teams=(desk,), organisation=organisation)


@pytest.fixture
def engineer(engineers, organisation) -> User:
    return factories.person("Emil Engineer", roles=("agent",), teams=(engineers,), organisation=organisation)


@pytest.fixture
def incident_manager(organisation) -> User:
    return factories.person("Mia Manager", roles=("incident_manager",), organisation=organisation)


@pytest.fixture
def auditor(organisation) -> User:
    return factories.person("Aude Auditor", roles=("auditor",), organisation=organisation)


@pytest.fixture
def administrator(organisation) -> User:
    return factories.person("Ada Administrator", roles=("administrator",), organisation=organisation)


@pytest.fixture
def service(desk) -> Service:
    return factories.ServiceFactory(name="Email", slug="email", support_team=desk)


@pytest.fixture
def incident(requester, service):
    """New, with the service desk."""
    return factories.incident(requester, service=service, title="Mail is down")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The one browser of a test run: the driver keeps an event loop, and two of them do not go together."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the Python package playwright")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("needs Chromium: on Debian, apt-get install chromium; or name it with CHROMIUM=/path")
    arguments = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update",
    ]  # fmt: skip
    # Django takes the driver's event loop in this thread for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
