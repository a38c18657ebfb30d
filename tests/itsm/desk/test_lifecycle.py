"""The pages of the lifecycle's stages."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from itsm.desk.views import lifecycle as view
from itsm.ui import lifecycle
from itsm.ui.lifecycle import Attention, Figure, Summary
from tests import factories

STAGES = [stage.code for stage in lifecycle.STAGES]


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
def activities(monkeypatch):
    """Only what a test registers."""
    monkeypatch.setattr(lifecycle, "_activities", {})
    return lifecycle.register


def text_of(answer):
    return answer.content.decode()


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_page(browse, agent, stage):
    answer = browse(agent).get(f"/{stage}/")
    assert answer.status_code == 200
    assert text_of(answer).count('aria-current="page"') >= 1
    for other in STAGES:
        assert f'href="/{other}/"' in text_of(answer)


@pytest.mark.parametrize("stage", STAGES)
def test_requesters_do_not_find_it(browse, requester, stage):
    assert browse(requester).get(f"/{stage}/").status_code == 404


def test_figures_links_and_attention(browse, agent, activities):
    def summary(user):
        assert user == agent
        return Summary(
            [Figure("Open things", 7, "red", "/queue/")],
            [Attention("Small matter", weight=1), Attention("Grave matter", "since Monday", "3 days", weight=90)],
        )

    activities("strategy", 1, "Goals of ours", "Where to", "compass", summary, links=[("Queue", "desk:queue")])
    shown = text_of(browse(agent).get("/strategy/"))
    assert "Goals of ours" in shown
    assert '<a href="/queue/">7</a>' in shown
    assert '<a href="/queue/">Queue</a>' in shown
    body = shown[shown.index("Needs attention") :]
    assert body.index("Grave matter") < body.index("Small matter")


def test_tab_of_another_stage_says_its_gravest(browse, agent, activities):
    activities(
        "design", 5, "Design", "", "compass",
        lambda user: Summary([], [Attention("Minor", weight=1), Attention("Major gap", tone="red", weight=80)]),
    )  # fmt: skip
    client = browse(agent)
    assert 'hx-get="/lifecycle/design/headline/"' in text_of(client.get("/strategy/"))
    told = text_of(client.get("/lifecycle/design/headline/"))
    assert "Major gap" in told
    assert "Minor" not in told
    shown = text_of(client.get("/strategy/"))
    assert "Major gap" in shown, "known for a while, the next page says it at once"
    assert "/lifecycle/design/headline/" not in shown


def test_headlines_are_for_the_desk(browse, agent, requester):
    assert browse(requester).get("/lifecycle/design/headline/").status_code == 404
    assert browse(agent).get("/lifecycle/unheard-of/headline/").status_code == 404


def test_activity_of_other_roles_is_left_out(browse, agent, activities):
    activities(
        "strategy", 4, "Money", "", "coins", lambda user: Summary([Figure("Secret", 1)]), roles=["finance_manager"]
    )
    assert "Money" not in text_of(browse(agent).get("/strategy/"))
    treasurer = factories.person(roles=("finance_manager",))
    assert "Money" in text_of(browse(treasurer).get("/strategy/"))


def test_activity_that_fails_leaves_the_page(browse, agent, activities, caplog):
    def broken(user):
        raise RuntimeError("no figures today")

    activities("strategy", 1, "Broken one", "", "compass", broken)
    activities("strategy", 2, "Sound one", "", "compass", lambda user: Summary([Figure("Count", 41)]))
    answer = browse(agent).get("/strategy/")
    assert answer.status_code == 200
    assert "Broken one" in text_of(answer)
    assert "41" in text_of(answer)
    assert "no figures today" in caplog.text


def test_other_stages_are_counted_once_for_many_visits(browse, agent, activities):
    calls = []
    activities("design", 5, "Design", "", "compass", lambda user: calls.append(user) or Summary())
    client = browse(agent)
    client.get("/strategy/")
    assert calls == [], "the page of one stage does not wait for another"
    client.get("/lifecycle/design/headline/")
    client.get("/lifecycle/design/headline/")
    assert len(calls) == 1
    assert view.TAB_SECONDS > 0
