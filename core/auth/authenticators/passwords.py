"""Passwords: bcrypt over SHA-256, in threads of its own, so that the event loop goes on."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from core.errors import TooManyRequests

PREFIX = "bcrypt-sha256$"
SHORTEST, LONGEST = 8, 1024
THREADS, QUEUE = 2, 64

rounds = 12
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
_queued = 0
T = TypeVar("T")


def _digest(password: str) -> bytes:
    """Shorten to 44 bytes: bcrypt looks at 72 at most, and at nothing behind a NUL."""
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def hash_now(password: str) -> str:
    """Hash on this thread (a quarter of a second at cost 12). Raises ValueError if too long."""
    if len(password) > LONGEST:
        raise ValueError(f"A password may have {LONGEST} characters.")
    return PREFIX + bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode()


def check_now(password: str, stored: str) -> bool:
    """Compare on this thread."""
    if not stored.startswith(PREFIX) or len(password) > LONGEST:
        return False
    return bcrypt.checkpw(_digest(password), stored.removeprefix(PREFIX).encode())


async def hashed(password: str) -> str:
    """Hash away from the loop. Raises TooManyRequests when too many wait already."""
    return await _away(lambda: hash_now(password))


async def checked(password: str, stored: str | None) -> bool:
    """Compare away from the loop; with nothing stored it takes as long and is False."""

    def compare() -> bool:
        right = check_now(password, stored or _nobody(rounds)) and stored is not None
        for cost in range(_cost(stored) if stored else rounds, rounds):
            check_now(password, _nobody(cost))  # an old hash, too, takes as long as today's
        return right

    return await _away(compare)


def is_old(stored: str) -> bool:
    """Tell whether a hash was made at another cost and should be made anew."""
    return _cost(stored) != rounds


def _cost(stored: str) -> int:
    return int(stored.removeprefix(PREFIX).split("$")[2])


def _nobody(cost: int) -> str:
    """Return a hash that belongs to no password."""
    return f"{PREFIX}$2b${cost:02}$" + "." * 53


def refuse_if_full() -> None:
    """Raise TooManyRequests while as many wait for the threads as may."""
    if _queued >= QUEUE:
        raise TooManyRequests(
            "Too many people sign in at this moment. Try again in a few seconds.",
            headers={"retry-after": "5"},
        )


async def _away(work: Callable[[], T]) -> T:
    global _queued
    refuse_if_full()
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work)
    finally:
        _queued -= 1
