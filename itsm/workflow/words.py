"""Changes in words, as they were when they happened: what a timeline entry keeps, whatever is renamed later."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from itsm.tickets.services import reference


def readable(record: models.Model, difference: Mapping[str, list[Any]]) -> dict[str, list[str]]:
    """Field changes in words, as they were when it happened: label -> [old, new]."""
    words: dict[str, list[str]] = {}
    for attname, values in difference.items():
        if attname in ("due_at", "warn_at", "due_sort", "sla_state", "sla_metric", "transfer_count", "version",
                       "updated_at", "organisation_id", "is_vip"):  # fmt: skip
            continue
        words[attname.removesuffix("_id")] = [_word(record, attname, value) for value in values]
    return words


def _word(record: models.Model, attname: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    try:
        field = record._meta.get_field(attname.removesuffix("_id"))
    except FieldDoesNotExist:
        return str(value)
    if isinstance(field, models.ForeignKey):
        return str(field.related_model._default_manager.filter(pk=value).first() or value)  # type: ignore[union-attr]
    if attname == "hold_reason":
        found = reference.hold_reason(str(value))
        return found.label if found else str(value)
    if attname == "description":
        return "…"
    choices = dict(getattr(field, "flatchoices", None) or ())
    return str(choices.get(value, value) if isinstance(value, Hashable) else value)
