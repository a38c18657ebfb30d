"""Answers to news from below."""

from __future__ import annotations

from typing import Any

from itsm.tickets.events import ticket_changed
from operation import navigation
from operation.services import problems

#: After these steps the strip above the pages says something else.
MAJOR_STEPS = frozenset({"declare_major", "post_update", "stand_down", "resolve", "cancel", "edit"})


def refresh_majors(ticket: Any, verb: str, **_more: Any) -> None:
    """Forget the running majors when one began, ended or changed."""
    if ticket.kind == "incident" and verb in MAJOR_STEPS and (ticket.is_major or verb == "stand_down"):
        navigation.forget_majors()


def follow_changes(ticket: Any, verb: str, **_more: Any) -> None:
    """A change that fixes a problem began or was closed: it goes on. ``follow_fixes`` finds what is lost."""
    if ticket.kind == "change" and ticket.state in problems.BEGUN:
        problems.follow_change(ticket)


def connect() -> None:
    """Called once from ``OperationConfig.ready``."""
    ticket_changed.connect(follow_changes, dispatch_uid="operation.follow_changes")
    ticket_changed.connect(refresh_majors, dispatch_uid="operation.refresh_majors")
