"""Whether the database and Redis answer, and what waits in them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

from redis.exceptions import RedisError

from core.db import engine
from core.db.errors import is_damaged, is_passing
from core.db.migrations import pending
from core.doctor.findings import Finding, bad, look, ok
from core.doctor.kept import sqlite_file
from core.plugins import Plugins
from core.redis_client import Redis
from core.settings import CoreSettings, masked, worker_count
from core.tasks.tables import DEAD, QueuedTask
from core.tasks.task import collect

SECONDS = 5
LISTENING = 1
"""Connections that each process keeps beside its pool, to be told of what is new."""


async def database(plugins: Plugins, core: CoreSettings) -> AsyncIterator[Finding]:
    """Ask the database, and what waits in it. A file that is not there is not made."""
    file = sqlite_file(core)
    if file is not None and not file.exists():
        yield look("database", f"{file} is not there yet: tenfold serve makes it.")
        return
    where = str(file) if file is not None else masked(core.database)
    if file is not None and not os.access(file, os.W_OK):
        yield bad(
            "database", f"You may not write {where}: run this as the user that runs the server."
        )
    engine.use(engine.open_engine(core))
    try:
        async with asyncio.timeout(SECONDS):
            found = [each async for each in _asked(plugins, core)]
        yield ok("database", f"{where} answers.")
        for each in found:
            yield each
    except Exception as error:
        if not isinstance(error, OSError | TimeoutError) and not is_passing(error):
            mend = ": tenfold backup restore FILE --force" if is_damaged(error) else ""
            yield bad("database", f"{where} cannot be used: {error}{mend}")
        else:
            yield _silent("database", where, error)
    finally:
        await engine.close()


async def _asked(plugins: Plugins, core: CoreSettings) -> AsyncIterator[Finding]:
    await engine.engine().fetch("SELECT 1")
    waiting = await pending(plugins)
    if waiting:
        names = ", ".join(sorted({step.plugin for step in waiting}))
        said = f"{len(waiting)} have not run ({names}): tenfold migrate, or tenfold serve"
        yield look("migrations", said)
    else:
        yield ok("migrations", "All have run.")
    if not any(step.plugin == "tasks" for step in waiting):
        yield await _dead_tasks()
        async for each in _tasks_of_nobody(plugins):
            yield each
    if engine.engine().engine_type == "postgres":
        yield await _connections(core)


async def _dead_tasks() -> Finding:
    dead = await QueuedTask.count().where(QueuedTask.state == DEAD)
    if not dead:
        return ok("tasks", "None was given up.")
    return look("tasks", f"{dead:,} were given up: tenfold tasks list --state dead")


async def _tasks_of_nobody(plugins: Plugins) -> AsyncIterator[Finding]:
    """Look for what waits for a plugin that is off, or that does no such thing any more."""
    kept = await QueuedTask.select(QueuedTask.name).distinct().where(QueuedTask.state != DEAD)
    known = collect(plugins)
    if names := sorted(row["name"] for row in kept if row["name"] not in known):
        said = f"No plugin that is on does {', '.join(names[:10])}"
        yield look("waiting", f"{said}: switch it on, or tenfold tasks list and delete")


async def _connections(core: CoreSettings) -> Finding:
    """Compare what PostgreSQL allows with what the processes of this host may take."""
    ((text,),) = await engine.engine().fetch("SHOW max_connections")
    processes = worker_count(core) + core.runner
    most, wanted = int(text), processes * (core.database_pool + LISTENING)
    said = f"PostgreSQL allows {most}, and {processes} processes here may take {wanted}"
    if wanted <= most:
        return ok("connections", f"{said}.")
    return look("connections", f"{said}: raise max_connections or lower core.database_pool.")


async def redis(core: CoreSettings) -> AsyncIterator[Finding]:
    """Ask Redis, where it is configured."""
    if core.cache == "memory://":
        return
    where = masked(core.cache)
    client = Redis(core.cache).client
    try:
        async with asyncio.timeout(SECONDS):
            await client.ping()
        yield ok("redis", f"{where} answers.")
    except (RedisError, OSError) as error:
        yield _silent("redis", where, error)
    finally:
        await client.aclose()


def _silent(what: str, where: str, error: Exception) -> Finding:
    reason = str(error).rstrip(".") or f"nothing in {SECONDS} s"
    return bad(what, f"{where} does not answer: {reason}. Is it running, and is the address right?")
