"""What people want to be told, and how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from itsm.audit import services as audit
from itsm.notifications import topics
from itsm.notifications.models import Message, Preference

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Channels a person chooses between; chat rooms are the organisation's.
CHANNELS = (Message.Channel.IN_APP, Message.Channel.EMAIL)

Wishes = dict[tuple[int, str, str], bool]


def of_people(ids: Collection[int], keys: Iterable[str]) -> Wishes:
    """What these people chose themselves, for these topics."""
    rows = Preference.objects.filter(user__in=ids, topic__in=set(keys))
    return {(user, topic, channel): on for user, topic, channel, on in rows.values_list(
        "user_id", "topic", "channel", "enabled"
    )}  # fmt: skip


def wants(wishes: Wishes, user_id: int, topic: str, channel: str) -> bool:
    """The person's choice, else the default of the topic."""
    return wishes.get((user_id, topic, channel), topics.get(topic).default(channel))


def table(user: User) -> dict[tuple[str, str], bool]:
    """What holds for this person, for every topic and channel they can choose."""
    keys = [topic.key for group in topics.for_person(is_desk=user.is_desk).values() for topic in group]
    wishes = of_people([user.pk], keys)
    return {(key, str(channel)): wants(wishes, user.pk, key, channel) for key in keys for channel in CHANNELS}


@transaction.atomic
def choose(user: User, wanted: Mapping[tuple[str, str], bool], *, actor: User, source: str) -> int:
    """Store what differs from what held so far; returns how many choices changed."""
    before = table(user)
    changes = {pair: on for pair, on in wanted.items() if pair in before and before[pair] != on}
    for (topic, channel), on in changes.items():
        if on == topics.get(topic).default(channel):
            # Back to the default: whoever never chose follows it, also when it changes one day.
            Preference.objects.filter(user=user, topic=topic, channel=channel).delete()
        else:
            Preference.objects.update_or_create(user=user, topic=topic, channel=channel, defaults={"enabled": on})
    if changes:
        audit.record(
            user, "changed", actor=actor, source=source,
            changes={f"notify.{topic}.{channel}": [not on, on] for (topic, channel), on in changes.items()},
        )  # fmt: skip
    return len(changes)
