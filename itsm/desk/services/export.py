"""The list somebody looks at as a CSV file: streamed, limited, safe to open in a spreadsheet, and on record."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import actions
from itsm.audit import services as audit
from itsm.desk.reports import queue
from itsm.desk.reports.layout import Column
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.states import SlaState

if TYPE_CHECKING:
    from itsm.desk.reports.state import QueueState

#: Larger files no spreadsheet opens; the API has them page by page.
MOST_ROWS = 100_000
BATCH = 1000
#: A cell that begins like this is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
ACTION = "queue.export"


def register() -> None:
    """Called once from ``DeskConfig.ready``."""
    actions.register({ACTION: _("exported a list of tickets")})


def export(state: QueueState, *, actor: User) -> Iterator[str]:
    """Write down who takes which list along, then return its lines."""
    with transaction.atomic():
        # The row lock keeps the person's chain of audit entries in one line.
        locked = User.objects.select_for_update().get(pk=actor.pk)
        audit.record(
            locked, ACTION, actor=actor, source="web",
            changes={
                "filters": [None, state.filters.to_params()],
                "columns": [None, [column.code for column in state.columns]],
            },
        )  # fmt: skip
    return lines(state)


def lines(state: QueueState) -> Iterator[str]:
    """Header and rows in the order of the list."""
    writer = csv.writer(_Echo())
    columns = _columns(state)
    # The mark that makes spreadsheets read UTF-8.
    yield "\ufeff" + writer.writerow([str(column.label) for column in columns])
    reads = list(dict.fromkeys([*LIST_FIELDS, *(name for column in columns for name in column.reads)]))
    rows = state.filters.tickets(state.user).order_by(*state.sort.order).values(*reads)
    for batch in _batches(rows[:MOST_ROWS].iterator(chunk_size=BATCH)):
        queue.finish(batch, state.user, columns=columns)
        for row in batch:
            yield writer.writerow([safe(_cell(row, column.code)) for column in columns])


def _columns(state: QueueState) -> list[Column]:
    """Those of the page; a file without numbers could not be matched with anything."""
    chosen = [column.code for column in state.columns]
    return [c for c in queue.all_columns() if c.code in chosen or c.code == "number"]


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    found = iter(rows)
    while batch := list(islice(found, BATCH)):
        yield batch


def _cell(row: dict[str, Any], code: str) -> str:
    if code == "priority":
        return f"P{row['priority']}"
    if code == "sla":
        return _moment(row["due_at"]) if row["due_at"] else str(SlaState(row["sla_state"]).label)
    if code in ("opened", "resolved", "updated"):
        return _moment(row[f"{code}_at"])
    names = {"subject": "title", "state": "state_label", "kind": "kind_label", "channel": "channel_label"}
    return str(row[names.get(code, code)] or "")


def _moment(value: datetime | None) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


def safe(cell: str) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


class _Echo:
    """Something to write to that gives back what was written."""

    def write(self, text: str) -> str:
        return text
