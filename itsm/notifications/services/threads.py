"""What ties mails about a ticket together: message ids, the thread's root, and the signed reply address.

All of them carry a signature, so that an answer can be matched to its ticket and recipient without
believing a number that anybody can type.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from itsm.notifications.models import Message

SALT = "itsm.notifications.threads"
#: What mail in cuts at, in any language: everything from this line on is quoted.
MARKER = re.compile(r"^[>\s]*##- .{0,200} -##\s*$", re.MULTILINE)

_LOCAL = re.compile(r"^<?(?:reply\+|t)?(\d{1,18})[.-]([ug]\d{1,18})[.-]([a-z2-7]{16})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation a reference belongs to; ``user_id`` is None for a team's own address."""

    ticket_id: int
    user_id: int | None


def _sign(text: str, key: str) -> str:
    digest = salted_hmac(SALT, text, secret=key, algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode().lower()


def _whom(message: Message) -> str:
    return f"u{message.recipient_id}" if message.recipient_id else f"g{message.team_id}"


def message_id(message: Message) -> str:
    """The same at every attempt: a mail that was sent twice is recognised as one."""
    own = f"m{message.pk}"
    return f"<{own}.{_sign(own, settings.SECRET_KEY)}@{settings.SITE_HOST}>"


def root_id(ticket_id: int, whom: str) -> str:
    """What all mails about a ticket to one recipient refer to."""
    return f"<t{ticket_id}.{whom}.{_sign(f't{ticket_id}.{whom}', settings.SECRET_KEY)}@{settings.SITE_HOST}>"


def headers(message: Message) -> dict[str, str]:
    """The headers that make a conversation of single mails, and tell robots that this is one."""
    found = {
        "Message-ID": message_id(message),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"<tickets.{settings.SITE_HOST}>",
    }
    if message.ticket_id:
        root = root_id(message.ticket_id, _whom(message))
        found |= {"References": root, "In-Reply-To": root}
    return found


def reply_address(message: Message) -> str:
    """Where an answer finds its ticket; empty while this installation takes no mail."""
    if not settings.EMAIL_REPLY_DOMAIN or not message.ticket_id:
        return ""
    whom = _whom(message)
    signature = _sign(f"t{message.ticket_id}.{whom}", settings.SECRET_KEY)
    return f"reply+{message.ticket_id}-{whom}-{signature}@{settings.EMAIL_REPLY_DOMAIN}"


def read(reference: str) -> Thread | None:
    """The conversation of a ``References`` entry or a reply address; None when it is not ours or was forged."""
    match = _LOCAL.match(reference.strip())
    if match is None:
        return None
    ticket_id, whom, signature = match[1], match[2].lower(), match[3].lower()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(_sign(f"t{ticket_id}.{whom}", key), signature) for key in keys):
        return None
    return Thread(int(ticket_id), int(whom[1:]) if whom[0] == "u" else None)
