"""The words of a topic in a language, and the values that go into them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from itsm.lib import clock, house
from itsm.notifications import topics
from itsm.notifications.models import NotificationTemplate
from itsm.notifications.services import rendering
from itsm.notifications.services.rendering import FREE_TEXT, free, line
from itsm.ui import times

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.notifications.services.story import Story
    from itsm.notifications.topics import Topic

NOTHING = "–"
Values = dict[str, str]


def language_of(user: User | None) -> str:
    """The language a person is written to in."""
    chosen = user.language if user else ""
    return chosen if chosen and translation.check_for_language(chosen) else settings.LANGUAGE_CODE


class Words:
    """The organisation's own texts, read once per batch."""

    def __init__(self) -> None:
        rows = NotificationTemplate.objects.values_list("topic", "language", "subject", "body")
        self._own = {(topic, language): (subject, body) for topic, language, subject, body in rows}

    def of(self, topic: Topic, language: str) -> tuple[str, str]:
        """Subject and body: the organisation's for this language, for its base, for all; else the product's."""
        for candidate in (language, language.split("-")[0], ""):
            if (topic.key, candidate) in self._own:
                return self._own[(topic.key, candidate)]
        return shipped(topic, language)


@lru_cache(maxsize=512)
def shipped(topic: Topic, language: str) -> tuple[str, str]:
    """The words that come with the product."""
    with translation.override(language):
        return str(topic.subject), str(topic.body)


def address(path: str) -> str:
    """A path of ours as an address that works from anywhere."""
    return path if path.startswith(("http://", "https://")) else f"{settings.SITE_URL}{path}"


def moment(at: datetime | None) -> str:
    """A moment in the active time zone, with the zone: the reader may sit in another one than the writer."""
    if at is None:
        return NOTHING
    return f"{times.exact(at)} {timezone.localtime(at):%Z}"


def values(story: Story) -> Values:
    """What the placeholders stand for, in the active language and time zone; without comment and recipient."""
    ticket, info = story.ticket, story.ticket.kind_info
    holder = [str(name) for name in (ticket.team, ticket.assignee) if name]
    found: dict[str, Any] = {
        "ticket.number": ticket.number,
        "ticket.title": ticket.title,
        "ticket.url": address(url_of(story)),
        "ticket.description": ticket.description,
        "ticket.kind": info.label,
        "ticket.state": ticket.state_label,
        "ticket.priority": f"P{ticket.priority} {ticket.get_priority_display()}",
        "ticket.service": ticket.service or NOTHING,
        "ticket.team": ticket.team or NOTHING,
        "ticket.assignee": ticket.assignee or NOTHING,
        "ticket.holder": ", ".join(holder) or NOTHING,
        "ticket.requester": ticket.requester,
        "ticket.due": moment(ticket.due_at),
        "actor.name": _actor(story),
        "hold.reason": story.hold or "",
        "other.number": story.data.get("other", ""),
        "task.title": story.data.get("title", "") if story.verb == "task" else "",
        "task.who": story.entry.data.get("who", "") if story.verb == "task" and story.entry else "",
        "site.name": house.current().name,
        "site.url": settings.SITE_URL,
        **_sla(story),
        **_approval(story),
    }
    clean = {name: free(value) if name in FREE_TEXT else line(value) for name, value in found.items()}
    what = topics.WHAT.get(f"{story.ticket.kind}.{story.verb}", topics.WHAT.get(story.verb))
    clean["what"] = line(rendering.fill(str(what), clean, clean)) if what else info.state_label(ticket.state)
    return clean


def url_of(story: Story) -> str:
    """The page of the ticket; requesters are led on from there to theirs in the portal."""
    return story.ticket.get_absolute_url()


def approvals_url() -> str:
    """Where approvers vote who cannot open the ticket."""
    return reverse("desk:approvals")


def _actor(story: Story) -> object:
    # Nobody is called “system”: what happens by itself is done by the desk.
    return house.current().name if story.actor is None or story.actor.is_system else story.actor


def _sla(story: Story) -> dict[str, Any]:
    if not story.verb.startswith("sla_"):
        return {}
    names = {
        "first_response": _("First response"), "resolution": _("Resolution"), "update": _("Next update"),
        "ola": _("Time in the team"), "uc": _("Waiting for the supplier"), "fulfilment": _("Fulfilment"),
    }  # fmt: skip
    metric = str(story.data.get("metric", ""))
    due = story.data.get("due_at") or story.data.get("due")
    at = parse_datetime(due) if isinstance(due, str) else None
    return {"sla.metric": names.get(metric, metric or NOTHING), "sla.due": moment(at or story.ticket.due_at)}


def _approval(story: Story) -> dict[str, Any]:
    if story.round is None:
        return {}
    return {
        "approval.question": story.round.question or _("Approval"),
        "approval.state": story.round.get_state_display(),
        "approval.deadline": moment(story.round.deadline_at),
    }


def sample(topic: Topic, recipient: User) -> Values:
    """Values to show an administrator how a text reads; no real ticket is used."""
    due = moment(clock.now().replace(minute=0, second=0, microsecond=0))
    return {
        "ticket.number": "INC-1042",
        "ticket.title": _("Mail does not arrive"),
        "ticket.url": address("/tickets/INC-1042/"),
        "ticket.description": _("Since this morning nothing reaches my inbox."),
        "ticket.kind": house.term("incident"), "ticket.state": _("In progress"), "ticket.priority": _("P2 High"),
        "ticket.service": _("Email"), "ticket.team": _("Service desk"), "ticket.assignee": "Anna Berg",
        "ticket.holder": f"{_('Service desk')}, Anna Berg", "ticket.requester": "Rita Holm", "ticket.due": due,
        "actor.name": "Anna Berg", "recipient.name": line(recipient),
        "recipient.first_name": line(recipient.get_short_name()),
        "comment": _("The mailbox was full. I have raised its limit; please try again."),
        "what": _("Anna Berg works on it"), "hold.reason": _("Supplier"), "other.number": "INC-1041",
        "sla.metric": _("Resolution"), "sla.due": due, "approval.question": _("Start the restart of the mail server?"),
        "approval.state": _("Approved"), "approval.deadline": due,
        "site.name": line(house.current().name), "site.url": settings.SITE_URL,
        **{name: str(value) for name, value in topic.sample},
    }  # fmt: skip
