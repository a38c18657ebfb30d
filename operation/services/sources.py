"""Event sources: their tokens, and who a call is from."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha512

from django.db import transaction

from itsm.accounts.models import User
from itsm.audit import services as audit
from operation.models import EventSource

#: What every token of a source begins with, so that leaked ones are recognised.
PREFIX = "itsm_ev_"
#: The monitors of our own report as this source.
OWN = "Own monitors"


def _digest(secret: str) -> str:
    return sha512(secret.encode()).hexdigest()


@transaction.atomic
def new_token(source: EventSource, *, actor: User, channel: str) -> str:
    """Give the source a new token; the old one ends at once. Nobody can ever read the answer again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    fresh = EventSource.objects.select_for_update().get(pk=source.pk)
    fresh.digest = _digest(secret)
    fresh.save(update_fields=["digest"])
    audit.record(fresh, "event_source.token", actor=actor, source=channel, changes={"token": [None, "new"]})
    return secret


def of_token(secret: str) -> EventSource | None:
    """The active source whose token this is."""
    if not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    digest = _digest(secret)
    found = EventSource.objects.filter(digest=digest, is_active=True).first()
    return found if found is not None and hmac.compare_digest(found.digest, digest) else None


def own() -> EventSource:
    """The source of the monitors of our own."""
    found, _made = EventSource.objects.get_or_create(name=OWN, defaults={"tool": "json", "stale_hours": 0})
    return found
