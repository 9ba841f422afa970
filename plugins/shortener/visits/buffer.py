"""Visits that are not written yet: noted in a moment, written by the hundred.

A killed worker loses what is in here, which is what the metric ``shortener_unwritten_visits`` says:
the visits of the last quarter of a second, or fewer than 500 of them and those being written.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from hashlib import blake2b

from sanic import Request

from core import address_of, counter, through_proxy

from ..place import here
from .clients import PROGRAM, asked_as, client_of, host_of
from .writing import Batch, Row, Told, salt_of, write_once

COUNTRY = re.compile(r"[A-Za-z]{2}")

log = logging.getLogger("tenfold.shortener")

EVERY, AT_ONCE = 0.25, 500
"""Seconds, and visits, after which they are written."""

TOGETHER = 2 * AT_ONCE
"""Visits that share a transaction at most: some more have come before their turn does."""

PATIENCE = 5.0

MOST = 100_000
"""Visits that are kept while the database takes none."""

dropped = counter("shortener_dropped_visits", "Visits that the database did not take in time.")

Visitor = tuple[str, str, str, int, str]
"""Address, User-Agent, Referer, kind it says it is of, country: what a visit needs of a request."""


class Buffer:
    """The visits of one worker."""

    def __init__(self) -> None:
        self._noted: list[tuple[int, int, Visitor]] = []
        self._rows: list[Row] = []
        self._batch: Batch | None = None
        self._writer, self._number = "", 0
        self._wake, self._turn, self._stopping = asyncio.Event(), asyncio.Lock(), False
        self._day: tuple[date, bytes] | None = None

    def __len__(self) -> int:
        taken = len(self._batch.rows) if self._batch is not None else 0
        return len(self._noted) + len(self._rows) + taken

    def note(self, link: int, request: Request) -> None:
        """Count a visit, soon. What is kept are texts: a whole request is dear to collect."""
        headers, header = request.headers, here().settings.country_header
        visitor = (
            address_of(request),
            headers.get("user-agent", ""),
            headers.get("referer", ""),
            asked_as(request.method, headers),
            headers.get(header, "") if header and through_proxy(request) else "",
        )
        self._noted.append((link, int(time.time()), visitor))
        if len(self._noted) >= AT_ONCE:
            self._wake.set()

    async def flush(self) -> None:
        """Write all that is here. What cannot be written stays for the next time."""
        async with self._turn:
            self._drop_excess()
            if self._noted:
                await self._read_noted()
            while self._batch is not None or self._rows:
                self._batch = self._batch or self._next_batch()
                await write_once(self._batch)
                self._batch = None

    def _next_batch(self) -> Batch:
        """Take some rows, which are tried again as they are: they may be written already."""
        self._writer = self._writer or secrets.token_hex(16)  # made late: workers are forked
        self._number += 1
        some, self._rows = self._rows[:TOGETHER], self._rows[TOGETHER:]
        return Batch(self._writer, self._number, some)

    async def _read_noted(self) -> None:
        salt = await self._salt()
        noted, self._noted = self._noted, []
        self._wake.clear()
        known = {visitor: _told(visitor, salt) for visitor in {each[2] for each in noted}}
        self._rows += [(link, at, *known[visitor]) for link, at, visitor in noted]

    def _drop_excess(self) -> None:
        """Keep no more than ``MOST``, and the youngest; a batch that was begun is not counted."""
        excess = len(self._rows) + len(self._noted) - MOST
        if excess > 0:
            dropped.add(excess)
            log.error("The database takes no visits: %d were dropped.", excess)
            del self._noted[: max(0, excess - len(self._rows))]
            del self._rows[:excess]

    async def _salt(self) -> bytes:
        today = datetime.now(UTC).date()
        if self._day is None or self._day[0] != today:
            self._day = today, await salt_of(today, secrets.token_bytes(16))
        return self._day[1]

    async def _work(self) -> None:
        failing = False
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
                failing = False
            except Exception as error:
                if not failing:
                    log.warning("Visits are not written, and tried again: %r", error)
                failing = True
                await asyncio.sleep(EVERY)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Write visits while the block runs, and what is left at its end."""
        self._stopping = False
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self._stopping = True
            self._wake.set()
            await asyncio.wait({task}, timeout=PATIENCE)
            task.cancel()
            try:
                await self.flush()
            except Exception as error:
                log.error("%d visits are lost: %r", len(self), error)


def _told(visitor: Visitor, salt: bytes) -> Told:
    """Return what is kept of a visitor."""
    address, agent, referrer, kind, country = visitor
    program, device, browser = client_of(agent)
    person = blake2b(f"{address} {agent}".encode(errors="replace"), key=salt, digest_size=8)
    return (
        PROGRAM if program else kind,
        int.from_bytes(person.digest(), "big", signed=True),
        host_of(referrer) if referrer else "",
        country.upper() if COUNTRY.fullmatch(country) else "",
        device,
        browser,
    )


buffer = Buffer()
