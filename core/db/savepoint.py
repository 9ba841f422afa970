"""A place inside a transaction that can be gone back to."""

from __future__ import annotations

import asyncio
from typing import Protocol

from piccolo.engine.base import validate_savepoint_name


class Controlled(Protocol):
    """A connection inside a transaction."""

    def control(self, *statements: str) -> asyncio.Future[None]:
        """Start statements that run to their end, whoever stops waiting for them."""


class Savepoint:
    """A savepoint with the methods that Piccolo gives it."""

    def __init__(self, name: str, session: Controlled) -> None:
        validate_savepoint_name(name)
        self.name, self._session = name, session

    async def set(self) -> None:
        """Mark this place."""
        await asyncio.shield(self._session.control(f'SAVEPOINT "{self.name}"'))

    async def release(self) -> None:
        """Forget the place and keep what was done since."""
        await asyncio.shield(self._session.control(f'RELEASE SAVEPOINT "{self.name}"'))

    async def rollback_to(self) -> None:
        """Undo what was done since; the place stays."""
        await asyncio.shield(self._session.control(f'ROLLBACK TO SAVEPOINT "{self.name}"'))

    async def undo(self) -> None:
        """Undo what was done since, and forget the place."""
        back, forget = f'ROLLBACK TO SAVEPOINT "{self.name}"', f'RELEASE SAVEPOINT "{self.name}"'
        await asyncio.shield(self._session.control(back, forget))
