"""Keeping credentials of other systems: encrypted at rest with a key derived from ``SECRET_KEY``."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

__all__ = ["Unreadable", "decrypt", "encrypt"]


class Unreadable(ValueError):
    """The text was encrypted with a key that is not configured any more."""


def _keys(purpose: str) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    # A key per purpose: a text copied from one column into another cannot be read there.
    derived = [hashlib.sha256(f"itsm.cipher:{purpose}:{secret}".encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def encrypt(text: str, purpose: str) -> str:
    """The text as it is stored; only ``decrypt`` with the same purpose reads it."""
    return _keys(purpose).encrypt(text.encode()).decode()


def decrypt(stored: str, purpose: str) -> str:
    """The text that was encrypted; ``Unreadable`` when ``SECRET_KEY`` changed without a fallback."""
    try:
        return _keys(purpose).decrypt(stored.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise Unreadable("encrypted with another SECRET_KEY") from error
