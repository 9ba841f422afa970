"""What a role or an API key may do is remembered by every worker: tell them of changes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.admin.guard import SAFE
from core.auth.tokens.revocation import NOBODY, revoke

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TABLES = ("/api/tables/auth_role", "/api/tables/auth_user")


class RoleChanges:
    """Lets every worker read anew what roles hold, and who has them, after a panel has written.

    Piccolo's hooks run before it writes, which would be too early.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        writes = scope["type"] == "http" and scope["method"] not in SAFE
        concerns = writes and any(table in scope["path"] for table in TABLES)
        await self._app(scope, receive, send)
        if concerns:
            await revoke(NOBODY)
