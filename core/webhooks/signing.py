"""Signatures of messages, after https://www.standardwebhooks.com: HMAC-SHA256, version 1."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """Return a new secret, in the form that its owner gets."""
    return PREFIX + b64encode(secrets.token_bytes(BYTES)).decode()


def signed(secrets: Iterable[str], message: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message sent ``at`` some second, signed with each of the secrets."""
    text = f"{message}.{at}.".encode() + body
    signatures = (_signature(secret, text) for secret in secrets)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _signature(secret: str, text: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
