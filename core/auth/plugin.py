"""Accounts: who is asking, and what they may do. Written like any other plugin, and always on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sanic import Blueprint, Sanic

from core.auth import passwords, permissions, revocation
from core.auth.realm import Realm
from core.auth.routes.accounts import accounts
from core.auth.settings import AuthSettings
from core.plugins import Permission, Plugin, hookimpl
from core.repeating import repeating

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
    return [Permission("auth.self", "Read and change my own account")]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [accounts]


@hookimpl
async def health() -> None:
    passwords.refuse_if_full()


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: AuthSettings) -> AsyncIterator[None]:
    realm: Realm = app.ctx.realm
    tokens = realm.tokens

    async def follow() -> None:
        if await tokens.follow():
            tokens.hold(await permissions.by_role(app.ctx.plugins))

    async def tidy() -> None:
        await revocation.forget_old(tokens.seconds)

    await tokens.follow()
    tokens.hold(await permissions.by_role(app.ctx.plugins))
    async with repeating(1, follow), repeating(3600, tidy):
        yield


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.admin import accounts

    return accounts.panels()
