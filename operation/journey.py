"""A ticket's life in the words of the person who waits for it. Pure: everything comes from the row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.ui import times

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import ProcessSetting, Ticket

#: How far along each phase is, of four.
STEPS = 4
PLACE = {"new": 1, "active": 2, "waiting": 2, "resolved": 3, "closed": 4}


@dataclass(frozen=True, slots=True)
class Journey:
    """Where a ticket is: words, how far of four steps, and whether it waits for the reader."""

    words: str
    tone: str
    place: int
    waits_for_you: bool = False

    @property
    def bars(self) -> list[bool]:
        return [step <= self.place for step in range(1, STEPS + 1)]

    @property
    def label(self) -> str:
        return _("Step %(place)d of %(steps)d") % {"place": self.place, "steps": STEPS}


def of(ticket: Ticket, user: User, asks_requester: Collection[str]) -> Journey:
    """The journey as ``user`` reads it; ``asks_requester`` are the hold reasons that wait for the requester."""
    mine = ticket.requester_id == user.pk
    place = PLACE[ticket.phase]
    if ticket.state == "cancelled":
        return Journey(_words(ticket), "grey", place)
    if ticket.phase == "waiting" and ticket.hold_reason in asks_requester:
        if mine:
            return Journey(_("Waiting for your answer"), "amber", place, waits_for_you=True)
        return Journey(_("Waiting for an answer from %(name)s") % {"name": ticket.requester}, "amber", place)
    if ticket.phase == "resolved":
        return Journey(_words(ticket) if mine else _("Solved"), "green", place, waits_for_you=mine)
    if ticket.phase == "closed":
        return Journey(_words(ticket), "green", place)
    if ticket.phase == "active" and ticket.assignee is not None and ticket.state not in ("new", "assigned"):
        return Journey(_("%(name)s is working on it") % {"name": ticket.assignee.get_short_name()}, "blue", place)
    return Journey(_words(ticket), "blue", place)


def _words(ticket: Ticket) -> str:
    return str(ticket.kind_info.plain_words.get(ticket.state) or ticket.state_label)


def stepper(ticket: Ticket) -> list[dict[str, str]]:
    """The four steps for ``ui/_steps.html``."""
    labels = [_("Received"), _("In progress"), _("Solved"), _("Done")]
    if ticket.state == "cancelled":
        return [{"label": labels[0], "state": "done"}, {"label": _("Cancelled"), "state": "current"}]
    place = PLACE[ticket.phase]
    done = place - 1 if ticket.phase != "closed" else place
    return [
        {"label": label, "state": "done" if i < done else "current" if i == place - 1 else ""}
        for i, label in enumerate(labels)
    ]


def next_words(ticket: Ticket, journey: Journey, process: ProcessSetting) -> str:
    """What happens next, and who has to do something."""
    if ticket.state == "cancelled":
        return _("This was cancelled. Nothing more happens here.")
    if journey.waits_for_you and ticket.phase == "waiting":
        return _("We asked you something. Work goes on as soon as you answer below.")
    if ticket.phase == "resolved":
        until = ticket.resolved_at + timedelta(days=process.auto_close_days) if ticket.resolved_at else None
        if until is None:
            return _("Please try it, and tell us whether it works.")
        return _("Please try it, and tell us whether it works. Without an answer it is closed on %(day)s.") % {
            "day": times.day(until, weekday=True)
        }
    return {
        "new": _("A colleague looks at it next. You get a message when there is news."),
        "active": _("We work on it and write to you here when there is news."),
        "waiting": _("We wait for somebody else before we can go on. You need not do anything."),
        "closed": _("This is done. If it comes back, write a follow-up."),
    }[ticket.phase]


@dataclass(frozen=True, slots=True)
class Promise:
    """One agreed time in words."""

    label: str
    words: str
    tone: str
    at: Any = None


def promises(clocks: list[Any]) -> list[Promise]:
    """Answer and solution: when they are promised, or how they went. Empty when nothing is agreed."""
    found = []
    for metric, label in (("first_response", _("Answer")), ("resolution", _("Solution"))):
        row = next((clock for clock in clocks if clock.metric == metric and clock.state != "cancelled"), None)
        if row is None:
            continue
        if row.stopped_at is not None:
            words, tone, at = (_("done"), "green", row.stopped_at)
        elif row.state == "paused":
            words, tone, at = (_("the time stands still while we wait"), "amber", None)
        elif row.state == "breached":
            words, tone, at = (_("later than promised, it was due"), "red", row.due_at)
        else:
            words, tone, at = (_("by"), "blue", row.due_at)
        found.append(Promise(label, words, tone, at))
    return found
