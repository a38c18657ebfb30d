"""Answers to news from below: sooner is nicer, and the periodic job finds whatever is missed here."""

from __future__ import annotations

from typing import Any

from improvement.services import surveys
from itsm.lib import jobs
from itsm.tickets.events import ticket_changed
from itsm.tickets.states import Phase


def ask_at_once(ticket: Any, verb: str, **_more: Any) -> None:
    """Who confirms a solution in the portal is asked on the very next page; everybody else by the worker."""
    if ticket.phase not in (Phase.RESOLVED, Phase.CLOSED) or ticket.resolved_at is None:
        return
    if verb == "confirm":
        surveys.ask_about(ticket)
    else:
        jobs.enqueue("improvement.send_surveys")


def connect() -> None:
    """Called once from ``navigation_feedback.register``."""
    ticket_changed.connect(ask_at_once, dispatch_uid="improvement.ask_at_once")
