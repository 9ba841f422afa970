"""Two small things that Piccolo asks of an engine: queries run together, and rows in portions."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from piccolo.utils.sync import run_sync


class Atomic:
    """Queries collected with ``add`` and run in one transaction."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.queries: list[Any] = []

    def add(self, *queries: Any) -> None:
        """Put queries behind those already there."""
        self.queries += queries

    async def run(self) -> list[Any]:
        """Run them all, or none, and return their results; then the list is empty again."""
        queries, self.queries = self.queries, []
        async with self._engine.transaction():
            return [await query.run() for query in queries]

    def run_sync(self) -> list[Any]:
        """Run them where no event loop runs."""
        return run_sync(self.run())

    def __await__(self) -> Generator[Any, Any, list[Any]]:
        return self.run().__await__()


class Batch:
    """The rows of a query in portions: ``async with`` it, then ``async for``.

    The query runs once on entering and its rows are held: a portion is for the reader's comfort.
    """

    def __init__(self, query: Any, size: int) -> None:
        self._query, self._size = query, size
        self._rows: list[Any] = []
        self._position = 0

    async def __aenter__(self) -> Batch:
        self._rows = list(await self._query.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._rows = []

    def __aiter__(self) -> Batch:
        return self

    async def __anext__(self) -> list[Any]:
        rows = self._rows[self._position : self._position + self._size]
        if not rows:
            raise StopAsyncIteration
        self._position += self._size
        return rows
