"""Counters that all worker processes of a machine share: a small table in a mapped file.

A counter is found by a digest of its key, in a bucket of eight. When a bucket is full, an expired
counter makes room, else the one that counted least: who asks most is never forgotten first. The
file has one layout for good (its version is in the name), so that processes which come and go
never see it change under them.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import struct
import time
from hashlib import blake2b
from pathlib import Path

from limits.storage import SlidingWindowCounterSupport, Storage

from core.web.limits.window import wait_of

log = logging.getLogger("tenfold")

NAME = "limits-1.map"
SLOT = struct.Struct("<16sIIII")  # digest, number of the window, its seconds, before, now
WAYS = 8
BUCKETS = 8192
SIZE = BUCKETS * WAYS * SLOT.size
REMEMBERED = 20_000
TRIES = 2000

EXCLUSIVE, NOW_OR_NOT, FREE = fcntl.LOCK_EX, fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_UN


class SharedStorage(Storage, SlidingWindowCounterSupport):
    """Storage for the strategies of ``limits``, shared by the processes that open ``folder``.

    A killed process frees its lock by being gone. One that was stopped while it held the lock is
    waited for some milliseconds; then the others count without it, maybe one too few. Where no
    file can be made, as on a full disk, each process counts for itself.
    """

    STORAGE_SCHEME = ["tenfold-shared"]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._places: dict[str, tuple[bytes, int]] = {}
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(self._file, 0, SIZE)  # a full disk is told now, not by a signal
            self._map = mmap.mmap(self._file, SIZE)
        except OSError as error:
            log.error("Each worker limits requests by itself: %s: %s", folder / NAME, error)
            self._map = mmap.mmap(-1, SIZE)

    def close(self) -> None:
        """Leave the table to the others."""
        self._map.close()
        os.close(self._file)

    def take(self, key: str, amount: int, period: int, cost: int = 1) -> float:
        """Count ``cost`` if the limit allows it: 0. Else return the seconds to wait."""
        place = self._places.get(key) or self._remember(key)
        digest = place[0]
        locked = self._lock()
        try:
            now = time.time()
            window, passed = divmod(now / period, 1)
            number = int(window)
            found, held, seconds, previous, current = SLOT.unpack_from(self._map, place[1])
            if found != digest:
                place = self._find(key, digest, now)
                found, held, seconds, previous, current = SLOT.unpack_from(self._map, place[1])
            if held != number or found != digest:
                begun = found == digest and seconds == period
                previous, current = _moved(held, number, previous, current) if begun else (0, 0)
            wait = wait_of(previous, current + cost - 1, passed, amount, period)
            if not wait:
                values = digest, number, period, previous, current + cost
                SLOT.pack_into(self._map, place[1], *values)
            return wait
        finally:
            if locked:
                fcntl.flock(self._file, FREE)

    def _lock(self) -> bool:
        for attempt in range(TRIES):
            try:
                fcntl.flock(self._file, NOW_OR_NOT)
            except BlockingIOError:
                if attempt > 50:
                    os.sched_yield()
            else:
                return True
        return False

    def _remember(self, key: str) -> tuple[bytes, int]:
        if len(self._places) >= REMEMBERED:
            self._places.clear()
        digest = blake2b(key.encode(), digest_size=16).digest()
        self._places[key] = place = digest, self._bucket(digest)
        return place

    def _bucket(self, digest: bytes) -> int:
        return int.from_bytes(digest[:4], "little") % BUCKETS * WAYS * SLOT.size

    def _find(self, key: str, digest: bytes, now: float) -> tuple[bytes, int]:
        """Return where a counter is, or may be made: an unused place, else the least used."""
        first = self._bucket(digest)
        best, least = first, 1 << 40
        for place in range(first, first + WAYS * SLOT.size, SLOT.size):
            found, number, seconds, previous, current = SLOT.unpack_from(self._map, place)
            if found == digest:
                best = place
                break
            used = previous + current + 1 if (number + 2) * seconds > now else 0
            if used < least:
                best, least = place, used
        self._places[key] = digest, best
        return digest, best

    # What the strategies of ``limits`` ask for

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong here."""
        return OSError

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count ``amount`` if the limit allows it."""
        return amount <= limit and not self.take(key, limit, expiry, amount)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return both counters, each with the seconds it still counts."""
        digest, _ = self._remember(key)
        now = time.time()
        window, passed = divmod(now / expiry, 1)
        _, place = self._find(key, digest, now)
        found, number, _, previous, current = SLOT.unpack_from(self._map, place)
        if found != digest:
            return 0, 0.0, 0, 0.0
        if number != int(window):
            previous, current = _moved(number, int(window), previous, current)
        left = (1 - passed) * expiry
        return previous, left if previous else 0.0, current, left + expiry if current else 0.0

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a counter."""
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a limit."""
        self.take(key, 2**31, expiry, amount)
        return self.get(key)

    def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        digest, place = self._find(key, self._remember(key)[0], time.time())
        found, number, seconds, _, current = SLOT.unpack_from(self._map, place)
        here = found == digest and number == int(time.time() / seconds)
        return current if here else 0

    def get_expiry(self, key: str) -> float:
        """Return when the present window ends, in seconds since 1970."""
        digest, place = self._find(key, self._remember(key)[0], time.time())
        found, number, seconds, _, _ = SLOT.unpack_from(self._map, place)
        return float((number + 1) * seconds) if found == digest else time.time()

    def check(self) -> bool:
        """Tell whether this can be used."""
        return not self._map.closed

    def reset(self) -> int | None:
        """Forget every counter."""
        self._map[:] = bytes(SIZE)
        return None

    def clear(self, key: str) -> None:
        """Forget a counter."""
        digest, place = self._find(key, self._remember(key)[0], time.time())
        if self._map[place : place + 16] == digest:
            self._map[place : place + SLOT.size] = bytes(SLOT.size)


def _moved(held: int, number: int, previous: int, current: int) -> tuple[int, int]:
    """Return the counters of a window, as they stand in another: time went on, or a little back."""
    if held == number - 1:
        return current, 0
    return (previous, current) if held in (number, number + 1) else (0, 0)
