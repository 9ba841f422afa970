"""Core as a plugin: the ``[core]`` settings and what core itself keeps. Always on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sanic import Sanic

from core.cache.worker import caching
from core.db.engine import engine
from core.mail import mail_task
from core.metrics.worker import observing
from core.outgoing.client import reaching
from core.plugins import Plugin, hookimpl
from core.settings import CoreSettings, data_folder
from core.tasks.task import Task
from core.tracing import tracing
from core.web import idempotency

PLUGIN = Plugin(
    name="core",
    title="Core",
    description="What every request passes.",
    settings=CoreSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.piccolo_app"


@hookimpl
def register_tasks(settings: CoreSettings) -> Sequence[Task]:
    forget = partial(idempotency.forget_old, settings)
    return [
        Task(name="core.forget_old_answers", run=forget, every="10m"),
        mail_task(settings),
    ]


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: CoreSettings) -> AsyncIterator[None]:
    app.ctx.limiter.open(data_folder(settings))
    with reaching(private=settings.outgoing_private):
        async with tracing(app, engine()), observing(app, settings), caching(settings):
            yield
    app.ctx.limiter.close()
