"""From an event to messages: who is told, by which channel, in which words.

The claim, the messages and the mark on the event are one transaction: a process that dies leaves the
event as it found it, and two processes never tell the same event (the unique constraints of ``Message``
would stop even that).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone, translation

from itsm.lib import clock, jobs
from itsm.notifications import topics
from itsm.notifications.models import ChatChannel, Event, Message
from itsm.notifications.services import audiences, people, preferences, rendering, wording
from itsm.notifications.services.story import Story
from itsm.tickets.models import Ticket
from itsm.ui import markdown

if TYPE_CHECKING:
    from itsm.accounts.models import Team, User

log = logging.getLogger(__name__)

BATCH = 50
#: Seconds one job works on the outbox before it leaves the rest to the next.
BUDGET = 60.0
#: How long an unread message of the past counts as news.
NEWS = timedelta(days=1)
#: Characters of what was said that the inbox shows.
EXCERPT = 200

TICKET = ("service", "team", "assignee", "requester")


def run(*, budget: float = BUDGET) -> int:
    """Tell everything in the outbox, oldest first; returns how many events were dealt with."""
    until = time.monotonic() + budget
    done = 0
    while time.monotonic() < until:
        claimed = one_batch()
        done += claimed
        if claimed < BATCH:
            break
    return done


def catch_up(since: datetime) -> int:
    """Put a made-up past into inboxes and into nobody’s mail; what happened before ``since`` tells nobody."""
    waiting = Event.objects.filter(fanned_out_at__isnull=True)
    waiting.filter(at__lt=since).update(fanned_out_at=clock.now())
    done = 0
    while told := one_batch(only_inbox=True):
        done += told
    return done


@transaction.atomic
def one_batch(size: int = BATCH, *, only_inbox: bool = False) -> int:
    """Claim, tell and mark one batch of events in one transaction; others meanwhile skip the claimed rows."""
    # SQLite knows no row locks, but its transactions here begin by taking the one write lock there is.
    events = list(
        Event.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(fanned_out_at__isnull=True)
        .select_related("actor", "entry")
        .order_by("id")[:size]
    )
    if not events:
        return 0
    tickets = Ticket.objects.select_related(*TICKET).in_bulk({e.ticket_id for e in events if e.ticket_id})
    desk = Desk(only_inbox=only_inbox)
    for event in events:
        ticket = tickets.get(event.ticket_id)
        event.fan_out_error = "" if ticket is None else _tell(Story(event, ticket), desk)
        event.fanned_out_at = clock.now()
    Event.objects.bulk_update(events, ["fanned_out_at", "fan_out_error"])
    if desk.outgoing:
        jobs.enqueue("notifications.deliver")
    return len(events)


def _tell(story: Story, desk: Desk) -> str:
    """Write the messages of one event. A fault in it is kept with the event and stops no other."""
    try:
        with transaction.atomic():
            messages = desk.messages(story)
            Message.objects.bulk_create(messages, ignore_conflicts=True)
    except DatabaseError:
        raise
    except Exception as error:
        # Any story may fail to be worded; it is kept as failed, and those behind it are told.
        log.exception("event could not be told", extra={"event": story.event.pk, "type": story.event.type})
        return f"{type(error).__name__}: {error}"[:500]
    desk.outgoing |= any(message.channel != Message.Channel.IN_APP for message in messages)
    return ""


@dataclass(slots=True)
class Told:
    """One person about to be told."""

    user: User
    topic: str
    behalf: User | None = None
    #: Sees the ticket; an approver may be asked about one he cannot open, and then reads its number only.
    sees: bool = True
    #: What the person reads it on: the own ticket of somebody who cannot open the one it happened to.
    ticket: Ticket | None = None
    #: Away, with a delegate who is told: no mail, the inbox is enough.
    quiet: bool = False


@dataclass(slots=True)
class Desk:
    """What a batch looks up once: the organisation's words and its chat rooms."""

    words: wording.Words = field(default_factory=wording.Words)
    chats: list[ChatChannel] = field(default_factory=lambda: list(ChatChannel.objects.filter(is_active=True)))
    outgoing: bool = False
    only_inbox: bool = False

    def messages(self, story: Story) -> list[Message]:
        """Everything this event tells; of the past only what an inbox would hold, at its time."""
        if not self.only_inbox:
            return self._messages(story)
        found = [m for m in self._messages(story) if m.channel == Message.Channel.IN_APP]
        for message in found:
            message.created_at = message.sent_at = story.event.at
            if story.event.at < clock.now() - NEWS:
                message.read_at = story.event.at
        return found

    def _messages(self, story: Story) -> list[Message]:
        audience = audiences.of(story)
        told = recipients(story, audience)
        wishes = preferences.of_people([t.user.pk for t in told], [t.topic for t in told])
        by_group = {pk for team, _topic, members in self._groups(story, audience) for pk in members}
        writer = Writer(story, self.words)
        own = {one.ticket.pk: Writer(story.about(one.ticket), self.words) for one in told if one.ticket}
        found: list[Message] = []
        for one in told:
            for channel in preferences.CHANNELS:
                is_mail = channel == Message.Channel.EMAIL
                if is_mail and (one.quiet or one.user.pk in by_group or not one.user.email):
                    continue
                if preferences.wants(wishes, one.user.pk, one.topic, channel):
                    found.append((own[one.ticket.pk] if one.ticket else writer).to_person(one, channel))
        for team, topic, _members in self._groups(story, audience):
            found.append(writer.to_team(team, topic))
        found += [writer.to_chat(chat) for chat in self.chats if hears(chat, story)]
        return found

    @staticmethod
    def _groups(story: Story, audience: audiences.Audience) -> list[tuple[Team, str, frozenset[int]]]:
        """Teams told at their own address. Who reads that mailbox is not known, so nothing restricted goes there."""
        restricted = story.ticket.restricted_to_id
        return [group for group in audience.teams.values() if restricted in (None, group[0].pk)]


