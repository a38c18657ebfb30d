"""How django-allauth behaves here: who may get an account, and how secrets of the second factor are kept."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from itsm.lib import house


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators, imports and the identity provider, never by a visitor."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"[{house.current().name}] {subject}"

    def get_from_email(self) -> str:
        return house.sender()


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The organisation's identity provider may introduce people."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return bool(settings.OIDC_CREATES_USERS)

    def populate_user(self, request: Any, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        parts = [data.get("first_name"), data.get("last_name")]
        user.name = (data.get("name") or " ".join(part for part in parts if part) or user.email)[:120]
        return user


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps secrets encrypted with a key derived from ``SECRET_KEY``: a stolen database alone opens no account."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return house.current().name


def _box() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str) -> Fernet:
    digest = hashlib.blake2b(secret.encode(), digest_size=32, person=b"itsm.mfa").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
