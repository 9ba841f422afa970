"""Access tokens: JWTs, checked once and remembered for a while (RFC 7519, 8725, 9068)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from sanic import Request

from core.auth.identity import CurrentUser
from core.auth.revocation import Revocations
from core.errors import Unauthorized

TYPE = "at+jwt"
AUDIENCE = "tenfold"
ISSUER = "tenfold"
LONGEST = 4096
REMEMBERED = 10_000
REMEMBERED_SECONDS = 60
LEEWAY = 5


class Tokens:
    """Makes access tokens and tells whose a token is.

    ``permissions`` maps each role to what it holds; it may be exchanged while running.
    """

    def __init__(self, key: bytes, minutes: int) -> None:
        self._key, self._seconds = key, minutes * 60
        self._known: dict[str, tuple[float, CurrentUser]] = {}
        self._permissions: Mapping[str, frozenset[str]] = {}
        self._revoked = Revocations(self._seconds)

    @property
    def seconds(self) -> int:
        """How long a token is good for."""
        return self._seconds

    def hold(self, permissions: Mapping[str, frozenset[str]]) -> None:
        """Take over what each role holds from now on."""
        self._permissions = permissions
        self._known.clear()

    async def follow(self) -> bool:
        """Learn which tokens were revoked anywhere since the last time; True if any was."""
        new = await self._revoked.read_new()
        if new:
            self._known.clear()
        return new

    def make(self, user: int, session: int, roles: list[str]) -> str:
        """Return a new access token."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user),
            "sid": session,
            "roles": roles,
            "iat": now,
            "nbf": now,
            "exp": now + self._seconds,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"typ": TYPE})

    def authenticate(self, request: Request) -> CurrentUser | None:
        """Return who sent ``request``, None if it does not say. Raises Unauthorized."""
        header = request.headers.get("authorization")
        if header is None:
            return None
        known = self._known.get(header)
        if known is not None and known[0] > time.time():
            return known[1]
        return self._check(header)

    def _check(self, header: str) -> CurrentUser:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Authorization must be: Bearer <access token>.")
        expires, user = self.read(token)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[header] = (min(expires, time.time() + REMEMBERED_SECONDS), user)
        return user

    def read(self, token: str) -> tuple[float, CurrentUser]:
        """Verify a token: until when it is good, and whose it is. Raises Unauthorized."""
        try:
            if len(token) > LONGEST or jwt.get_unverified_header(token).get("typ") != TYPE:
                raise jwt.InvalidTokenError("not an access token")
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]},
            )
            expires, user = self._identity(claims)
            issued = claims["iat"]
        except jwt.ExpiredSignatureError:
            raise _refused(
                "The access token has expired. Get a new one with the refresh token."
            ) from None
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, RecursionError):
            raise _refused("The access token is not valid. Sign in again.") from None
        if not self._revoked.allows(user.id, user.session, issued):
            raise _refused("This device was signed out. Sign in again.")
        return expires, user

    def _identity(self, claims: dict[str, Any]) -> tuple[float, CurrentUser]:
        expires = claims["exp"]
        if type(expires) is not int or expires - claims["iat"] > self._seconds:
            raise ValueError("lives longer than any token of ours")
        roles = frozenset(map(str, claims["roles"]))
        held = frozenset().union(*(self._permissions.get(role, frozenset()) for role in roles))
        return expires, CurrentUser(int(claims["sub"]), int(claims["sid"]), roles, held)


def _refused(detail: str) -> Unauthorized:
    challenge = 'Bearer realm="tenfold", error="invalid_token"'
    return Unauthorized(detail, headers={"www-authenticate": challenge})
