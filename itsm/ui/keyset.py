"""Paging that costs the same on page one and on page ten thousand.

Rows are found by the values of the last row seen, not by counting. The condition is the OR form of a row value
plus a redundant bound on the first column: without the bound PostgreSQL scans (389 ms against 0.4 ms measured).
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import connection
from django.db.models import Field, Model, Q, QuerySet

from itsm.ui.times import number

LONGEST_CURSOR = 1500
#: Positions are shown, never trusted; beyond this nobody counts pages.
LAST_POSITION = 10_000_000


class BadCursor(ValueError):
    """The cursor was not made by us, or for another order."""


@dataclass(frozen=True, slots=True)
class Cursor:
    values: tuple[Any, ...]
    forward: bool = True
    position: int = 0


@dataclass(slots=True)
class Page:
    """One page of rows and the way to its neighbours. A list page is the rows plus two cursors."""

    items: list[Any]
    next: str = ""
    previous: str = ""
    start: int = 1
    ignored: bool = False
    count: Count | None = None
    size: int = field(default=50)

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def end(self) -> int:
        return self.start + len(self.items) - 1

    @property
    def span(self) -> str:
        """``1–50``; "0" for an empty list."""
        return f"{number(self.start)}–{number(self.end)}" if self.items else "0"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows that stops counting at a cap: "1,000+"."""

    value: int
    capped: bool = False

    def __str__(self) -> str:
        return f"{number(self.value)}+" if self.capped else number(self.value)

    def __int__(self) -> int:
        return self.value

    def __bool__(self) -> bool:
        return self.value > 0


def capped_count(queryset: QuerySet[Any], cap: int = 1000) -> Count:
    """Count at most ``cap`` rows: the database stops there."""
    found = queryset.order_by().values("pk")[: cap + 1].count()
    return Count(min(found, cap), found > cap)


def count_all(querysets: Mapping[str, Any], cap: int = 1000) -> dict[str, Count]:
    """Capped counts of several querysets in one round trip."""
    parts: list[str] = []
    params: list[Any] = []
    for rows in querysets.values():
        try:
            sql, values = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - made by the ORM
        params += values
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        numbers = cursor.fetchone()
    return {name: Count(min(n, cap), n > cap) for name, n in zip(querysets, numbers, strict=True)}


# ---------- cursors ----------


def _signature(order: Sequence[str]) -> int:
    return zlib.crc32(",".join(order).encode())


def _pack(value: Any) -> Any:
    if isinstance(value, datetime | date | Decimal):
        return {"t": str(value) if isinstance(value, Decimal) else value.isoformat()}
    if value is None or isinstance(value, bool | int | str | float):
        return value
    return {"t": str(value)}


