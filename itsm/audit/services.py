"""Writing and verifying the audit log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from itsm.audit import actions
from itsm.audit.models import Checkpoint, Entry
from itsm.lib import clock, context

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Entries younger than this are not sealed: a slow transaction may still commit a lower id.
SEAL_DELAY = timedelta(minutes=10)


def type_of(record: models.Model) -> str:
    """The name a record is audited under; all ticket kinds share one."""
    return getattr(record, "audit_type", None) or record._meta.label_lower


def plain(value: Any) -> Any:
    """A value as it is stored in the log: JSON, with relations as their key."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def snapshot(record: models.Model, fields: list[str] | None = None) -> dict[str, Any]:
    """The stored values of a record's own fields, to compare with later."""
    secret: set[str] = set(getattr(record, "audit_secret", ())) | {"password"}
    return {
        f.attname: "•" if f.name in secret else plain(getattr(record, f.attname))
        for f in record._meta.concrete_fields
        if (fields is None or f.name in fields) and not f.generated
    }


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs between two snapshots, as field -> [old, new]."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def record(
    record: models.Model, action: str, *, actor: User | None, source: str, changes: Mapping[str, Any] | None = None
) -> Entry:
    """Append one entry for ``record``, chained to the record's previous one.

    Call it inside the transaction that makes the change, with the record's row locked: the lock
    is what keeps the record's chain free of forks.
    """
    actions.check(action)
    object_type = type_of(record)
    previous = (
        Entry.objects.filter(object_type=object_type, object_id=record.pk)
        .order_by("-id")
        .values_list("hash", flat=True)
        .first()
    )
    entry = Entry(
        at=clock.now(),
        actor=actor,
        actor_label=str(actor) if actor else "",
        source=source,
        action=action,
        object_type=object_type,
        object_id=record.pk,
        object_label=str(getattr(record, "audit_label", record))[:200],
        changes=plain(changes or {}),
        request_id=context.request_id.get()[:64],
        previous_hash=previous or "",
    )
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    return entry


def digest(entry: Entry) -> str:
    """SHA-256 over the entry's content and the hash of the record's previous entry."""
    content = [
        entry.at.isoformat(),
        entry.actor_id,
        entry.actor_label,
        entry.source,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.object_label,
        entry.changes,
        entry.request_id,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _checkpoint_hash(previous: str, up_to: int, count: int, hashes: Iterator[str]) -> str:
    total = hashlib.sha256(f"{previous}:{up_to}:{count}".encode())
    for value in hashes:
        total.update(value.encode())
    return total.hexdigest()


def seal() -> Checkpoint | None:
    """Seal all entries old enough; returns the new checkpoint, or None when there is nothing to seal."""
    with transaction.atomic():
        last = Checkpoint.objects.select_for_update().order_by("-up_to_id").first()
        start = last.up_to_id if last else 0
        # By insertion order, not by ``at``: imports write entries whose moment lies in the past.
        entries = Entry.objects.filter(id__gt=start, id__lte=_sealable_id())
        count = entries.count()
        if not count:
            return None
        up_to = entries.order_by("-id").values_list("id", flat=True)[0]
        previous = last.hash if last else ""
        hashes = entries.order_by("id").values_list("hash", flat=True).iterator(chunk_size=5000)
        return Checkpoint.objects.create(
            up_to_id=up_to, entries=count, previous_hash=previous, hash=_checkpoint_hash(previous, up_to, count, hashes)
        )


def _sealable_id() -> int:
    newest_old = Entry.objects.filter(at__lt=clock.now() - SEAL_DELAY).order_by("-id").values_list("id", flat=True)
    return newest_old.first() or 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the log does not prove itself."""

    entry_id: int
    problem: str


def verify() -> Iterator[Fault]:
    """Check every entry's hash, every record's chain and every checkpoint; yields what does not fit."""
    heads: dict[tuple[str, int], str] = {}
    for entry in Entry.objects.order_by("id").iterator(chunk_size=2000):
        if entry.hash != digest(entry):
            yield Fault(entry.id, "content does not match its hash")
        key = (entry.object_type, entry.object_id)
        if entry.previous_hash != heads.get(key, ""):
            yield Fault(entry.id, "chain is broken: the record's previous entry is missing or changed")
        heads[key] = entry.hash
    start, previous = 0, ""
    for point in Checkpoint.objects.order_by("up_to_id"):
        entries = Entry.objects.filter(id__gt=start, id__lte=point.up_to_id).order_by("id")
        count = entries.count()
        hashes = entries.values_list("hash", flat=True).iterator(chunk_size=5000)
        if (
            count != point.entries
            or point.previous_hash != previous
            or point.hash != _checkpoint_hash(previous, point.up_to_id, count, hashes)
        ):
            yield Fault(point.up_to_id, f"checkpoint over {point.entries} entries does not match: {count} are there")
        start, previous = point.up_to_id, point.hash
