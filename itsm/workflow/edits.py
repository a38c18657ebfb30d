"""Changing a ticket's descriptive fields: the same door without a change of state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.notifications.services.events import emit
from itsm.sla.services import clocks
from itsm.tickets.events import ticket_changed
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.tickets.services import reference, timeline
from itsm.workflow import assignment, custom
from itsm.workflow.moves import is_supplier, lock
from itsm.workflow.opening import validate
from itsm.workflow.words import readable

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Fields of the base that may be edited on every kind.
COMMON = (
    "title", "description", "requester", "service", "offering", "category", "impact", "urgency", "priority",
    "priority_reason", "team", "assignee", "restricted_to", "channel",
)  # fmt: skip

#: Asked about the ticket as it would be, with the names of its changed columns: a denial refuses the edit.
Guard = Callable[[Any, set[str]], Decision]
#: Told after it is stored; returns the ticket as it is then. ``after(ticket, changed, actor=…, source=…)``.
After = Callable[..., Any]
#: Kinds whose fields mean more than themselves, such as a change on which people have voted.
_cares: dict[str, tuple[Guard, After]] = {}


def care(kind: str, guard: Guard, after: After) -> None:
    """Let a practice answer for edits of its kind; called from ``AppConfig.ready``."""
    _cares[kind] = (guard, after)


def may_edit(ticket: Ticket, user: User) -> Decision:
    """Agents edit what they can see, until it is closed."""
    if ticket.phase == "closed":
        return deny(_("A closed ticket is not changed any more."))
    return ALLOW if user.is_agent or user.holds("incident_manager") else deny(_("Only agents change tickets."))


@transaction.atomic
def edit(
    ticket: Ticket,
    *,
    actor: User,
    source: str,
    version: int | None = None,
    expected: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Any:
    """Change fields, recompute priority, re-derive clocks, write timeline, audit and outbox.

    ``version`` refuses any newer ticket (the API's ``If-Match``). ``expected`` is kinder: the values the
    person saw of the very fields they change; another field that changed meanwhile does not matter.
    ``custom`` is merged into the stored values; in ``expected`` such a field is ``custom.<code>``.
    """
    fresh = lock(ticket, version=version)
    verdict = may_edit(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    unknown = [name for name in changes if name != "custom" and name not in (*COMMON, *fresh.kind_info.editable)]
    if unknown:
        raise Invalid({name: _("This cannot be changed.") for name in unknown})
    _refuse_stale(fresh, expected or {})
    before = audit.snapshot(fresh)
    custom_before = dict(fresh.custom)
    _apply(fresh, changes)
    validate(fresh)
    difference = audit.diff(before, audit.snapshot(fresh))
    if not difference:
        return fresh
    changed = set(difference)
    guard, after = _cares.get(fresh.kind, (None, None))
    if guard is not None and not (verdict := guard(fresh, changed)):
        raise Refused(verdict.reason, code="guard")
    fresh.version += 1
    fresh.updated_at = clock.now()
    timeline.sync_interval(fresh)
    clocks.sync(fresh)
    fresh.save()
    if "custom" in difference:
        difference.pop("custom")
        difference |= {f"custom.{key}": value for key, value in audit.diff(custom_before, fresh.custom).items()}
    entry = audit.record(fresh, f"{fresh.kind}.edit", actor=actor, source=source, changes=difference)
    told = timeline.write(
        fresh, TimelineEntry.Kind.CHANGE, actor=actor, source=source, by_agent=is_supplier(fresh, actor),
        audit_entry=entry, changes=readable(fresh, difference),
    )  # fmt: skip
    emit(
        f"{fresh.kind}.edit", fresh, actor=actor, source=source, entry=told, changed=sorted(difference),
        assignee=difference.get("assignee_id"), team=difference.get("team_id"),
    )  # fmt: skip
    transaction.on_commit(
        lambda: ticket_changed.send_robust(sender=type(fresh), ticket=fresh, verb="edit", actor=actor)
    )
    return fresh if after is None else after(fresh, changed, actor=actor, source=source)


def _refuse_stale(ticket: Ticket, expected: Mapping[str, Any]) -> None:
    current: dict[str, Any] = {}
    for name, seen in expected.items():
        code = name.removeprefix("custom.")
        value = ticket.custom.get(code) if code != name else audit.plain(getattr(ticket, name))
        if str(value if value is not None else "") != str(audit.plain(seen) if seen is not None else ""):
            current[name] = value
    if current:
        raise Stale(_("Somebody changed this meanwhile."), current=current | {"version": ticket.version})


def _apply(ticket: Any, changes: Mapping[str, Any]) -> None:
    matrix_before = (ticket.impact, ticket.urgency)
    for name, value in changes.items():
        if name == "custom":
            checked = custom.clean(ticket.kind, dict(value), on_portal=False, partial=True)
            ticket.custom = {**ticket.custom, **checked}
        elif name not in ("team", "assignee"):
            setattr(ticket, name, value)
    if "team" in changes or "assignee" in changes:
        _hand_over(ticket, changes)
    if "title" in changes:
        ticket.title = " ".join(str(ticket.title or "").split())
    if "requester" in changes:
        ticket.organisation = ticket.requester.organisation
        ticket.is_vip = ticket.requester.is_vip
    if "priority" in changes:
        by_matrix = reference.priority_for(ticket.impact, ticket.urgency)
        if int(ticket.priority) == by_matrix:
            ticket.priority_reason = ""
        elif not ticket.priority_reason:
            raise Invalid({"priority_reason": _("Say why the priority differs from the matrix (P%d).") % by_matrix})
    elif (ticket.impact, ticket.urgency) != matrix_before:
        ticket.priority = reference.priority_for(int(ticket.impact), int(ticket.urgency))
        ticket.priority_reason = ""


def _hand_over(ticket: Any, changes: Mapping[str, Any]) -> None:
    team = changes.get("team", ticket.team)
    assignee = changes.get("assignee", ticket.assignee if "team" not in changes else None)
    if assignee is not None and team is not None and not team.members.filter(pk=assignee.pk).exists():
        raise Invalid({"assignee": _("%(person)s is not in team %(team)s.") % {"person": assignee, "team": team}})
    assignment.hand_to(ticket, team, assignee)
