"""What every part of auth works with: its settings and keys, made once for the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sanic import Request

from core.auth import passwords
from core.auth.attempts import Attempts
from core.auth.keyring import Keyring
from core.auth.refresh import RefreshTokens
from core.auth.secret import derived, secret_of
from core.auth.settings import AuthSettings
from core.auth.tokens import Tokens
from core.auth.vault import Vault
from core.mail import Mail
from core.settings import CoreSettings


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from."""

    name: str
    address: str


@dataclass(frozen=True)
class Realm:
    """The settings and keys of auth."""

    settings: AuthSettings
    tokens: Tokens
    refreshing: RefreshTokens
    vault: Vault
    mail: Mail
    public_url: str
    attempts: Attempts


def open_realm(core: CoreSettings, settings: AuthSettings) -> Realm:
    """Return the realm that the settings describe. Makes the secret on the first start."""
    secret = secret_of(core)
    passwords.rounds = settings.bcrypt_rounds
    vault = Vault(derived(secret, "vault"))
    return Realm(
        settings,
        Tokens(
            Keyring(settings.algorithm, vault, settings.access_minutes * 60),
            settings.access_minutes,
        ),
        RefreshTokens(derived(secret, "refresh token"), settings),
        vault,
        Mail(core),
        core.public_url or f"http://{core.host}:{core.port}",
        Attempts(derived(secret, "attempts"), settings),
    )


def realm_of(request: Request) -> Realm:
    """Return the realm of the application that serves ``request``."""
    return cast(Realm, request.app.ctx.realm)


def device_of(request: Request) -> Device:
    """Return where ``request`` comes from."""
    return Device(request.headers.get("user-agent", "")[:200], request.ip)
