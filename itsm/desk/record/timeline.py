"""The timeline as finished rows: messages, events, and folds of events; one query however long the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.desk.record import sentences
from itsm.tickets.models import Attachment, Ticket, TimelineEntry
from itsm.ui.markdown import md

Kind = TimelineEntry.Kind

#: Entries on a page; earlier ones come when asked for.
PAGE = 100
#: A longer run of events is folded to its first and last.
FOLD = 3
MESSAGES = frozenset({Kind.REPLY, Kind.NOTE, Kind.EMAIL, Kind.COMMUNICATION})
SHOWS: dict[str, Any] = {
    "all": gettext_lazy("All"),
    "replies": gettext_lazy("Replies"),
    "notes": gettext_lazy("Work notes"),
    "changes": gettext_lazy("Changes"),
}


@dataclass(slots=True)
class Row:
    """One entry, ready to draw. ``shape`` is message, event or fold."""

    shape: str
    id: int = 0
    at: datetime | None = None
    author: str = ""
    sentence: SafeString | str = ""
    body: SafeString | str = ""
    icon: str = ""
    tone: str = ""
    internal: bool = False
    solution: bool = False
    update: bool = False
    files: list[Attachment] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    summary: str = ""


@dataclass(slots=True)
class Slice:
    """Rows in order, the cursor of what came before them, and the newest entry that is known."""

    rows: list[Row]
    earlier: str = ""
    last: int = 0
    count: int = 0
    #: What the newest hold waits for, as its entry kept it.
    hold: str = ""


def entries_of(ticket: Ticket, *, show: str = "all", public_only: bool = False) -> QuerySet[TimelineEntry]:
    """The entries a reader may see, by what they want to see."""
    found = TimelineEntry.objects.filter(ticket_id=ticket.pk)
    if public_only:
        found = found.filter(public=True)
    if show == "replies":
        return found.filter(kind__in=[Kind.REPLY, Kind.EMAIL, Kind.COMMUNICATION])
    if show == "notes":
        return found.filter(kind=Kind.NOTE)
    if show == "changes":
        return found.exclude(kind__in=list(MESSAGES))
    return found


def load(
    ticket: Ticket,
    attachments: Iterable[Attachment],
    labels: Mapping[str, str],
    *,
    show: str = "all",
    before: str = "",
    after: int | None = None,
    public_only: bool = False,
) -> Slice:
    """The newest page, the page ``before`` a cursor, or what came ``after`` an entry."""
    found = entries_of(ticket, show=show, public_only=public_only)
    if after is not None:
        entries = list(found.filter(id__gt=after).order_by("at", "id")[: PAGE * 5])
        earlier = ""
    else:
        if point := _point(before):
            found = found.filter(Q(at__lt=point[0]) | Q(at=point[0], id__lt=point[1]), at__lte=point[0])
        entries = list(found.order_by("-at", "-id")[: PAGE + 1])[::-1]
        more = len(entries) > PAGE
        entries = entries[-PAGE:]
        earlier = f"{entries[0].at.timestamp():.6f}-{entries[0].pk}" if more else ""
    by_entry: dict[int, list[Attachment]] = {}
    for attachment in attachments:
        if attachment.entry_id:
            by_entry.setdefault(attachment.entry_id, []).append(attachment)
    names = sentences.Names(entries)
    rows = [_row(entry, ticket, labels, names, by_entry.get(entry.pk, [])) for entry in entries]
    return Slice(
        rows=fold(rows) if after is None else rows,
        earlier=earlier,
        last=max([entry.pk for entry in entries], default=after or 0),
        count=len(entries),
        hold=next((hold for entry in reversed(entries) if (hold := sentences.hold_of(entry))), ""),
    )


def _point(cursor: str) -> tuple[datetime, int] | None:
    moment, _dash, pk = cursor.rpartition("-")
    try:
        seconds = float(moment)
        return datetime.fromtimestamp(seconds, tz=UTC), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


def _row(
    entry: TimelineEntry, ticket: Ticket, labels: Mapping[str, str], names: sentences.Names, files: list[Attachment]
) -> Row:
    message = entry.kind in MESSAGES or bool(entry.body)
    verb = entry.data.get("verb", "")
    return Row(
        shape="message" if message else "event",
        id=entry.pk,
        at=entry.at,
        author=entry.author_label or ("" if entry.kind == Kind.SLA else _("Automation")),
        sentence=sentences.sentence(entry, ticket, labels, names),
        body=md(entry.body) if entry.body else "",
        icon=sentences.icon(entry),
        tone=sentences.tone(entry),
        internal=message and not entry.public,
        solution=verb == "resolve",
        update=entry.kind == Kind.COMMUNICATION,
        files=files,
    )


def fold(rows: list[Row]) -> list[Row]:
    """Hide the middle of long runs of events: people read what people wrote."""
    folded: list[Row] = []
    run: list[Row] = []
    for row in [*rows, None]:
        if row is not None and row.shape == "event" and not row.files:
            run.append(row)
            continue
        folded += _fold_run(run)
        run = []
        if row is not None:
            folded.append(row)
    return folded


def _fold_run(run: list[Row]) -> list[Row]:
    if len(run) <= FOLD:
        return run
    middle = run[1:-1]
    people = list(dict.fromkeys(row.author for row in middle if row.author))
    who = _(" and ").join(people)
    if len(people) > 2:
        who = _("%(first)s and %(others)d others") % {"first": people[0], "others": len(people) - 1}
    summary = ngettext("%(count)d more change by %(who)s", "%(count)d more changes by %(who)s", len(middle))
    return [run[0], Row("fold", rows=middle, summary=summary % {"count": len(middle), "who": who}), run[-1]]


def announce(count: int) -> SafeString:
    """What a screen reader hears when the timeline grew."""
    return format_html("{}", ngettext("%(count)d new entry", "%(count)d new entries", count) % {"count": count})


def newest(ticket: Ticket) -> int:
    """The id of the newest entry; 0 for none."""
    return (
        TimelineEntry.objects.filter(ticket_id=ticket.pk).order_by("-at", "-id").values_list("id", flat=True).first()
        or 0
    )
