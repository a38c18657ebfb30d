"""Who is told what: one table, read from top to bottom. The first row that names a person decides the topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from itsm.accounts.models import Membership, User
from itsm.accounts.roles import Role
from itsm.approvals.models import Round, Seat
from itsm.tickets import numbers
from itsm.tickets.models import HoldReason, Ticket, Watcher

if TYPE_CHECKING:
    from itsm.accounts.models import Team
    from itsm.notifications.services.story import Story

Found = Iterable[int | None]


@dataclass(frozen=True, slots=True)
class Row:
    """``who`` hears ``topic`` when ``if_`` holds. ``as_team``: a team's own address hears it in the members' place."""

    who: Callable[[Story], Found]
    topic: str
    if_: Callable[[Story], bool] | None = None
    as_team: Callable[[Story], Team | None] | None = None
    #: A confirmation that even who did it wants to have.
    even_actor: bool = False


# ---------- who ----------


def requester(story: Story) -> Found:
    return [story.ticket.requester_id]


def assignee(story: Story) -> Found:
    return [story.ticket.assignee_id]


def given_to(story: Story) -> Found:
    """Who got the ticket with this event."""
    before, after = story.change("assignee")
    return [after] if before != after else []


def taken_from(story: Story) -> Found:
    """Who lost the ticket with this event."""
    before, after = story.change("assignee")
    return [before] if before != after else []


def members(story: Story) -> Found:
    if story.team is None:
        return []
    return Membership.objects.filter(team=story.team).values_list("user_id", flat=True)


def holder(story: Story) -> Found:
    """The assignee; as long as there is none, the team."""
    return assignee(story) if story.ticket.assignee_id else members(story)


def leads(story: Story) -> Found:
    return Membership.objects.filter(team=story.ticket.team_id, is_lead=True).values_list("user_id", flat=True)


def watchers(story: Story) -> Found:
    return Watcher.objects.filter(ticket_id=story.ticket.pk).values_list("user_id", flat=True)


def mentioned(story: Story) -> Found:
    return _ids(story.data.get("mentioned"))


def named(story: Story) -> Found:
    """Whom the event itself names: escalation steps know whom they are for."""
    return _ids(story.data.get("recipients"))


def service_owner(story: Story) -> Found:
    return [story.ticket.service.owner_id] if story.ticket.service else []


def affected(story: Story) -> Found:
    """Requesters of what is part of this ticket, or a duplicate of it; they read it on their own ticket."""
    return [] if story.ticket.restricted_to_id else list(story.affected)


def incident_managers(story: Story) -> Found:
    found: Found = User.objects.people().holding(Role.INCIDENT_MANAGER).order_by().values_list("pk", flat=True)
    return found


def approvers(story: Story) -> Found:
    """Whose vote is missing."""
    if story.round is None or story.round.state != Round.State.PENDING:
        return []
    return Seat.objects.filter(round=story.round, vote="").values_list("approver_id", flat=True)


def voted(story: Story) -> Found:
    """Who has voted already."""
    if story.round is None:
        return []
    return Seat.objects.filter(round=story.round).exclude(vote="").values_list("approver_id", flat=True)


def asker(story: Story) -> Found:
    return [story.round.requested_by_id] if story.round else []


def other_holder(story: Story) -> Found:
    """Who holds the ticket at the other end of a new link."""
    parsed = numbers.parse(str(story.data.get("other", "")))
    if parsed is None:
        return []
    return Ticket.objects.filter(pk=parsed[1]).values_list("assignee_id", flat=True)


def _ids(found: object) -> Found:
    return [pk for pk in found if isinstance(pk, int)] if isinstance(found, list) else []


def task_holder(story: Story) -> Found:
    """Whose turn it is: the person of the task, else the members of its team."""
    if story.data.get("assignee"):
        return _ids([story.data["assignee"]])
    found: Found = Membership.objects.filter(team=story.data.get("team")).values_list("user_id", flat=True)
    return found


# ---------- when ----------


def is_ready(story: Story) -> bool:
    """A task that is to be done now: planned, or its predecessors are done."""
    return story.data.get("news") in ("ready", "added") and bool(story.data.get("open"))


def nobody_has_it(story: Story) -> bool:
    return story.ticket.assignee_id is None


def arrives_in_team(story: Story) -> bool:
    return nobody_has_it(story) and (story.verb == "open" or story.changed("team"))


def waits_for_others(story: Story) -> bool:
    """Waiting for the requester comes with a question, and the question is a reply of its own."""
    return story.hold is None or story.hold.party != HoldReason.Party.REQUESTER


def not_by_reply(story: Story) -> bool:
    """A hold that a reply ended is told by the reply."""
    return not (story.event.source == "system" and story.ticket.awaiting_reply)


def is_confirmed_by_mail(story: Story) -> bool:
    return story.event.source == "email"


def by_desk(story: Story) -> bool:
    return story.by_agent


def by_requester(story: Story) -> bool:
    return not story.by_agent


def is_decided(story: Story) -> bool:
    return story.round is not None and story.round.state != Round.State.PENDING


def names_nobody(story: Story) -> bool:
    return not story.data.get("recipients")


# ---------- the table ----------


def its_team(story: Story) -> Team | None:
    """The team in whose place its group address can be told, as long as no member has the ticket."""
    return story.team if nobody_has_it(story) else None


TABLE: dict[str, tuple[Row, ...]] = {
    "open": (
        Row(requester, "received", is_confirmed_by_mail, even_actor=True),
        Row(given_to, "assigned"),
        Row(requester, "received"),
        Row(members, "new_in_team", nobody_has_it, its_team),
    ),
    "assign": (
        Row(given_to, "assigned"),
        Row(taken_from, "handed_over"),
        Row(members, "new_in_team", arrives_in_team, its_team),
    ),
    "start": (Row(requester, "progress"), Row(taken_from, "handed_over")),
    "put_on_hold": (Row(requester, "progress", waits_for_others),),
    "resume": (Row(assignee, "hold_ended", not_by_reply), Row(requester, "progress", not_by_reply)),
    "escalate": (
        Row(given_to, "assigned"),
        Row(taken_from, "handed_over"),
        Row(members, "new_in_team", nobody_has_it, its_team),
    ),
    "resolve": (Row(requester, "resolved"), Row(assignee, "news"), Row(watchers, "news")),
    "confirm": (Row(requester, "closed"), Row(assignee, "news"), Row(watchers, "news")),
    "close": (Row(requester, "closed"), Row(watchers, "news")),
    "reopen": (Row(holder, "reopened", None, its_team), Row(requester, "news"), Row(watchers, "news")),
    "cancel": (Row(requester, "cancelled"), Row(holder, "news"), Row(watchers, "news")),
    "reply": (
        Row(mentioned, "mentioned"),
        Row(requester, "reply"),
        Row(holder, "customer_reply", by_requester, its_team),
        Row(assignee, "news", by_desk),
        Row(watchers, "reply"),
    ),
    "note": (Row(mentioned, "mentioned"), Row(assignee, "note"), Row(watchers, "note")),
    "edit": (
        Row(given_to, "assigned"),
        Row(taken_from, "handed_over"),
        Row(members, "new_in_team", arrives_in_team, its_team),
        Row(assignee, "changed"),
    ),
    "declare_major": (
        Row(requester, "major"), Row(service_owner, "major"), Row(holder, "major"), Row(members, "major"),
        Row(watchers, "major"), Row(affected, "major"),
    ),
    "sla_warning": (Row(named, "sla_warning"), Row(holder, "sla_warning", names_nobody)),
    "sla_breached": (
        Row(named, "sla_breached"), Row(holder, "sla_breached", names_nobody), Row(leads, "sla_breached", names_nobody),
    ),
    "sla_escalated": (Row(named, "sla_escalated"),),
    "reminder": (Row(requester, "waiting_reminder"),),
    "update_overdue": (
        Row(named, "update_overdue"), Row(holder, "update_overdue"), Row(leads, "update_overdue"),
        Row(incident_managers, "update_overdue"),
    ),
    "approve": (Row(requester, "progress"), Row(watchers, "news")),
    "reject": (Row(requester, "rejected"), Row(watchers, "news")),
    "lapse": (Row(holder, "news"),),
    "resubmit": (Row(holder, "news"), Row(watchers, "news")),
    "fulfil": (Row(requester, "delivered"), Row(assignee, "news"), Row(watchers, "news")),
    "verify": (Row(assignee, "news"), Row(watchers, "news")),
    "revoke": (Row(requester, "news"), Row(watchers, "news")),
    "task": (Row(task_holder, "task_ready", is_ready),),
    "link": (Row(assignee, "linked"), Row(other_holder, "linked")),
    "approval_asked": (Row(approvers, "approval_asked"),),
    "approval_reminder": (Row(approvers, "approval_reminder"),),
    "approval_voted": (Row(asker, "approval_decided", is_decided), Row(assignee, "approval_decided", is_decided)),
    "approval_void": (Row(voted, "approval_void"),),
    "ask_again": (Row(requester, "news"), Row(assignee, "news"), Row(watchers, "news")),
    "approval_expired": (Row(asker, "approval_decided"), Row(holder, "approval_decided")),
}  # fmt: skip
TABLE["grant"] = TABLE["fulfil"]
TABLE["end"] = TABLE["extend"] = TABLE["revoke"]
TABLE["post_update"] = TABLE["stand_down"] = TABLE["declare_major"]


@dataclass(slots=True)
class Audience:
    """Person -> topic, and the teams told as a whole (with the topic and the members it stands for)."""

    topics: dict[int, str]
    even_actor: frozenset[int]
    teams: dict[int, tuple[Team, str, frozenset[int]]]


def of(story: Story) -> Audience:
    """Everybody the table names; an event that is not in it tells nobody."""
    topics: dict[int, str] = {}
    confirmed: set[int] = set()
    teams: dict[int, tuple[Team, str, frozenset[int]]] = {}
    for row in TABLE.get(story.verb, ()):
        if row.if_ is not None and not row.if_(story):
            continue
        found = [pk for pk in row.who(story) if pk is not None]
        for pk in found:
            topics.setdefault(pk, row.topic)
            if row.even_actor:
                confirmed.add(pk)
        team = row.as_team(story) if row.as_team else None
        if team is not None and team.email:
            theirs = frozenset(pk for pk in found if topics[pk] == row.topic)
            teams[team.pk] = (team, row.topic, theirs)
    return Audience(topics, frozenset(confirmed), teams)
