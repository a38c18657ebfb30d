"""The words of the audit log: every action code has a label, registered by the app that records it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

_labels: dict[str, object] = {"created": _("created"), "changed": _("changed"), "deleted": _("deleted")}


def register(labels: Mapping[str, object]) -> None:
    """Add action codes with their labels; called from ``AppConfig.ready``."""
    _labels.update(labels)


def label(code: str) -> str:
    """The label of an action code; the code itself for one that an older version recorded."""
    return str(_labels.get(code, code))


def check(code: str) -> None:
    """Stop a programmer who records a code nobody registered."""
    if code not in _labels:
        raise ImproperlyConfigured(f"audit action {code!r} is not registered")


def registered() -> frozenset[str]:
    return frozenset(_labels)
