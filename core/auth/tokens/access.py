"""Access tokens: JWTs, checked once and remembered for a while (RFC 7519, 8725, 9068)."""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

import jwt
from sanic import Request

from core.auth.authenticators import api_key_lookup
from core.auth.authorization.identity import CurrentUser
from core.auth.tokens.keyring import Keyring
from core.auth.tokens.revocation import Revocations
from core.errors import Unauthorized

AUDIENCE = "tenfold"
ISSUER = "tenfold"
LONGEST = 4096
REMEMBERED = 10_000
REMEMBERED_SECONDS = 60
LEEWAY = 5
REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]
MALFORMED = (
    jwt.PyJWTError,
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


class Tokens:
    """Makes access tokens and tells whose a token, or an API key, is.

    ``permissions`` maps each role to what it holds; it may be exchanged while running.
    """

    def __init__(self, keys: Keyring, minutes: int) -> None:
        self.keys, self._seconds = keys, minutes * 60
        self._known: dict[str, tuple[float, CurrentUser]] = {}
        self._forgotten = 0
        self.revision = 0
        """Goes up with each change of what is revoked, held by roles, or signed with."""
        self._permissions: Mapping[str, frozenset[str]] = {}
        self._revoked = Revocations(self._seconds)

    @property
    def seconds(self) -> int:
        """How long a token is good for."""
        return self._seconds

    def hold(self, permissions: Mapping[str, frozenset[str]]) -> None:
        """Take over what each role holds from now on; a change is news like what was revoked."""
        if permissions != self._permissions:
            self.revision += 1
        self._permissions = permissions
        self._forget()

    async def follow(self) -> bool:
        """Learn which tokens were revoked anywhere since the last time; True if any was."""
        new = await self._revoked.read_new()
        if new:
            self.revision += 1
            self._forget()
        return new

    def _forget(self) -> None:
        self._known.clear()
        self._forgotten += 1

    def make(self, user: int, session: int, roles: list[str], auth_time: float = 0) -> str:
        """Return a new access token. ``auth_time``: when a password or code was last proven."""
        now = time.time()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user),
            "sid": session,
            "roles": roles,
            "auth_time": int(auth_time),
            # To the microsecond: what was revoked a moment before must not kill this one.
            "iat": round(now, 6),
            "nbf": int(now),
            "exp": int(now) + self._seconds,
            "jti": secrets.token_hex(8),
        }
        return self.keys.current().sign(claims)

    def authenticate(self, request: Request) -> CurrentUser | Awaitable[CurrentUser] | None:
        """Return who sent ``request``, None if it does not say. Raises Unauthorized.

        An API key that is not remembered is looked up: then the answer has to be awaited.
        """
        header = request.headers.get("authorization")
        if header is None:
            return None
        known = self._known.get(header)
        if known is not None and known[0] > time.time():
            return known[1]
        return self._check(header)

    def _check(self, header: str) -> CurrentUser | Awaitable[CurrentUser]:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Authorization must be: Bearer <access token or API key>.")
        if token.startswith(api_key_lookup.BEGINNING):
            return self._look_up(header, token)
        expires, user = self.read(token)
        self._remember(header, expires, user)
        return user

    async def _look_up(self, header: str, key: str) -> CurrentUser:
        forgotten = self._forgotten
        expires, user = await api_key_lookup.find(key, self._permissions)
        if forgotten == self._forgotten:  # else it may have been ended while we asked
            self._remember(header, expires, user)
        return user

    def _remember(self, header: str, expires: float, user: CurrentUser) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[header] = (min(expires, time.time() + REMEMBERED_SECONDS), user)

    def read(self, token: str) -> tuple[float, CurrentUser]:
        """Verify a token: until when it is good, and whose it is. Raises Unauthorized."""
        _, expires, user = self.inspect(token)
        return expires, user

    def inspect(self, token: str) -> tuple[float, float, CurrentUser]:
        """Verify a token: since and until when it is good, and whose it is. Raises Unauthorized."""
        try:
            claims = self._claims(token)
            expires, user = self._identity(claims)
        except jwt.ExpiredSignatureError:
            raise _refused(
                "The access token has expired. Get a new one with the refresh token."
            ) from None
        except MALFORMED:
            raise _refused("The access token is not valid. Sign in again.") from None
        if not self.allows(user, claims["iat"]):
            raise _refused("This device was signed out. Sign in again.")
        return claims["iat"], expires, user

    def allows(self, user: CurrentUser, issued: float) -> bool:
        """Tell whether what somebody was given at that time has not been revoked since."""
        return self._revoked.allows(user.id, user.session, issued)

    def held_by(self, roles: Iterable[str]) -> frozenset[str]:
        """Return the permissions that these roles hold now."""
        return frozenset().union(*(self._permissions.get(role, frozenset()) for role in roles))

    async def of_key(self, key: int) -> tuple[float, CurrentUser]:
        """Return until when the API key with this id is good, and whose. Raises Unauthorized."""
        return await api_key_lookup.find_by_id(key, self._permissions)

    def _claims(self, token: str) -> dict[str, Any]:
        """Verify the signature, and the claims that every JWT has.

        The header of a token is never read: it must be, letter for letter, that of one of our keys.
        """
        if len(token) > LONGEST or not SHAPE.fullmatch(token):
            raise ValueError("not an access token")
        head, body, signature = token.split(".")
        key = self.keys.find(head)
        if key is None:
            raise ValueError("not signed by a key of ours")
        if _written(_decoded(signature)) != signature:
            raise ValueError("another spelling of a signature")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        json.loads(_decoded(body).decode(), object_pairs_hook=_unique)
        return claims

    def _identity(self, claims: dict[str, Any]) -> tuple[float, CurrentUser]:
        expires, issued, session = claims["exp"], claims["iat"], claims["sid"]
        subject, proven, names = claims["sub"], claims["auth_time"], claims["roles"]
        kinds = (type(expires), type(session), type(proven), type(names), type(claims["aud"]))
        if kinds != (int, int, int, list, str) or type(issued) not in (int, float):
            raise ValueError("a claim of another type than ours")
        if not 0 <= expires - issued <= self._seconds:
            raise ValueError("lives longer than any token of ours")
        if not NUMBER.fullmatch(subject) or session < 1 or proven > issued + LEEWAY:
            raise ValueError("a claim that none of ours has")
        if not all(type(name) is str for name in names):
            raise ValueError("a role that is no name")
        held = self.held_by(names)
        return expires, CurrentUser(int(subject), session, frozenset(names), held, proven)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _written(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a claim is given twice")
    return found


def _refused(detail: str) -> Unauthorized:
    challenge = 'Bearer realm="tenfold", error="invalid_token"'
    return Unauthorized(detail, headers={"www-authenticate": challenge})
