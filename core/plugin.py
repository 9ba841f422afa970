"""Core as a plugin: the ``[core]`` settings and what core itself keeps. Always on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sanic import Sanic

from core.plugins import Plugin, hookimpl
from core.repeating import repeating
from core.settings import CoreSettings
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
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: CoreSettings) -> AsyncIterator[None]:
    async def forget_old_answers() -> None:
        await idempotency.forget_old(settings)

    async with repeating(600, forget_old_answers):
        yield
