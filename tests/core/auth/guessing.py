"""People who guess passwords, from many addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx

from core.auth.authenticators import passwords

WRONG = "not the password"


def at(address: str, url: Any, device: str = "test") -> httpx.AsyncClient:
    """Return a client that asks from an address of its own; every 127.x.y.z is this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    headers = {"user-agent": device}
    return httpx.AsyncClient(base_url=url, transport=transport, headers=headers, timeout=30)


async def guess(client: httpx.AsyncClient, login: str, password: str = WRONG) -> httpx.Response:
    """Try to sign in."""
    return await client.post("/api/v1/auth/login", json={"login": login, "password": password})


@contextmanager
def hashes_compared() -> Iterator[list[str]]:
    """Collect the hashes that wrong passwords are compared with: what reaches bcrypt."""
    seen: list[str] = []
    real = passwords.check_now

    def counted(password: str, stored: str) -> bool:
        seen.append(stored)
        return real(password, stored)

    with patch.object(passwords, "check_now", counted):
        yield seen
