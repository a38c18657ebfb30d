"""The audit log as people read it: filtered, in words, without what restricted tickets say."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.approvals.models import Round
from itsm.audit import actions
from itsm.audit.models import Entry
from itsm.lib import clock, house
from itsm.tickets import kinds, numbers
from itsm.tickets.models import Ticket

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Newest first. By time and not by id: the index by time serves both the period and the order.
ORDER = ("-at", "-id")
PERIODS = {
    "day": (gettext_lazy("Last 24 hours"), timedelta(days=1)),
    "week": (gettext_lazy("Last 7 days"), timedelta(days=7)),
    "month": (gettext_lazy("Last 30 days"), timedelta(days=30)),
    "year": (gettext_lazy("Last 12 months"), timedelta(days=365)),
    "all": (gettext_lazy("All time"), None),
}
LONGEST = 200
BATCH = 500


def types() -> list[tuple[str, str]]:
    """What entries can be about; all kinds of tickets are one."""
    found = {"ticket": _("Ticket")}
    for model in apps.get_models():
        if model._meta.app_config.name.startswith(("django.", "allauth")) or issubclass(model, Ticket):
            continue
        own = house.own_term(getattr(model, "kind_code", ""))
        name = own or capfirst(str(model._meta.verbose_name))
        found[getattr(model, "audit_type", None) or model._meta.label_lower] = name
    return sorted(found.items(), key=lambda pair: pair[1])


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the page, checked."""

    type: str = ""
    record: str = ""
    actor: User | None = None
    action: str = ""
    period: str = "month"
    since: Any = None
    until: Any = None

    def entries(self) -> QuerySet[Entry]:
        found = Entry.objects.select_related("actor")
        if self.since or self.until:
            # Both ends are days of the reader; the last one counts whole.
            found = found.filter(*([Q(at__gte=self.since)] if self.since else []))
            found = found.filter(*([Q(at__lt=self.until)] if self.until else []))
        elif (span := PERIODS[self.period][1]) is not None and not self._names_a_record():
            found = found.filter(at__gte=clock.now() - span)
        if self.record:
            found = found.filter(self._about())
        if self.type:
            found = found.filter(object_type=self.type)
        if self.actor:
            found = found.filter(actor=self.actor)
        if self.action:
            found = found.filter(action=self.action)
        return found

    def _names_a_record(self) -> bool:
        """One record has few entries; its whole history is shown whatever the period."""
        return bool(self.record and (numbers.parse(self.record) or self.record.isdigit()))

    def _about(self) -> Q:
        parsed = numbers.parse(self.record)
        if parsed and parsed[0]:
            return Q(object_type="ticket", object_id=parsed[1])
        if self.record.isdigit() and len(self.record) < 19:
            return Q(object_id=int(self.record))
        return Q(object_label__icontains=self.record)


@dataclass(slots=True)
class Line:
    """One entry in words. ``hidden``: about a ticket this person may not see, so only that it happened is told."""

    entry: Entry
    action: str
    kind: str
    url: str
    hidden: bool
    changes: list[tuple[str, str, str]]


def in_words(entries: Iterable[Entry], user: User) -> list[Line]:
    """Entries with labels for fields, choices and related rows; the number of queries does not depend on how many."""
    entries = list(entries)
    names = dict(types())
    hidden = unseen(entries, user)
    words = _Words(entry for entry in entries if entry.pk not in hidden)
    return [
        Line(
            entry=entry,
            action=actions.label(entry.action),
            kind=names.get(entry.object_type, entry.object_type),
            url="" if entry.pk in hidden else _url(entry),
            hidden=entry.pk in hidden,
            changes=[] if entry.pk in hidden else words.changes(entry),
        )
        for entry in entries
    ]


def unseen(entries: Iterable[Entry], user: User) -> set[int]:
    """Ids of entries about tickets this person may not see: restriction overrides every role."""
    about: dict[int, int] = {entry.pk: entry.object_id for entry in entries if entry.object_type == "ticket"}
    rounds = {entry.pk: entry.object_id for entry in entries if entry.object_type == "approvals.round"}
    if rounds:
        subjects = Round.objects.filter(pk__in=rounds.values(), subject_type="ticket")
        ticket_of = dict(subjects.values_list("pk", "subject_id"))
        about |= {pk: ticket_of[round_id] for pk, round_id in rounds.items() if round_id in ticket_of}
    if not about:
        return set()
    visible = set(Ticket.objects.visible_to(user).filter(pk__in=set(about.values())).values_list("pk", flat=True))
    return {pk for pk, ticket_id in about.items() if ticket_id not in visible}


def rows(entries: QuerySet[Entry], user: User) -> Iterator[list[Any]]:
    """Entries for an export, as stored; read in batches."""
    stream = entries.order_by(*ORDER).iterator(chunk_size=BATCH)
    while batch := list(islice(stream, BATCH)):
        hidden = unseen(batch, user)
        for entry in batch:
            secret = entry.pk in hidden
            yield [
                entry.pk, entry.at.isoformat(), entry.actor_label, entry.source, entry.action, entry.object_type,
                entry.object_id, _("restricted") if secret else entry.object_label,
                "" if secret else _json(entry.changes), entry.request_id, entry.hash,
            ]  # fmt: skip


HEAD = (
    "id", "at", "actor", "source", "action", "type", "record", "label", "changes", "request", "hash",
)  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _model_of(entry: Entry) -> type[models.Model] | None:
    if entry.object_type == "ticket":
        kind = entry.action.partition(".")[0]
        known = {info.code: info.model for info in kinds.all_kinds()}
        return known.get(kind, Ticket)
    try:
        return apps.get_model(entry.object_type)
    except (LookupError, ValueError):
        return None


def _url(entry: Entry) -> str:
    return f"/tickets/{entry.object_label}/" if entry.object_type == "ticket" else ""


class _Words:
    """Looks up what ids in the changes of some entries stand for, one query per model."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for entry in entries:
            for name, pair in entry.changes.items():
                field = _field(entry, name)
                if isinstance(field, models.ForeignKey) and isinstance(pair, list):
                    wanted[field.related_model].update(v for v in pair if isinstance(v, int))  # type: ignore[index]
        self.known = {model: model._base_manager.in_bulk(list(ids)) for model, ids in wanted.items() if ids}

    def changes(self, entry: Entry) -> list[tuple[str, str, str]]:
        found = []
        for name, pair in entry.changes.items():
            field = _field(entry, name)
            label = capfirst(str(field.verbose_name)) if field is not None else name
            old, new = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
            found.append((label, self._value(field, old), self._value(field, new)))
        return found

    def _value(self, field: Any, value: Any) -> str:
        if value is None or value == "" or value == []:
            return ""
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(field, models.ForeignKey):
            return str(self.known.get(field.related_model, {}).get(value, value))  # type: ignore[arg-type]
        choices = dict(getattr(field, "flatchoices", None) or ())
        text = str(choices.get(value, value)) if not isinstance(value, dict | list) else _json(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _field(entry: Entry, name: str) -> Any:
    model = _model_of(entry)
    if model is None:
        return None
    try:
        field = model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "verbose_name") else None
