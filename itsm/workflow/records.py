"""Records of all stages: their kinds, and writing them. Their steps are ``moves.move``, as everywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.approvals import services as approvals
from itsm.approvals.models import Round
from itsm.audit import actions
from itsm.audit import services as audit
from itsm.lib import clock, house
from itsm.lib.decisions import Decision
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.lib.sources import Source
from itsm.notifications.services.events import emit
from itsm.workflow import approvals as decisions
from itsm.workflow import inputs, registration, steps
from itsm.workflow.moves import lock, move
from itsm.workflow.record import Record

R = TypeVar("R", bound=Record)
P = TypeVar("P", bound=models.Model)
Errors = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """How records of one model are written.

    ``may_create(user)`` and ``may_edit(record, user)`` decide about people; ``check(record, lists)`` returns what is
    wrong between fields, by field. ``services`` names the module whose function of a verb's name does more than move.
    """

    model: type[Record]
    label: Any
    plural: Any
    icon: str
    editable: tuple[str, ...]
    may_create: Callable[[User], Decision]
    may_edit: Callable[[Any, User], Decision]
    lists: tuple[str, ...] = ()
    check: Callable[[Any, Mapping[str, Any]], Errors] | None = None
    services: str = ""
    #: Called with the locked record before it is stored, when a row that belongs to it was written.
    part_written: Callable[[Any], None] | None = None
    #: Called with a new record after it is stored, for the rows that every record of the kind begins with.
    created: Callable[[Any], None] | None = None
    #: Called with a record after it, or a row that belongs to it, was stored, and with the record as it was before.
    written: Callable[[Any, Any], None] | None = None
    #: The verb that follows when a round about such a record is approved, rejected, expired or cancelled.
    on_round: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.model.kind_code

    def function(self, verb: str) -> Callable[..., Any] | None:
        """The business step of this name where it does more than move."""
        if not self.services:
            return None
        found: Callable[..., Any] | None = getattr(import_module(self.services), verb, None)
        return found


_kinds: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> None:
    """Make a kind known; called from ``AppConfig.ready``. Its labels become what the organisation calls it."""
    kind = replace(
        kind, label=house.word(kind.code, kind.label), plural=house.word(kind.code, kind.plural, plural=True)
    )
    _kinds[kind.code] = kind
    registration.register_actions(kind.code, kind.model, kind.label)
    actions.register({f"{kind.code}.created": _("created")})
    if kind.on_round:
        decisions.on_decided(kind.model._meta.label_lower, lambda round_, actor: _decided(kind, round_, actor))


def kind_of(record: Record | type[Record]) -> RecordKind:
    return _kinds[record.kind_code]


def all_kinds() -> list[RecordKind]:
    return list(_kinds.values())


@transaction.atomic
def create(
    model: type[R], *, actor: User, source: str, lists: Mapping[str, Iterable[Any]] | None = None, **fields: Any
) -> R:
    """A new record in its first state. ``Invalid`` names the field of whatever does not fit."""
    kind = kind_of(model)
    verdict = kind.may_create(actor)
    if not verdict:
        raise Denied(verdict.reason)
    now = clock.now()
    record = model(created_by=actor, created_at=now, updated_at=now)
    chosen = _lists(kind, lists or {})
    _apply(kind, record, fields, chosen)
    record.save()
    for name, rows in chosen.items():
        getattr(record, name).set(rows)
    if kind.created is not None:
        kind.created(record)
    if kind.written is not None:
        kind.written(record, None)
    changes = {
        name: [None, value] for name, value in audit.snapshot(record).items() if name in _columns(kind) and value
    }
    audit.record(record, "created", actor=actor, source=source, changes=changes)
    emit(f"{kind.code}.created", record, actor=actor, source=source)
    return record


@transaction.atomic
def edit(
    record: R, *, actor: User, source: str, version: int | None = None,
    lists: Mapping[str, Iterable[Any]] | None = None, **changes: Any,
) -> R:  # fmt: skip
    """Change fields of a record. ``Stale`` when somebody was faster than ``version``."""
    kind = kind_of(record)
    fresh = lock(record)
    verdict = kind.may_edit(fresh, actor)
    if not verdict:
        raise (Denied if verdict.reason == "" or not kind.may_create(actor) else Refused)(verdict.reason)
    if version is not None and fresh.version != version:
        raise Stale(_("Somebody changed this meanwhile."), current={_("Now"): str(fresh)})
    before, earlier = audit.snapshot(fresh) | _listed(kind, fresh), copy.copy(fresh)
    chosen = _lists(kind, lists or {})
    _apply(kind, fresh, changes, chosen)
    fresh.version += 1
    fresh.updated_at = clock.now()
    for name, rows in chosen.items():
        getattr(fresh, name).set(rows)
    difference = audit.diff(before, audit.snapshot(fresh) | _listed(kind, fresh))
    for noise in ("version", "updated_at"):
        difference.pop(noise, None)
    if not difference:
        return record
    fresh.save()
    if kind.written is not None:
        kind.written(fresh, earlier)
    audit.record(fresh, f"{kind.code}.edit", actor=actor, source=source, changes=difference)
    emit(f"{kind.code}.edit", fresh, actor=actor, source=source, changed=sorted(difference))
    return fresh


def perform(
    record: R, verb: str, *, actor: User, source: str, version: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> R:  # fmt: skip
    """Take a step by its name with raw input: the kind's own function of that name, or a plain move."""
    step = steps.find(record, verb) or steps.describe(type(record), verb)
    if step is None:
        raise Refused(_("There is no step “%(verb)s”.") % {"verb": verb}, code="no_transition")
    given = inputs.clean(step.inputs, data or {})
    function = kind_of(record).function(verb)
    if function is not None:
        moved: R = function(record, actor=actor, source=source, version=version, **given)
        return moved
    body = given.pop("comment", "")
    return move(record, verb, actor=actor, source=source, version=version, body=body, **given)


