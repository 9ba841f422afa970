"""Everything a plugin can do. One function is one hook; a plugin writes the ones it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from sanic import Blueprint, Sanic

    from core.events import Handler
    from core.plugins import Permission

hookspec = pluggy.HookspecMarker("tenfold")

# Declared: called once while the app is built. No database, no network.


@hookspec
def register_tables() -> str:  # type: ignore[empty-body]
    """Return the path of this plugin's ``piccolo_app`` module: its tables and their migrations."""


@hookspec
def register_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Return the permissions this plugin asks for, each with the roles that hold it at first."""


@hookspec
def register_routes(settings: Any) -> Blueprint | Sequence[Blueprint]:  # type: ignore[empty-body]
    """Return the blueprint this plugin serves, or several. They are mounted under /api/v1."""


@hookspec
def register_admin(settings: Any) -> Sequence[Any]:  # type: ignore[empty-body]
    """Return what the admin shows: Piccolo ``TableConfig`` and ``FormConfig`` objects.

    Called when the admin is first opened: import ``piccolo_admin`` inside it, for that takes long.
    """


@hookspec
def register_handlers(settings: Any) -> Mapping[str, Handler]:  # type: ignore[empty-body]
    """Return which events this plugin hears: ``{"auth.user_registered": handler}``."""


# Alive: entered when a worker starts, left when it stops; in dependency order, out in reverse.


@hookspec
def lifespan(app: Sanic[Any, Any], settings: Any) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
    """Hold what the plugin needs while a worker runs: a client, a cache, a repeated task."""


# Asked: awaited while the server runs.


@hookspec
async def health(settings: Any) -> None:
    """Return nothing when well; raise to say what is wrong. Asked by ``GET /health/ready``."""


@hookspec
async def export_user(user: int, settings: Any) -> Any:
    """Return all that the plugin keeps about a user (their id), in what JSON can say.

    Asked by ``GET /api/v1/auth/me/export``; the file is called after the plugin. Leave out what
    proves who somebody is: hashes, secrets, codes.
    """


@hookspec
async def delete_user(user: int, settings: Any) -> None:
    """Delete all that the plugin keeps about a user (their id), who deletes their account.

    All plugins are asked in one transaction, those first that require others: when one raises,
    nothing is deleted. What is not in the database, such as files, goes after the commit.
    """


@hookspec
async def demo(users: Sequence[int], settings: Any) -> None:
    """Write believable data for ``users`` (their ids). Asked by ``tenfold demo``."""
