"""Who is asking."""

from __future__ import annotations

import msgspec


class CurrentUser(msgspec.Struct, frozen=True, gc=False):
    """The user behind a request, as the access token tells."""

    id: int
    session: int
    roles: frozenset[str]
    permissions: frozenset[str]
