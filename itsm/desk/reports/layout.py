"""What a list of tickets can look like: its orders, its columns, what it can be grouped by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from itsm.tickets.states import Phase

if TYPE_CHECKING:
    from itsm.desk.reports.filters import Filters


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that an index has: columns without NULL, the last one unique."""

    code: str
    label: Any
    order: tuple[str, ...]
    #: Only where the rows are open (the index holds no others), or only where they are resolved.
    only: str = ""

    def fits(self, filters: Filters) -> bool:
        if self.only == "open":
            return filters.is_open
        if self.only == "resolved":
            return filters.phases == {Phase.RESOLVED}
        return True


SORTS: dict[str, Sort] = {
    sort.code: sort
    for sort in (
        Sort("priority", _("Priority, then SLA"), ("priority", "due_sort", "id"), "open"),
        Sort("due", _("Due first"), ("due_sort", "id"), "open"),
        Sort("resolved", _("Last resolved first"), ("-resolved_at", "-id"), "resolved"),
        Sort("newest", _("Newest first"), ("-opened_at", "-id")),
        Sort("oldest", _("Oldest first"), ("opened_at", "id")),
        # Without an index of its own, which would make every change of every ticket dearer: few rows are open.
        Sort("updated", _("Last changed first"), ("-updated_at", "-id"), "open"),
    )
}


def sorts_for(filters: Filters) -> list[Sort]:
    return [sort for sort in SORTS.values() if sort.fits(filters)]


def sort_for(filters: Filters, *wanted: str) -> Sort:
    """The first of ``wanted`` that fits the rows, else the usual order for them."""
    for code in wanted:
        sort = SORTS.get(code)
        if sort is not None and sort.fits(filters):
            return sort
    return sorts_for(filters)[0]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. ``reads``: columns of the row it needs beyond those every list has."""

    code: str
    label: Any
    cls: str
    reads: tuple[str, ...] = ()
    #: Shown unless somebody chose otherwise.
    usual: bool = False
    #: Heading for screen readers only.
    quiet: bool = False
    right: bool = False


COLUMNS: dict[str, Column] = {
    column.code: column
    for column in (
        Column("priority", _("Priority"), "c-prio", usual=True, quiet=True),
        Column("number", _("Number"), "c-id", usual=True),
        Column("subject", _("Subject"), "subject", usual=True),
        Column("kind", _("Kind"), "c-kind"),
        Column("state", _("Status"), "c-state", usual=True),
        Column("requester", _("Requester"), "c-req", usual=True),
        Column("organisation", _("Organisation"), "c-org", reads=("organisation_id",)),
        Column("service", _("Service"), "c-svc", usual=True),
        Column("category", _("Category"), "c-cat"),
        Column("team", _("Team"), "c-team"),
        Column("assignee", _("Assignee"), "c-own", usual=True, quiet=True),
        Column("channel", _("Channel"), "c-channel", reads=("channel",)),
        Column("sla", _("Due"), "c-sla", usual=True),
        Column("opened", _("Opened"), "c-opened", right=True),
        Column("resolved", _("Resolved"), "c-resolved", right=True),
        Column("updated", _("Updated"), "c-upd", usual=True, right=True),
    )
}
#: A row without them cannot be told from another.
FIXED = ("subject",)
USUAL = tuple(code for code, column in COLUMNS.items() if column.usual)


def columns_for(*wanted: Any) -> list[Column]:
    """The first choice that says something, cleaned: known columns in their order, the fixed ones always."""
    for choice in wanted:
        chosen = {str(code) for code in choice or ()} & set(COLUMNS)
        if chosen:
            return [column for code, column in COLUMNS.items() if code in chosen or code in FIXED]
    return [COLUMNS[code] for code in USUAL]


GROUPS: dict[str, Any] = {
    "state": _("Status"),
    "priority": _("Priority"),
    "assignee": _("Assignee"),
    "team": _("Team"),
    "service": _("Service"),
}
