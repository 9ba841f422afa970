"""A cache of one kind of thing: ``links = Cache("shortener", Target, ttl=60)``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from core.cache import worker
from core.cache.changes import LONGEST, tell
from core.cache.kept import Kept
from core.cache.memory import Memory
from core.db.engine import engine
from core.db.transaction import innermost

if TYPE_CHECKING:
    from core.cache.shared import Shared

T = TypeVar("T")

ABSENT: Any = object()
"""Held in memory for what is known not to be there."""


class Cache(Generic[T]):
    """What is kept for ``ttl`` seconds: in each worker's memory and, where configured, in Redis.

    ``namespace`` is the plugin's name, maybe with a dot and a noun. ``kind`` is what is kept:
    ``bytes`` or anything that msgspec writes as JSON, and must not be changed by who gets it. Each
    worker holds ``size`` of them. What is not there is remembered too, for ``absent`` seconds.
    Outside a running worker, and in a transaction, which may see what nobody else does, nothing is
    kept.
    """

    @overload
    def __init__(
        self: Cache[bytes],
        namespace: str,
        *,
        ttl: float = 60,
        absent: float = 10,
        size: int = 10_000,
    ) -> None: ...
    @overload
    def __init__(
        self,
        namespace: str,
        kind: type[T],
        *,
        ttl: float = 60,
        absent: float = 10,
        size: int = 10_000,
    ) -> None: ...
    def __init__(
        self,
        namespace: str,
        kind: Any = bytes,
        *,
        ttl: float = 60,
        absent: float = 10,
        size: int = 10_000,
    ) -> None:
        if not 0 < ttl <= LONGEST or ":" in namespace:
            raise ValueError(
                f"A cache keeps for at most {LONGEST:g} s and has no colon in its name."
            )
        self.namespace, self._ttl, self._absent = namespace, ttl, min(ttl, absent)
        self._memory = Memory(size)
        self._loading: dict[str, asyncio.Future[None]] = {}
        self._encode: Callable[[Any], bytes] = bytes if kind is bytes else msgspec.json.encode
        decoder: Any = None if kind is bytes else msgspec.json.Decoder(kind)
        self._decode: Callable[[bytes], Any] = bytes if decoder is None else decoder.decode
        worker.join(self)

    def peek(self, key: str) -> T | None:
        """Return what this worker holds in its own memory. Asks nobody: for the hottest paths."""
        held = self._memory.get(key)
        return None if held is None or held[0] is ABSENT else held[0]

    async def get(self, key: str) -> T | None:
        """Return what is kept under ``key``."""
        found = await self._find(key)
        return None if found is ABSENT else found

    def moment(self) -> int:
        """Return what ``set`` wants to know: ask for it before the value is loaded."""
        here = worker.current()
        return here.changes.moment if here is not None else 0

    async def set(self, key: str, value: T, ttl: float | None = None, *, moment: int) -> None:
        """Keep a value that was loaded at ``moment`` or later, unless it has changed since."""
        await self._keep(key, value, self._ttl if ttl is None else ttl, moment)

    async def remember(
        self, key: str, load: Callable[[], Awaitable[T | None]], ttl: float | None = None
    ) -> T | None:
        """Return what is kept, else what ``load`` finds, which is then kept.

        Of many that ask for the same at once, one loads; what it finds, all get.
        """
        here, transaction = worker.current(), engine().current_transaction
        if here is None or (transaction.get() is not None and innermost(transaction) is not None):
            return await load()
        while True:
            held = self._memory.get(key)
            if held is not None:
                return None if held[0] is ABSENT else held[0]
            loading = self._loading.get(key)
            if loading is None:
                return await self._load(here, key, load, self._ttl if ttl is None else ttl)
            done: Any = await asyncio.shield(loading)
            if done is not None:
                return None if done is ABSENT else done

    async def _load(
        self, here: worker.Worker, key: str, load: Callable[[], Awaitable[T | None]], ttl: float
    ) -> T | None:
        """Find or load a value while others wait for it; if this fails, one of them tries."""
        loading: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._loading[key] = loading
        found: Any = None
        try:
            if here.shared is not None:
                found = await self._find_shared(here, here.shared, key)
            if found is None:
                moment, value = here.changes.moment, await load()
                found = ABSENT if value is None else value
                kept = self._hold(here, key, found, ttl, moment)
                if kept and here.shared is not None:
                    await self._share(here.shared, key, found, kept, moment)
        finally:
            if self._loading.get(key) is loading:
                del self._loading[key]
            loading.set_result(found)
        return None if found is ABSENT else found

    async def _find(self, key: str) -> Any:
        held = self._memory.get(key)
        if held is not None:
            return held[0]
        here = worker.current()
        if here is None or here.shared is None:
            return None
        return await self._find_shared(here, here.shared, key)

    async def _find_shared(self, here: worker.Worker, shared: Shared, key: str) -> Any:
        name = f"{self.namespace}:{key}"
        kept = await shared.get(name)
        seconds = kept.ends - time.time() if kept is not None else 0
        if kept is None or seconds <= 0 or here.changes.void(name, kept.moment):
            return None
        value = ABSENT
        if kept.payload is not None:
            try:
                value = self._decode(kept.payload)
            except msgspec.MsgspecError:
                return None
        self._memory.put(key, value, min(seconds, self._ttl))
        return value

    async def _keep(self, key: str, value: Any, ttl: float, moment: int) -> None:
        here = worker.current()
        seconds = self._hold(here, key, value, ttl, moment) if here is not None else 0.0
        if here is not None and here.shared is not None and seconds:
            await self._share(here.shared, key, value, seconds, moment)

    def _hold(self, here: worker.Worker, key: str, value: Any, ttl: float, moment: int) -> float:
        """Keep a value in this worker's memory; return for how long, 0 where it may not be kept."""
        seconds = min(self._absent if value is ABSENT else ttl, LONGEST)
        if seconds <= 0 or here.changes.void(f"{self.namespace}:{key}", moment):
            return 0.0
        self._memory.put(key, value, seconds)
        return seconds

    async def _share(
        self, shared: Shared, key: str, value: Any, seconds: float, moment: int
    ) -> None:
        payload = None if value is ABSENT else self._encode(value)
        name = f"{self.namespace}:{key}"
        await shared.put(name, Kept(moment, time.time() + seconds, payload))

    async def delete(self, *keys: str) -> None:
        """Say that what is kept under ``keys`` has changed: here at once, elsewhere within 1 s.

        Call it in the transaction of the change, or after it. Needs the database, not Redis.
        """
        await tell([f"{self.namespace}:{key}" for key in keys])
        transaction = innermost(engine().current_transaction)
        if transaction is None:
            await self._forget(keys)
        else:
            transaction.after_commit.append(partial(self._forget, keys))

    async def _forget(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.drop(key)
        here = worker.current()
        if here is not None:
            with suppress(Exception):  # it is read again several times a second
                await here.follow()

    def drop(self, key: str) -> None:
        """Hold ``key`` no more in this worker's memory, and let nobody wait for its old value."""
        self._memory.drop(key)
        self._loading.pop(key, None)

    def clear(self) -> None:
        """Hold nothing in this worker's memory."""
        self._memory.clear()
        self._loading.clear()
