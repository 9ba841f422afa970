"""Shortener: short links, and how often they are followed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sanic import Blueprint, Sanic

from core import CurrentUser, Hit, Permission, Plugin, Task, gauge, hookimpl

from . import demo as demonstration
from . import personal, place
from .links import searching
from .links.routes import links, shorten
from .public.routes import public_routes
from .reports.routes import reports
from .rules.routes import rules
from .settings import ShortenerSettings
from .stats.routes import stats
from .tidy import tasks
from .visits.buffer import buffer

if TYPE_CHECKING:
    from click import Group

PLUGIN = Plugin(
    name="shortener",
    title="Shortener",
    description="Short links and their visits.",
    settings=ShortenerSettings,
)


@hookimpl
def register_tables() -> str:
    return "plugins.shortener.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("shortener.read", "Read my links and their visits"),
        Permission("shortener.write", "Make, change and delete my links"),
        Permission("shortener.moderate", "See reports and ban links", roles=()),
    ]


@hookimpl
def register_routes(settings: ShortenerSettings) -> Sequence[Blueprint]:
    return [links, shorten, stats, rules, reports, public_routes(settings)]


@hookimpl
def register_tasks(settings: ShortenerSettings) -> Sequence[Task]:
    return tasks(settings)


@hookimpl
def register_commands(cli: Group, settings: ShortenerSettings) -> None:
    from .commands import add_to

    add_to(cli, settings)


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: ShortenerSettings) -> AsyncIterator[None]:
    gauge(
        "shortener_unwritten_visits",
        "Visits that would be lost if the workers were killed now.",
        lambda: len(buffer),
        "sum",
    )
    here = place.place_of(app.ctx.realm.public_url, settings)
    with place.used(here):
        async with buffer.working():
            yield


@hookimpl
def register_admin() -> Sequence[Any]:
    from .admin import panels

    return panels()


@hookimpl
async def search(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    return await searching.hits(user, query, limit)


@hookimpl
async def export_user(user: int) -> Any:
    return await personal.export(user)


@hookimpl
async def delete_user(user: int, settings: ShortenerSettings) -> None:
    await personal.delete(user, settings.quarantine_days)


@hookimpl
async def demo(users: Sequence[int]) -> None:
    await demonstration.fill(users)
