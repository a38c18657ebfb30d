"""Telling people about what is no ticket: written with the change, delivered like every other message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone, translation

from itsm.lib import clock, jobs
from itsm.notifications.models import Message
from itsm.notifications.services import people, preferences, wording

if TYPE_CHECKING:
    from itsm.notifications.models import Event

#: Headline and text, worded when called: in the recipient's language and time zone.
Words = Callable[[], tuple[str, str]]


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
