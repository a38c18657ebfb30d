"""The ledger of a clock: every stretch of its life, whether it counted, and the rule that said so, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.sla import engine
from itsm.sla.models import CalendarDay, CalendarVersion, Clock, ClockEvent
from itsm.sla.services.histories import histories_of
from itsm.sla.services.terms import terms_of
from itsm.tickets.models import HoldReason, Ticket


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch. ``rule`` is ``working``, ``outside_hours``, ``on_hold:<reason>``, ``resolved`` or ``closed``."""

    start: datetime
    end: datetime
    counted: bool
    seconds: int
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A warning, escalation step or breach: when it was or will be due, and what became of it."""

    name: str
    label: str
    due_at: datetime
    fired_at: datetime | None
    outcome: str


@dataclass(slots=True)
class Ledger:
    """A clock explained: its terms in words, every stretch, the totals, and what fired. All at ``read_at``."""

    clock: Clock
    reading: engine.Reading
    read_at: datetime
    terms: list[str]
    rows: list[Row]
    moments: list[Moment]
    #: Seconds that did not count, by rule.
    not_counted: dict[str, int] = field(default_factory=dict)

    @property
    def counted_seconds(self) -> int:
        return sum(row.seconds for row in self.rows if row.counted)

    @property
    def used_percent(self) -> int:
        return self.reading.elapsed_seconds * 100 // self.reading.target_seconds


def of_ticket(ticket: Ticket, *, now: datetime | None = None, metrics: Collection[str] = ()) -> list[Ledger]:
    """Every clock of a ticket explained, withdrawn ones left out. The number of queries does not depend on how many."""
    rows = Clock.objects.filter(ticket=ticket.pk, withdrawn_at__isnull=True).select_related(
        "calendar_version__calendar", "team"
    )
    if metrics:
        rows = rows.filter(metric__in=metrics)
    return _explain(ticket, list(rows.order_by("started_at", "metric", "cycle")), now or clock.now())


def of_clock(row: Clock, *, now: datetime | None = None) -> Ledger:
    """One clock explained; ``row.ticket`` is read when it is not loaded."""
    return _explain(row.ticket, [row], now or clock.now())[0]


def _explain(ticket: Ticket, rows: list[Clock], now: datetime) -> list[Ledger]:
    history = histories_of([ticket])[ticket.pk]
    reasons = dict(HoldReason.objects.values_list("code", "label")) if rows else {}
    events: dict[int, dict[str, ClockEvent]] = defaultdict(dict)
    # The newest generation last: it is the one that holds.
    for event in ClockEvent.objects.filter(clock__in=[row.pk for row in rows]).order_by("generation", "id"):
        events[event.clock_id][event.name] = event
    days = _special_days(row.calendar_version for row in rows)
    return [_explain_one(row, history, now, reasons, events[row.pk], days) for row in rows]


def _explain_one(
    row: Clock, history: engine.History, now: datetime, reasons: dict[str, str], events: dict[str, ClockEvent],
    days: dict[tuple[int, date], str],
) -> Ledger:  # fmt: skip
    terms = terms_of(row)
    # A clock that was swept since is read with the same eyes: fired or not does not change what happened.
    reading = engine.read(history, terms, now, frozenset(events), cycle=row.cycle)
    explained = Ledger(
        clock=row, reading=reading, read_at=now, terms=_terms(row, reasons), rows=[],
        moments=_moments(reading, events),
    )  # fmt: skip
    for segment in engine.ledger(history, terms, now, cycle=row.cycle):
        explained.rows.append(Row(
            segment.start, segment.end, segment.counted, segment.seconds, segment.why,
            _why(row, segment, reasons, days),
        ))  # fmt: skip
        if not segment.counted:
            explained.not_counted[segment.why] = explained.not_counted.get(segment.why, 0) + segment.seconds
    return explained


def _terms(row: Clock, reasons: dict[str, str]) -> list[str]:
    """What the clock runs by, sentence by sentence."""
    words = [
        _("%(label)s promises %(minutes)d minutes of working time.")
        % {"label": row.label, "minutes": row.target_seconds // 60},
        _("Working time: %(hours)s.") % {"hours": hours_of(row)},
    ]
    if row.pause_reasons:
        names = ", ".join(str(reasons.get(code, code)) for code in row.pause_reasons)
        words.append(_("The clock stands still while the ticket waits for: %(reasons)s.") % {"reasons": names})
    else:
        words.append(_("Waiting does not stop this clock."))
    return words


def hours_of(row: Clock) -> str:
    """The name and edition of the calendar a clock runs by."""
    version = row.calendar_version
    if version is None:
        return _("around the clock")
    return _("“%(name)s”, edition %(number)d") % {"name": version.calendar.name, "number": version.number}


def _why(row: Clock, segment: engine.Segment, reasons: dict[str, str], days: dict[tuple[int, date], str]) -> str:
    rule, _colon, reason = segment.why.partition(":")
    if rule == engine.WORKING:
        return _("Counts: inside working time, %(hours)s.") % {"hours": hours_of(row)}
    if rule == engine.OUTSIDE_HOURS:
        special = _special_days_in(row.calendar_version, segment, days)
        why = _("Does not count: outside working time, %(hours)s.") % {"hours": hours_of(row)}
        return f"{why} {special}" if special else why
    if rule == "on_hold":
        return _("Does not count: on hold for “%(reason)s”, which stops the clock by the terms of %(label)s.") % {
            "reason": reasons.get(reason, reason), "label": row.label,
        }  # fmt: skip
    if rule == "resolved":
        return _("Does not count: resolved, and reopened at the end.")
    return _("Does not count: closed, and reopened at the end.")


def _special_days(versions: Iterable[CalendarVersion | None]) -> dict[tuple[int, date], str]:
    calendars = {version.calendar_id for version in versions if version}
    if not calendars:
        return {}
    named = CalendarDay.objects.filter(calendar__in=calendars, spans=[]).values_list("calendar_id", "date", "name")
    return {(calendar_id, day): name for calendar_id, day, name in named}


def _special_days_in(
    version: CalendarVersion | None, segment: engine.Segment, days: dict[tuple[int, date], str]
) -> str:
    """The holidays inside a stretch, if the edition the clock runs by has them."""
    if version is None:
        return ""
    zone = ZoneInfo(version.spec["tz"])
    # The last instant belongs to what follows.
    first, last = (
        segment.start.astimezone(zone).date(),
        (segment.end - timedelta(microseconds=1)).astimezone(zone).date(),
    )
    found = sorted(
        day for text in version.spec.get("holidays", ()) if first <= (day := date.fromisoformat(text)) <= last
    )
    names = [f"{date_format(day)} {days.get((version.calendar_id, day), '')}".strip() for day in found]
    return _("Holidays: %(days)s.") % {"days": ", ".join(names)} if names else ""


def _moments(reading: engine.Reading, events: dict[str, ClockEvent]) -> list[Moment]:
    found = []
    for name, at in reading.moments:
        event = events.get(name)
        found.append(Moment(
            name, label_of(name), at, event.fired_at if event else None, event.outcome if event else "",
        ))  # fmt: skip
    return found


def label_of(name: str) -> str:
    """An event's name in words."""
    kind, _colon, percent = name.partition(":")
    if kind == "step":
        return _("Escalation at %(percent)s %%") % {"percent": percent}
    return {"warn": _("Warning"), "breach": _("Breach")}.get(kind, kind)
