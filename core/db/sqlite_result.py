"""Work given to a thread, and the outcome on its way back to the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from core.db.errors import DatabaseBusy


class Result:
    """Work for a thread, and the future that its outcome goes to.

    ``held``: it belongs to the transaction that is open. ``alone``: it shares a commit with nobody.
    """

    __slots__ = ("_claims", "alone", "future", "held", "loop", "run", "until")

    def __init__(
        self,
        run: Callable[[Any], Any],
        loop: asyncio.AbstractEventLoop,
        *,
        wait: float = 0,
        alone: bool = False,
        held: bool = False,
    ) -> None:
        self.run, self.loop = run, loop
        self.alone, self.held = alone, held
        self.until = time.monotonic() + wait
        self.future: asyncio.Future[Any] = loop.create_future()
        self._claims = [True]

    def claim(self) -> bool:
        """Take the work, to do it or to give it up: True for the first who asks, in any thread."""
        try:
            return self._claims.pop()
        except IndexError:
            return False

    async def answer(self) -> Any:
        """Return the outcome. Raises DatabaseBusy when the work has not begun in time."""
        timer = self.loop.call_later(self.until - time.monotonic(), self.give_up)
        try:
            return await self.future
        finally:
            timer.cancel()

    def give_up(self) -> None:
        """Answer that there was no time for it, unless it has begun."""
        if not self.future.done() and self.claim():
            self.future.set_exception(DatabaseBusy("The database has too much to do at once."))


Outcome = tuple[Result, Any, BaseException | None]


def attempt(result: Result, connection: Any) -> Outcome:
    """Run a piece of work and return what came of it."""
    try:
        return result, result.run(connection), None
    except BaseException as error:
        return result, None, error


def wanted(results: Iterable[Result]) -> list[Result]:
    """Return those that somebody still waits for."""
    return [each for each in results if each.held or (each.claim() and not each.future.done())]


def send(outcomes: list[Outcome]) -> None:
    """Bring outcomes to the event loops that wait for them."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # a loop that is closed waits for nothing
            loop.call_soon_threadsafe(_deliver, its)


def _deliver(outcomes: Iterable[Outcome]) -> None:
    for result, value, error in outcomes:
        if result.future.done():
            continue
        if error is None:
            result.future.set_result(value)
        else:
            result.future.set_exception(error)
