"""Who is asking."""

from __future__ import annotations

import msgspec


class CurrentUser(msgspec.Struct, frozen=True, gc=False):
    """The user behind a request, as the access token or API key tells.

    ``key`` is the API key's id, else 0. Behind a key there is neither a session nor a role, so
    that nothing but ``permissions`` says what it may do. ``auth_time``: when a password or a code
    was last proven, in seconds since 1970.
    """

    id: int
    session: int
    roles: frozenset[str]
    permissions: frozenset[str]
    auth_time: int = 0
    key: int = 0
