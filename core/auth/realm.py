"""What every part of auth works with: its settings and keys, made once for the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sanic import Request

from core.auth.authenticators import passwords
from core.auth.authenticators.attempts import Attempts
from core.auth.sessions.refresh import RefreshTokens
from core.auth.settings import AuthSettings
from core.auth.tokens.secret import derived, secret_of
from core.mail import Mail
from core.settings import CoreSettings
from core.web.address import public_url_of

if TYPE_CHECKING:
    from core.auth.tokens.access import Tokens
    from core.auth.tokens.vault import Vault


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
    from core.auth.tokens.access import Tokens
    from core.auth.tokens.keyring import Keyring
    from core.auth.tokens.vault import Vault

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
        public_url_of(core),
        Attempts(derived(secret, "attempts"), settings),
    )


def realm_of(request: Request) -> Realm:
    """Return the realm of the application that serves ``request``."""
    return cast(Realm, request.app.ctx.realm)


def device_of(request: Request) -> Device:
    """Return where ``request`` comes from."""
    return Device(request.headers.get("user-agent", "")[:200], request.ip)
