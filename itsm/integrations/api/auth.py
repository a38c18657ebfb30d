"""Who calls: a bearer token, or the session of the documentation's reader; and what the token covers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from itsm.api.exceptions import InsufficientScope
from itsm.integrations import scopes
from itsm.integrations.models import ApiToken
from itsm.integrations.services import tokens


class BearerToken(BaseAuthentication):
    """``Authorization: Bearer itsm_…``. The token is found by its digest: one query, whatever else exists."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_("Send “Authorization: Bearer <token>”."), code="token_malformed")
        try:
            secret = parts[1].decode("ascii")
        except UnicodeDecodeError:
            raise AuthenticationFailed(_("This token is not valid."), code="token_invalid") from None
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=hash_token(secret), token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH])
            .first()
        )
        if token is None or not token.user.is_active or token.user.is_system:
            raise AuthenticationFailed(_("This token is not valid."), code="token_invalid")
        if token.revoked_at is not None:
            raise AuthenticationFailed(_("This token was revoked."), code="token_revoked")
        if token.is_expired:
            raise AuthenticationFailed(_("This token has expired."), code="token_expired")
        tokens.touch(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class Session(SessionAuthentication):
    """The signed-in reader of the documentation; unsafe methods need the CSRF token as everywhere."""


class HasScope(BasePermission):
    """Signed in, and with a token that covers the area of the view.

    A view says ``scope = "tickets"`` (reading wants ``tickets:read``, the rest ``tickets:write``), or
    ``write_scope`` where writing wants another, or ``scopes`` by action. A session has no scopes: roles decide.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if isinstance(request.auth, ApiToken):
            wanted = scope_of(view, request.method or "GET")
            if wanted and not scopes.covers(request.auth.scopes, wanted):
                raise InsufficientScope(wanted)
        return True

    @staticmethod
    def scope_name(view: Any, method: str) -> str:
        """For the documentation."""
        return scope_of(view, method)


def scope_of(view: Any, method: str) -> str:
    """The scope a request of this method needs; empty for none."""
    by_action = getattr(view, "scopes", {}).get(getattr(view, "action", None))
    area = by_action or getattr(view, "scope", "")
    if not area or ":" in area or area == scopes.Scope.ADMIN:
        return area
    if method in SAFE_METHODS:
        return f"{area}:read"
    return getattr(view, "write_scope", "") or f"{area}:write"


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        lines = "\n".join(f"* `{scope.value}`: {scope.label}" for scope in scopes.Scope)
        return {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token from *Settings, API and tokens* or `manage.py create_token`. Scopes:\n\n{lines}",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = Session
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The browser's own sign-in."}