def encode(cursor: Cursor, order: Sequence[str]) -> str:
    """An opaque text for the address; not a secret and not signed, since it only says where to start."""
    data = [_signature(order), int(cursor.forward), cursor.position, [_pack(v) for v in cursor.values]]
    packed = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str, order: Sequence[str], model: type[Model]) -> Cursor:
    """Read a cursor; anything strange raises ``BadCursor`` and nothing reaches the database unchecked."""
    if len(text) > LONGEST_CURSOR:
        raise BadCursor("The cursor is too long.")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        signature, forward, position, values = json.loads(raw, parse_constant=_refuse)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("The cursor is not readable.") from error
    if type(signature) is not int or signature != _signature(order):
        raise BadCursor("The cursor belongs to another order.")
    if type(position) is not int or forward not in (0, 1) or not isinstance(values, list) or len(values) != len(order):
        raise BadCursor("The cursor has the wrong shape.")
    clean = tuple(_clean(model, column, value) for column, value in zip(order, values, strict=True))
    return Cursor(clean, bool(forward), max(0, min(position, LAST_POSITION)))


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _clean(model: type[Model], column: str, value: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("t")
    if value is None or isinstance(value, dict | list):
        raise BadCursor("A value of the cursor is missing.")
    if isinstance(value, str) and "\x00" in value:
        raise BadCursor("A value of the cursor is not text.")
    owner = _field(model, column.lstrip("-"))
    try:
        found = owner.to_python(value) if owner is not None else value
    except (ValidationError, ValueError, TypeError, OverflowError, ArithmeticError) as error:
        raise BadCursor("A value of the cursor has the wrong type.") from error
    if found is None or (isinstance(found, int) and not -(2**63) <= found < 2**63):
        raise BadCursor("A value of the cursor is out of range.")
    return found


def _field(model: type[Model], path: str) -> Field[Any, Any] | None:
    """The model field behind a column; None for an annotation, whose value is taken as it is."""
    owner: Any = model
    found: Any = None
    for name in path.split("__"):
        try:
            found = owner._meta.pk if name == "pk" else owner._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        owner = found.related_model or owner
    if found.is_relation:
        found = found.target_field
    return found


# ---------- pages ----------


def _value(row: Any, column: str) -> Any:
    if isinstance(row, dict):
        return row[column]
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after ``values`` in ``order`` (columns may each be descending with "-")."""
    condition, equal = Q(), Q()
    for column, value in zip(order, values, strict=True):
        name, way = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{way}": value})
        equal &= Q(**{name: value})
    name, way = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{name}__{way}": values[0]}) & condition


def flip(order: Sequence[str]) -> list[str]:
    return [column[1:] if column.startswith("-") else f"-{column}" for column in order]


def paginate(
    queryset: QuerySet[Any],
    order: Sequence[str],
    cursor: str = "",
    size: int = 50,
    *,
    strict: bool = False,
) -> Page:
    """One page of ``queryset`` in ``order``: NULL-free columns whose last one is unique.

    A cursor that is not ours shows the first page (``ignored`` is set) or, when ``strict``, raises
    ``BadCursor``. Reads ``size + 1`` rows in one query.
    """
    order = list(order)
    at: Cursor | None = None
    ignored = False
    if cursor:
        try:
            at = decode(cursor, order, queryset.model)
        except BadCursor:
            if strict:
                raise
            ignored = True
    page = _backward(queryset, order, at, size) if at and not at.forward else _forward(queryset, order, at, size)
    page.ignored, page.size = ignored, size
    return page


def _edge(row: Any, order: Sequence[str], *, forward: bool, position: int) -> str:
    values = tuple(_value(row, column.lstrip("-")) for column in order)
    return encode(Cursor(values, forward, position), order)


def _forward(queryset: QuerySet[Any], order: list[str], at: Cursor | None, size: int) -> Page:
    rows = queryset.order_by(*order)
    if at is not None:
        rows = rows.filter(after(order, at.values))
    found = list(rows[: size + 1])
    items = found[:size]
    start = at.position + 1 if at else 1
    page = Page(items, start=start)
    if len(found) > size:
        page.next = _edge(items[-1], order, forward=True, position=start + size - 1)
    if at is not None and items:
        page.previous = _edge(items[0], order, forward=False, position=start)
    elif at is not None:
        # Everything after the cursor is gone meanwhile, so the last page is what there is to see.
        return _backward(queryset, order, at, size, last=True)
    return page


def _backward(queryset: QuerySet[Any], order: list[str], at: Cursor, size: int, *, last: bool = False) -> Page:
    rows = queryset.order_by(*flip(order))
    found = list((rows if last else rows.filter(after(flip(order), at.values)))[: size + 1])
    items = found[:size][::-1]
    more = len(found) > size
    # At the beginning the position is known again, whatever was added or removed on the way.
    start = max(1, at.position - len(items) + last) if more else 1
    if not items:
        return Page([]) if last else _forward(queryset, order, None, size)
    page = Page(items, start=start)
    if not last:
        page.next = _edge(items[-1], order, forward=True, position=start + len(items) - 1)
    if more:
        page.previous = _edge(items[0], order, forward=False, position=start)
    return page