def recipients(story: Story, audience: audiences.Audience) -> list[Told]:
    """Who of the audience is told: active, not the one who did it, and allowed to know."""
    wanted = {pk: topic for pk, topic in audience.topics.items() if pk != story.actor_id or pk in audience.even_actor}
    loaded = people.load(wanted)
    told = [Told(loaded[pk], topic) for pk, topic in wanted.items() if pk in loaded]
    told += _stand_ins(story, told)
    seeing = people.who_see(story.ticket.pk, [one.user for one in told])
    for one in told:
        one.sees = one.user.pk in seeing
        if not one.sees and one.topic == "major" and one.behalf is None:
            one.ticket = story.affected.get(one.user.pk)
    return [one for one in told if _may_know(story, one)]


def _stand_ins(story: Story, told: list[Told]) -> list[Told]:
    """Delegates of those who are away and would have to act; the person reads it in the inbox on return."""
    known = {one.user.pk for one in told} | {story.actor_id}
    found = []
    for one in told:
        delegate = one.user.delegate
        if delegate is None or not delegate.is_active or delegate.is_system:
            continue
        if not (topics.get(one.topic).work and one.user.is_away()):
            continue
        one.quiet = True
        if delegate.pk not in known:
            known.add(delegate.pk)
            found.append(Told(delegate, one.topic, behalf=one.user))
    return found


def _may_know(story: Story, one: Told) -> bool:
    if one.ticket is not None:
        return True
    if not one.sees:
        return topics.get(one.topic).group == "approvals" and one.topic != "approval_decided"
    return not story.is_private or reads_private(story, one.user)


def reads_private(story: Story, user: User) -> bool:
    """Work notes are for the desk, and never for the person the ticket is for."""
    return user.is_desk and user.pk != story.ticket.requester_id


