"""Telling people about what is no ticket: written with the change, delivered like every other message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone, translation

from itsm.lib import clock, house, jobs
from itsm.notifications import topics
from itsm.notifications.models import Message
from itsm.notifications.services import people, preferences, rendering, wording

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.notifications.models import Event

#: Headline and text, worded when called: in the recipient's language and time zone.
Words = Callable[[], tuple[str, str]]
#: Values of a topic's own placeholders for a person, in that person's language and time zone.
Values = Callable[["User"], Mapping[str, str]]


def tell(recipients: Iterable[int | None], topic: str, words: Words, *, event: Event, url: str) -> int:
    """Tell these people, each by the channels they chose for the topic; returns how many messages were written.

    Whoever caused the event is not told. Call it inside the transaction of the change.
    """
    wanted = [pk for pk in dict.fromkeys(recipients) if pk is not None and pk != event.actor_id]
    loaded = people.load(wanted)
    wishes = preferences.of_people(list(loaded), [topic] * len(loaded))
    found = []
    now = clock.now()
    for user in loaded.values():
        with translation.override(wording.language_of(user)), timezone.override(user.timezone or settings.TIME_ZONE):
            headline, text = words()
        for channel in preferences.CHANNELS:
            is_mail = channel == Message.Channel.EMAIL
            if (is_mail and not user.email) or not preferences.wants(wishes, user.pk, topic, channel):
                continue
            message = Message(
                event=event, topic=topic, channel=channel, language=wording.language_of(user), url=url, recipient=user,
                subject=headline[:200], body=text, created_at=now, next_attempt_at=now,
            )  # fmt: skip
            if is_mail:
                message.address, message.body = user.email, f"{text}\n\n{wording.address(url)}"
            else:
                message.state, message.sent_at = Message.State.SENT, now
            found.append(message)
    Message.objects.bulk_create(found, ignore_conflicts=True)
    if any(message.channel != Message.Channel.IN_APP for message in found):
        jobs.enqueue("notifications.deliver")
    return len(found)


def tell_topic(
    recipients: Iterable[int | None], key: str, values: Values, *, event: Event, url: str,
    marked: Values | None = None, ticket_id: int | None = None,
) -> int:  # fmt: skip
    """Tell these people in the words of a registered topic (``topics.register``), which the organisation may change.

    ``marked`` gives values that are Markdown already and differ from the plain ones, such as links with a label.
    Call it inside the transaction of the change; returns how many messages were written.
    """
    topic = topics.get(key)
    wanted = [pk for pk in dict.fromkeys(recipients) if pk is not None and pk != event.actor_id]
    loaded = people.load(wanted)
    wishes = preferences.of_people(list(loaded), [key])
    own = wording.Words()
    found = []
    now = clock.now()
    for user in loaded.values():
        language = wording.language_of(user)
        with translation.override(language), timezone.override(user.timezone or settings.TIME_ZONE):
            common = {
                "recipient.name": rendering.line(user), "recipient.first_name": rendering.line(user.get_short_name()),
                "site.name": rendering.line(house.current().name), "site.url": settings.SITE_URL,
            }  # fmt: skip
            plain = common | dict(values(user))
            rich = dict(marked(user)) if marked else {}
            headline = rendering.fill_line(str(topic.headline), plain, topic.placeholders, 200)
        for channel in preferences.CHANNELS:
            is_mail = channel == Message.Channel.EMAIL
            if (is_mail and not user.email) or not preferences.wants(wishes, user.pk, key, channel):
                continue
            message = Message(
                event=event, ticket_id=ticket_id, topic=key, channel=channel, language=language, url=url,
                recipient=user, subject=headline, created_at=now, next_attempt_at=now,
            )  # fmt: skip
            if is_mail:
                subject, body = own.of(topic, language)
                message.address = user.email
                message.subject = rendering.fill_line(subject, plain, topic.placeholders)
                message.body = rendering.fill(body, plain, topic.placeholders)
                message.markdown = rendering.fill_markdown(
                    body, plain | rich, topic.placeholders, {"site.url", "comment", *rich}
                )
            else:
                message.state, message.sent_at = Message.State.SENT, now
            found.append(message)
    Message.objects.bulk_create(found, ignore_conflicts=True)
    if any(message.channel != Message.Channel.IN_APP for message in found):
        jobs.enqueue("notifications.deliver")
    return len(found)
