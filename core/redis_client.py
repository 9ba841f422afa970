"""The way to Redis: asked with little patience, and left alone while it is ill.

Whoever asks Redis must be able to do without: a call is answered within ``PATIENCE`` or raises
``Away``. After a failure nobody asks any more; a probe in the background finds out when Redis is
back, looking less and less often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import MaxConnectionsError, RedisError

from core.redis import Away
from core.settings import masked

log = logging.getLogger("tenfold.redis")

T = TypeVar("T")

PATIENCE = 0.04
"""Seconds that a call may take, with the connecting."""

CONNECTIONS = 64
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
FAILURES = (RedisError, OSError, TimeoutError)


class Redis:
    """The way of one worker to the Redis server at ``url``."""

    def __init__(self, url: str, patience: float | None = None) -> None:
        self.url, self._patience = url, PATIENCE if patience is None else patience
        self.client = self.connect(CONNECTIONS)
        self._probing: asyncio.Task[None] | None = None
        self._closed = False

    def connect(self, connections: int, **more: Any) -> Client:
        """Return a client that connects when it is first asked. Close it with ``aclose``.

        Unlike ``run`` it waits for as long as it takes: it is for listening to channels.
        """
        never = Retry(NoBackoff(), 0)
        return Client.from_url(self.url, max_connections=connections, retry=never, **more)

    @property
    def is_away(self) -> bool:
        """Tell whether calls are refused at present."""
        return self._probing is not None

    async def run(self, ask: Callable[[Client], Awaitable[T]]) -> T:
        """Return what ``ask`` gets from the client. Raises Away instead of failing or waiting."""
        if self._probing is not None or self._closed:
            raise Away
        try:
            async with asyncio.timeout(self._patience):
                return await ask(self.client)
        except MaxConnectionsError as error:
            raise Away from error
        except FAILURES as error:
            self._leave_alone(error)
            raise Away from error

    def _leave_alone(self, error: BaseException) -> None:
        if self._probing is None and not self._closed:
            log.warning("Redis %s is away: %r", masked(self.url), error)
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask until there is an answer."""
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            with suppress(*FAILURES):
                async with asyncio.timeout(1):
                    await self.client.ping()
                break
            pause = min(2 * pause, LONGEST_PAUSE)
        log.warning("Redis %s answers again.", masked(self.url))
        self._probing = None

    async def close(self) -> None:
        """Stop looking for Redis and let go of the connections."""
        self._closed = True
        probing, self._probing = self._probing, None
        if probing is not None:
            probing.cancel()
            await asyncio.wait({probing}, timeout=1)
        with suppress(*FAILURES):
            async with asyncio.timeout(1):
                await self.client.aclose()
