"""Webhooks: other servers are told of events. Always on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sanic import Blueprint

from core.events import record_with
from core.plugins import Permission, Plugin, hookimpl
from core.repeating import repeating
from core.tasks.task import Task
from core.webhooks import deliveries, personal
from core.webhooks.delivering import deliver
from core.webhooks.pace import Pace
from core.webhooks.recording import DELIVER, DELIVER_SLOWLY, Order, wanted
from core.webhooks.routes import webhooks
from core.webhooks.settings import WebhooksSettings

PLUGIN = Plugin(
    name="webhooks",
    title="Webhooks",
    description="Other servers are told of events, by signed messages.",
    requires=["core", "auth", "tasks"],
    settings=WebhooksSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.webhooks.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("webhooks.manage", "Have URLs told of every event", roles=())]


@hookimpl
def register_routes() -> Blueprint:
    return webhooks


@hookimpl
def register_tasks(settings: WebhooksSettings) -> Sequence[Task]:
    pace, timeout = Pace(), settings.timeout + 30

    async def attempt(order: Order) -> None:
        await deliver(settings, order, pace)

    async def attempt_slowly(order: Order) -> None:
        await deliver(settings, order, pace, slowly=True)

    async def tidy() -> None:
        await deliveries.forget_old(settings.keep_days)

    return [
        Task(name=DELIVER, run=attempt, at_once=8, timeout=timeout),
        Task(name=DELIVER_SLOWLY, run=attempt_slowly, at_once=4, timeout=timeout),
        Task(name="webhooks.tidy", run=tidy, every="1h"),
    ]


@hookimpl
@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    record_with(wanted)
    await wanted.read()
    async with repeating(1, wanted.read):
        yield


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.webhooks.admin import panels

    return panels()


@hookimpl
async def export_user(user: int) -> Any:
    return await personal.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await personal.delete(user)
