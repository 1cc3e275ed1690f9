"""Secrets at rest: what the database must hold but nobody who reads it may use, such as the seeds of one-time codes.

Fernet (AES-128-CBC with HMAC-SHA256) under a key of this installation: the first of COUNTERSIGN_SECRETS_KEYS, or one
derived from SECRET_KEY when there is none. Whatever was written under another of the listed keys, or under a key
derived from SECRET_KEY_FALLBACKS, can still be read; so keys are rotated by putting a new one first.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PURPOSE = b"countersign secrets at rest, 1"


class Unreadable(ImproperlyConfigured):
    """A secret was written under a key that this installation no longer has."""


def encrypt(text: str) -> str:
    """Return the text encrypted, as URL-safe base64."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return what `encrypt` was given.

    Raises:
        Unreadable: it was altered, or written under a key that is not configured.
    """
    try:
        return _keys().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unreadable("a stored secret cannot be read: was COUNTERSIGN_SECRETS_KEYS or SECRET_KEY lost?") from None


def key_fault(key: str) -> str:
    """Return what is wrong with a configured key, or "" if it does."""
    try:
        Fernet(key)
    except ValueError:
        return "expected 32 random bytes in URL-safe base64, as Fernet.generate_key() makes them"
    return ""


def _keys() -> MultiFernet:
    derived = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [*(Fernet(key) for key in settings.COUNTERSIGN_SECRETS_KEYS), *(Fernet(_derived(key)) for key in derived)]
    )


def _derived(secret: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(made)
