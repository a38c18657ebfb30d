"""Rules for every template and style sheet: strict policy, parameter comments, tokens, contrast, icons that exist."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from itsm.ui import icons
from tests.source import PACKAGES

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "itsm" / "ui" / "static" / "ui"
CSS = (STATIC / "app.css").read_text()
TOKENS = (STATIC / "tokens.css").read_text()

#: Mail and print-outs have no policy; everything else runs in a browser under script-src 'self'; style-src 'self'.
PAGES = [path for path in TEMPLATES if "mail" not in path.parts]
FORBIDDEN = {
    "inline style": r"<style|\sstyle\s*=",
    "inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)",
    "event attribute": r"\son(click|change|submit|load|input|key\w+|mouse\w+|focus|blur|error)\s*=",
    "hx-on": r"\bhx-on\b",
    "hx-trigger filter": r"hx-trigger=[\"'](?:[^\"']*,)?\s*[\w:-]+\[",
    "javascript address": r"javascript:",
    "foreign address": r"(src|href)=[\"'](https?:)?//",
    "unescaped": r"\|safe\b|autoescape off",
}


def named(paths):
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.mark.parametrize("path", named(PAGES))
def test_template_keeps_the_policy(path):
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    assert [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("path", named(p for p in TEMPLATES if "jinja2" not in p.parts))
def test_template_compiles(path):
    assert get_template(str(path.relative_to(ROOT / "templates"))).origin.name == str(path)  # type: ignore[union-attr]


@pytest.mark.parametrize("path", named(sorted((ROOT / "templates" / "ui").glob("_*.html"))))
def test_component_says_what_it_takes(path):
    assert re.match(r"({% load [^%]+%})?{% comment %}", path.read_text())


def test_every_icon_exists():
    used = set()
    for path in TEMPLATES:
        used |= set(re.findall(r"{% icon \"([\w-]+)\"|\bicon=\"([\w-]+)\"", path.read_text()))
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            used |= set(re.findall(r"\bicon\(\"([\w-]+)\"()|\bicon=\"([\w-]+)\"", text))
            used |= set(re.findall(r"\"icon\": \"([\w-]+)\"()", text))
    missing = []
    for name in sorted({part for found in used for part in found if part}):
        try:
            icons._shapes(name)
        except icons.UnknownIcon:
            missing.append(name)
    assert missing == []


def test_colours_live_in_the_tokens_only():
    without_shadows = re.sub(r"light-dark\(rgb[^;]*;", ";", CSS)
    assert re.findall(r"#[0-9a-f]{3,8}\b", without_shadows) == []


def test_scripts_need_no_eval_and_no_markup_from_data():
    for path in (STATIC / "js").glob("*.js"):
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML\s*=", text), path.name
        # The one constant glyph; text always goes through textContent.
        assert set(re.findall(r"innerHTML\s*=\s*([^;]+);", text)) <= {"BREACHED"}, path.name


def _colours():
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", TOKENS):
        if pair := re.match(r"light-dark\((#\w+),\s*(#\w+)\)", value):
            found[name] = pair.groups()
        elif re.fullmatch(r"#\w{6}", value):
            found[name] = (value, value)
    return found


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _ratio(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _pairs():
    for text in ("text", "text-2", "text-3", "accent-text"):
        for ground in ("canvas", "surface", "raised", "sunken", "hover", "active", "selected", "note-bg"):
            yield text, ground, 4.5
    for tone in ("red", "orange", "amber", "green", "teal", "blue", "violet", "grey"):
        yield from ((f"{tone}-fg", ground, 4.5) for ground in (f"{tone}-bg", "surface", "canvas"))
        yield from (("text", f"{tone}-bg", 4.5), ("accent-text", f"{tone}-bg", 4.5), (f"{tone}-solid", "surface", 3))
    yield from (("on-accent", ground, 4.5) for ground in ("accent", "accent-hover", "good", "good-hover", "red-strong"))
    yield from (
        ("on-inverse", "inverse", 4.5),
        ("line-ctl", "surface", 3),
        ("focus", "surface", 3),
        ("focus", "canvas", 3),
    )
    yield "amber-fg", "note-bg", 4.5


@pytest.mark.parametrize(("theme", "name"), [(0, "light"), (1, "dark")])
def test_contrast_of_all_token_pairs(theme, name):
    colours = _colours()
    weak = [
        f"{one} on {other}: {ratio:.2f} < {least}"
        for one, other, least in _pairs()
        if (ratio := _ratio(colours[one][theme], colours[other][theme])) < least
    ]
    assert weak == []


def test_libraries_are_where_the_pages_look_for_them():
    from django.contrib.staticfiles import finders

    for path in (
        "django_htmx/htmx-2.min.js",
        "unfold/js/chart/chart.js",
        "ui/app.css",
        "ui/tokens.css",
        "ui/js/app.js",
    ):
        assert finders.find(path), path
