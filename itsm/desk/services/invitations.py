"""Letting people in: a link by mail with which somebody chooses a password. A password itself is never sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import house
from itsm.lib.errors import Refused
from itsm.lib.sources import Source

if TYPE_CHECKING:
    from itsm.accounts.models import User

log = logging.getLogger(__name__)


class Invitation(NamedTuple):
    """What became of it. ``url`` is only given for somebody who never signed in: else it would open their account."""

    sent: bool
    url: str


def invite(person: User, *, actor: User, request: Any) -> Invitation:
    """Mail a link to choose a password with, and record that; the link works once and for a few days."""
    if not person.is_active or person.is_system:
        raise Refused(_("Only active people are invited."))
    first_time = person.last_login is None
    adapter = get_adapter(request)
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    url = adapter.get_reset_password_from_key_url(key)
    audit.record(person, "invited" if first_time else "password_mailed", actor=actor, source=Source.WEB)
    context = {
        "user": person, "actor": actor, "password_reset_url": url, "site_name": house.current().name,
        "request": request, "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
    }  # fmt: skip
    template = "account/email/invitation" if first_time else "account/email/password_reset_key"
    try:
        adapter.send_mail(template, person.email, context)
    except OSError as error:
        # Every failure of a mail server is one, from a refused connection to a refused address.
        log.warning("invitation not mailed", extra={"person": person.pk, "error": str(error)})
        return Invitation(sent=False, url=url if first_time else "")
    return Invitation(sent=True, url=url if first_time else "")