def hears(chat: ChatChannel, story: Story) -> bool:
    """A chat room is a third party: it never hears of restricted tickets, nor of anything but its events."""
    if story.ticket.restricted_to_id is not None or story.verb not in topics.CHAT or story.verb not in chat.events:
        return False
    if story.verb == "reply" and story.by_agent:
        return False
    return chat.team_id is None or chat.team_id == story.ticket.team_id


class Writer:
    """Words the messages of one event; what is the same for several people is worded once."""

    def __init__(self, story: Story, words: wording.Words) -> None:
        self.story = story
        self.words = words
        self._values: dict[tuple[str, str], wording.Values] = {}

    def to_person(self, one: Told, channel: str) -> Message:
        user, topic = one.user, topics.get(one.topic)
        language = wording.language_of(user)
        values = self.values(language, user.timezone)
        values |= {
            "recipient.name": rendering.line(user),
            "recipient.first_name": rendering.line(user.get_short_name()),
            "comment": rendering.free(self.story.comment_for(desk=reads_private(self.story, user))),
        }
        blind = not (one.sees or one.ticket)
        if blind:
            values |= _number_only(values)
        message = self._message(topic.key, channel, language)
        message.recipient, message.on_behalf_of = user, one.behalf
        if blind:
            message.ticket_id, message.url = None, wording.approvals_url()
        if channel == Message.Channel.EMAIL:
            message.address = user.email
            return self._as_mail(message, topic, language, values)
        with translation.override(language):
            message.subject = rendering.fill_line(str(topic.headline), values, values)
        message.body = markdown.plain(values["comment"], EXCERPT)
        message.state, message.sent_at = Message.State.SENT, message.created_at
        return message

    def to_team(self, team: Team, key: str) -> Message:
        language = settings.LANGUAGE_CODE
        values = self.values(language, "")
        values |= {
            "recipient.name": rendering.line(team), "recipient.first_name": rendering.line(team),
            "comment": rendering.free(self.story.comment_for(desk=False)),
        }  # fmt: skip
        message = self._message(key, Message.Channel.EMAIL, language)
        message.team, message.address = team, team.email
        return self._as_mail(message, topics.get(key), language, values)

    def to_chat(self, chat: ChatChannel) -> Message:
        language = settings.LANGUAGE_CODE
        values = self.values(language, "")
        message = self._message(self.story.verb, Message.Channel.CHAT, language)
        message.chat = chat
        message.subject = rendering.fill_line("{ticket.number} {ticket.title}", values, values)
        message.body = rendering.fill_line("{what} · {ticket.priority} · {ticket.service}", values, values)
        return message

    def values(self, language: str, zone: str) -> wording.Values:
        """A copy of the values in a language and time zone."""
        if (language, zone) not in self._values:
            with translation.override(language), timezone.override(zone or settings.TIME_ZONE):
                self._values[(language, zone)] = wording.values(self.story)
        return dict(self._values[(language, zone)])

    def _message(self, key: str, channel: str, language: str) -> Message:
        return Message(
            event=self.story.event, ticket_id=self.story.ticket.pk, topic=key, channel=channel, language=language,
            url=wording.url_of(self.story), created_at=clock.now(), next_attempt_at=clock.now(),
        )  # fmt: skip

    def _as_mail(self, message: Message, topic: topics.Topic, language: str, values: wording.Values) -> Message:
        subject, body = self.words.of(topic, language)
        message.subject = rendering.fill_line(subject, values, topic.placeholders)
        message.body = rendering.fill(body, values, topic.placeholders)
        marked = rendering.fill_markdown(body, values, topic.placeholders)
        message.markdown = "" if marked == message.body else marked
        return message


def _number_only(values: wording.Values) -> wording.Values:
    """Empties what the ticket says, for people who may know that it exists but not read it."""
    kept = {"ticket.number", "ticket.kind"}
    emptied = {name: "" for name in values if name.startswith("ticket.") and name not in kept}
    elsewhere = {"ticket.url": wording.address(wording.approvals_url())}
    return emptied | dict.fromkeys(("comment", "what", "hold.reason"), "") | elsewhere
