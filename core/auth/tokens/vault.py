"""Secrets that must be read again, kept encrypted in the database."""

from __future__ import annotations

from base64 import urlsafe_b64encode


class OtherSecret(Exception):
    """What is kept was encrypted with another secret than ours."""


class Vault:
    """Encrypts with a key made from the server's secret (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet

        self._fernet = Fernet(urlsafe_b64encode(key))

    def lock(self, secret: str) -> str:
        """Return ``secret`` in the form in which it may be kept."""
        return self._fernet.encrypt(secret.encode()).decode()

    def unlock(self, kept: str) -> str:
        """Return the secret again. Raises OtherSecret."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(kept.encode()).decode()
        except InvalidToken:
            raise OtherSecret from None
