"""Whose turn it is to use the writing connection: one transaction at a time, in order."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from core.db.errors import DatabaseBusy, TransactionLost
from core.db.limits import Limits
from core.db.sqlite_connection import Read, WritingConnection, dicts, statement, tuples
from core.db.sqlite_result import Result
from core.db.sqlite_threads import WriterThread

GRACE = 3.0


class Turns:
    """The queue in front of the writing connection."""

    def __init__(self, writer: WriterThread, limits: Limits) -> None:
        self._writer, self._limits = writer, limits
        self._mutex = threading.Lock()
        self._held = self._closed = False
        self._waiting: deque[_Waiting | Result] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def take(self, listeners: list[Callable[[str], None]]) -> Writer:
        """Wait for a turn. Raises DatabaseBusy when it does not come in time."""
        until = time.monotonic() + self._limits.wait
        with self._mutex:
            self._refuse_when_closed()
            waiting = _Waiting(asyncio.get_running_loop()) if self._held else None
            if waiting is None:
                self._held = True
            else:
                self._waiting.append(waiting)
        if waiting is not None:
            await self._wait(waiting)
        return Writer(self, self._writer, until, listeners)

    async def _wait(self, waiting: _Waiting) -> None:
        try:
            async with asyncio.timeout(self._limits.wait):
                await waiting.turn
        except BaseException as error:
            self._give_up(waiting)
            if isinstance(error, TimeoutError):
                raise DatabaseBusy("Too much is being written at once.") from None
            raise

    def _give_up(self, waiting: _Waiting) -> None:
        with self._mutex:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        if waiting.granted:
            self.release()

    def release(self) -> None:
        """Hand the turn to whoever has waited longest; statements are queued on the way."""
        with self._mutex:
            self._held = False
            while self._waiting and not self._held:
                first = self._waiting.popleft()
                if isinstance(first, Result):
                    self._writer.put(first)
                else:
                    self._held = first.grant()

    async def run(self, result: Result) -> Any:
        """Run a statement of its own: at once, or behind the transactions that wait."""
        with self._mutex:
            self._refuse_when_closed()
            if self._held:
                self._waiting.append(result)
            else:
                self._writer.put(result)
        return await result.answer()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise DatabaseBusy("The database is closed.")

    async def close(self) -> None:
        """Refuse whoever waits and whoever comes, let the open transaction end, then stop."""
        with self._mutex:
            self._closed = True
            refused, self._waiting = self._waiting, deque()
        for each in refused:
            with suppress(RuntimeError):  # its event loop has been closed
                each.loop.call_soon_threadsafe(each.give_up)
        end = time.monotonic() + GRACE
        while self._held and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await asyncio.to_thread(self._writer.close)


class _Waiting:
    """A transaction's place in the queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.granted = loop, False
        self.turn: asyncio.Future[None] = loop.create_future()

    def grant(self) -> bool:
        """Tell the waiting task that it is its turn; False when its loop is closed."""
        try:
            self.loop.call_soon_threadsafe(self._go_on)
        except RuntimeError:
            return False
        self.granted = True
        return True

    def _go_on(self) -> None:
        if not self.turn.done():
            self.turn.set_result(None)

    def give_up(self) -> None:
        """Tell the waiting task that its turn will not come."""
        if not self.turn.done():
            self.turn.set_exception(DatabaseBusy("The database is closed."))


class Writer:
    """The writing connection while a transaction holds it. BEGIN goes with the first statement."""

    def __init__(
        self,
        turns: Turns,
        thread: WriterThread,
        until: float,
        listeners: list[Callable[[str], None]],
    ) -> None:
        self._turns, self._thread, self._until, self._listeners = turns, thread, until, listeners
        self._loop = asyncio.get_running_loop()
        self._begun = self._ended = False

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run one statement and return its rows."""
        return await self._run(sql, arguments, tuples)  # type: ignore[no-any-return]

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement and return its rows by column name."""
        return await self._run(sql, arguments, dicts)  # type: ignore[no-any-return]

    def control(self, *statements: str) -> asyncio.Future[None]:
        """Queue statements; they run whether or not somebody goes on waiting."""
        *_, last = [self._run(sql, (), tuples) for sql in statements]
        return last

    def _run(self, sql: str, arguments: Sequence[Any], read: Read) -> asyncio.Future[Any]:
        if self._ended:
            raise RuntimeError("This transaction has ended already.")
        for listener in self._listeners:
            listener(sql)
        begin, self._begun = not self._begun, True
        work = statement(sql, arguments, read)

        def run(connection: WritingConnection) -> Any:
            if begin:
                connection.begin(self._until)
            elif not connection.in_transaction:
                raise TransactionLost
            return work(connection)

        return self._put(run)

    def _put(self, run: Callable[[WritingConnection], Any]) -> asyncio.Future[Any]:
        result = Result(run, self._loop, alone=True, held=True)
        self._thread.put(result)
        return result.future

    def commit(self) -> asyncio.Future[None]:
        """Queue the commit and hand the connection on."""
        return self._end(WritingConnection.commit)

    def rollback(self) -> asyncio.Future[None]:
        """Queue the rollback and hand the connection on."""
        return self._end(WritingConnection.rollback)

    def _end(self, how: Callable[[WritingConnection], None]) -> asyncio.Future[None]:
        """Queue the end, then hand the writer on: what comes next is served after it."""
        if self._ended:
            raise RuntimeError("This transaction has ended already.")
        self._ended = True
        try:
            if self._begun:
                return self._put(how)
            nothing: asyncio.Future[None] = self._loop.create_future()
            nothing.set_result(None)
            return nothing
        finally:
            self._turns.release()
