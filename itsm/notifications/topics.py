"""What people can be told about: the words that come with the product, and who is told how unless they say otherwise.

A topic is what a person switches on or off and what an administrator words anew. Which events belong
to which topic, and for whom, is in ``services/audiences.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Groups of the preferences page, in order.
GROUPS: dict[str, Any] = {
    "own": _("Tickets you asked for or follow"),
    "work": _("Tickets you or your team work on"),
    "levels": _("Service levels and major incidents"),
    "approvals": _("Approvals"),
    "feedback": _("Surveys and feedback"),
}

#: Groups that only the desk has; the others are everybody's.
DESK_GROUPS = {"work"}


@dataclass(frozen=True, slots=True)
class Topic:
    """``headline`` is the line in the inbox, ``subject`` and ``body`` are the mail; all may hold placeholders."""

    key: str
    group: str
    label: Any
    headline: Any
    body: Any
    email: bool = True
    in_app: bool = True
    #: Somebody has to act: while the recipient is away, the delegate hears it.
    work: bool = False
    #: Placeholders besides the common ones.
    extra: tuple[str, ...] = ()
    #: Told by ``services/direct.py`` with values of its own, which ``extra`` names and ``sample`` shows.
    direct: bool = False
    own_subject: Any = ""
    #: Nobody outside the desk is ever told.
    desk_only: bool = False
    sample: tuple[tuple[str, Any], ...] = ()
    #: Whether an administrator may word it anew; not where the stage that tells it says the words itself.
    worded: bool = True

    @property
    def subject(self) -> str:
        """The same for every topic about a ticket: mail programs sort a conversation by it."""
        return str(self.own_subject) or "[{ticket.number}] {ticket.title}"

    def default(self, channel: str) -> bool:
        return self.email if channel == "email" else self.in_app

    @property
    def placeholders(self) -> tuple[str, ...]:
        return (*(PLAIN if self.direct else COMMON), *self.extra)


#: What every text may name; the values are made in ``services/rendering.py``.
COMMON = (
    "ticket.number", "ticket.title", "ticket.url", "ticket.description", "ticket.kind", "ticket.state",
    "ticket.priority", "ticket.service", "ticket.team", "ticket.assignee", "ticket.holder", "ticket.requester",
    "ticket.due", "actor.name", "recipient.name", "recipient.first_name", "comment", "what", "site.name", "site.url",
)  # fmt: skip

#: What also texts may name that are about no ticket.
PLAIN = ("recipient.name", "recipient.first_name", "site.name", "site.url")

_SLA = ("sla.metric", "sla.due")
_APPROVAL = ("approval.question", "approval.state", "approval.deadline")

_ALL = (
    # own
    Topic(
        "received", "own", _("We have received your report"), _("We have received it"),
        _(
            "Hello {recipient.first_name},\n\nwe have received your report and given it the number {ticket.number}.\n\n"
            "{ticket.title}\n\n{ticket.description}\n\nYou can follow it and add to it here:\n{ticket.url}"
        ),
        in_app=False,
    ),
    Topic(
        "progress", "own", _("Work begins, waits or goes on"), "{what}",
        _("Hello {recipient.first_name},\n\nyour ticket {ticket.number} moves: {what}.\n\n{ticket.url}"),
        email=False, extra=("hold.reason",),
    ),
    Topic(
        "reply", "own", _("Somebody replies to you"), _("{actor.name} replied"),
        _("Hello {recipient.first_name},\n\n{actor.name} wrote on {ticket.number}:\n\n{comment}\n\n{ticket.url}"),
    ),
    Topic(
        "resolved", "own", _("It is solved, please confirm"), _("Solved: please confirm"),
        _(
            "Hello {recipient.first_name},\n\nwe believe that {ticket.number} is solved:\n\n{comment}\n\n"
            "Please confirm that it works, or reopen it if it does not:\n{ticket.url}"
        ),
    ),
    Topic(
        "delivered", "own", _("What you ordered is there"), _("Delivered: please check"),
        _(
            "Hello {recipient.first_name},\n\nwhat you ordered with {ticket.number} is there:\n\n{comment}\n\n"
            "Please tell us whether everything is as it should be:\n{ticket.url}"
        ),
    ),
    Topic(
        "rejected", "own", _("What you ordered is not approved"), _("Not approved"),
        _(
            "Hello {recipient.first_name},\n\n{ticket.number} was not approved:\n\n{comment}\n\n"
            "You can ask again with a better reason:\n{ticket.url}"
        ),
    ),
    Topic(
        "closed", "own", _("It is closed"), _("Closed"),
        _("Hello {recipient.first_name},\n\n{ticket.number} is closed now.\n\n{comment}\n\n{ticket.url}"), email=False,
    ),
    Topic(
        "cancelled", "own", _("It is cancelled"), _("{actor.name} cancelled it"),
        _("Hello {recipient.first_name},\n\n{actor.name} cancelled {ticket.number}:\n\n{comment}\n\n{ticket.url}"),
    ),
    Topic(
        "waiting_reminder", "own", _("We wait for your answer"), _("We still wait for your answer"),
        _(
            "Hello {recipient.first_name},\n\nwe cannot go on with {ticket.number} without your answer. "
            "We had asked:\n\n{comment}\n\nPlease answer here:\n{ticket.url}"
        ),
    ),
    Topic(
        "news", "own", _("Other news on tickets you follow"), "{what}",
        _("Hello {recipient.first_name},\n\nnews on {ticket.number}: {what}.\n\n{comment}\n\n{ticket.url}"),
        email=False,
    ),
    # work
    Topic(
        "assigned", "work", _("A ticket is given to you"), _("{actor.name} gave it to you"),
        _(
            "{actor.name} gave you {ticket.number}.\n\nPriority: {ticket.priority}\nService: {ticket.service}\n"
            "Requester: {ticket.requester}\nDue: {ticket.due}\n\n{comment}\n\n{ticket.description}\n\n{ticket.url}"
        ),
        work=True,
    ),
    Topic(
        "handed_over", "work", _("A ticket is taken from you"), _("{actor.name} handed it on"),
        _("{ticket.number} is with {ticket.holder} now.\n\n{comment}\n\n{ticket.url}"), email=False,
    ),
    Topic(
        "new_in_team", "work", _("A ticket nobody has yet arrives in your team"), _("New for {ticket.team}"),
        _(
            "{ticket.number} is new for {ticket.team}; nobody has it yet.\n\nPriority: {ticket.priority}\n"
            "Service: {ticket.service}\nRequester: {ticket.requester}\nDue: {ticket.due}\n\n{comment}\n\n"
            "{ticket.description}\n\n{ticket.url}"
        ),
        email=False,
    ),
    Topic(
        "customer_reply", "work", _("A requester writes on a ticket you hold"), _("{actor.name} wrote"),
        _("{actor.name} wrote on {ticket.number}:\n\n{comment}\n\n{ticket.url}"), work=True,
    ),
    Topic(
        "note", "work", _("A colleague writes a work note"), _("{actor.name} wrote a work note"),
        _("{actor.name} wrote a work note on {ticket.number}:\n\n{comment}\n\n{ticket.url}"), email=False,
    ),
    Topic(
        "mentioned", "work", _("Somebody mentions you"), _("{actor.name} mentioned you"),
        _("{actor.name} mentioned you on {ticket.number}:\n\n{comment}\n\n{ticket.url}"), work=True,
    ),
    Topic(
        "reopened", "work", _("A solved ticket comes back"), _("{actor.name} reopened it"),
        _("{actor.name} reopened {ticket.number}:\n\n{comment}\n\n{ticket.url}"), work=True,
    ),
    Topic(
        "hold_ended", "work", _("The wait is over"), _("The wait is over"),
        _("{ticket.number} is not on hold any more.\n\n{ticket.url}"), work=True, email=False,
    ),
    Topic(
        "changed", "work", _("Somebody changes a ticket you hold"), _("{actor.name} changed it"),
        _("{actor.name} changed {ticket.number}.\n\nPriority: {ticket.priority}\nDue: {ticket.due}\n\n{ticket.url}"),
        email=False,
    ),
    Topic(
        "task_ready", "work", _("A task’s turn comes for you or your team"), _("Task: {task.title}"),
        _("The turn has come of this task in {ticket.number}:\n\n{task.title}\n\nFor: {task.who}\n\n{ticket.url}"),
        work=True, email=False, extra=("task.title", "task.who"),
    ),
    Topic(
        "linked", "work", _("A ticket you hold is linked to another"), _("Linked with {other.number}"),
        _("{actor.name} linked {ticket.number} with {other.number}.\n\n{ticket.url}"),
        email=False, extra=("other.number",),
    ),
    # levels
    Topic(
        "sla_warning", "levels", _("A target is at risk"), _("At risk: {sla.metric}"),
        _(
            "{ticket.number} is about to miss its target.\n\n{sla.metric}: due {sla.due}\n"
            "Priority: {ticket.priority}\nHeld by: {ticket.holder}\n\n{ticket.url}"
        ),
        work=True, extra=_SLA,
    ),
    Topic(
        "sla_breached", "levels", _("A target is missed"), _("Missed: {sla.metric}"),
        _(
            "{ticket.number} has missed its target.\n\n{sla.metric}: was due {sla.due}\n"
            "Priority: {ticket.priority}\nHeld by: {ticket.holder}\n\n{ticket.url}"
        ),
        work=True, extra=_SLA,
    ),
    Topic(
        "sla_escalated", "levels", _("A ticket is escalated to you"), _("Escalated to you: {sla.metric}"),
        _(
            "{ticket.number} is escalated to you, because its target is near or past.\n\n{sla.metric}: due {sla.due}\n"
            "Priority: {ticket.priority}\nHeld by: {ticket.holder}\n\n{ticket.url}"
        ),
        work=True, extra=_SLA,
    ),
    Topic(
        "major", "levels", _("Major incidents that concern you"), _("Major incident: {what}"),
        _("Major incident {ticket.number}, {ticket.service}: {what}.\n\n{comment}\n\n{ticket.url}"),
    ),
    Topic(
        "update_overdue", "levels", _("A stakeholder update is overdue"), _("The stakeholders wait for an update"),
        _("The next update on major incident {ticket.number} is overdue.\n\n{ticket.url}"), work=True,
    ),
    # approvals
    Topic(
        "approval_asked", "approvals", _("You are asked to approve"), _("Please decide: {approval.question}"),
        _(
            "{actor.name} asks for your approval.\n\n{approval.question}\n\nAbout: {ticket.number} {ticket.title}\n"
            "Answer until: {approval.deadline}\n\n{ticket.url}"
        ),
        work=True, extra=_APPROVAL,
    ),
    Topic(
        "approval_reminder", "approvals", _("Your approval is still missing"),
        _("Still open: {approval.question}"),
        _(
            "Your decision is still missing.\n\n{approval.question}\n\nAbout: {ticket.number} {ticket.title}\n"
            "Answer until: {approval.deadline}\n\n{ticket.url}"
        ),
        work=True, extra=_APPROVAL,
    ),
    Topic(
        "approval_void", "approvals", _("Your vote does not count any more"),
        _("Your vote is void: {approval.question}"),
        _(
            "{ticket.number} {ticket.title} is not any more what you voted on.\n\n{approval.question}\n\n{comment}\n\n"
            "If your word is needed again, you are asked anew.\n{ticket.url}"
        ),
        extra=_APPROVAL,
    ),
    Topic(
        "approval_decided", "approvals", _("What you asked approval for is decided"),
        pgettext_lazy("state of an approval", "{approval.state}: {approval.question}"),
        _("{approval.question}\n\nDecision: {approval.state}\n\n{comment}\n\n{ticket.url}"), extra=_APPROVAL,
    ),
)  # fmt: skip

TOPICS: dict[str, Topic] = {topic.key: topic for topic in _ALL}


def register(topic: Topic, group_label: Any = "", *, desk: bool = False) -> None:
    """Add a topic that a package tells directly (``services/direct.py``); called from ``AppConfig.ready``."""
    TOPICS[topic.key] = topic
    if group_label:
        GROUPS[topic.group] = group_label
    if desk:
        DESK_GROUPS.add(topic.group)


#: What happened, as part of a sentence: for topics with ``{what}`` and for chat. By the last part of the event type.
#: Where a kind says it in other words: ``<kind>.<verb>``.
WHAT: dict[str, Any] = {
    "open": _("reported by {actor.name}"),
    "request.open": _("ordered by {actor.name}"),
    "access.open": _("ordered by {actor.name}"),
    "change.open": _("requested by {actor.name}"),
    "problem.open": _("registered by {actor.name}"),
    "assign": _("given to {ticket.holder}"),
    "start": _("{actor.name} works on it"),
    "put_on_hold": _("it waits: {hold.reason}"),
    "resume": _("work goes on"),
    "escalate": _("handed to {ticket.team}"),
    "resolve": _("{actor.name} resolved it"),
    "confirm": _("{actor.name} confirmed that it works"),
    "close": _("closed"),
    "reopen": _("{actor.name} reopened it"),
    "cancel": _("{actor.name} cancelled it"),
    "ask_approval": _("it waits for approval"),
    "approve": _("it is approved"),
    "reject": _("it is not approved"),
    "lapse": _("nobody approved it in time"),
    "ask_again": _("it is put to the vote again"),
    "resubmit": _("{actor.name} asked again"),
    "fulfil": _("it is delivered"),
    "grant": _("access is given"),
    "verify": _("the access was verified"),
    "end": _("the access ends"),
    "revoke": _("the access was revoked"),
    "extend": _("the access lasts longer"),
    "reply": _("{actor.name} replied"),
    "declare_major": _("declared major"),
    "post_update": _("update"),
    "stand_down": _("handled normally again"),
    "sla_warning": _("a target is at risk"),
    "sla_breached": _("a target is missed"),
    "update_overdue": _("the next stakeholder update is overdue"),
}

#: Events a chat channel can hear about, with their labels.
CHAT: dict[str, Any] = {
    "open": _("A ticket arrives"),
    "escalate": _("A ticket is handed to another line"),
    "reply": _("A requester writes"),
    "resolve": _("A ticket is resolved"),
    "reopen": _("A ticket is reopened"),
    "sla_warning": _("A target is at risk"),
    "sla_breached": _("A target is missed"),
    "declare_major": _("A major incident is declared"),
    "post_update": _("A major incident gets an update"),
    "stand_down": _("A major incident ends"),
    "update_overdue": _("A stakeholder update is overdue"),
}


def get(key: str) -> Topic:
    """The topic with this key; ``KeyError`` for an unknown one."""
    return TOPICS[key]


def for_person(*, is_desk: bool) -> dict[Any, list[Topic]]:
    """The topics somebody can choose among, by the label of their group."""
    return {
        label: found
        for group, label in GROUPS.items()
        if is_desk or group not in DESK_GROUPS
        if (found := [topic for topic in TOPICS.values() if topic.group == group and (is_desk or not topic.desk_only)])
    }
