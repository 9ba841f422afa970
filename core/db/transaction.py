"""One unit of work: all of it happens or nothing; what must be told is told after the commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Protocol

from core.db.background import in_background
from core.db.savepoint import Savepoint

log = logging.getLogger("tenfold.db")

AfterCommit = Callable[[], Awaitable[None]]
Fetch = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]
Together = Callable[[Fetch, Sequence[Any]], Awaitable[None]]


class Session(Protocol):
    """One connection that is ours from the first statement to the commit."""

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run one statement and return its rows."""

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement and return its rows by column name."""

    def control(self, *statements: str) -> asyncio.Future[None]:
        """Start statements that run to their end, whoever stops waiting for them."""

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
        self._parent: Transaction | None = None
        self._token: Token[Transaction | None] | None = None
        self._savepoint: Savepoint
        self._depth = 0
        self._told_before = self._written_before = 0
        self._task: asyncio.Task[Any] | None = None
        self._session: Session
        self._names = 0
        self.loop: asyncio.AbstractEventLoop
        self.open = False
        self.after_commit: list[AfterCommit] = []
        self.before_commit: list[tuple[Together, Any]] = []
        """What is written last, all of a kind together: what must hold its locks only shortly."""

    async def __aenter__(self) -> Transaction:
        if self._token is not None:
            raise RuntimeError("A transaction can be entered once. Begin a new one.")
        self._parent = innermost(self._current)
        if self._parent is not None:
            await self._enter_savepoint(self._parent)
        else:
            self._session = await self._connect()
        self._task, self.loop = asyncio.current_task(), asyncio.get_running_loop()
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
        self.before_commit = parent.before_commit
        self._written_before = len(self.before_commit)
        self._savepoint = Savepoint(f"inner_{self._depth}", self._session)
        await self._savepoint.set()

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
            with suppress(ValueError):  # a fixture may be left in another context than entered
                self._current.reset(self._token)
        if not self.open:
            return
        if error is None:
            await self.commit()
        else:
            await self.rollback()

    async def commit(self) -> None:
        """Commit now (inside another transaction: keep); leaving the block then does nothing."""
        if self.open and self._parent is None and self.before_commit:
            await self._write_last()
        self._end()
        if self._parent is not None:
            await self._keep_savepoint()
            return
        done = self._session.commit()
        if self.after_commit:
            done = in_background(self._tell_when(done))
        await asyncio.shield(done)

    async def _write_last(self) -> None:
        kinds = dict.fromkeys(write for write, _ in self.before_commit)
        try:
            for write in kinds:
                mine = [what for kind, what in self.before_commit if kind is write]
                await write(self.fetch, mine)
        except BaseException:
            await self.rollback()
            raise

    async def rollback(self) -> None:
        """Undo now; leaving the block then does nothing more."""
        self._end()
        if self._parent is not None:
            await self._undo_savepoint()
        else:
            await asyncio.shield(self._session.rollback())

    def _end(self) -> None:
        if not self.open:
            raise RuntimeError("This transaction has ended already.")
        self.open = False

    async def _keep_savepoint(self) -> None:
        try:
            await self._savepoint.release()
        except Exception:
            await self._undo_savepoint()
            raise

    async def _undo_savepoint(self) -> None:
        del self.after_commit[self._told_before :]
        del self.before_commit[self._written_before :]
        await self._savepoint.undo()

    async def _tell_when(self, committed: asyncio.Future[None]) -> None:
        await committed
        for tell in self.after_commit:
            try:
                await tell()
            except Exception:
                log.exception("What was to be done after a commit failed.")

    async def savepoint(self, name: str | None = None) -> Savepoint:
        """Set a savepoint as Piccolo's transactions do; a nested transaction is the easier way."""
        self._names += 1
        savepoint = Savepoint(name or f"savepoint_{self._depth}_{self._names}", self._session)
        await savepoint.set()
        return savepoint

    async def rollback_to(self, savepoint_name: str) -> None:
        """Undo what was done since the savepoint of this name was set."""
        await Savepoint(savepoint_name, self._session).rollback_to()


def innermost(current: ContextVar[Transaction | None]) -> Transaction | None:
    """Return the open transaction that this code runs in, if there is one.

    A task that outlives the transaction it was started in runs in what is left around it.
    """
    transaction = current.get()
    while transaction is not None and not transaction.open:
        transaction = transaction._parent
    if transaction is None or transaction.loop is not asyncio.get_running_loop():
        return None
    return transaction
