"""Realtime in one worker: its feed, its hub and its connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sanic import Sanic

from core.auth.realm import Realm
from core.auth.tokens.secret import derived, secret_of
from core.configuration import core_settings
from core.db.engine import engine
from core.metrics.registry import gauge
from core.realtime.bus import using
from core.realtime.channels import registered
from core.realtime.connections import Connections
from core.realtime.following import PostgresFeed, SQLiteFeed, database_feed
from core.realtime.hub import Hub
from core.realtime.inside import following
from core.realtime.settings import RealtimeSettings
from core.redis import current
from core.repeating import repeating
from core.settings import CoreSettings

if TYPE_CHECKING:
    from core.realtime.redis_feed import RedisFeed

LOOK = 0.25
"""Seconds between two looks at what was revoked."""


@dataclass(frozen=True)
class Worker:
    """What this worker knows of its connections."""

    settings: RealtimeSettings
    hub: Hub
    connections: Connections


def feed_of(
    core: CoreSettings, settings: RealtimeSettings
) -> SQLiteFeed | PostgresFeed | RedisFeed:
    """Return where messages go and come from: Redis where there is one, else the database."""
    redis = current()
    if redis is None:
        return database_feed(engine())
    from core.realtime.redis_feed import RedisFeed

    stream = f"tenfold:{derived(secret_of(core), 'realtime').hex()[:12]}:realtime"
    return RedisFeed(redis, settings.retained_minutes * 60, stream)


@asynccontextmanager
async def working(app: Sanic[Any, Any], settings: RealtimeSettings) -> AsyncIterator[None]:
    """Read messages and look after connections while the block runs."""
    realm: Realm = app.ctx.realm
    feed = feed_of(core_settings(app.ctx.plugins), settings)
    hub = Hub(feed, registered(app.ctx.plugins), settings.replayed)
    connections = Connections(realm.tokens, settings, app.ctx.limiter)
    here = app.ctx.realtime = Worker(settings, hub, connections)

    gauge("realtime_connections", "WebSockets and event streams.", _count(here), "sum")

    async def forget_old() -> None:
        await feed.forget_old(settings.retained_minutes * 60)

    with using(feed), following(hub):
        async with (
            repeating(LOOK, here.connections.watch_rights),
            repeating(1, here.connections.look),
            repeating(60, forget_old),
            _told_of_the_end(app, here),
        ):
            yield
        await hub.close()
        await feed.close()


def _count(here: Worker) -> Callable[[], float]:
    return lambda: float(len(here.connections))


@asynccontextmanager
async def _told_of_the_end(app: Sanic[Any, Any], here: Worker) -> AsyncIterator[None]:
    """Say good-bye as soon as the application is told to stop."""
    stopping: asyncio.Event | None = getattr(app.ctx, "stopping", None)

    async def wait() -> None:
        if stopping is not None:
            await stopping.wait()
            here.connections.stop()

    task = asyncio.create_task(wait())
    try:
        yield
    finally:
        task.cancel()
