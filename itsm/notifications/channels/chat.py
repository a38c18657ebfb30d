"""Chat rooms through apprise, which speaks to many systems; which of them is allowed is decided here."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from itsm.lib import cipher
from itsm.lib.errors import Refused
from itsm.lib.outbound import refuse_private
from itsm.notifications.channels import Failed, Sent
from itsm.notifications.models import ChatChannel, Message
from itsm.notifications.services.wording import address

#: Systems in their maker's cloud: the address names a room, not a host.
HOSTED = {"slack", "msteams", "discord", "gchat", "tgram", "wxteams", "zulip"}
#: Systems of the organisation: the address names a host, which is checked before each connection.
OWN_HOST = {"mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "nctalk", "nctalks", "workflow", "workflows"}
TIMEOUT = 8.0


def open_room(text: str) -> Any:
    """The apprise object of an address; ``Refused`` says what is wrong with it."""
    # Loading all systems takes a third of a second and warns of a module that Python will drop: only who needs it pays.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415

        room = apprise.Apprise.instantiate(text.strip(), suppress_exceptions=True) if "://" in text else None
    if room is None:
        raise Refused(_("This is not the address of a chat room."), code="bad_address")
    scheme = _schemes(room)
    if not scheme & (HOSTED | OWN_HOST):
        allowed = ", ".join(sorted(HOSTED | OWN_HOST))
        raise Refused(_("This system is not allowed. Allowed are: %(names)s.") % {"names": allowed}, code="scheme")
    if scheme & OWN_HOST:
        refuse_private(str(room.host or ""), allowed=settings.CHAT_ALLOWED_HOSTS)
    room.socket_connect_timeout = room.socket_read_timeout = TIMEOUT
    room.redirects = False
    return room


def _schemes(room: Any) -> set[str]:
    found: set[str] = set()
    for names in (room.protocol, room.secure_protocol):
        found |= {names} if isinstance(names, str) else set(names or ())
    return found


def canonical(text: str) -> str:
    """The address in apprise's own form, also for a web hook copied from the chat system."""
    return str(open_room(text).url(privacy=False))


def send(message: Message) -> Sent | Failed:
    """Post one message into its room."""
    if message.chat is None:
        return Failed(_("The chat channel is gone."), final=True)
    return post(message.chat, message.subject, f"{message.body}\n{address(message.url)}".strip())


def post(chat: ChatChannel, title: str, body: str) -> Sent | Failed:
    try:
        room = open_room(chat.plain_address)
    except (Refused, cipher.Unreadable) as error:
        return Failed(str(error), final=True)
    with _Ears() as ears:
        done = room.notify(title=_harmless(title), body=_harmless(body), notify_type="info")
    return Sent() if done else Failed(ears.text or _("The chat system did not take the message."))


def _harmless(text: str) -> str:
    """Keeps a title such as “@everyone” or “<!channel>” from calling a whole company together."""
    return text.replace("@", "@\u200b").replace("<", "<\u200b")


class _Ears(logging.Handler):
    """Hears what apprise says about a failure: it answers yes or no, and gives the reason to its log only."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._log = logging.getLogger("apprise")
        self._said: list[str] = []

    def __enter__(self) -> _Ears:
        self._log.addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        self._log.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._said).split())[:500]
