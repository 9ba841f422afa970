"""Accounts: who is asking, and what they may do. Written like any other plugin, and always on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sanic import Blueprint, Sanic

from core.auth import upkeep
from core.auth.accounts import account_data
from core.auth.afterwards import settled
from core.auth.authenticators import passwords
from core.auth.authorization import permissions
from core.auth.realm import Realm
from core.auth.routes.accounts import accounts
from core.auth.routes.addresses import addresses
from core.auth.routes.api_keys import api_keys
from core.auth.routes.invitations import invitations as invitation_routes
from core.auth.routes.password_changes import password_changes
from core.auth.routes.personal import personal
from core.auth.routes.sessions import sessions
from core.auth.routes.tickets import tickets
from core.auth.routes.totp import totps
from core.auth.settings import AuthSettings
from core.plugins import Permission, Plugin, hookimpl
from core.repeating import repeating
from core.tasks.task import Task

PLUGIN = Plugin(
    name="auth",
    title="Accounts",
    description="Register, sign in and out, roles and permissions.",
    requires=["core"],
    settings=AuthSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.auth.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("auth.self", "Read and change my own account"),
        Permission("auth.invite", "Invite people to register", roles=()),
    ]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [
        accounts,
        addresses,
        invitation_routes,
        password_changes,
        totps,
        sessions,
        tickets,
        api_keys,
        personal,
    ]


@hookimpl
def register_tasks(settings: AuthSettings) -> Sequence[Task]:
    return [Task(name="auth.tidy", run=partial(upkeep.forget_old, settings), every="1h")]


@hookimpl
async def health() -> None:
    passwords.refuse_if_full()


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: AuthSettings) -> AsyncIterator[None]:
    realm: Realm = app.ctx.realm
    tokens = realm.tokens

    held = 0

    async def follow() -> None:
        """Read which sessions and rights have changed."""
        nonlocal held
        await tokens.follow()
        if (revision := tokens.revision) != held:
            await tokens.keys.read()
            tokens.hold(await permissions.by_role(app.ctx.plugins))
            held = revision

    await tokens.keys.open()
    await tokens.follow()
    tokens.hold(await permissions.by_role(app.ctx.plugins))
    async with repeating(1, follow):
        yield
    await settled()


@hookimpl
async def export_user(user: int) -> Any:
    return await account_data.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await account_data.delete(user)


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.admin import accounts

    return accounts.panels()
