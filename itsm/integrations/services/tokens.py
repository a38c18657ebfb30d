"""Making, using and revoking tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from itsm.audit import services as audit
from itsm.integrations import policies, scopes
from itsm.integrations.models import ApiToken
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: How exact "last used" is; a write for every request would cost more than the request.
TOUCH = timedelta(minutes=1)


@transaction.atomic
def create(
    user: User,
    *,
    name: str,
    wanted: Iterable[str],
    expires_at: datetime | None = None,
    actor: User | None,
    source: str,
) -> tuple[ApiToken, str]:
    """Make a token for ``user``. The second value is its secret, which nobody can ever read again.

    ``actor`` is None on the command line. ``Invalid`` names the field that does not fit.
    """
    verdict = policies.may_create(user, actor)
    if not verdict:
        raise Denied(verdict.reason)
    chosen = sorted(set(wanted))
    expires_at = expires_at or clock.now() + timedelta(days=settings.API_TOKEN_DEFAULT_DAYS)
    _check(name, chosen, expires_at)
    digest, secret = get_digest_token()
    token: ApiToken = ApiToken(
        user=user,
        name=name.strip(),
        scopes=chosen,
        digest=digest,
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        expiry=expires_at,
        created_by=actor or user,
    )
    token.save(force_insert=True)
    changes = {"user": [None, user.pk], "name": [None, token.name], "scopes": [None, chosen]}
    changes["expiry"] = [None, expires_at.isoformat()]
    audit.record(token, "token.created", actor=actor, source=source, changes=changes)
    return token, secret


def _check(name: str, chosen: list[str], expires_at: datetime) -> None:
    errors: dict[str, str] = {}
    if not name.strip() or len(name.strip()) > 80:
        errors["name"] = _("Give it a name of at most 80 characters.")
    if not chosen:
        errors["scopes"] = _("Choose at least one scope.")
    elif strange := scopes.unknown(chosen):
        errors["scopes"] = _("There is no scope %(names)s. There are: %(known)s.") % {
            "names": ", ".join(strange), "known": ", ".join(scopes.known()),
        }  # fmt: skip
    if expires_at <= clock.now():
        errors["expires"] = _("That moment has passed.")
    elif expires_at > clock.now() + timedelta(days=settings.API_TOKEN_MAX_DAYS, minutes=1):
        errors["expires"] = _("At most %d days from now.") % settings.API_TOKEN_MAX_DAYS
    if errors:
        raise Invalid(errors)


@transaction.atomic
def revoke(token: ApiToken, *, actor: User, source: str) -> ApiToken:
    """End a token at once. Revoking twice changes nothing."""
    fresh: ApiToken = ApiToken.objects.select_for_update().get(pk=token.pk)
    verdict = policies.may_revoke(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if fresh.revoked_at is None:
        fresh.revoked_at = clock.now()
        fresh.save(update_fields=["revoked_at"])
        changes = {"revoked_at": [None, fresh.revoked_at.isoformat()]}
        audit.record(fresh, "token.revoked", actor=actor, source=source, changes=changes)
    return fresh


@transaction.atomic
def rotate(token: ApiToken, *, actor: User, source: str) -> tuple[ApiToken, str]:
    """A new secret under the same name and scopes, for as long as the old one was made for; the old one ends now."""
    lifetime = (token.expiry - token.created) if token.expiry else None
    longest = timedelta(days=settings.API_TOKEN_MAX_DAYS)
    expires_at = clock.now() + min(lifetime, longest) if lifetime else None
    made = create(
        token.user, name=token.name, wanted=token.scopes, expires_at=expires_at, actor=actor, source=source
    )  # fmt: skip
    revoke(token, actor=actor, source=source)
    return made


def touch(token: ApiToken) -> None:
    """Note that a token is in use, unless that was noted within the last minute."""
    now = clock.now()
    if token.last_used_at is None or token.last_used_at < now - TOUCH:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
