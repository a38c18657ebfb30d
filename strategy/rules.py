"""Nightly rules: a registry of checks in code over the product's own data. Filled in ``AppConfig.ready``.

A rule says what must hold for records of one model, how many it looks at, and which break it. Stages above register
theirs with the same function; the nightly job opens and closes violations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that breaks a rule: the record, and what is wrong with it in words."""

    subject: Any
    detail: Any = ""
    #: The service it is about, where it is not one itself.
    service_id: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``scope()`` gives the rows that the rule is about, ``find()`` those that break it.

    The manager of ``model`` has ``visible_to``: who may not see a record does not see that it breaks a rule. Neither
    function asks the database once per row. ``fix`` says what to do about it.
    """

    code: str
    title: Any
    model: type[models.Model]
    scope: Callable[[], models.QuerySet[Any]]
    find: Callable[[], Iterable[Finding]]
    why: Any = ""
    fix: Any = ""
    tone: str = "amber"
    order: int = 100


_rules: dict[str, Rule] = {}


def register(*rules: Rule) -> None:
    """Make rules known, those that a stage adds together in one call; called from ``AppConfig.ready``."""
    _rules.update({rule.code: rule for rule in rules})


def find(code: str) -> Rule | None:
    return _rules.get(code)


def all_rules() -> list[Rule]:
    return sorted(_rules.values(), key=lambda rule: (rule.order, rule.code))


def models_about() -> list[type[models.Model]]:
    """The models that rules are about."""
    return list(dict.fromkeys(rule.model for rule in all_rules()))


def choices() -> list[tuple[str, Any]]:
    return [(rule.code, rule.title) for rule in all_rules()]
