"""How a plugin under test stands: what it needs, what it keeps, what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.testing.servers import Server

if TYPE_CHECKING:
    from core.plugins import Plugins


def required(enabled: str) -> list[str]:
    """Return a plugin and all that it requires, as ``enabled`` would name them."""
    from core.loading import load
    from core.plugins import OWN

    needs = [each for each in load(enabled)[0].requires if each not in OWN]
    return [*dict.fromkeys(name for need in needs for name in required(need)), enabled]


_complaints: dict[tuple[str, ...], list[str]] = {}


def complaints_of(plugins: Plugins) -> list[str]:
    """Return what ``tenfold check`` says; it is asked once, for it asks no database of the test."""
    names = tuple(each.name for each in plugins)
    if names not in _complaints:
        from core.check import complaints

        _complaints[names] = complaints(plugins)
    return _complaints[names]


async def problems_of(server: Server, name: str) -> list[str]:
    """Return what a running server says is wrong with a plugin."""
    import httpx

    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        checks = (await client.get("/health/ready")).json()["checks"]
        listing = (await client.get("/api/v1")).json()["plugins"]
    ill = [f"{name} is ill: {checks[name]}" for _ in [0] if checks.get(name, "ok") != "ok"]
    return ill if name in {each["name"] for each in listing} else [*ill, "GET /api/v1 lacks it"]


async def rows_of(server: Server, name: str, user: int) -> dict[str, int]:
    """Return how many rows of a plugin's tables refer to a user, by table and column."""
    from core.auth.tables import User
    from core.db.migrations import tables

    found = {}
    for owner, table in tables(server.plugins):
        for key in table._meta.foreign_key_columns if owner == name else ():
            if key._foreign_key_meta.resolved_references is User:
                number = await table.count().where(key == user)
                if number:
                    found[f"{table._meta.tablename}.{key._meta.name}"] = number
    return found
