"""Secrets that must be read again, kept encrypted in the database."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet


class Vault:
    """Encrypts with a key made from the server's secret (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(urlsafe_b64encode(key))

    def lock(self, secret: str) -> str:
        """Return ``secret`` in the form in which it may be kept."""
        return self._fernet.encrypt(secret.encode()).decode()

    def unlock(self, kept: str) -> str:
        """Return the secret again. Raises cryptography.fernet.InvalidToken for another key."""
        return self._fernet.decrypt(kept.encode()).decode()
