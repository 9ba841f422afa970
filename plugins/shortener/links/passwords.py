"""Passwords of links: slow to guess, few at a time, away from the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor

from core import TooManyRequests

COST, BLOCK, LANES = 2**14, 8, 1
"""scrypt, RFC 7914: 16 MB and some 40 ms for each guess."""

WAITING = 20

_threads = ThreadPoolExecutor(1, thread_name_prefix="link-passwords")
_waiting = 0


async def hashed(password: str) -> str:
    """Return what is kept of a password."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${(await _derived(password, salt)).hex()}"


async def is_right(password: str, kept: str) -> bool:
    """Tell whether ``password`` is the one that ``kept`` was made from."""
    salt, _, key = kept.partition("$")
    return hmac.compare_digest((await _derived(password, bytes.fromhex(salt))).hex(), key)


async def _derived(password: str, salt: bytes) -> bytes:
    """Raises TooManyRequests when too many wait for it already."""
    global _waiting
    if _waiting >= WAITING:
        raise TooManyRequests(
            "Too many passwords are checked at this moment.", headers={"retry-after": "2"}
        )
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, _scrypt, password, salt)
    finally:
        _waiting -= 1


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, dklen=32)