@transaction.atomic
def ask(
    record: Record, approvers: Iterable[User], *, actor: User, source: str, question: str,
    rule: str = Round.Rule.ANY, quorum: int = 1, days: int = 5,
) -> Round:  # fmt: skip
    """Put a question about the record to people; what they decide takes the step that ``on_round`` names."""
    round_ = approvals.open_round(
        record, approvers, actor=actor, source=source, label=record.audit_label, url=record.get_absolute_url(),
        question=question, rule=rule, quorum=quorum, deadline_at=clock.now() + timedelta(days=days),
    )  # fmt: skip
    decisions.tell_round(round_, "approval_asked", actor=actor, source=source)
    return round_


def rounds_of(record: Record) -> models.QuerySet[Round]:
    """Every question ever put about the record, the newest first."""
    rows = Round.objects.filter(subject_type=audit.type_of(record), subject_id=record.pk)
    return rows.select_related("requested_by").prefetch_related("seats__approver").order_by("-id")


def withdraw(record: Record, *, actor: User, source: str) -> None:
    """Take back the question that runs, if there is one."""
    for round_ in Round.objects.pending().filter(subject_type=audit.type_of(record), subject_id=record.pk):
        approvals.cancel(round_, actor=actor, source=source)


def _decided(kind: RecordKind, round_: Round, actor: User | None) -> None:
    """The votes add up: the record takes the step that follows, if it still waits for it."""
    verb = kind.on_round.get(round_.state)
    record = kind.model._default_manager.filter(pk=round_.subject_id).first()
    step = steps.find(record, verb) if record is not None and verb is not None else None
    if verb is None or record is None or step is None:
        return
    why = "; ".join(seat.comment for seat in round_.seats.all() if seat.comment)
    how: dict[str, Any] = {"actor": User.objects.system(), "source": Source.SYSTEM}
    if "reason" in step.inputs:
        how["reason"] = why or str(round_)
    function = kind.function(verb)
    if function is not None:
        function(record, **how)
    else:
        move(record, verb, **how, body="" if "reason" in how else why)
    if actor is not None:
        decisions.tell_round(round_, "approval_decided", actor=actor, source=Source.SYSTEM)


def _columns(kind: RecordKind) -> set[str]:
    """Names of the editable columns as audit knows them."""
    return {kind.model._meta.get_field(name).attname for name in kind.editable}  # type: ignore[union-attr]


