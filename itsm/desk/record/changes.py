"""The audit log of one ticket in words: every field, from what to what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from itsm.audit import actions
from itsm.audit.models import Entry
from itsm.tickets.models import CustomField
from itsm.ui.times import exact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from itsm.tickets.models import Ticket

LONGEST = 300


@dataclass(slots=True)
class Change:
    field: str
    old: str
    new: str


@dataclass(slots=True)
class Line:
    """One audited action and the fields it changed."""

    at: datetime
    who: str
    action: str
    source: str
    request_id: str
    changes: list[Change]


def entries_of(ticket: Ticket) -> Any:
    """The ticket's audit entries."""
    return Entry.objects.filter(object_type="ticket", object_id=ticket.pk)


def readable(ticket: Ticket, entries: Iterable[Entry]) -> list[Line]:
    """Entries with names instead of keys; a query for each kind of record they point to, however many they are."""
    entries = list(entries)
    names = _names(ticket, entries)
    labels = dict(CustomField.objects.filter(kind=ticket.kind).values_list("code", "label"))
    return [
        Line(
            entry.at,
            entry.actor_label or _("Automation"),
            actions.label(entry.action),
            entry.get_source_display(),
            entry.request_id,
            [_change(ticket, name, values, names, labels) for name, values in entry.changes.items()],
        )
        for entry in entries
    ]


def _field(ticket: Ticket, attname: str) -> Any:
    try:
        return ticket._meta.get_field(attname.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def _names(ticket: Ticket, entries: list[Entry]) -> dict[type[models.Model], dict[int, str]]:
    wanted: dict[type[models.Model], set[int]] = {}
    for entry in entries:
        for attname, values in entry.changes.items():
            field = _field(ticket, attname)
            if isinstance(field, models.ForeignKey) and isinstance(values, list):
                pks = {value for value in values if isinstance(value, int)}
                wanted.setdefault(field.related_model, set()).update(pks)  # type: ignore[arg-type]
    return {
        model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=pks)} for model, pks in wanted.items()
    }


def _change(
    ticket: Ticket, attname: str, values: Any, names: dict[type[models.Model], dict[int, str]], labels: dict[str, str]
) -> Change:
    field = _field(ticket, attname)
    old, new = ([*values, None, None])[:2] if isinstance(values, list) else (None, values)
    code = attname.removeprefix("custom.")
    label = labels.get(code, code) if code != attname else str(field.verbose_name) if field is not None else attname
    return Change(label[:1].upper() + label[1:], _word(field, old, names), _word(field, new, names))


def _word(field: Any, value: Any, names: dict[type[models.Model], dict[int, str]]) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(field, models.ForeignKey):
        return names.get(field.related_model, {}).get(value, str(value))  # type: ignore[arg-type]
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        moment = parse_datetime(value)
        return exact(moment) if moment else value
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = dict(getattr(field, "flatchoices", None) or ())
    if isinstance(value, dict):
        text = "; ".join(f"{name}: {part}" for name, part in value.items())
    elif isinstance(value, list):
        text = ", ".join(str(part) for part in value)
    else:
        text = str(choices.get(value, value))
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
