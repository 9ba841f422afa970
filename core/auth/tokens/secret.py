"""The secret that signs tokens, and the keys made from it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from core.plugins import PluginError
from core.settings import CoreSettings, data_folder

SHORTEST = 32


def secret_of(core: CoreSettings) -> str:
    """Return the secret from the settings, or from ``data/secret``, made on the first start.

    Several first starts at once agree on one. Raises PluginError when it is weak or readable by
    others in production.
    """
    if core.secret:
        if len(core.secret) < SHORTEST or len(set(core.secret)) < 10:
            raise PluginError(
                [
                    f"$TENFOLD_CORE__SECRET: too weak; it needs {SHORTEST} random characters. "
                    "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
                ]
            )
        return core.secret
    file = data_folder(core) / "secret"
    if not file.exists():
        _make(file)
    if core.environment == "production" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PluginError([f"{file}: others may read the secret. chmod 600 {file}"])
    return file.read_text().strip()


def _make(file: Path) -> None:
    """Write a new secret beside ``file`` and link it there: the first one wins, always whole."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def derived(secret: str, purpose: str) -> bytes:
    """Return a key for one purpose, so that no key serves two (HKDF-Expand, RFC 5869)."""
    return hmac.new(secret.encode(), purpose.encode() + b"\x01", hashlib.sha256).digest()
