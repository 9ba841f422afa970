"""How long somebody may stay who was let in once: for connections that outlive a request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sanic import Request

from core.auth.authenticators.api_key_lookup import BEGINNING
from core.auth.authorization.identity import CurrentUser
from core.errors import Unauthorized

if TYPE_CHECKING:
    from core.auth.tokens.access import Tokens


@dataclass(frozen=True)
class Standing:
    """Who was let in. What was ``issued`` ends when something is revoked after that.

    ``issued`` and ``expires`` are seconds since 1970.
    """

    user: CurrentUser
    issued: float
    expires: float


async def standing(tokens: Tokens, token: str) -> Standing:
    """Return how whoever has this access token or API key stands. Raises Unauthorized."""
    if not token.startswith(BEGINNING):
        issued, expires, user = tokens.inspect(token)
        return Standing(user, issued, expires)
    request = _Bearer(token)
    found = tokens.authenticate(request)  # type: ignore[arg-type]
    user = found if isinstance(found, CurrentUser) else await found  # type: ignore[misc]
    return await _of_key(tokens, user)


class _Bearer:
    """As much of a request as tells who is asking."""

    def __init__(self, token: str) -> None:
        self.headers = {"authorization": f"Bearer {token}"}


async def _of_key(tokens: Tokens, user: CurrentUser) -> Standing:
    expires, user = await tokens.of_key(user.key)
    return Standing(user, time.time(), expires)


def token_of(request: Request) -> str | None:
    """Return the access token or API key in a request's header, if there is one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


async def renewed(tokens: Tokens, before: Standing) -> Standing | None:
    """Return how somebody stands now, after a change of what is revoked; None: not any more."""
    user = before.user
    if before.expires <= time.time():
        return None
    if user.key:
        try:
            return await _of_key(tokens, user)
        except Unauthorized:
            return None
    if not tokens.allows(user, before.issued):
        return None
    held = tokens.held_by(user.roles)
    return Standing(msgspec.structs.replace(user, permissions=held), before.issued, before.expires)
