"""A ticket's life in the words of the person who waits for it. Pure: everything comes from the row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
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
#: Kinds of what is ordered, and states in which they have ended badly.
ORDERS = ("request", "access")
ENDED = ("cancelled", "rejected")


@dataclass(slots=True)
class Progress:
    """Of an order: whose decision is missing, and how many of its steps are done."""

    approvers: list[str] = field(default_factory=list)
    steps: int = 0
    done: int = 0


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


def of(ticket: Ticket, user: User, asks_requester: Collection[str], progress: Progress | None = None) -> Journey:
    """The journey as ``user`` reads it; ``asks_requester`` are the hold reasons that wait for the requester."""
    mine = ticket.requester_id == user.pk
    place = PLACE[ticket.phase]
    if ticket.state in ENDED:
        return Journey(_words(ticket), "red" if ticket.state == "rejected" else "grey", place)
    if ticket.phase == "waiting" and ticket.hold_reason in asks_requester:
        if mine:
            return Journey(_("Waiting for your answer"), "amber", place, waits_for_you=True)
        return Journey(_("Waiting for an answer from %(name)s") % {"name": ticket.requester}, "amber", place)
    if ticket.kind in ORDERS and (said := _order_words(ticket, progress or Progress())):
        return Journey(said, "amber" if ticket.phase == "waiting" else "blue", place)
    if ticket.phase == "resolved":
        return Journey(_words(ticket) if mine else _done(ticket), "green", place, waits_for_you=mine)
    if ticket.phase == "closed":
        return Journey(_words(ticket), "green", place)
    if ticket.phase == "active" and ticket.assignee is not None and ticket.state not in ("new", "assigned", "approved"):
        return Journey(_("%(name)s is working on it") % {"name": ticket.assignee.get_short_name()}, "blue", place)
    return Journey(_words(ticket), "blue", place)


def _order_words(ticket: Ticket, progress: Progress) -> str:
    """What is true of an order right now, in one line; empty where the usual words say it."""
    if ticket.state == "awaiting_approval" and progress.approvers:
        names = progress.approvers[:2]
        if len(progress.approvers) > len(names):
            return _("Waiting for approval by %(names)s and %(more)d more") % {
                "names": ", ".join(names), "more": len(progress.approvers) - len(names),
            }  # fmt: skip
        return _("Waiting for approval by %(names)s") % {"names": _(" and ").join(names)}
    if ticket.phase == "active" and progress.steps:
        return _("%(done)d of %(steps)d steps done") % {"done": progress.done, "steps": progress.steps}
    return ""


def _words(ticket: Ticket) -> str:
    return str(ticket.kind_info.plain_words.get(ticket.state) or ticket.state_label)


def _done(ticket: Ticket) -> str:
    return {"request": _("Delivered"), "access": _("Access given")}.get(ticket.kind, _("Solved"))


def stepper(ticket: Ticket) -> list[dict[str, str]]:
    """The four steps for ``ui/_steps.html``."""
    labels = [_("Received"), _("In progress"), _done(ticket), _("Done")]
    place = PLACE[ticket.phase]
    if ticket.kind in ORDERS:
        labels = [_("Ordered"), _("Approval"), _("Prepared"), _("Delivered")]
        place = {"new": 1, "waiting": 2 if ticket.state == "awaiting_approval" else 3, "active": 3}.get(ticket.phase, 4)
    if ticket.state in ENDED:
        word = _("Not approved") if ticket.state == "rejected" else _("Cancelled")
        return [{"label": labels[0], "state": "done"}, {"label": word, "state": "current"}]
    over = ticket.phase == "closed" or (ticket.kind in ORDERS and ticket.phase == "resolved")
    done = place if over else place - 1
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
    if ticket.kind in ORDERS and (said := _order_next(ticket)):
        return said
    if ticket.phase == "resolved":
        ask = (
            _("Please check that everything is there, and tell us.") if ticket.kind in ORDERS
            else _("Please try it, and tell us whether it works.")
        )  # fmt: skip
        if ticket.kind == "access":
            return ask
        until = ticket.resolved_at + timedelta(days=process.auto_close_days) if ticket.resolved_at else None
        if until is None:
            return ask
        return ask + " " + _("Without an answer it is closed on %(day)s.") % {"day": times.day(until, weekday=True)}
    return {
        "new": _("A colleague looks at it next. You get a message when there is news."),
        "active": _("We work on it and write to you here when there is news."),
        "waiting": _("We wait for somebody else before we can go on. You need not do anything."),
        "closed": _("This is done. If it comes back, write a follow-up."),
    }[ticket.phase]


def _order_next(ticket: Any) -> str:
    words = {
        "submitted": _("We find out who has to approve it. You get a message when it is decided."),
        "requested": _("We find out who has to approve it. You get a message when it is decided."),
        "awaiting_approval": _("You get a message as soon as it is decided. You need not do anything."),
        "approved": _("The teams that deliver it know of it. You get a message when there is news."),
        "fulfilling": _("The teams that deliver it work on it, one step after the other."),
        "rejected": _("It will not be delivered. You can ask again with a better reason."),
        "closed": _("This is done. If something is wrong with it, report a problem."),
        "verified": _("You have this access. If you do not need it any more, tell us."),
        "ending": _("Its time is over. If you still need it, write to us now."),
        "revoked": _("You do not have this access any more. You can order it again."),
    }
    return words.get(ticket.state, "")


def phrases(ticket: Ticket) -> dict[str, str]:
    """How the pages of the portal speak of a kind: reported or ordered, solved or delivered."""
    if ticket.kind in ORDERS:
        return {
            "opened": _("Ordered"), "did_open": _("ordered this"), "did_end": _("delivered it"),
            "did_confirm": _("confirmed that it is all there"), "check": _("Is everything there?"),
            "yes": _("Yes, it is all there"), "no": _("No, something is missing or wrong"),
            "cancel": _("Cancel this order"), "did_reopen": _("something is missing"),
        }  # fmt: skip
    return {
        "opened": _("Reported"), "did_open": _("reported this"), "did_end": _("solved it"),
        "did_confirm": _("confirmed that it works"), "check": _("Does it work again?"), "yes": _("Yes, it works"),
        "no": _("No, it is not solved"), "cancel": _("Cancel this report"), "did_reopen": _("not solved yet"),
    }  # fmt: skip


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
    labels = (("first_response", _("Answer")), ("resolution", _("Solution")), ("fulfilment", _("Delivery")))
    for metric, label in labels:
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
