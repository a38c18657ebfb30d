"""A page of the queue: the base table only, finished rows, a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.desk.reports.fields import Names
from itsm.desk.reports.layout import COLUMNS, Column
from itsm.lib import clock
from itsm.sla.models import Metric
from itsm.tickets import kinds, numbers
from itsm.tickets.models import Ticket, TicketLink, TicketVisit
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.states import Channel, Phase, Priority
from itsm.ui import keyset
from itsm.ui.times import exact

if TYPE_CHECKING:
    from datetime import datetime

    from itsm.accounts.models import User
    from itsm.desk.reports.state import QueueState

METRICS = dict(Metric.choices)
#: More linked tickets than this on one page are not looked up one by one.
MOST_LINKS = 500
#: A page that has been open for longer, in seconds, is not asked about.
OLDEST_PAGE = 7 * 24 * 3600


@dataclass(slots=True)
class Group:
    """Rows of the page that belong together; one group without a label when nothing is grouped."""

    label: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class QueuePage:
    page: keyset.Page
    groups: list[Group]
    names: Names

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        for group in self.groups:
            yield from group.rows


def _reads(columns: Sequence[Column], order: Sequence[str], group_by: str) -> list[str]:
    wanted = [*LIST_FIELDS, *(name.lstrip("-") for name in order)]
    for column in columns:
        wanted += column.reads
    return list(dict.fromkeys(wanted))


def page(state: QueueState, cursor: str = "", *, known: keyset.Count | None = None) -> QueuePage:
    """The rows after ``cursor`` with everything a row shows. ``known``: their number, where a tab says it already."""
    rows = state.filters.tickets(state.user)
    if state.sort.only == "resolved":
        rows = rows.filter(resolved_at__isnull=False)
    reads = _reads(state.columns, state.sort.order, state.group_by)
    found = keyset.paginate(rows.values(*reads), state.sort.order, cursor, state.size)
    if not found.next and found.start == 1:
        found.count = keyset.Count(len(found))
    else:
        found.count = known or keyset.capped_count(rows)
    names = finish(found.items, state.user, columns=state.columns, group_by=state.group_by, also=state.filters.ids())
    return QueuePage(found, _grouped(found.items, state.group_by), names)


def finish(
    rows: list[dict[str, Any]],
    user: User,
    *,
    columns: Sequence[Column] = (),
    group_by: str = "",
    also: dict[str, set[int]] | None = None,
) -> Names:
    """Put names, number, state and marks into the rows: one query for names, one for visits, one for links."""
    names = Names()
    wanted: dict[str, set[int]] = {tag: set(ids) for tag, ids in (also or {}).items()}
    codes = {column.code for column in columns} | {group_by}
    for tag, column in (("user", "requester_id"), ("user", "assignee_id"), ("service", "service_id")):
        wanted.setdefault(tag, set()).update(row[column] for row in rows if row[column])
    for tag, column in (("team", "team_id"), ("category", "category_id"), ("organisation", "organisation_id")):
        if tag in codes:
            wanted.setdefault(tag, set()).update(row[column] for row in rows if row.get(column))
    names.load({tag: ids for tag, ids in wanted.items() if ids})
    ids = [row["id"] for row in rows]
    seen = dict(TicketVisit.objects.filter(user=user, ticket__in=ids).values_list("ticket_id", "at")) if ids else {}
    links = _links(user, ids)
    for row in rows:
        _finish(row, names, seen.get(row["id"]), links.get(row["id"], []))
    return names


def _finish(row: dict[str, Any], names: Names, seen: datetime | None, links: list[tuple[str, int]]) -> None:
    kind = kinds.get(row["kind"])
    row["number"] = numbers.number(row["kind"], row["id"])
    row["url"] = f"/tickets/{row['number']}/"
    row["kind_label"] = str(kind.label)
    row["state_label"] = kind.state_label(row["state"])
    row["requester"] = names.get("user", row["requester_id"])
    row["assignee"] = names.get("user", row["assignee_id"])
    row["service"] = names.get("service", row["service_id"])
    row["team"] = names.get("team", row["team_id"])
    row["category"] = names.get("category", row["category_id"])
    row["organisation"] = names.get("organisation", row.get("organisation_id"))
    if "channel" in row:
        row["channel_label"] = str(Channel(row["channel"]).label)
    row["unread"] = row["phase"] in Phase.OPEN and (seen is None or row["updated_at"] > seen)
    row["links"] = _link_words(links)
    row["sla_title"] = _promise(row)


def _promise(row: dict[str, Any]) -> str:
    """What the service level chip is about, for its tooltip."""
    metric = METRICS.get(row["sla_metric"])
    if metric is None:
        return ""
    return f"{metric}, {exact(row['due_at'])}" if row["due_at"] else str(metric)


def _links(user: User, ids: list[int]) -> dict[int, list[tuple[str, int]]]:
    """Kind and id of the linked tickets this person may see, per ticket of the page."""
    if not ids:
        return {}
    visible = Ticket.objects.visible_to(user).values("pk")
    rows = (
        TicketLink.objects.filter(Q(source__in=ids) | Q(target__in=ids))
        .filter(source__in=visible, target__in=visible)
        .order_by()
        .values_list("source_id", "source__kind", "target_id", "target__kind")[:MOST_LINKS]
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for source, source_kind, target, target_kind in rows:
        found.setdefault(source, []).append((target_kind, target))
        found.setdefault(target, []).append((source_kind, source))
    return found


def _link_words(links: list[tuple[str, int]]) -> str:
    """ "PRB-188" for the one problem behind it, else how many."""
    if len(links) == 1:
        return numbers.number(links[0][0], links[0][1])
    if not links:
        return ""
    return ngettext("%(n)d linked", "%(n)d linked", len(links)) % {"n": len(links)}


def _grouped(rows: list[dict[str, Any]], group_by: str) -> list[Group]:
    """The rows of the page sorted into groups that keep the order of the list."""
    if not group_by:
        return [Group("", rows)]
    groups: dict[Any, Group] = {}
    for row in rows:
        key, label = _group_of(row, group_by)
        groups.setdefault(key, Group(label)).rows.append(row)
    return list(groups.values())


def _group_of(row: dict[str, Any], group_by: str) -> tuple[Any, str]:
    if group_by == "state":
        return row["state"], row["state_label"]
    if group_by == "priority":
        return row["priority"], f"P{row['priority']} {Priority(row['priority']).label}"
    empty = {"assignee": _("Nobody"), "team": _("No team"), "service": _("No service")}[group_by]
    return row[f"{group_by}_id"], row[group_by] or empty


def news(state: QueueState, *, since: int, shown: set[int]) -> int:
    """How many tickets of the list are new or changed since it was drawn and are not on the page; at most 100.

    ``since`` in milliseconds; a moment nobody can mean gives 0.
    """
    age = clock.now().timestamp() - since / 1000
    if not state.filters.is_open or state.filters.has("q") or not 0 <= age < OLDEST_PAGE:
        return 0
    drawn = clock.now() - timedelta(seconds=age)
    rows = state.filters.tickets(state.user).filter(updated_at__gt=drawn).exclude(pk__in=shown)
    return rows.order_by().values("pk")[:100].count()


def all_columns() -> list[Column]:
    return list(COLUMNS.values())