def _lists(kind: RecordKind, given: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    unknown = {name: _("This cannot be changed.") for name in given if name not in kind.lists}
    if unknown:
        raise Invalid(unknown)
    return {name: list(rows) for name, rows in given.items()}


def _listed(kind: RecordKind, record: Record) -> dict[str, Any]:
    """Values of the lists, for audit: the words of what is in them."""
    return {name: sorted(str(one) for one in getattr(record, name).all()) for name in kind.lists}


def _apply(kind: RecordKind, record: Record, changes: Mapping[str, Any], lists: Mapping[str, list[Any]]) -> None:
    unknown = {name: _("This cannot be changed.") for name in changes if name not in kind.editable}
    if unknown:
        raise Invalid(unknown)
    for name, value in changes.items():
        setattr(record, name, value)
    errors: Errors = {}
    try:
        record.clean_fields(exclude=[f.name for f in record._meta.fields if f.is_relation or f.generated])
    except ValidationError as error:
        errors |= {name: list(messages) for name, messages in error.message_dict.items()}
    for column in record._meta.concrete_fields:
        if column.is_relation and not column.null and column.editable and getattr(record, column.attname) is None:
            errors[column.name] = _("This field is required.")
    if not errors and kind.check is not None:
        errors |= kind.check(
            record, {name: lists[name] if name in lists else _current(record, name) for name in kind.lists}
        )
    if not errors:
        try:
            record.validate_unique()
            record.validate_constraints()
        except ValidationError as error:
            errors |= {name: list(messages) for name, messages in error.message_dict.items()}
    if NON_FIELD_ERRORS in errors:
        errors["non_field_errors"] = errors.pop(NON_FIELD_ERRORS)
    if errors:
        raise Invalid(errors)


def _current(record: Record, name: str) -> list[Any]:
    return list(getattr(record, name).all()) if record.pk else []


def by_number(rows: models.QuerySet[R], text: str) -> models.QuerySet[R]:
    """Rows with this number: ``RSK-14`` in any case, or the bare id."""
    bare = text.strip().upper().removeprefix(f"{rows.model.prefix}-")
    if not (bare.isascii() and bare.isdigit()) or len(bare) > 18:
        return rows.none()
    return rows.filter(pk=int(bare))


@transaction.atomic
def put_part(record: Record, part: P, values: Mapping[str, Any], *, actor: User, source: str, name: str) -> P:
    """Write a row that belongs to a record, such as a key result of a goal; who may edit the record may.

    The row is read again under the record's lock, so that only what is given changes. A model may have ``lists``:
    names of what is not a column, such as the members of a group; it answers ``check_lists(given)`` with what is
    wrong by name, and ``put_lists(given)`` writes them after the row.
    """
    fresh, kind = _editable(record, actor)
    if part.pk is not None:
        stored = type(part)._default_manager.filter(pk=part.pk).first()
        if stored is None:
            raise Refused(_("Somebody removed this meanwhile."), code="gone")
        part = stored
    before = str(part) if part.pk else None
    lists = {key: list(value) for key, value in values.items() if key in getattr(part, "lists", ())}
    for column, value in values.items():
        if column not in lists:
            setattr(part, column, value)
    errors: Errors = {}
    try:
        part.full_clean()
    except ValidationError as error:
        errors = {key: list(messages) for key, messages in error.message_dict.items()}
    if lists:
        errors |= part.check_lists(lists)  # type: ignore[attr-defined]
    if errors:
        raise Invalid(errors)
    part.save()
    if lists:
        part.put_lists(lists)  # type: ignore[attr-defined]
    _touch(fresh, kind, {name: [before, str(part)]}, actor=actor, source=source)
    return part


@transaction.atomic
def drop_part(record: Record, part: models.Model, *, actor: User, source: str, name: str) -> None:
    """Remove a row that belongs to a record."""
    fresh, kind = _editable(record, actor)
    words = str(part)
    try:
        with transaction.atomic():
            part.delete()
    except models.ProtectedError as error:
        raise Refused(_("This is still in use."), code="in_use") from error
    _touch(fresh, kind, {name: [words, None]}, actor=actor, source=source)


def _editable(record: Record, actor: User) -> tuple[Record, RecordKind]:
    kind, fresh = kind_of(record), lock(record)
    verdict = kind.may_edit(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    return fresh, kind


def _touch(record: Record, kind: RecordKind, changes: dict[str, Any], *, actor: User, source: str) -> None:
    record.version += 1
    record.updated_at = clock.now()
    if kind.part_written is not None:
        kind.part_written(record)
    record.save()
    if kind.written is not None:
        kind.written(record, record)
    audit.record(record, f"{kind.code}.edit", actor=actor, source=source, changes=changes)
    emit(f"{kind.code}.edit", record, actor=actor, source=source, changed=sorted(changes))
