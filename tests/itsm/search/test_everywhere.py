"""One box over everything: groups, order, and who is shown what."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.search import registry
from itsm.search.registry import Hit
from itsm.search.services import everywhere
from tests import factories


@pytest.fixture
def things(requester, service):
    factories.OfferingFactory(service=service, name="Shared email box", summary="For a team", kind="report")
    return factories.incident(requester, service=service, title="Email is slow")


def shown(groups) -> dict[str, list[str]]:
    return {group.name: [hit.title for hit in group.hits] for group in groups}


def test_desk_finds_everything(agent, things):
    assert shown(everywhere(agent, "email")) == {
        "tickets": ["Email is slow"], "services": ["Email"], "offerings": ["Shared email box"],
    }  # fmt: skip
    assert shown(everywhere(agent, "rita")) == {"people": ["Rita Requester"]}


def test_portal_finds_no_people_and_only_own_tickets(requester, outsider, things):
    assert shown(everywhere(requester, "rita")) == {}
    assert shown(everywhere(requester, "email")) == {
        "tickets": ["Email is slow"], "services": ["Email"], "offerings": ["Shared email box"],
    }  # fmt: skip
    assert "tickets" not in shown(everywhere(outsider, "email"))


def test_desk_in_the_portal_finds_no_people(agent, things):
    assert shown(everywhere(agent, "rita", public_only=True)) == {}


def test_services_in_design_are_for_the_desk(agent, requester, service):
    service.status = "in_design"
    service.save()
    assert shown(everywhere(agent, "email")) == {"services": ["Email"]}
    assert shown(everywhere(requester, "email")) == {}


def test_group_of_the_number_comes_first(agent, things):
    factories.ServiceFactory(name=f"Line {things.pk}", slug="line")
    groups = everywhere(agent, str(things.pk))
    assert [group.name for group in groups][:2] == ["tickets", "services"]
    assert groups[0].hits[0].exact


def test_limit_names_and_more(agent, requester):
    for n in range(4):
        factories.ServiceFactory(name=f"Printing {n}")
    groups = everywhere(agent, "printing", names=["services"], limit=3)
    assert [(len(group.hits), group.more) for group in groups] == [(3, True)]


def test_every_word_has_to_occur(agent, things):
    assert shown(everywhere(agent, "email nothing")) == {}
    assert everywhere(agent, " \x00 ") == []


def test_a_failing_index_is_left_out(agent, things, monkeypatch, caplog):
    monkeypatch.setattr(registry, "_indexes", dict(registry._indexes))

    def broken(user, text, limit):
        raise RuntimeError("no")

    registry.register("articles", "Articles", lambda user, text, limit: [Hit("/a/", "An article")], order=20)
    registry.register("broken", "Broken", broken, order=1)
    assert [group.name for group in everywhere(agent, "email")] == ["tickets", "articles", "services", "offerings"]
    assert "an index failed" in caplog.text


def test_kinds_that_have_nothing_are_asked_together(agent, things):
    """Of forty kinds of records few have what is looked for: one statement finds out which."""
    everywhere(agent, "email")
    with CaptureQueriesContext(connection) as asked:
        everywhere(agent, "email")
    assert sum(one["sql"].startswith("SELECT") for one in asked) <= 15
    assert sum(index.rows is not None for index in registry.indexes(agent)) > 20


def test_when_they_cannot_be_asked_together_each_is_asked(agent, things, monkeypatch, caplog):
    def broken(user, text):
        raise RuntimeError("no")

    monkeypatch.setattr(registry, "_indexes", dict(registry._indexes))
    registry.register(
        "articles", "Articles", lambda user, text, limit: [Hit("/a/", "An article")], order=20, rows=broken
    )
    assert "articles" in [group.name for group in everywhere(agent, "email")]
    assert "could not be asked together" in caplog.text
