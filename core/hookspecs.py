"""Everything a plugin can do. One function is one hook; a plugin writes the ones it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from click import Group
    from sanic import Blueprint, Sanic

    from core.auth.authorization.identity import CurrentUser
    from core.events import Handler
    from core.plugins import Permission
    from core.realtime.channels import Authorize
    from core.search.schemas import Hit
    from core.tasks.task import Task

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
    """Return the blueprint this plugin serves, or several.

    They are mounted under /api/v1/<plugin>, a PublicBlueprint at the root. Each name is taken once
    in a server: begin it with the plugin's.
    """


@hookspec
def register_admin(settings: Any) -> Sequence[Any]:  # type: ignore[empty-body]
    """Return what the admin shows: Piccolo ``TableConfig`` and ``FormConfig`` objects.

    Called when the admin is first opened: import ``piccolo_admin`` inside it, for that takes long.
    """


@hookspec
def register_handlers(settings: Any) -> Mapping[str, Handler]:  # type: ignore[empty-body]
    """Return which events this plugin hears: ``{"auth.user_registered": handler}``.

    ``await handler(event)`` is called after the commit, in the process where it happened, before
    the answer: let a task do what takes long or must not be lost. When it raises, that is logged
    and the others are told. The events of a plugin that is off never come; import the class of an
    event only from what is in ``requires``.
    """


@hookspec
def register_tasks(settings: Any) -> Sequence[Task]:  # type: ignore[empty-body]
    """Return the work that this plugin does away from requests: enqueued, or periodic."""


@hookspec
def register_channels(settings: Any) -> Mapping[str, Authorize]:  # type: ignore[empty-body]
    """Return the realtime channels and who may follow them: ``{"todo.project": may_follow}``.

    ``await may_follow(user, rest)`` gets the user and what follows the colon of the channel's name
    (``12`` of ``todo.project:12``, the client's own words), and returns whether they may read it.
    """


@hookspec
def register_commands(cli: Group, settings: Any) -> None:
    """Add commands to ``cli``, a click group that is called after the plugin.

    Called by the command ``tenfold`` only. A command that needs the database gives its coroutine
    function to ``core.in_database``: what it does is heard of as if a server did it. What it writes
    goes through ``core.save_file``.
    """


# Alive: entered when a worker starts, left when it stops; in dependency order, out in reverse.


@hookspec
def lifespan(app: Sanic[Any, Any], settings: Any) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
    """Hold what the plugin needs while a worker runs: a client, a cache, a repeated task."""


# Asked: awaited while the server runs.


@hookspec
async def health(settings: Any) -> None:
    """Return nothing when well; raise to say what is wrong. Asked by ``GET /health/ready``."""


@hookspec
async def search(  # type: ignore[empty-body]
    user: CurrentUser, query: str, limit: int, settings: Any
) -> Sequence[Hit]:
    """Return the best ``limit`` hits for what somebody typed, the best first.

    Asked by ``GET /api/v1/search``. Return only what ``user`` may see, their permissions included:
    visibility belongs into the SQL, before the limit (see ``SearchIndex.find``). A plugin that
    raises or takes too long is named in the answer, and the others answer.
    """


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
