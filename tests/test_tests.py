"""Tests say what they expect: each asserts itself, or calls a function of the tests that does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.source import ROOT

#: Calls that fail when something is not as expected.
CHECKS = frozenset({"raises", "warns", "fail", "expect", "xfail"})


@cache
def modules() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted((ROOT / "tests").rglob("*.py"))}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def checks(function: ast.FunctionDef) -> bool:
    """Whether it fails by itself when something is wrong."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CHECKS or name.startswith(("assert", "django_assert", "wait_for", "must_")):
                return True
    return False


@cache
def imported() -> dict[tuple[str, str], tuple[str, str]]:
    """Where a name in a module of the tests comes from: the module that it is imported from, and its name there."""
    found = {}
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tests"):
                for one in node.names:
                    found[path, one.asname or one.name] = (f"{node.module.replace('.', '/')}.py", one.name)
    return found


def called(path: str, function: ast.FunctionDef) -> set[tuple[str, str]]:
    """Functions of the tests that are called by their bare name; methods such as ``post`` belong to anybody."""
    names = {
        node.func.id for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return {imported().get((path, name), (path, name)) for name in names}


def without_checks() -> list[str]:
    good = {(path, node.name) for path, node in functions() if checks(node)}
    while more := {
        (path, node.name) for path, node in functions() if (path, node.name) not in good and called(path, node) & good
    }:
        good |= more
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, node in functions()
        if node.name.startswith("test_") and (path, node.name) not in good
    ]


def test_every_test_checks_something():
    assert without_checks() == []
