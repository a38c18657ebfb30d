"""The documentation names nothing that does not exist, and leaves out nothing that operators must know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve, reverse

from itsm import schedule
from itsm.integrations import scopes
from itsm.tickets import kinds
from itsm.ui import panels
from itsm.workflow import steps
from tests import source
from tests.source import ROOT

DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
#: Files that only stand for any file.
EXAMPLES = {"operation/incident/resolve.html", "operation/incident/_resolve.html"}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
CONCEPTS = (ROOT / "docs" / "concepts.md").read_text()


def each():
    return pytest.mark.parametrize("path", [pytest.param(p, id=str(p.relative_to(ROOT))) for p in DOCS])


def spans(text: str) -> list[str]:
    """What stands between backticks, and the lines of code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.S | re.M)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def table(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading."""
    after = text.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.search(r"(?:^\|.*\n)+", after, flags=re.M)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@each()
def test_commands_exist(path):
    named = set(re.findall(r"manage\.py ([a-z_]+)", path.read_text())) - {"help"}
    assert named - set(get_commands()) == set()


@each()
def test_make_targets_exist(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert {name for span in spans(path.read_text()) for name in re.findall(r"^make ([a-z]+)", span)} - targets == set()


@each()
def test_files_exist(path):
    """``itsm/x.py`` from the root, and links from where they stand."""
    text = path.read_text()
    named = {
        name
        for span in spans(text)
        for name in re.findall(
            r"(?<![\w./<-])((?:itsm|operation|transition|docs|tests|templates|bench)/[\w./-]*\w/?)", span
        )
    }
    places = (ROOT, ROOT / "templates")
    assert {name for name in named - EXAMPLES if not any((place / name).exists() for place in places)} == set()
    links = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target}
    assert {target for target in links if target and not (path.parent / target).exists()} == set()


@each()
def test_addresses_exist(path):
    """``/queue/`` and the like lead somewhere; parts in angle brackets stand for anything."""
    missing = set()
    for span in spans(path.read_text()):
        for address in re.findall(r"(?:^|[\s(]|http://(?:localhost|127\.0\.0\.1):8000)(/[a-z][\w./<>:{}-]*)", span):
            filled = re.sub(r"<[^>]*>|\{[^}]*\}", "1", address)
            try:
                resolve(filled)
            except Resolver404:
                if not filled.startswith(("/data", "/tmp", "/path", "/dev", "/folder")):
                    missing.add(address)
    assert missing == set()


def read_variables() -> set[str]:
    """Environment variables that the product reads, wherever it does."""
    found = set()
    for function in ("text", "flag", "number", "url", "site", "names", "database", "email", "time_zone", "secret_key"):
        for _where, call in source.calls(f"env.{function}"):
            if call.args and (name := source.text_of(call.args[0])) and name.isupper():
                found.add(name)
    compose = (ROOT / "docker-compose.yml").read_text()
    return found | set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose))


def documented_variables() -> set[str]:
    return {name for row in table(OPERATIONS, "## Environment") for name in re.findall(r"`([A-Z][A-Z_]+)`", row[0])}


def test_every_variable_is_documented_and_every_documented_one_is_read():
    assert documented_variables() == read_variables()


def test_the_template_of_the_environment_names_only_what_is_read():
    named = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M))
    assert named - read_variables() == set()


def test_the_table_of_jobs_is_the_schedule():
    rows = {row[0].strip("`"): row[1] for row in table(OPERATIONS, "## Background jobs")}
    assert set(rows) == set(schedule.PERIODIC)


def test_the_table_of_commands_names_commands():
    named = {row[0].strip("`").split()[0] for row in table(OPERATIONS, "## Commands")}
    ours = {name for name, app in get_commands().items() if app.split(".")[0] in source.PACKAGES}
    assert named - set(get_commands()) == set()
    assert ours - named == set()


def test_the_table_of_states_is_the_state_machine():
    kind = kinds.get("incident")
    rows = {row[0]: (row[1], row[3]) for row in table(CONCEPTS, "## State and phase")}
    assert rows == {state: (phase, str(kind.plain_words[state])) for state, phase in kind.phases.items()}


def test_the_table_of_steps_is_the_state_machine():
    model = kinds.get("incident").model
    rows = {re.match(r"`(\w+)`", row[0])[1]: row for row in table(CONCEPTS, "## Steps")}
    assert list(rows) == steps.verbs(model)
    workable = ["new", "assigned", "in_progress", "on_hold"]
    for verb, (_name, origin, target, _who) in rows.items():
        transitions = getattr(model, verb)._django_fsm.transitions
        sources = workable if origin.startswith("open") else origin.split(", ")
        assert sorted(transitions) == sorted(sources), verb
        expected = next(iter(transitions.values())).target
        words = "same state" if expected is None else expected if isinstance(expected, str) else target
        assert target == words, verb


def test_the_table_of_scopes_is_what_tokens_can_have():
    rows = table((ROOT / "docs" / "api.md").read_text(), "## Tokens")
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row[0])} == set(scopes.known())


def test_every_settings_page_is_explained():
    text = (ROOT / "docs" / "administration.md").read_text()
    named = set(re.findall(r"^\| (.+?) `(/(?:settings|improvement)/[\w/-]+)` \|", text, flags=re.M))
    assert named == {(str(link.label), reverse(link.url_name)) for link in panels._settings.values()}


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_lines_are_not_endless():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in DOCS
        for number, line in enumerate(Path(path).read_text().splitlines(), 1)
        if len(line) > 180 and not line.startswith("|")
    ]
    assert long == []
