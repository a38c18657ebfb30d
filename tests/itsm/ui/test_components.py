from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from django.utils.safestring import SafeString

from itsm.ui import components as c
from itsm.ui.icons import icon

NOW = datetime(2026, 11, 24, 14, 12, tzinfo=UTC)
HOSTILE = "\"><img src=x onerror=alert(1)>'&<script>"


def words(html):
    return html.rsplit("</svg>", 1)[1].removesuffix("</span>")


@pytest.mark.parametrize(
    ("html"),
    [
        c.avatar(HOSTILE), c.avatar(HOSTILE, label=False), c.person(HOSTILE), c.person("Ann", HOSTILE),
        c.state(HOSTILE, HOSTILE, HOSTILE), c.state(HOSTILE, form="glyph"), c.sla("none", title=HOSTILE),
        c.sla(HOSTILE), c.spark([1, 2], HOSTILE, label=HOSTILE), c.meter(10, HOSTILE, HOSTILE, HOSTILE),
        c.bullet(1, 2, HOSTILE, HOSTILE), c.dots(1, 5, HOSTILE, HOSTILE), c.ring(5, HOSTILE, HOSTILE),
        c.avatars([HOSTILE, HOSTILE]), c.avatar("Ann", HOSTILE),
    ],
)  # fmt: skip
def test_components_escape_what_they_are_given(html):
    assert isinstance(html, SafeString)
    assert "<script" not in html
    assert "<img" not in html
    assert '"><' not in html.replace('"><svg', "").replace('"><span', "").replace('"><i', "").replace(
        '"><rect', ""
    ).replace('"><path', "").replace('"><circle', "").replace('"><a ', "")


def test_avatar_shows_initials_and_name():
    assert c.avatar("Priya Raman") == (
        '<span class="avatar" data-tone="teal" role="img" aria-label="Priya Raman" title="Priya Raman">PR</span>'
    )
    assert ">MO<" not in c.avatar("Monitoring")
    assert c.avatar("Monitoring", label=False).endswith('aria-hidden="true">M</span>')
    assert ">AB<" in c.avatar("anna.berg@example.com")


def test_avatar_of_nobody_says_so():
    for nobody in (None, ""):
        assert '<span class="sr">Unassigned</span>' in c.avatar(nobody)
        assert c.person(nobody).endswith("<span>Unassigned</span></span>")


def test_avatars_counts_the_surplus():
    html = c.avatars(["A B", "C D", "E F"], limit=2)
    assert html.count('avatar"') == 3
    assert "+1" in html


def test_priority_speaks():
    assert c.prio(1) == '<span class="prio" data-prio="1" title="Priority 1, Critical">P1</span>'
    assert c.prio(None) == ""


def test_state_has_words_shape_and_phase():
    html = c.state("In progress", "in_progress", "active")
    assert 'data-phase="active" data-state="in_progress"' in html
    assert 'stroke-dasharray="50 100"' in html
    assert words(html) == "In progress"
    assert "m5 5 4 4" in c.state("Rejected", "rejected", "closed")
    assert 'class="sr">New<' in c.state("New", "new", "new", form="glyph")
    assert 'class="state pill"' in c.state("New", "new", "new", form="pill")
    assert 'data-phase="active"' in c.state("Odd", "odd", "no such phase")


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        (("running", NOW + timedelta(minutes=38)), "ok", "38m left"),
        (("running", NOW - timedelta(minutes=25)), "breached", "25m over"),
        (("running", NOW - timedelta(days=1, hours=3)), "breached", "1d 3h over"),
        (("breached", NOW - timedelta(minutes=5)), "breached", "5m over"),
        (("paused", NOW), "paused", "Paused"),
        (("met",), "met", "Met"),
        (("none",), "none", "No target"),
        (("running",), "none", "No target"),
    ],
)
def test_sla_says_what_is_left(arguments, kind, text):
    html = c.sla(*arguments, now=NOW)
    assert f'data-sla="{kind}"' in html
    assert words(html) == text


def test_sla_is_at_risk_from_the_warning_on():
    due = NOW + timedelta(minutes=38)
    assert 'data-sla="risk"' in c.sla("running", due, now=NOW, warn_at=NOW)
    assert 'data-sla="ok"' in c.sla("running", due, now=NOW, warn_at=NOW + timedelta(minutes=1))
    assert 'data-sla="risk"' in c.sla("running", due, now=NOW, share=75)
    assert 'data-sla="ok"' in c.sla("running", due, now=NOW, share=74)
    assert 'data-sla="risk"' in c.sla("running", due, now=NOW, started_at=NOW - timedelta(hours=5))


def test_sla_met_tells_how_long_it_took():
    assert words(c.sla("met", elapsed=240)) == "Met in 4m"
    assert words(c.sla("met", started_at=NOW, ended_at=NOW + timedelta(minutes=9))) == "Met in 9m"


def test_sla_counts_on_in_the_browser_only_while_it_runs():
    due = NOW + timedelta(minutes=38)
    assert f'data-due="{int(due.timestamp())}"' in c.sla("running", due, now=NOW)
    assert "data-due" not in c.sla("running", due, now=NOW, live=False)
    ended = c.sla("breached", NOW - timedelta(hours=1), ended_at=NOW - timedelta(minutes=30), now=NOW)
    assert "data-due" not in ended
    assert words(ended) == "30m over"


def test_measures_stay_in_their_bounds():
    assert 'width="100%"' in c.meter(250)
    assert 'width="0%"' in c.meter(-3)
    assert c.spark([1]) == ""
    assert "NaN" not in c.spark([5, 5, 5])
    assert c.dots(3).count("class=on") == 3


def test_words_follow_the_language():
    assert c.prio(1) == c.prio(1)
    with translation.override("de"):
        assert c.prio(1)  # a second cache entry, not the English one by accident
    assert "Critical" in c.prio(1)


def test_icon_is_drawn_once_and_escapes_its_class():
    assert icon("siren") is icon("siren")
    assert icon("siren").startswith('<svg class="i" viewBox')
    assert "<script" not in icon("siren", HOSTILE)


def test_unknown_icon_never_takes_the_page_down(settings, caplog):
    settings.DEBUG = False
    assert "<circle" in icon("no-such-icon")
    assert [r.icon for r in caplog.records] == ["no-such-icon"]
