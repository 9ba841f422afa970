"""One unit of work: all of it happens or nothing, and what must be told is told after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Protocol

AfterCommit = Callable[[], Awaitable[None]]


class Session(Protocol):
    """One connection that is ours from the first statement to the commit."""

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run one statement and return its rows."""

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement and return its rows by column name."""

    def commit(self) -> asyncio.Future[None]:
        """Start the commit and hand the connection back; done when the commit is certain."""

    def rollback(self) -> asyncio.Future[None]:
        """Start the rollback and hand the connection back."""


class Transaction:
    """``async with`` it. A second one inside the first is a savepoint, undone alone if it fails.

    Cancelling the task at any moment undoes the work and hands the connection back. A commit that
    has begun goes on without the task, and what waits for it is told all the same.
    """

    def __init__(
        self,
        current: ContextVar[Transaction | None],
        connect: Callable[[], Awaitable[Session]],
    ) -> None:
        self._current = current
        self._connect = connect
        self._parent = current.get()
        self._token: Token[Transaction | None] | None = None
        self._savepoint = ""
        self._depth = 0
        self._told_before = 0
        self._task: asyncio.Task[Any] | None = None
        self._session: Session
        self.open = False
        self.after_commit: list[AfterCommit] = []

    async def __aenter__(self) -> Transaction:
        if self._parent is not None and self._parent.open:
            await self._enter_savepoint(self._parent)
        else:
            self._parent = None
            self._session = await self._connect()
        self._task = asyncio.current_task()
        self.open = True
        self._token = self._current.set(self)
        return self

    async def _enter_savepoint(self, parent: Transaction) -> None:
        if parent._task is not asyncio.current_task():
            raise RuntimeError(
                "A transaction was begun inside another one by a different task. "
                "Begin it in the task that holds the outer one, or in a task started outside."
            )
        self._session, self._depth = parent._session, parent._depth + 1
        self.after_commit = parent.after_commit
        self._told_before = len(self.after_commit)
        self._savepoint = f"inner_{self._depth}"
        await self.fetch(f"SAVEPOINT {self._savepoint}")

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Any]:
        """Run one statement inside this transaction and return its rows."""
        return await self._session.fetch(sql, arguments)

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement inside this transaction and return its rows by column name."""
        return await self._session.fetch_dicts(sql, arguments)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            self._current.reset(self._token)
        if not self.open:
            return
        self.open = False
        if self._parent is not None:
            await self._leave_savepoint(error)
        elif error is not None:
            await asyncio.shield(self._session.rollback())
        else:
            await self._finish()

    async def _leave_savepoint(self, error: BaseException | None) -> None:
        if error is None:
            await self.fetch(f"RELEASE SAVEPOINT {self._savepoint}")
            return
        del self.after_commit[self._told_before :]
        await self.fetch(f"ROLLBACK TO SAVEPOINT {self._savepoint}")
        await self.fetch(f"RELEASE SAVEPOINT {self._savepoint}")

    async def _finish(self) -> None:
        committed = self._session.commit()
        if not self.after_commit:
            await asyncio.shield(committed)
            return
        try:
            await asyncio.shield(committed)
        except asyncio.CancelledError:
            in_background(self._tell_when(committed))
            raise
        await self._tell()

    async def _tell_when(self, committed: asyncio.Future[None]) -> None:
        await committed
        await self._tell()

    async def _tell(self) -> None:
        for tell in self.after_commit:
            await tell()

    async def commit(self) -> None:
        """Commit now; leaving the block then does nothing more."""
        self.open = False
        await self._finish()

    async def rollback(self) -> None:
        """Undo now; leaving the block then does nothing more."""
        self.open = False
        if self._parent is not None:
            await self._leave_savepoint(RuntimeError())
        else:
            await asyncio.shield(self._session.rollback())


_background: set[asyncio.Task[None]] = set()


def in_background(work: Any) -> None:
    """Run ``work`` to its end, whoever stops waiting for it."""
    task: asyncio.Task[None] = asyncio.ensure_future(work)
    _background.add(task)
    task.add_done_callback(_background.discard)


async def background_work(timeout: float) -> None:
    """Wait until what runs in the background has ended; used when a worker stops."""
    if _background:
        await asyncio.wait(set(_background), timeout=timeout)
