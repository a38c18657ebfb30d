"""The clocks of a ticket as the panel and the ledger page show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.sla.models import Clock, Metric
from itsm.sla.services import terms
from itsm.ui import components
from itsm.ui.times import duration, when

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket

ORDER = {
    Metric.FIRST_RESPONSE: 0,
    Metric.UPDATE: 1,
    Metric.RESOLUTION: 2,
    Metric.OLA: 3,
    Metric.UC: 4,
    Metric.FULFILMENT: 2,
}
TONES = {"met": "green", "breached": "red", "paused": "amber", "cancelled": "grey"}


@dataclass(slots=True)
class ClockView:
    """One clock, ready to draw."""

    id: int
    label: str
    terms: str
    chip: SafeString
    percent: float
    tone: str
    note: SafeString | str
    going: bool

    @property
    def used(self) -> str:
        """What the meter says to a screen reader."""
        return _("%(clock)s: %(percent)d percent of the time used") % {"clock": self.label, "percent": self.percent}


def rows_of(ticket: Ticket) -> list[Clock]:
    """Every clock that still means something, in the order of the panel."""
    found = Clock.objects.filter(ticket_id=ticket.pk, withdrawn_at__isnull=True).select_related("team")
    return sorted(found, key=lambda row: (ORDER.get(Metric(row.metric), 9), row.cycle))


def current(rows: list[Clock]) -> list[Clock]:
    """One clock per metric: the latest wait for a reply or a supplier, the latest team."""
    latest = {row.metric: row for row in rows}
    return sorted(latest.values(), key=lambda row: ORDER.get(Metric(row.metric), 9))


def view(row: Clock, now: datetime | None = None) -> ClockView:
    """Draw one clock; what it has used since the last reading is added, so that the meter is true."""
    now = now or clock.now()
    going = row.stopped_at is None
    elapsed = elapsed_now(row, now)
    share = round(100 * elapsed / row.target_seconds) if row.target_seconds else 0
    state = "none" if row.state == Clock.State.CANCELLED else row.state
    overdue = state == "breached" or (state == "running" and row.due_at is not None and row.due_at <= now)
    chip = components.sla(
        state, row.due_at, now=now, warn_at=row.warn_at, started_at=row.started_at, ended_at=row.stopped_at,
        share=share, elapsed=elapsed,
    )  # fmt: skip
    label = str(row.get_metric_display())
    if row.metric == Metric.OLA and row.team:
        label = f"{label}: {row.team}"
    risky = row.warn_at is not None and row.warn_at <= now
    tone = "red" if overdue else TONES.get(row.state, "amber" if risky else "blue")
    return ClockView(
        id=row.pk,
        label=label,
        terms=row.label,
        chip=chip if row.state != Clock.State.CANCELLED else components.sla("none", title=_("Cancelled")),
        percent=min(share, 100),
        tone=tone,
        note=_note(row, elapsed, overdue),
        going=going,
    )


def elapsed_now(row: Clock, now: datetime) -> int:
    """Working seconds used up to now, from the last reading on."""
    counting = row.stopped_at is None and row.state in (Clock.State.RUNNING, Clock.State.BREACHED)
    if not counting or now <= row.read_at:
        return row.elapsed_seconds
    hours = terms.terms_of(row).hours
    return row.elapsed_seconds + int(hours.between(row.read_at, now) / timedelta(seconds=1))


def _note(row: Clock, elapsed: int, overdue: bool) -> SafeString | str:
    target = duration(row.target_seconds)
    if row.state == Clock.State.PAUSED:
        return _("Paused: %(used)s of %(target)s used") % {"used": duration(elapsed), "target": target}
    if row.state == Clock.State.CANCELLED:
        return _("Nobody owes it any more: the ticket was cancelled")
    if row.due_at is None:
        return _("Target %(target)s") % {"target": target}
    pattern = _("Target was %(target)s, due %(due)s") if overdue else _("Target %(target)s, due %(due)s")
    return SafeString(pattern % {"target": target, "due": when(row.due_at)})
