"""Who else has a ticket open, and who writes on it. Kept in the cache only: it is worth a glance, not a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _

from itsm.lib import clock

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket

#: A browser tells every 15 seconds that it is there; somebody who missed two is gone.
SECONDS = 40
WRITING = ("reply", "note")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A colleague on the ticket; ``writing`` is "reply", "note" or empty."""

    name: str
    writing: str

    @property
    def words(self) -> str:
        """The sentence above the composer."""
        patterns = {"reply": _("%(name)s is writing a reply"), "note": _("%(name)s is writing a work note")}
        return patterns.get(self.writing, _("%(name)s is looking at this")) % {"name": self.name}


def _key(ticket: Ticket) -> str:
    return f"presence:{ticket.pk}"


def tell(ticket: Ticket, user: User, writing: str = "") -> None:
    """Say that ``user`` is here. Two at the same instant may hide one for a heartbeat, which nobody notices."""
    here = _here(ticket)
    here[user.pk] = (str(user), writing if writing in WRITING else "", clock.now().timestamp())
    cache.set(_key(ticket), here, SECONDS)


def others(ticket: Ticket, user: User) -> list[Somebody]:
    """Colleagues who are here now, those who write first."""
    found = [Somebody(name, writing) for pk, (name, writing, _at) in _here(ticket).items() if pk != user.pk]
    return sorted(found, key=lambda one: (not one.writing, one.name))


def _here(ticket: Ticket) -> dict[int, tuple[str, str, float]]:
    oldest = clock.now().timestamp() - SECONDS
    return {pk: one for pk, one in (cache.get(_key(ticket)) or {}).items() if one[2] >= oldest}
