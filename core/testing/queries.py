"""What SQL a test made run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.testing.servers import Server

_by_itself: ContextVar[bool] = ContextVar("by_itself", default=False)


@contextmanager
def by_itself() -> Iterator[None]:
    """Let no statement be counted that the block runs, nor any of the tasks that it begins.

    A server under test is started in such a block: what a plugin looks at now and then for as long
    as it runs is asked by nobody.
    """
    before = _by_itself.set(True)
    try:
        yield
    finally:
        _by_itself.reset(before)


@contextmanager
def queries(*, background: bool = False) -> Iterator[list[str]]:
    """Collect the SQL that runs inside the block, for the test itself or a request, in any task.

    ``background``: also what a server in this process asks by itself.
    """
    from core.db.engine import engine

    seen: list[str] = []
    here = engine()

    def listen(sql: str) -> None:
        if background or not _by_itself.get():
            seen.append(sql)

    here.listeners.append(listen)
    try:
        yield seen
    finally:
        here.listeners.remove(listen)


@pytest.fixture
def count_queries(server: Server) -> Iterator[Callable[[], list[str]]]:
    """Return a function that gives the SQL that ran since it was last called."""
    with queries() as seen:

        def since() -> list[str]:
            found = seen[:]
            seen.clear()
            return found

        yield since
