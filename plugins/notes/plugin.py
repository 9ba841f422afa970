"""Notes: Markdown texts in notebooks, merged, shared, searched and synced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sanic import Blueprint

from core import CurrentUser, Hit, Permission, Plugin, Task, hookimpl

from . import demo as demonstration
from . import personal
from .live import may_follow_note, may_follow_user
from .routes.archive import archives
from .routes.notebooks import notebooks
from .routes.notes import notes
from .routes.pages import pages
from .routes.revisions import revisions
from .routes.shares import shares
from .routes.sync import sync
from .routes.tags import tags
from .service import searching
from .settings import NotesSettings
from .tasks import tasks

if TYPE_CHECKING:
    from click import Group

PLUGIN = Plugin(
    name="notes",
    title="Notes",
    description="Markdown notes in notebooks, merged, shared, searched and synced.",
    settings=NotesSettings,
)


@hookimpl
def register_tables() -> str:
    return "plugins.notes.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("notes.read", "Read my notes and those shared with me"),
        Permission("notes.write", "Add, change and delete notes"),
        Permission("notes.share", "Share notes and notebooks"),
    ]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [notes, notebooks, tags, revisions, shares, sync, archives, pages]


@hookimpl
def register_tasks(settings: NotesSettings) -> Sequence[Task]:
    return tasks(settings)


@hookimpl
def register_channels() -> Mapping[str, Any]:
    return {"notes.note": may_follow_note, "notes.user": may_follow_user}


@hookimpl
def register_admin() -> Sequence[Any]:
    from .admin import panels

    return panels()


@hookimpl
def register_commands(cli: Group, settings: NotesSettings) -> None:
    from .commands import add_to

    add_to(cli, settings)


@hookimpl
async def search(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    return await searching.hits(user, query, limit)


@hookimpl
async def export_user(user: int) -> Any:
    return await personal.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await personal.delete(user)


@hookimpl
async def demo(users: Sequence[int]) -> None:
    await demonstration.fill(users)
